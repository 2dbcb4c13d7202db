"""Single deliveries: what people look up, and what they decide about those in doubt or refused."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.delivery.delivery import Decided, Decision, DeliveryRecord, Tally, Wanted
from digest.delivery.journal import JOURNAL
from digest.errors import PersonNeededError, UsageError
from digest.newsletters.edition import Edition, EditionState

if TYPE_CHECKING:
    from digest.delivery.journal import Journal
    from digest.foundation.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a decision came to, and how the edition stands now."""

    decided: Decided
    edition: Edition
    tally: Tally


def records(workspace: "Workspace", edition: Edition, wanted: Wanted) -> Iterator[DeliveryRecord]:
    """The edition's deliveries, read as they are asked for."""
    from digest.delivery.lookup import SingleDeliveries

    return SingleDeliveries(workspace.database).records(edition, wanted)


def folded(addresses: Iterable[str]) -> list[str]:
    """As they are compared. Raise `UsageError` for what cannot be an address."""
    from digest.people.store import folded_address

    return list(dict.fromkeys(folded_address(address) for address in addresses))


def refuse_unknown(workspace: "Workspace", edition: Edition, addresses: Sequence[str]) -> None:
    """Raise `UsageError` for those of the folded addresses to whom the edition does not go."""
    from digest.delivery.lookup import SingleDeliveries

    unknown = SingleDeliveries(workspace.database).unknown(edition, addresses)
    if unknown:
        raise UsageError(
            ", ".join(unknown), f"{edition.name} has no delivery to them", f"look at: digest deliveries {edition.key}"
        )


def decide(
    workspace: "Workspace", edition: Edition, wanted: Wanted, decision: Decision, *, by: str, because: str | None
) -> Settled:
    """Raise `BusyError` while a process sends here, and `PersonNeededError` when nothing was ever sent, or when this
    copy of the workspace may not. The edition is finished when nothing of it is open any more.
    """
    from digest.delivery.adoption import refuse_fenced
    from digest.delivery.lookup import SingleDeliveries

    if edition.sending_at is None:
        raise PersonNeededError(edition.name, "nothing of it was sent yet", f"digest send {edition.key}")
    now = workspace.clock.now()
    with workspace.lock(), workspace.ledger.hold(edition):
        refuse_fenced(workspace)
        with _journal(workspace) as journal:
            single = SingleDeliveries(workspace.database)
            decided = single.decide(edition, wanted, decision, journal, by=by, at=now, because=because)
        edition = _as_it_is(workspace, edition)
        if edition.state is EditionState.SENDING and not workspace.ledger.tally(edition).open:
            edition = workspace.ledger.finish(edition, now)
            workspace.pauses.lift(edition, now, None)
    return Settled(decided=decided, edition=edition, tally=workspace.ledger.tally(edition))


def take_back(workspace: "Workspace", edition: Edition, deliveries: Sequence[str]) -> int:
    """Let those leave again that the server refused together, whoever they were for. `deliveries` are their names on
    the way.
    """
    from digest.delivery.lookup import SingleDeliveries

    public_ids = [name.rpartition("-")[0] for name in deliveries]
    with _journal(workspace) as journal:
        return SingleDeliveries(workspace.database).take_back(edition, public_ids, journal, workspace.clock.now())


def resent(workspace: "Workspace", edition: Edition) -> int:
    """How many people may have a second copy because somebody decided so."""
    from digest.delivery.lookup import SingleDeliveries

    return SingleDeliveries(workspace.database).resent(edition)


@contextmanager
def _journal(workspace: "Workspace") -> "Iterator[Journal]":
    from digest.delivery.journal import Journal
    from digest.delivery.whereabouts import own_of

    with Journal(workspace.sending / JOURNAL, own_of(workspace.database).id) as journal:
        yield journal


def _as_it_is(workspace: "Workspace", edition: Edition) -> Edition:
    return next(one for one in workspace.editions.editions(edition.newsletter) if one.number == edition.number)
