"""Decisions of people about single deliveries, those in doubt or refused, and what the program itself takes back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, insert, select, update

from digest.delivery.delivery import REFUSALS, STEPS, Decision, DeliveryState, Tally, Wanted, after
from digest.delivery.doubt import Remedy
from digest.delivery.journal import BACK, FAILED, SENT, Line
from digest.delivery.lookup import AT_ONCE, candidates
from digest.delivery.outgoing import Rejection
from digest.delivery.place import SendingPlace
from digest.editions.states import Step
from digest.editions.store import take
from digest.errors import PersonNeededError
from digest.foundation.catalogue import _, later
from digest.foundation.database import Database, stored
from digest.foundation.schema import decisions, deliveries, doubts, editions, subscribers
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

    Raise `BusyError` while a process sends here, or a host has messages of it under way, and `PersonNeededError` when
    nothing was ever sent, or when this copy of the workspace may not.
    """
    if edition.sending_at is None:
        raise PersonNeededError(edition.name, _("nothing of it was sent yet"), f"digest send {edition.key}")
    now = place.clock.now()
    changed, last = 0, -1
    refused: defaultdict[str, list[str]] = defaultdict(list)
    with place.lock(), place.ledger.hold(edition):
        place.ledger.refuse_under_way(edition)
        with place.journal() as journal:
            commits = place.commits(journal)
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
                    commit = commits.count(connection)
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
        commits = place.commits(journal)
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
            commit = commits.count(connection)
        journal.append(commit, [Line(BACK, edition.name, row.public_id) for row in rows])
    return len(rows)


def hold_back(place: SendingPlace, edition: Edition, names: Sequence[str]) -> None:
    """Let a person decide about those that may have been taken, whatever the policy says: so many are no accident."""
    public_ids = [name.rpartition("-")[0] for name in names]
    mine = select(subscribers.c.number).where(subscribers.c.public_id.in_(public_ids))
    with place.database.write() as connection:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.edition == edition.number,
                deliveries.c.state == DeliveryState.PENDING.value,
                deliveries.c.subscriber.in_(mine),
            )
            .values(state=DeliveryState.HELD.value, changed_at=stored(place.clock.now()))
        )
        latest = select(func.max(doubts.c.number)).where(
            doubts.c.edition == edition.number, doubts.c.subscriber.in_(mine)
        )
        connection.execute(
            update(doubts)
            .where(doubts.c.number.in_(latest.group_by(doubts.c.subscriber)))
            .values(remedy=Remedy.HOLD.value)
        )


# -- Refusals of which nobody but a person knows whose fault they are: pending, with the class of the refusal.

_REFUSED = [each.value for each in Rejection]


def undecided(database: Database, edition: Edition) -> int:
    """How many there are."""
    query = select(func.count()).select_from(deliveries).where(*_undecided(edition))
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def judge_ours(place: SendingPlace, edition: Edition) -> int:
    """They are tried again; return their number."""
    with place.database.write() as connection:
        values = {"why": None, "next_attempt_at": None, "attempts": 0}
        return connection.execute(update(deliveries).where(*_undecided(edition)).values(values)).rowcount


def judge_theirs(place: SendingPlace, edition: Edition, *, by: str) -> Edition:
    """They count as refused, each with the words of its server; what is behind them goes on. Return the edition, which
    is finished when nothing else was open.
    """
    now = place.clock.now()
    query = (
        select(deliveries.c.subscriber, deliveries.c.state, subscribers.c.public_id)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .where(*_undecided(edition))
    )
    with place.lock(), place.ledger.hold(edition), place.journal() as journal:
        commits = place.commits(journal)
        with place.database.write() as connection:
            rows = connection.execute(query).all()
            connection.execute(
                update(deliveries)
                .where(*_undecided(edition))
                .values(state=DeliveryState.FAILED.value, changed_at=stored(now))
            )
            if rows:
                because = later("the refusal is about the recipient")
                _note(connection, edition, rows, Decision.MARK_FAILED, by=by, at=now, because=because)
            commit = commits.count(connection)
        journal.append(commit, [Line(FAILED, edition.name, row.public_id) for row in rows])
    edition = place.refreshed(edition)
    if edition.state is EditionState.SENDING and not place.ledger.tally(edition).open:
        edition = place.ledger.finish(edition, now)
    return edition


def _undecided(edition: Edition) -> list[ColumnElement[bool]]:
    return [
        deliveries.c.edition == edition.number,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.why.in_(_REFUSED),
    ]


def _sorted_out(rows: Sequence[Any], decision: Decision, refused: dict[str, list[str]]) -> list[Any]:
    """The rows about which it can be decided so; the others are added to `refused`."""
    going = []
    for row in rows:
        state = DeliveryState(row.state)
        if after(state, decision) is None:
            refused[_(REFUSALS[state])].append(row.address)
        elif decision is Decision.RESEND and not row.is_wanted:
            refused[_("has left since, or gets no mail any more")].append(row.address)
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
