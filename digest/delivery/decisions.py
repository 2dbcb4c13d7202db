"""Decisions of people about single deliveries, those in doubt or refused, and what the program itself takes back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, insert, select, update

from digest.commands import printed
from digest.delivery.delivery import REFUSALS, STEPS, Decision, DeliveryState, Tally, Wanted, after
from digest.delivery.journal import BACK, FAILED, SENT, Line
from digest.delivery.lookup import AT_ONCE, candidates
from digest.delivery.place import SendingPlace
from digest.editions.states import Step
from digest.editions.store import take
from digest.errors import PersonNeededError
from digest.foundation.database import stored
from digest.foundation.schema import decisions, deliveries, editions, instance, subscribers
from digest.newsletters.edition import Edition, EditionState

_LINE = {Decision.RESEND: BACK, Decision.MARK_SENT: SENT, Decision.MARK_FAILED: FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of a decision: how many rows changed, why others did not (reason → addresses), and how the edition
    stands now.
    """

    changed: int
    refused: dict[str, list[str]]
    edition: Edition
    tally: Tally


def decide(
    place: SendingPlace, edition: Edition, wanted: Wanted, decision: Decision, *, by: str, because: str | None
) -> Decided:
    """What the table of decisions allows, group by group; each is durable, in the journal too. A finished edition is
    being sent again once something is to leave, and finished when nothing is open any more. Who has left is not sent
    anything.

    Raise `BusyError` while a process sends here, and `PersonNeededError` when nothing was ever sent, or when this copy
    of the workspace may not.
    """
    if edition.sending_at is None:
        raise PersonNeededError(edition.name, "nothing of it was sent yet", f"digest send {edition.key}")
    now = place.clock.now()
    changed, last = 0, -1
    refused: defaultdict[str, list[str]] = defaultdict(list)
    with place.lock(), place.ledger.hold(edition):
        with place.journal() as journal:
            while True:
                query = candidates(edition, wanted).where(deliveries.c.subscriber > last).limit(AT_ONCE)
                with place.database.write() as connection:
                    rows = connection.execute(query).all()
                    going = _sorted_out(rows, decision, refused)
                    if going:
                        _move(connection, edition, going, decision, now)
                        _note(connection, edition, going, decision, by=by, at=now, because=because)
                        if decision is Decision.RESEND:
                            _take_up(connection, edition)
                    commit = _next_commit(connection)
                journal.append(commit, [Line(_LINE[decision], edition.name, row.public_id) for row in going])
                changed += len(going)
                if len(rows) < AT_ONCE:
                    break
                last = int(rows[-1].subscriber)
        edition = place.refreshed(edition)
        if edition.state is EditionState.SENDING and not place.ledger.tally(edition).open:
            edition = place.ledger.finish(edition, now)
            place.pauses.lift(edition, now, None)
        return Decided(changed=changed, refused=dict(refused), edition=edition, tally=place.ledger.tally(edition))


def take_back(place: SendingPlace, edition: Edition, names: Sequence[str]) -> int:
    """Let those leave again that the server refused together, whoever they were for; return their number. `names` are
    those of the deliveries on the way.
    """
    public_ids = [name.rpartition("-")[0] for name in names]
    here = (deliveries.c.edition == edition.number, deliveries.c.state == DeliveryState.FAILED.value)
    query = (
        select(deliveries.c.subscriber, subscribers.c.public_id)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .where(*here, subscribers.c.public_id.in_(public_ids))
    )
    with place.journal() as journal:
        with place.database.write() as connection:
            rows = connection.execute(query).all()
            connection.execute(
                update(deliveries)
                .where(*here, deliveries.c.subscriber.in_([row.subscriber for row in rows]))
                .values(
                    state=DeliveryState.PENDING.value,
                    changed_at=stored(place.clock.now()),
                    next_attempt_at=None,
                    address=_address_now(),
                )
            )
            commit = _next_commit(connection)
        journal.append(commit, [Line(BACK, edition.name, row.public_id) for row in rows])
    return len(rows)


def _sorted_out(rows: Sequence[Any], decision: Decision, refused: dict[str, list[str]]) -> list[Any]:
    """The rows about which it can be decided so; the others are added to `refused`."""
    going = []
    for row in rows:
        state = DeliveryState(row.state)
        if after(state, decision) is None:
            refused[printed(REFUSALS[state])].append(row.address)
        elif decision is Decision.RESEND and not row.is_wanted:
            refused["has left since, or gets no mail any more"].append(row.address)
        else:
            going.append(row)
    return going


def _move(connection: Connection, edition: Edition, rows: Sequence[Any], decision: Decision, at: datetime) -> None:
    """Compare-and-set, state by state; a resend begins its attempts anew, at the address that they have now."""
    again = {"attempts": 0, "next_attempt_at": None, "address": _address_now()}
    more = again if decision is Decision.RESEND else {}
    for state in sorted({row.state for row in rows}):
        some = [row.subscriber for row in rows if row.state == state]
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.edition == edition.number,
                deliveries.c.subscriber.in_(some),
                deliveries.c.state == state,
            )
            .values(state=STEPS[DeliveryState(state)][decision].value, changed_at=stored(at), **more)
        )


def _address_now() -> ScalarSelect[Any]:
    return select(subscribers.c.address).where(subscribers.c.number == deliveries.c.subscriber).scalar_subquery()


def _note(
    connection: Connection,
    edition: Edition,
    rows: Sequence[Any],
    decision: Decision,
    *,
    by: str,
    at: datetime,
    because: str | None,
) -> None:
    said = {"edition": edition.number, "at": stored(at), "by": by, "step": decision.value, "because": because}
    connection.execute(insert(decisions), [said | {"subscriber": row.subscriber, "before": row.state} for row in rows])


def _take_up(connection: Connection, edition: Edition) -> None:
    state = connection.execute(select(editions.c.state).where(editions.c.number == edition.number)).scalar_one()
    if state == EditionState.FINISHED.value:
        take(connection, edition, Step.TAKE_UP, finished_at=None)


def _next_commit(connection: Connection) -> int:
    """The number of this commit; the journal, which names the instance, carries it."""
    query = update(instance).values(commits=instance.c.commits + 1).returning(instance.c.commits)
    return int(connection.execute(query).scalar_one())
