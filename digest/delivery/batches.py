"""Batches: what workers on several hosts are told of an edition that leaves.

A batch is a word that there is work, for so many recipients, and no claim on any of them: whoever takes it claims rows
of the edition as every sender does (`rows`), and goes on until none is free. So a batch that comes twice, too late, or
to two hosts, changes nothing; and when all are lost, they are made anew from the rows (reliability §3.7).
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select

from digest.delivery.delivery import DeliveryState
from digest.delivery.lease import STANDING, Lease, is_held, is_living
from digest.editions.edition_rows import edition_from
from digest.errors import DigestError
from digest.foundation import jobs
from digest.foundation.database import Database, its_time, stored
from digest.foundation.schema import deliveries, editions, locks, pauses, workers
from digest.foundation.workspace import LOCK
from digest.newsletters.edition import Edition, EditionState

TASK = QUEUE = "batch"
RECIPIENTS = 500  # for whom there is one
_MOST_ANEW = 40  # of an edition at a time: enough to keep many hosts at work until the next look
RATE_SECONDS = 60


def defer(connection: Connection, edition: Edition) -> None:
    """In the transaction that freezes its recipients: as many as these need."""
    query = select(func.count()).where(
        deliveries.c.edition == edition.number, deliveries.c.state == DeliveryState.PENDING.value
    )
    _defer(connection, edition, range(_batches(int(connection.execute(query).scalar_one()))))


def defer_anew(database: Database, at: datetime) -> int:
    """For every edition that leaves, those that are missing, whatever became of the others; return how many. What a
    dead worker had under way is taken up again.
    """
    made = 0
    with database.read() as connection:
        if connection.execute(select(editions.c.number).where(_is_leaving()).limit(1)).first() is None:
            return 0
    with database.write() as connection:
        jobs.clear(connection, TASK)
        there = jobs.waiting(connection, TASK, "edition")
        leaving = select(editions).where(
            _is_leaving(),
            ~exists().where(
                pauses.c.edition == editions.c.number,
                pauses.c.lifted_at.is_(None),
                or_(pauses.c.until.is_(None), pauses.c.until > stored(at)),
            ),
        )
        for row in connection.execute(leaving).all():
            edition = edition_from(row._mapping)
            free = _free(edition, at).limit(_MOST_ANEW * RECIPIENTS).subquery()
            wanted = _batches(int(connection.execute(select(func.count()).select_from(free)).scalar_one()))
            had = there.get(str(edition.number), 0)
            _defer(connection, edition, range(had, wanted))
            made += max(0, wanted - had)
    return made


def has_work(database: Database, edition: Edition, at: datetime) -> bool:
    """Whether a row of the edition is free."""
    with database.read() as connection:
        return connection.execute(_free(edition, at).limit(1)).first() is not None


def living(database: Database) -> int:
    """How many workers are there, on all hosts."""
    if not database.is_shared:
        return 0
    query = select(func.count()).select_from(workers).where(is_living(), workers.c.place.startswith(STANDING))
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


class Presence:
    """Says by a lease of its own that a worker is there, also while it has nothing to send."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lease: Lease | None = None

    def keep(self) -> None:
        """Anew, if it was lost with a connection."""
        if self._lease is None or self._lease.is_lost:
            lease = Lease(self._database, f"{STANDING}{secrets.token_hex(8)}")
            lease.__enter__()
            self._lease = lease

    def end(self) -> None:
        if self._lease is not None:
            with suppress(DigestError):  # the database is away: the lease runs out by itself
                self._lease.__exit__(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """A process that may send: a worker, or a `digest send` or `run`. Of the `edition` that it sends now so many rows
    are `claimed` and still open, and so many messages were `sent` in the last minute.
    """

    host: str
    process: int
    version: str
    is_worker: bool
    seen_at: datetime
    lease_until: datetime
    lease_left: float  # seconds
    edition: str | None = None
    claimed: int = 0
    sent: int = 0


def at_work(database: Database) -> Sequence[AtWork]:
    """All whose lease holds, a line for each edition that one sends."""
    if not database.is_shared:
        return ()
    with database.read() as connection:
        leases = connection.execute(select(workers).where(is_living()).order_by(workers.c.fence)).all()
        counted = connection.execute(_counts([row.fence for row in leases])).all()
        now = datetime.fromisoformat(connection.execute(select(its_time(0))).scalar_one())
    sending: dict[tuple[str, int], list[Row[Any]]] = {}
    fences = {row.fence: (row.host, row.pid) for row in leases}
    for row in counted:
        sending.setdefault(fences[row.fence], []).append(row)
    found = []
    processes = {(row.host, row.pid): row for row in leases}
    standing = {(row.host, row.pid) for row in leases if row.place.startswith(STANDING)}
    for key, row in sorted(processes.items()):
        one = AtWork(
            host=row.host,
            process=row.pid,
            version=row.version,
            is_worker=key in standing,
            seen_at=datetime.fromisoformat(row.seen_at),
            lease_until=datetime.fromisoformat(row.lease_until),
            lease_left=(datetime.fromisoformat(row.lease_until) - now).total_seconds(),
        )
        each = [replace(one, edition=of.name, claimed=of.claimed, sent=of.sent) for of in sending.get(key, ())]
        found += each or [one]
    return found


def _counts(fences: Sequence[int]) -> Select[Any]:
    """Of the editions that leave, what these have."""
    is_open = deliveries.c.state.in_((DeliveryState.PENDING.value, DeliveryState.INTENT.value))
    is_recent = and_(deliveries.c.state == DeliveryState.SENT.value, deliveries.c.changed_at > its_time(-RATE_SECONDS))
    return (
        select(
            deliveries.c.fence,
            (editions.c.newsletter + "/" + editions.c.period).label("name"),
            func.count().filter(is_open).label("claimed"),
            func.count().filter(is_recent).label("sent"),
        )
        .join(editions, editions.c.number == deliveries.c.edition)
        .where(deliveries.c.fence.in_(fences), _is_leaving())
        .group_by(deliveries.c.fence, editions.c.number)
        .having(func.count().filter(or_(is_open, is_recent)) > 0)
    )


def _free(edition: Edition, at: datetime) -> Select[Any]:
    """Rows that no living process has: those whose time has come, and those that a dead one had under way."""
    is_due = or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= stored(at))
    state = deliveries.c.state
    return select(deliveries.c.subscriber).where(
        deliveries.c.edition == edition.number,
        or_(and_(state == DeliveryState.PENDING.value, is_due), state == DeliveryState.INTENT.value),
        or_(deliveries.c.fence.is_(None), ~is_held()),
    )


def _is_leaving() -> ColumnElement[bool]:
    return editions.c.state == EditionState.SENDING.value


def _batches(recipients: int) -> int:
    return -(-recipients // RECIPIENTS)


def _defer(connection: Connection, edition: Edition, batches: range) -> None:
    """With the number of the lock under which they were made: never an address."""
    if not batches:
        return
    fence = connection.execute(select(locks.c.fence).where(locks.c.name == LOCK)).scalar() or 0
    given = [{"edition": edition.number, "batch": batch, "fence": fence} for batch in batches]
    jobs.defer(connection, TASK, QUEUE, given)
