"""Dispatch: the ledger while an edition leaves message by message. One transaction takes all results that wait and all
intents that are asked for; nobody writes a final dot before it is durable (design §7, reliability §3.3).
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from digest.errors import IntegrityError
from digest.failpoints import reach
from digest.model.delivery import DeliveryState, Recipient
from digest.model.dispatch import Found, Mark, Outcome, OutcomeKind, OutgoingMessage
from digest.model.edition import Edition
from digest.policy.attempts import next_attempt_at
from digest.policy.doubt import Cause, DoubtPolicy, Remedy, found, is_too_many
from digest.ports.ledgers import Trace
from digest.store.connection import Writer
from digest.store.dispatch_statements import Statements, next_query
from digest.store.journal import BACK, FAILED, INTENT, SENT, Journal, Line
from digest.store.ledger import intents_query, recipient_from
from digest.store.marker import Marker
from digest.store.pauses import forbidden
from digest.store.schema import deliveries, doubts, instance, subscribers
from digest.store.times import stored

_AFTER = {  # what a remedy makes of a delivery in doubt
    Remedy.RESEND: DeliveryState.PENDING,
    Remedy.HOLD: DeliveryState.HELD,
    Remedy.ASSUME_SENT: DeliveryState.SENT,
}


_OPEN = (DeliveryState.INTENT.value, DeliveryState.PENDING.value)


class LedgerRows:
    """For one edition, one process and one thread. Implements `digest.ports.OutboxRows`."""

    def __init__(
        self,
        writer: Writer,
        journal: Journal,
        marker: Marker,
        edition: Edition,
        policy: DoubtPolicy,
        not_after: datetime | None,
    ) -> None:
        self._writer, self._journal, self._marker = writer, journal, marker
        self._name = edition.name
        self._edition, self._policy, self._not_after = edition, policy, not_after
        self._next = next_query(edition)
        self._statements = Statements(edition)
        self._last = -1  # the subscriber up to whom rows were fetched

    def recover(self, connections: int, at: datetime, trace: Trace) -> dict[Found, int]:
        """Find out what a dead process left behind, before any dot is written."""
        lines: list[Line] = []
        counts = dict.fromkeys(Found, 0)
        with self._writer.reading() as connection:
            left = [recipient_from(row) for row in connection.execute(intents_query(self._edition))]
        kinds = self._found(left, trace)
        for kind in kinds.values():
            counts[kind] += 1
        many = is_too_many(counts[Found.IN_DOUBT], connections)
        cause = Cause.CRASH if self._marker.was_kept else Cause.POWER
        with self._writer.transaction() as connection:
            for recipient in left:
                kind = kinds[recipient.row]
                if kind is Found.IN_DOUBT:
                    remedy = Remedy.HOLD if many else self._policy.remedy(cause)
                    self._doubt(connection, recipient.row, cause, "the process died after the final dot", remedy, at)
                else:
                    state = DeliveryState.PENDING if kind is Found.PENDING else DeliveryState.SENT
                    self._move(connection, [recipient.row], DeliveryState.INTENT, state, at)
                    lines.append(self._line(SENT if kind is Found.SENT else BACK, recipient.subscriber))
            commit = self._count(connection)
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
        """The next pending rows whose time has come, each once in this process. Nothing is written."""
        with self._writer.reading() as connection:
            rows = connection.execute(self._next, {"last": self._last, "at": stored(at), "most": most}).all()
        if rows:
            self._last = int(rows[-1].subscriber)
        return [recipient_from(row) for row in rows]

    def start_over(self) -> None:
        self._last = -1

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        """Write down the results and the intents of the letters wanted, durably; return the rows that may go.

        Who left meanwhile may not: their row says so, in the same transaction.
        """
        with self._writer.transaction() as connection:
            # Intents first: a letter that never came to its dot can be among both.
            granted = self._intend(connection, [letter.row for letter in wanted], at)
            self._all_sent(connection, [result for result in results if result.kind is OutcomeKind.SENT], at)
            for result in results:
                self._write_down(connection, result, at)
            commit = self._count(connection)
            reach("dispatch.before-commit")
        reach("dispatch.committed")
        kinds = {OutcomeKind.SENT: SENT, OutcomeKind.FAILED: FAILED}
        self._journal.append(
            commit,
            [
                *(self._line(INTENT, letter.delivery) for letter in wanted if letter.row in granted),
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
        self._marker.set(row, mark)
        reach("dispatch.marked")

    def _write_down(self, connection: Any, result: Outcome, at: datetime) -> None:
        row = result.message.row
        match result.kind:
            case OutcomeKind.FAILED:
                self._refused(connection, result, at)
            case OutcomeKind.IN_DOUBT:
                cause = Cause.SERVER
                self._doubt(connection, row, cause, result.answer, self._policy.remedy(cause), at)
            case OutcomeKind.DEFERRED:
                self._put_off(connection, result, at)
            case OutcomeKind.KEPT:
                self._move(connection, [row], DeliveryState.INTENT, DeliveryState.PENDING, at)

    def _all_sent(self, connection: Any, results: Sequence[Outcome], at: datetime) -> None:
        """All at once: these are nearly all results there are."""
        if results and self._statements.sent(connection, results, stored(at)) != len(results):
            raise IntegrityError(self._edition.name, "a delivery changed while it was under way", "digest status")

    def _refused(self, connection: Any, result: Outcome, at: datetime) -> None:
        """A refusal can come before the intent."""
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.edition == self._edition.number,
                deliveries.c.subscriber == result.message.row,
                deliveries.c.state.in_(_OPEN),
            )
            .values(
                state=DeliveryState.FAILED.value,
                changed_at=stored(at),
                answer=result.answer,
                why=result.why,
                attempts=deliveries.c.attempts + 1,
            )
        )

    def _put_off(self, connection: Any, result: Outcome, at: datetime) -> None:
        here = (deliveries.c.edition == self._edition.number, deliveries.c.subscriber == result.message.row)
        attempts = int(connection.execute(select(deliveries.c.attempts).where(*here)).scalar_one()) + 1
        again = next_attempt_at(at, attempts, self._not_after)
        state = DeliveryState.FAILED if again is None else DeliveryState.PENDING
        connection.execute(
            update(deliveries)
            .where(*here, deliveries.c.state.in_(_OPEN))  # who left meanwhile stays away
            .values(
                state=state.value,
                changed_at=stored(at),
                answer=result.answer,
                why="given-up" if again is None else result.why,
                attempts=attempts,
                next_attempt_at=stored(again),
            )
        )

    def _intend(self, connection: Any, rows: Sequence[int], at: datetime) -> frozenset[int]:
        """All at once; the rows that may not go are looked for first, and hardly ever found."""
        if not rows:
            return frozenset()
        refused = self._statements.refused(connection, rows)
        gone = [row for row, is_pending in refused.items() if is_pending]
        self._move(connection, gone, DeliveryState.PENDING, DeliveryState.LEFT, at)
        going = [row for row in rows if row not in refused]
        changed = self._statements.intend(connection, going, stored(at))
        if going and not changed and connection.execute(select(forbidden(self._edition))).scalar():
            return frozenset()
        if changed != len(going):
            raise IntegrityError(self._edition.name, "a delivery changed while it was to leave", "digest status")
        return frozenset(going)

    def _doubt(self, connection: Any, row: int, cause: Cause, said: str, remedy: Remedy, at: datetime) -> None:
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
        self._move(connection, [row], DeliveryState.INTENT, _AFTER[remedy], at)

    def _move(self, connection: Any, rows: Sequence[int], old: DeliveryState, new: DeliveryState, at: datetime) -> None:
        if rows:
            connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.edition == self._edition.number,
                    deliveries.c.subscriber == bindparam("row"),
                    deliveries.c.state == old.value,
                )
                .values(state=new.value, changed_at=stored(at)),
                [{"row": row} for row in rows],
            )

    def _count(self, connection: Any) -> int:
        """The number of this commit; the journal carries it."""
        commit = self._statements.next_commit(connection)
        if commit is None:
            connection.execute(insert(instance).values(id=secrets.token_hex(16), commits=1))
        return commit or 1

    def _line(self, kind: str, delivery: str) -> Line:
        return Line(kind, self._name, delivery)


def rows_of(writer: Writer) -> int:
    """The greatest row that a recipient can have."""
    with writer.reading() as connection:
        return int(connection.execute(select(func.max(subscribers.c.number))).scalar() or 0)
