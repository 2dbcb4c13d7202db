"""An edition's rows in the ledger while it leaves message by message. One transaction takes all results that wait and
all intents that are asked for; nobody writes a final dot before it is durable (design §7, reliability §3.3).
"""

import json
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from digest.delivery.commits import Commits
from digest.delivery.delivery import DeliveryState
from digest.delivery.doubt import MOST_DOUBTS, Cause, DoubtPolicy, Remedy, found, is_too_many, next_attempt_at
from digest.delivery.journal import BACK, FAILED, INTENT, SENT, Journal, Line
from digest.delivery.lease import Lease
from digest.delivery.ledger import claimed_query, intents_query, pending_query, recipient_from
from digest.delivery.marker import Marker
from digest.delivery.outgoing import Found, Mark, Outcome, OutcomeKind, OutgoingMessage, WithheldError
from digest.delivery.pauses import forbidden
from digest.errors import BusyError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.database import Prepared, Writer, is_among, is_key, its_time, stored, told
from digest.foundation.failpoints import reach
from digest.foundation.schema import deliveries, doubts, subscribers, subscriptions, workers
from digest.mail.message import Recipient
from digest.newsletters.edition import Edition
from digest.people.store import gets_mail

Trace = Callable[[Sequence[Recipient]], Mapping[int, Found]]  # what can be seen of messages at their end, by row
_AFTER = {  # what a remedy makes of a delivery in doubt
    Remedy.RESEND: DeliveryState.PENDING,
    Remedy.HOLD: DeliveryState.HELD,
    Remedy.ASSUME_SENT: DeliveryState.SENT,
}
_OPEN = (DeliveryState.INTENT.value, DeliveryState.PENDING.value)
_Whose = Sequence[ColumnElement[bool]] | None  # conditions on deliveries; nothing: they are this process's own
CLAIMED_AT_ONCE = 300  # rows
_SAID = {
    Cause.CRASH: "the process died after the final dot",
    Cause.POWER: "the process died after the final dot",
    Cause.HOST: "who had it under way lost its lease and has not told",
}
# What is known not to have left is dated anew when it leaves; what may have left once goes on being the same message.
_DATE_IF_DOUBTFUL = case(
    (
        exists()
        .where(doubts.c.edition == deliveries.c.edition, doubts.c.subscriber == deliveries.c.subscriber)
        .correlate(deliveries),
        deliveries.c.dated_at,
    )
)


class OutboxRows(Protocol):
    """The ledger's rows behind an outbox, while an edition leaves; for one process and one thread."""

    def recover(self, connections: int, at: datetime, trace: Trace) -> Mapping[Found, int]:
        """Find out what a dead process left behind, before any final dot is written. `trace` is asked about those of
        whom the marks say nothing certain.
        """
        ...

    def fetch(self, most: int, at: datetime) -> Sequence[Recipient]:
        """The next pending rows whose time has come, each once. Nothing is written."""
        ...

    def start_over(self) -> None:
        """Fetch from the first row again."""
        ...

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        """In one transaction, durable when this returns: the results, and the intents of the messages wanted.

        Return the rows that may go: those whose people still want the mail. The others are marked as left.
        """
        ...

    def mark(self, row: int, mark: Mark) -> None:
        """Note in memory that outlives the process; from any thread.

        Raise `WithheldError` before a dot that must not follow: somebody else may have taken over.
        """
        ...


class LedgerRows:
    """The rows of one edition. With a `lease`, those that this process has claimed: others send beside it."""

    def __init__(
        self,
        writer: Writer,
        journal: Journal,
        marker: Marker,
        edition: Edition,
        policy: DoubtPolicy,
        not_after: datetime | None,
        lease: Lease | None = None,
    ) -> None:
        self._writer, self._journal, self._marker = writer, journal, marker
        self._name = edition.name
        self._edition, self._policy, self._not_after, self._lease = edition, policy, not_after, lease
        self._own = () if lease is None else (deliveries.c.fence == lease.fence,)
        self._next = _next_query(edition)
        self._statements = _Statements(edition, lease)
        self._commits = Commits(None if lease is None else lease.place, journal)
        self._claimed: deque[Recipient] = deque()
        self._last = -1  # the subscriber up to whom rows were fetched
        self._again = False  # also those that this process has claimed before

    def recover(self, connections: int, at: datetime, trace: Trace) -> dict[Found, int]:
        lines: list[Line] = []
        counts = dict.fromkeys(Found, 0)
        with self._writer.reading() as connection:
            rows = connection.execute(_left_query(self._edition, self._lease)).all()
        fences = {int(row.subscriber): row.fence for row in rows}
        strange = {int(row.subscriber) for row in rows if not row.is_here}
        left = [recipient_from(row) for row in rows]
        kinds = self._found([one for one in left if one.row not in strange], trace)
        kinds |= dict.fromkeys(strange, Found.IN_DOUBT)
        for kind in kinds.values():
            counts[kind] += 1
        doubtful = Counter(fences[row] for row, kind in kinds.items() if kind is Found.IN_DOUBT)
        own_cause = Cause.CRASH if self._marker.was_kept else Cause.POWER
        with self._writer.transaction() as connection:
            for recipient in left:
                row, kind, fence = recipient.row, kinds[recipient.row], fences[recipient.row]
                whose = () if self._lease is None else (deliveries.c.fence.is_not_distinct_from(fence),)
                if kind is Found.IN_DOUBT:
                    cause = Cause.HOST if row in strange else own_cause
                    many = is_too_many(doubtful[fence], connections)
                    remedy = Remedy.HOLD if many else self._policy.remedy(cause)
                    self._doubt(connection, row, cause, _SAID[cause], remedy, at, whose)
                else:
                    state = DeliveryState.PENDING if kind is Found.PENDING else DeliveryState.SENT
                    self._move(connection, [row], DeliveryState.INTENT, state, at, whose)
                    lines.append(self._line(SENT if kind is Found.SENT else BACK, recipient.subscriber))
            commit = self._commits.count(connection)
        self._journal.append(commit, lines)
        self._marker.clear(list(kinds))
        reach("dispatch.recovered")
        return counts

    def _found(self, left: Sequence[Recipient], trace: Trace) -> dict[int, Found]:
        """By row: what the mark says, and where that is nothing certain, what can be seen."""
        marks = {one.row: found(self._marker.get(one.row), same_boot=self._marker.was_kept) for one in left}
        seen = trace([one for one in left if marks[one.row] is Found.IN_DOUBT])
        return {**marks, **seen}

    def fetch(self, most: int, at: datetime) -> Sequence[Recipient]:
        if self._lease is not None:
            return self._claim(most, at, self._lease)
        with self._writer.reading() as connection:
            rows = connection.execute(self._next, {"last": self._last, "at": stored(at), "most": most}).all()
        if rows:
            self._last = int(rows[-1].subscriber)
        return [recipient_from(row) for row in rows]

    def _claim(self, most: int, at: datetime, lease: Lease) -> Sequence[Recipient]:
        """Some hundred at a time. Of a process that ends, or loses its lease, others claim the rest."""
        if not lease.is_sure():
            return ()
        if not self._claimed:
            self._claim_some(at)
        return [self._claimed.popleft() for _ in range(min(most, len(self._claimed)))]

    def _claim_some(self, at: datetime) -> None:
        """Behind the last one; then from the first on, what others left behind meanwhile."""
        with self._writer.claiming() as connection:
            found = self._statements.claim(connection, self._last, stored(at), again=self._again)
            if not found and self._last >= 0:
                self._again = False
                found = self._statements.claim(connection, -1, stored(at), again=False)
        self._claimed.extend(found)
        if found:
            self._last = found[-1].row

    def start_over(self) -> None:
        self._last, self._again = -1, True

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        try:
            return self._settle(results, wanted, at)
        except BusyError:
            if self._lease is None or self._lease.is_lost:
                raise
        # The connection was cut: what has left is written down all the same, over another one, and nothing more leaves.
        self._lease.lose()
        return self._settle(results, (), at)

    def _settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        with self._writer.claiming() as connection:
            # Intents first: a message that never came to its dot can be among both.
            granted = self._intend(connection, wanted, at)
            self._all_sent(connection, [result for result in results if result.kind is OutcomeKind.SENT], at)
            for result in results:
                self._write_down(connection, result, at)
            commit = self._commits.count(connection)
            reach("dispatch.before-commit")
        reach("dispatch.committed")
        kinds = {OutcomeKind.SENT: SENT, OutcomeKind.FAILED: FAILED}
        self._journal.append(
            commit,
            [
                *(self._line(INTENT, message.delivery) for message in wanted if message.row in granted),
                *(
                    self._line(kinds.get(result.kind, BACK), result.message.delivery)
                    for result in results
                    if result.kind is not OutcomeKind.IN_DOUBT
                ),
            ],
        )
        reach("dispatch.journalled")
        self._marker.clear([result.message.row for result in results])
        return granted

    def mark(self, row: int, mark: Mark) -> None:
        if mark is Mark.DOT:
            self._writer.refuse_lost()
        if mark is Mark.DOT and self._lease is not None and not self._lease.is_fresh:
            raise WithheldError(self._name, "it is not sure any more that this process may send it", "send it again")
        self._marker.set(row, mark)
        reach("dispatch.marked")

    def _write_down(self, connection: Any, result: Outcome, at: datetime) -> None:
        row = result.message.row
        match result.kind:
            case OutcomeKind.FAILED:
                self._refused(connection, result, DeliveryState.FAILED, at)
            case OutcomeKind.UNDECIDED:
                self._refused(connection, result, DeliveryState.PENDING, at)
            case OutcomeKind.IN_DOUBT:
                cause = Cause.SERVER
                again = self._may_doubt_again(connection, row)
                remedy = self._policy.remedy(cause) if again else Remedy.HOLD
                self._doubt(connection, row, cause, result.answer, remedy, at)
            case OutcomeKind.DEFERRED:
                self._deferred(connection, result, at)
            case OutcomeKind.KEPT:
                self._move(connection, [row], DeliveryState.INTENT, DeliveryState.PENDING, at)

    def _all_sent(self, connection: Any, results: Sequence[Outcome], at: datetime) -> None:
        """All at once: these are nearly all results there are. Who took over from a process that stood still has put
        its messages in doubt: of those that wait again, or for a person, it is now known that they were sent.
        """
        if not results or self._statements.sent(connection, results, stored(at)) == len(results):
            return
        if self._lease is None:
            raise IntegrityError(self._edition.name, _("a delivery changed while it was under way"), "digest status")
        self._lease.lose()
        self._statements.sent_late(connection, results, stored(at))

    def _may_doubt_again(self, connection: Any, row: int) -> bool:
        """Whoever never says whether they have it would be sent copies for ever."""
        here = (doubts.c.edition == self._edition.number, doubts.c.subscriber == row)
        known = connection.execute(select(func.count()).select_from(doubts).where(*here)).scalar_one()
        return int(known) + 1 < MOST_DOUBTS

    def _refused(self, connection: Any, result: Outcome, state: DeliveryState, at: datetime) -> None:
        """A refusal can come before the intent. What is pending with the class of one waits for a person's word."""
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.edition == self._edition.number,
                deliveries.c.subscriber == result.message.row,
                deliveries.c.state.in_(_OPEN),
                *self._own,
            )
            .values(
                state=state.value,
                changed_at=stored(at),
                answer=result.answer,
                why=result.why,
                attempts=deliveries.c.attempts + 1,
                dated_at=_DATE_IF_DOUBTFUL,
            )
        )

    def _deferred(self, connection: Any, result: Outcome, at: datetime) -> None:
        here = (deliveries.c.edition == self._edition.number, deliveries.c.subscriber == result.message.row)
        attempts = int(connection.execute(select(deliveries.c.attempts).where(*here)).scalar_one()) + 1
        again = next_attempt_at(at, attempts, self._not_after)
        state = DeliveryState.FAILED if again is None else DeliveryState.PENDING
        connection.execute(
            update(deliveries)
            .where(*here, deliveries.c.state.in_(_OPEN), *self._own)  # who left meanwhile stays away
            .values(
                state=state.value,
                changed_at=stored(at),
                answer=result.answer,
                why="given-up" if again is None else result.why,
                attempts=attempts,
                next_attempt_at=stored(again),
                dated_at=_DATE_IF_DOUBTFUL,
            )
        )

    def _intend(self, connection: Any, wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        """All of one second at once; the rows that may not go are looked for first, and hardly ever found."""
        if not wanted:
            return frozenset()
        rows = [message.row for message in wanted]
        refused = self._statements.refused(connection, rows)
        gone = [row for row, is_pending in refused.items() if is_pending]
        self._move(connection, gone, DeliveryState.PENDING, DeliveryState.LEFT, at)
        dates: dict[datetime | None, list[int]] = {}
        for message in wanted:
            if message.row not in refused:
                dates.setdefault(message.dated_at, []).append(message.row)
        going: list[int] = []
        for date, each in dates.items():
            changed = self._statements.intend(connection, each, stored(at), stored(date))
            if changed == len(each):
                going += each
            elif changed or not self._is_halted(connection):
                raise IntegrityError(self._edition.name, _("a delivery changed while it was to leave"), "digest status")
        return frozenset(going)

    def _is_halted(self, connection: Any) -> bool:
        """Nothing may leave: the edition is paused, or the lease has run out."""
        if self._lease is not None and not connection.execute(select(self._lease.holds())).scalar():
            self._lease.lose()
            return True
        return bool(connection.execute(select(forbidden(self._edition))).scalar())

    def _doubt(
        self, connection: Any, row: int, cause: Cause, said: str, remedy: Remedy, at: datetime, whose: _Whose = None
    ) -> None:
        """Before the row changes, which keeps its Date then. Of a row that others have taken over they said it."""
        if self._lease is not None:
            here = (deliveries.c.edition == self._edition.number, deliveries.c.subscriber == row)
            is_open = deliveries.c.state == DeliveryState.INTENT.value
            mine = select(deliveries.c.subscriber).where(*here, is_open, *(self._own if whose is None else whose))
            if connection.execute(mine.with_for_update()).first() is None:
                return
        connection.execute(
            insert(doubts).values(
                edition=self._edition.number,
                subscriber=row,
                at=stored(at),
                cause=cause.value,
                said=said,
                remedy=remedy.value,
            )
        )
        self._move(connection, [row], DeliveryState.INTENT, _AFTER[remedy], at, whose)

    def _move(
        self,
        connection: Any,
        rows: Sequence[int],
        old: DeliveryState,
        new: DeliveryState,
        at: datetime,
        whose: _Whose = None,
    ) -> None:
        again = {"dated_at": _DATE_IF_DOUBTFUL} if new is DeliveryState.PENDING else {}
        if rows:
            connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.edition == self._edition.number,
                    deliveries.c.subscriber == bindparam("row"),
                    deliveries.c.state == old.value,
                    *(self._own if whose is None else whose),
                )
                .values(state=new.value, changed_at=stored(at), **again),
                [{"row": row} for row in rows],
            )

    def _line(self, kind: str, delivery: str) -> Line:
        return Line(kind, self._name, delivery)


def rows_of(writer: Writer) -> int:
    """The greatest row that a recipient can have."""
    with writer.reading() as connection:
        return int(connection.execute(select(func.max(subscribers.c.number))).scalar() or 0)


# -- The statements that touch every message: built once, each for a whole group of rows.
# SQLite's driver lets go of Python's lock at every row that goes in or out, and another thread takes it: a statement
# per row costs more in waiting than in work. So a group goes in as one JSON value.


def _next_query(edition: Edition) -> Select[Any]:
    """The pending rows after `last` whose time has come by `at`, `most` of them."""
    return (
        pending_query(edition, bindparam("most", type_=Integer))
        .where(deliveries.c.subscriber > bindparam("last"))
        .where(or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= bindparam("at")))
    )


def _left_query(edition: Edition, lease: Lease | None) -> Select[Any]:
    """The intents that nobody carries on; with `is_here`: its marks are at this place."""
    query = intents_query(edition)
    if lease is None:
        return query.add_columns(literal(None).label("fence"), literal(True).label("is_here"))  # noqa: FBT003
    is_here = workers.c.place == lease.place  # whose process has ended: it held the lock that this one holds now
    return (
        query.add_columns(deliveries.c.fence, func.coalesce(is_here, False).label("is_here"))
        .outerjoin(workers, _is_of_worker())
        .where(or_(is_here, workers.c.fence.is_(None), workers.c.lease_until <= its_time(0)))
        .where(deliveries.c.fence.is_distinct_from(lease.fence))
    )


def _is_of_worker() -> ColumnElement[bool]:
    return (workers.c.fence == deliveries.c.fence) & (workers.c.id == deliveries.c.worker)


class _Statements:
    """For one edition. A group is given by the numbers of its subscribers."""

    def __init__(self, edition: Edition, lease: Lease | None) -> None:
        self._edition, self._lease = edition, lease
        # Looked for by person: PostgreSQL may make a list of all people for the answer to `EXISTS`.
        wish = select(subscriptions.c.subscriber).where(
            subscriptions.c.subscriber == deliveries.c.subscriber,
            subscriptions.c.newsletter == edition.newsletter,
            subscribers.c.number == deliveries.c.subscriber,
            *gets_mail(),
        )
        is_wanted = wish.correlate(deliveries).scalar_subquery().is_not(None)
        here = and_(deliveries.c.edition == edition.number, is_among(deliveries.c.subscriber, "rows"))
        is_pending = deliveries.c.state == DeliveryState.PENDING.value
        may_leave = ~forbidden(edition)
        if lease is not None:
            is_pending = and_(is_pending, deliveries.c.fence.is_not_distinct_from(lease.fence))
            may_leave = and_(may_leave, lease.holds())
        self._refused = Prepared(select(deliveries.c.subscriber, is_pending).where(here, ~and_(is_pending, is_wanted)))
        self._intend = Prepared(
            update(deliveries)
            .where(here, is_pending, may_leave)
            .values(state=DeliveryState.INTENT.value, changed_at=bindparam("at"), dated_at=bindparam("date"))
        )
        is_mine = () if lease is None else (deliveries.c.fence == lease.fence,)
        self._sent = Prepared(_sent(edition, deliveries.c.state == DeliveryState.INTENT.value, *is_mine))
        state = deliveries.c.state
        late = or_(state == DeliveryState.PENDING.value, state == DeliveryState.HELD.value)
        self._sent_late = Prepared(_sent(edition, late))

    def refused(self, connection: Connection, rows: Sequence[int]) -> Mapping[int, bool]:
        """Those that may not leave now, and whether they are pending: then their person does not want it any more."""
        return {int(row[0]): bool(row[1]) for row in self._refused.run(connection, rows=json.dumps(rows)).fetchall()}

    def intend(self, connection: Connection, rows: Sequence[int], at: str, date: str | None) -> int:
        """From pending to intent, with the Date of their messages; return how many rows changed: none if the edition is
        paused.
        """
        return self._intend.run(connection, rows=json.dumps(rows), at=at, date=date).rowcount

    def sent(self, connection: Connection, results: Sequence[Outcome], at: str) -> int:
        """From intent to sent, with the server's words; return how many rows changed."""
        return self._sent.run(connection, told=_told(results), at=at).rowcount

    def sent_late(self, connection: Connection, results: Sequence[Outcome], at: str) -> None:
        """From what others have made of an intent to sent."""
        self._sent_late.run(connection, told=_told(results), at=at)

    def claim(self, connection: Connection, last: int, at: str, *, again: bool) -> Sequence[Recipient]:
        """The next rows behind `last` that are nobody's, of one whose lease has run out, or that ended at this place;
        `again`: or its own.
        """
        assert self._lease is not None  # noqa: S101 – nobody else claims
        own = [deliveries.c.fence == self._lease.fence] if again else []
        may_come_back = or_(workers.c.place != self._lease.place, workers.c.fence == self._lease.fence)
        is_gone = ~exists().where(_is_of_worker(), may_come_back, workers.c.lease_until > its_time(0))
        is_free = or_(deliveries.c.fence.is_(None), is_gone, *own)
        found = (
            _next_query(self._edition)
            .where(is_free)
            .with_only_columns(deliveries.c.subscriber)
            .with_for_update(of=deliveries, skip_locked=True)
            .cte("found")
        )
        claimed = (
            update(deliveries)
            .where(deliveries.c.edition == self._edition.number, deliveries.c.subscriber == found.c.subscriber)
            .values(worker=self._lease.worker, fence=self._lease.fence)
            .returning(deliveries.c.subscriber)
        )
        given = {"last": last, "at": at, "most": CLAIMED_AT_ONCE}
        rows = [int(row) for row in connection.execute(claimed, given).scalars()]
        if not rows:
            return ()
        mine = claimed_query(self._edition)
        return [recipient_from(row) for row in connection.execute(mine, {"rows": json.dumps(rows)})]


def _told(results: Sequence[Outcome]) -> str:
    return json.dumps({one.message.row: (one.answer, one.why) for one in results})


def _sent(edition: Edition, *which: ColumnElement[bool]) -> Any:
    return (
        update(deliveries)
        .where(
            deliveries.c.edition == edition.number,
            is_key(deliveries.c.subscriber, "told"),
            *which,
        )
        .values(
            state=DeliveryState.SENT.value,
            changed_at=bindparam("at"),
            answer=told("told", deliveries.c.subscriber, 0),
            why=told("told", deliveries.c.subscriber, 1),
            attempts=deliveries.c.attempts + 1,
        )
    )
