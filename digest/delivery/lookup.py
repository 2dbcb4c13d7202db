"""Single deliveries: looked up by what people ask for, and changed by what people decide (design §7).

However many there are, a few thousand are in memory at a time.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, select, update

from digest.delivery.delivery import (
    REFUSALS,
    STEPS,
    Decided,
    Decision,
    DecisionRecord,
    DeliveryRecord,
    DeliveryState,
    DoubtRecord,
    Wanted,
    after,
)
from digest.delivery.journal import BACK, FAILED, SENT, Journal, Line
from digest.editions.states import Step
from digest.editions.store import edition_from, take
from digest.foundation.database import Database, loaded, stored
from digest.foundation.schema import (
    decisions,
    deliveries,
    doubts,
    editions,
    instance,
    subscribers,
    subscriptions,
    variants,
)
from digest.newsletters.edition import Edition, EditionState

AT_ONCE = 1_000
_ADDRESSES_AT_ONCE = 500
_LINE = {Decision.RESEND: BACK, Decision.MARK_SENT: SENT, Decision.MARK_FAILED: FAILED}


class SingleDeliveries:
    """Beside `digest.delivery.ledger`, which knows deliveries as a sum."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def records(self, edition: Edition, wanted: Wanted) -> Iterator[DeliveryRecord]:
        """In the order of the ledger. Each group of rows is read on its own: nobody waits for a slow reader."""
        last = -1
        while True:
            query = (
                select(deliveries, variants.c.name.label("variant_name"))
                .outerjoin(variants, deliveries.c.variant == variants.c.number)
                .where(fits(edition, wanted), deliveries.c.subscriber > last)
                .order_by(deliveries.c.subscriber)
                .limit(AT_ONCE)
            )
            with self._database.read() as connection:
                rows = connection.execute(query).all()
                told = _told(connection, edition, [int(row.subscriber) for row in rows])
            for row in rows:
                yield _record(row, *told[int(row.subscriber)])
            if len(rows) < AT_ONCE:
                return
            last = int(rows[-1].subscriber)

    def unknown(self, edition: Edition, addresses: Sequence[str]) -> list[str]:
        """Those of the folded addresses that this edition does not go to."""
        known: set[str] = set()
        with self._database.read() as connection:
            for start in range(0, len(addresses), _ADDRESSES_AT_ONCE):
                some = frozenset(addresses[start : start + _ADDRESSES_AT_ONCE])
                query = (
                    select(subscribers.c.folded)
                    .join(deliveries, deliveries.c.subscriber == subscribers.c.number)
                    .where(fits(edition, Wanted(addresses=some)))
                )
                known.update(connection.execute(query).scalars())
        return [address for address in addresses if address not in known]

    def decide(
        self,
        edition: Edition,
        wanted: Wanted,
        decision: Decision,
        journal: Journal,
        *,
        by: str,
        at: datetime,
        because: str | None,
    ) -> Decided:
        """What the table of `digest.delivery.delivery` allows, group by group; each is durable, in the journal too. A
        finished edition is being sent again once something is to leave. Who has left is not sent anything.
        """
        changed, last = 0, -1
        refused: defaultdict[str, list[str]] = defaultdict(list)
        while True:
            query = candidates(edition, wanted).where(deliveries.c.subscriber > last).limit(AT_ONCE)
            with self._database.write() as connection:
                rows = connection.execute(query).all()
                going = _sorted_out(rows, decision, refused)
                if going:
                    _move(connection, edition, going, decision, at)
                    _note(connection, edition, going, decision, by=by, at=at, because=because)
                    if decision is Decision.RESEND:
                        _take_up(connection, edition)
                commit = _next_commit(connection)
            journal.append(commit, [Line(_LINE[decision], edition.name, row.public_id) for row in going])
            changed += len(going)
            if len(rows) < AT_ONCE:
                return Decided(changed=changed, refused=dict(refused))
            last = int(rows[-1].subscriber)

    def take_back(self, edition: Edition, public_ids: Sequence[str], journal: Journal, at: datetime) -> int:
        """Let those leave again that were refused for no fault of their recipients; return their number."""
        with self._database.write() as connection:
            here = (deliveries.c.edition == edition.number, deliveries.c.state == DeliveryState.FAILED.value)
            query = (
                select(deliveries.c.subscriber, subscribers.c.public_id)
                .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
                .where(*here, subscribers.c.public_id.in_(public_ids))
            )
            rows = connection.execute(query).all()
            connection.execute(
                update(deliveries)
                .where(*here, deliveries.c.subscriber.in_([row.subscriber for row in rows]))
                .values(state=DeliveryState.PENDING.value, changed_at=stored(at), next_attempt_at=None)
            )
            commit = _next_commit(connection)
        journal.append(commit, [Line(BACK, edition.name, row.public_id) for row in rows])
        return len(rows)

    def resent(self, edition: Edition) -> int:
        """How many people were let be sent a message that may have arrived before."""
        query = select(func.count(decisions.c.subscriber.distinct())).where(
            decisions.c.edition == edition.number,
            decisions.c.step == Decision.RESEND.value,
            decisions.c.before == DeliveryState.HELD.value,
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())


def fits(edition: Edition, wanted: Wanted) -> ColumnElement[bool]:
    """The condition on `deliveries`."""
    conditions: list[ColumnElement[bool]] = [deliveries.c.edition == edition.number]
    if wanted.states:
        conditions.append(deliveries.c.state.in_(sorted(wanted.states)))
    if wanted.addresses:
        known = select(subscribers.c.number).where(subscribers.c.folded.in_(sorted(wanted.addresses)))
        conditions.append(deliveries.c.subscriber.in_(known))
    if wanted.doubtful:
        ever = select(doubts.c.subscriber).where(doubts.c.edition == edition.number)
        conditions.append(deliveries.c.subscriber.in_(ever))
    return and_(*conditions)


def candidates(edition: Edition, wanted: Wanted) -> Any:
    """With whether each person still wants the mail."""
    still = func.coalesce(subscriptions.c.active, 0) * case((subscribers.c.suppressed_at.is_(None), 1), else_=0)
    return (
        select(
            deliveries.c.subscriber,
            deliveries.c.address,
            deliveries.c.state,
            subscribers.c.public_id,
            still.label("is_wanted"),
        )
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .outerjoin(
            subscriptions,
            and_(
                subscriptions.c.subscriber == deliveries.c.subscriber,
                subscriptions.c.newsletter == edition.newsletter,
            ),
        )
        .where(fits(edition, wanted))
        .order_by(deliveries.c.subscriber)
    )


def _sorted_out(rows: Sequence[Any], decision: Decision, refused: dict[str, list[str]]) -> list[Any]:
    """The rows about which it can be decided so; the others are added to `refused`."""
    going = []
    for row in rows:
        state = DeliveryState(row.state)
        if after(state, decision) is None:
            refused[REFUSALS[state]].append(row.address)
        elif decision is Decision.RESEND and not row.is_wanted:
            refused["has left since, or gets no mail any more"].append(row.address)
        else:
            going.append(row)
    return going


def _move(connection: Connection, edition: Edition, rows: Sequence[Any], decision: Decision, at: datetime) -> None:
    """Compare-and-set, state by state; a resend begins its attempts anew."""
    more = {"attempts": 0, "next_attempt_at": None} if decision is Decision.RESEND else {}
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


def _told(
    connection: Connection, edition: Edition, rows: Sequence[int]
) -> defaultdict[int, tuple[list[DoubtRecord], list[DecisionRecord]]]:
    """By subscriber: the doubts and the decisions."""
    found: defaultdict[int, tuple[list[DoubtRecord], list[DecisionRecord]]] = defaultdict(lambda: ([], []))
    if not rows:
        return found
    for row in connection.execute(_between(doubts, edition, rows)):
        found[int(row.subscriber)][0].append(
            DoubtRecord(at=datetime.fromisoformat(row.at), cause=row.cause, said=row.said, remedy=row.remedy)
        )
    for row in connection.execute(_between(decisions, edition, rows)):
        found[int(row.subscriber)][1].append(
            DecisionRecord(
                at=datetime.fromisoformat(row.at),
                by=row.by,
                step=Decision(row.step),
                before=DeliveryState(row.before),
                because=row.because,
            )
        )
    return found


def _between(table: Any, edition: Edition, rows: Sequence[int]) -> Any:
    return (
        select(table)
        .where(table.c.edition == edition.number, table.c.subscriber.between(rows[0], rows[-1]))
        .order_by(table.c.number)
    )


def _record(row: Any, doubted: Sequence[DoubtRecord], decided: Sequence[DecisionRecord]) -> DeliveryRecord:
    return DeliveryRecord(
        address=row.address,
        variant=row.variant_name,
        state=DeliveryState(row.state),
        changed_at=datetime.fromisoformat(row.changed_at),
        attempts=int(row.attempts),
        next_attempt_at=loaded(row.next_attempt_at),
        answer=row.answer,
        why=row.why,
        doubts=tuple(doubted),
        decisions=tuple(decided),
    )


def _next_commit(connection: Connection) -> int:
    """The number of this commit; the journal, which names the instance, carries it."""
    query = update(instance).values(commits=instance.c.commits + 1).returning(instance.c.commits)
    return int(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What one person was, or is to be, sent.

    `state` is the delivery's, since `changed_at`. Without a variant nothing in the edition concerned the choice.
    """

    edition: str
    variant: str | None
    state: str
    changed_at: datetime | None = None
    subject: str | None = None
    story_ids: tuple[str, ...] = ()


def received(database: Database, folded: str) -> Sequence[Received]:
    """All that a person was sent, or was to be sent."""
    query = (
        select(
            editions,
            variants.c.name.label("variant"),
            variants.c.subject,
            variants.c.stories,
            deliveries.c.state.label("delivery_state"),
            deliveries.c.changed_at,
        )
        .join(deliveries, deliveries.c.edition == editions.c.number)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .outerjoin(variants, deliveries.c.variant == variants.c.number)
        .where(subscribers.c.folded == folded)
        .order_by(editions.c.newsletter, editions.c.period, editions.c.revision)
    )
    with database.read() as connection:
        return [
            Received(
                edition=edition_from(row._mapping).name,
                variant=row.variant,
                state=row.delivery_state,
                changed_at=loaded(row.changed_at),
                subject=row.subject,
                story_ids=tuple(json.loads(row.stories or "[]")),
            )
            for row in connection.execute(query)
        ]
