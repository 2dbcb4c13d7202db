"""What several hosts have together: turns at a rate, and the day's quota, drawn in parts from their database."""

from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, Connection, case, delete, func, select, update

from digest.delivery.delivery import DeliveryState
from digest.delivery.lease import STANDING, Lease
from digest.delivery.pace import DAY, Quota
from digest.foundation.database import Database, its_seconds, its_time, upsert
from digest.foundation.schema import buckets, deliveries, editions, workers
from digest.newsletters.edition import EditionState

QUOTA = "daily"  # the row that is held by whoever divides it
_LEAST = 16  # messages, if so many are left
_PART = 4  # of what is left, to whoever asks
_FORGOTTEN_SECONDS = 3600.0
_IS_LIVE = workers.c.lease_until > its_time(0)


class SharedRates:
    """Buckets of tokens, by the clock of the database. Asking takes one statement, which waits for the disk."""

    def __init__(self, database: Database) -> None:
        self._database, self.hosts = database, 1
        self._has_tidied = False

    def draw(self, name: str, interval: float, turns: int) -> float:
        """Take turns, see `rates.SharedBuckets`."""
        if not self._has_tidied:
            self._has_tidied = True
            self._forget()
        row = upsert(buckets).values(name=name, full_at=its_seconds() + turns * interval)
        still = case((buckets.c.full_at > its_seconds(), buckets.c.full_at), else_=its_seconds())
        row = row.on_conflict_do_update(index_elements=["name"], set_={"full_at": still + turns * interval})
        with self._database.writer() as writer, writer.beside() as connection:
            ahead, hosts = connection.execute(
                row.returning(buckets.c.full_at - its_seconds(), _live().label("hosts"))
            ).one()
        self.hosts = max(1, int(hosts))
        return float(ahead)

    def _forget(self) -> None:
        """The buckets that have been full for long: of domains to which nobody writes now."""
        with self._database.writer() as writer, writer.beside() as connection:
            connection.execute(delete(buckets).where(buckets.c.full_at < its_seconds() - _FORGOTTEN_SECONDS))


class SharedQuota:
    """Of messages in any 24 hours, for the process that has the lease. What it was allotted and has not sent is free
    again when the block ends, or the lease runs out.
    """

    def __init__(self, database: Database, lease: Lease, daily: int) -> None:
        self._database, self._lease, self._daily = database, lease, daily

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if not self._lease.is_lost:
            with self._database.writer() as writer, writer.beside() as connection:
                self._note(connection, 0)

    def allot(self, under_way: int, at: datetime) -> int:
        """How many messages may be begun beside those that are under way here. Others are asked for what they were
        allotted, and not for what of it they have sent meanwhile: so a part is counted twice rather than not at all.
        """
        sent = Quota(self._database).count
        with self._database.writer() as writer, writer.beside() as connection:
            held = upsert(buckets).values(name=QUOTA, full_at=its_seconds())
            connection.execute(held.on_conflict_do_update(index_elements=["name"], set_={"full_at": its_seconds()}))
            left = self._daily - sent(at - DAY) - self._with_others(connection) - under_way
            more = max(0, min(left, max(_LEAST, left // _PART)))
            self._note(connection, under_way + more)
        return more

    def _with_others(self, connection: Connection) -> int:
        """Allotted to those who send, and what is under way of those who do not any more."""
        allotted = select(func.coalesce(func.sum(workers.c.allotted), 0)).where(_IS_LIVE, ~self._is_mine())
        leaving = select(editions.c.number).where(editions.c.state == EditionState.SENDING.value)
        is_gone = workers.c.fence.is_(None) | (workers.c.lease_until <= its_time(0))
        left_behind = (
            select(func.count())
            .select_from(deliveries)
            .outerjoin(workers, (workers.c.fence == deliveries.c.fence) & (workers.c.id == deliveries.c.worker))
            .where(deliveries.c.edition.in_(leaving), deliveries.c.state == DeliveryState.INTENT.value, is_gone)
        )
        return sum(int(connection.execute(query).scalar_one()) for query in (allotted, left_behind))

    def _is_mine(self) -> ColumnElement[bool]:
        return (workers.c.fence == self._lease.fence) & (workers.c.id == self._lease.worker)

    def _note(self, connection: Connection, messages: int) -> None:
        connection.execute(update(workers).where(self._is_mine()).values(allotted=messages))


def _live() -> ColumnElement[int]:
    is_sending = ~workers.c.place.startswith(STANDING)
    return select(func.count()).select_from(workers).where(_IS_LIVE, is_sending).scalar_subquery()
