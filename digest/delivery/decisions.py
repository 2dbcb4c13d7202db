"""Single deliveries: what people look up, and what they decide about those in doubt or refused."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.delivery.delivery import Decided, Decision, DeliveryRecord, Tally, Wanted
from digest.delivery.place import SendingPlace
from digest.errors import PersonNeededError, UsageError
from digest.foundation.addresses import folded_address
from digest.newsletters.edition import Edition, EditionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a decision came to, and how the edition stands now."""

    decided: Decided
    edition: Edition
    tally: Tally


def records(place: SendingPlace, edition: Edition, wanted: Wanted) -> Iterator[DeliveryRecord]:
    """The edition's deliveries, read as they are asked for."""
    from digest.delivery.lookup import SingleDeliveries

    return SingleDeliveries(place.database).records(edition, wanted)


def folded(addresses: Iterable[str]) -> list[str]:
    """As they are compared. Raise `UsageError` for what cannot be an address."""
    return list(dict.fromkeys(folded_address(address) for address in addresses))


def refuse_unknown(place: SendingPlace, edition: Edition, addresses: Sequence[str]) -> None:
    """Raise `UsageError` for those of the folded addresses to whom the edition does not go."""
    from digest.delivery.lookup import SingleDeliveries

    unknown = SingleDeliveries(place.database).unknown(edition, addresses)
    if unknown:
        raise UsageError(
            ", ".join(unknown), f"{edition.name} has no delivery to them", f"look at: digest deliveries {edition.key}"
        )


def decide(
    place: SendingPlace, edition: Edition, wanted: Wanted, decision: Decision, *, by: str, because: str | None
) -> Settled:
    """Raise `BusyError` while a process sends here, and `PersonNeededError` when nothing was ever sent, or when this
    copy of the workspace may not. The edition is finished when nothing of it is open any more.
    """
    from digest.delivery.lookup import SingleDeliveries

    if edition.sending_at is None:
        raise PersonNeededError(edition.name, "nothing of it was sent yet", f"digest send {edition.key}")
    now = place.clock.now()
    with place.lock(), place.ledger.hold(edition):
        place.refuse_fenced()
        with place.journal() as journal:
            single = SingleDeliveries(place.database)
            decided = single.decide(edition, wanted, decision, journal, by=by, at=now, because=because)
        edition = _as_it_is(place, edition)
        if edition.state is EditionState.SENDING and not place.ledger.tally(edition).open:
            edition = place.ledger.finish(edition, now)
            place.pauses.lift(edition, now, None)
    return Settled(decided=decided, edition=edition, tally=place.ledger.tally(edition))


def take_back(place: SendingPlace, edition: Edition, deliveries: Sequence[str]) -> int:
    """Let those leave again that the server refused together, whoever they were for. `deliveries` are their names on
    the way.
    """
    from digest.delivery.lookup import SingleDeliveries

    public_ids = [name.rpartition("-")[0] for name in deliveries]
    with place.journal() as journal:
        return SingleDeliveries(place.database).take_back(edition, public_ids, journal, place.clock.now())


def resent(place: SendingPlace, edition: Edition) -> int:
    """How many people may have a second copy because somebody decided so."""
    from digest.delivery.lookup import SingleDeliveries

    return SingleDeliveries(place.database).resent(edition)


def _as_it_is(place: SendingPlace, edition: Edition) -> Edition:
    return next(one for one in place.editions.editions(edition.newsletter) if one.number == edition.number)
