"""The statements of a dispatch that touch every message: built once, each for a whole group of rows.

SQLite's driver lets go of Python's lock at every row that goes in or out, and another thread takes it: a statement per
row costs more in waiting than in work. So a group goes in as one JSON value.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from digest.model.delivery import DeliveryState
from digest.model.dispatch import Outcome
from digest.model.edition import Edition
from digest.store.ledger import pending_query
from digest.store.pauses import forbidden
from digest.store.prepared import Prepared
from digest.store.schema import deliveries, instance, subscribers, subscriptions


def next_query(edition: Edition) -> Select[Any]:
    """The pending rows after `last` whose time has come by `at`, `most` of them."""
    return (
        pending_query(edition, bindparam("most", type_=Integer))
        .where(deliveries.c.subscriber > bindparam("last"))
        .where(or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= bindparam("at")))
    )


class Statements:
    """For one edition. A group is given by the numbers of its subscribers."""

    def __init__(self, edition: Edition) -> None:
        is_wanted = exists().where(
            subscriptions.c.subscriber == deliveries.c.subscriber,
            subscriptions.c.newsletter == edition.newsletter,
            subscriptions.c.active == 1,
            subscribers.c.number == deliveries.c.subscriber,
            subscribers.c.suppressed_at.is_(None),
        )
        here = and_(deliveries.c.edition == edition.number, deliveries.c.subscriber.in_(_each("rows", "value")))
        is_pending = deliveries.c.state == DeliveryState.PENDING.value
        self._refused = Prepared(select(deliveries.c.subscriber, is_pending).where(here, ~and_(is_pending, is_wanted)))
        self._intend = Prepared(
            update(deliveries)
            .where(here, is_pending, ~forbidden(edition))
            .values(state=DeliveryState.INTENT.value, changed_at=bindparam("at"))
        )
        self._sent = Prepared(_sent(edition))
        self._next_commit = Prepared(
            update(instance).values(commits=instance.c.commits + 1).returning(instance.c.commits)
        )

    def refused(self, connection: Connection, rows: Sequence[int]) -> Mapping[int, bool]:
        """Those that may not leave now, and whether they are pending: then their person does not want it any more."""
        found: Any = self._refused.run(connection, rows=json.dumps(rows))
        return {int(row[0]): bool(row[1]) for row in found}

    def intend(self, connection: Connection, rows: Sequence[int], at: str) -> int:
        """From pending to intent; return how many rows changed: none if the edition is paused."""
        return self._intend.run(connection, rows=json.dumps(rows), at=at).rowcount

    def sent(self, connection: Connection, results: Sequence[Outcome], at: str) -> int:
        """From intent to sent, with the server's words; return how many rows changed."""
        told = {one.message.row: (one.answer, one.why) for one in results}
        return self._sent.run(connection, told=json.dumps(told), at=at).rowcount

    def next_commit(self, connection: Connection) -> int | None:
        """Count one commit; nothing if there is no instance yet."""
        return self._next_commit.run(connection).scalar()


def _each(name: str, part: str) -> Any:
    group = func.json_each(bindparam(name, type_=String)).table_valued(part)
    return select(group.c[part])


def _sent(edition: Edition) -> Any:
    def told(place: int) -> Any:
        path = literal("$.").concat(func.json_quote(cast(deliveries.c.subscriber, String))).concat(f"[{place}]")
        return func.json_extract(bindparam("told", type_=String), path)

    return (
        update(deliveries)
        .where(
            deliveries.c.edition == edition.number,
            deliveries.c.subscriber.in_(_each("told", "key")),
            deliveries.c.state == DeliveryState.INTENT.value,
        )
        .values(
            state=DeliveryState.SENT.value,
            changed_at=bindparam("at"),
            answer=told(0),
            why=told(1),
            attempts=deliveries.c.attempts + 1,
        )
    )
