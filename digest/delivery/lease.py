"""The lease: for so long a process may send out of a database into which other machines may write as well.

A row of `workers` says until when, by the clock of the database; whoever takes over asks that. The process itself asks
a clock that nobody sets, right before each final dot: one that stood still, or is cut off from the database, learns
from nobody else that its time is over (reliability §3.7). The last third of the lease is for what is under way.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Self

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update

from digest.delivery.delivery import DeliveryState
from digest.errors import BusyError, DigestError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, its_time
from digest.foundation.login import machine_name
from digest.foundation.schema import deliveries, editions, workers

SECONDS = 30.0
RENEWALS = 3  # in that time
STANDING = "worker:"  # how the place of one begins that says that a worker is there, and claims no rows
_KEPT_SECONDS = 86_400.0  # after its end a row is still there for who looks for what happened
_LOOK_AGAIN_SECONDS = 0.02
_PATIENCE_SECONDS = 1.0  # at the end, for a renewal that is under way


def since_boot() -> float:
    """Seconds, those included in which the machine was suspended: Linux's monotonic clock leaves these out."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """Of one process, until the block ends. `place` is the name of that where its marks are."""

    def __init__(self, database: Database, place: str | None, clock: Callable[[], float] = since_boot) -> None:
        self.worker, self.fence = secrets.token_hex(8), 0
        self.place = place or self.worker
        self._database, self._clock, self._seconds = database, clock, SECONDS
        self._renewed_at = 0.0  # when the renewal began that was the last to succeed
        self._lost = False
        self._trouble: DigestError | None = None  # of the last renewal
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lease", daemon=True)

    def __enter__(self) -> Self:
        begun = self._clock()
        values = {
            "id": self.worker,
            "place": self.place,
            "host": machine_name(),
            "pid": os.getpid(),
            "version": version("bulletin-digest"),
            "lease_until": its_time(self._seconds),
            "seen_at": its_time(0),
        }
        with self._database.writer() as writer, writer.beside() as connection:
            query = insert(workers).values(values).returning(workers.c.fence)
            self.fence = int(connection.execute(query).scalar_one())
        self._renewed_at = begun
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Given back, unless something went wrong: then whoever comes back to this place is to have the time to find
        out what became of the messages that were under way.
        """
        self._ended.set()
        self._thread.join(_PATIENCE_SECONDS)
        if kind is None and not self.is_lost:
            with self._database.writer() as writer, writer.beside() as connection:
                connection.execute(update(workers).where(self._is_mine()).values(lease_until=its_time(0)))

    @property
    def is_fresh(self) -> bool:
        """Whether a message may be brought to its end now."""
        return not self._lost and self._clock() < self._renewed_at + self._seconds * 2 / 3

    @property
    def is_lost(self) -> bool:
        """For good: somebody else may have taken over."""
        self._lost = self._lost or self._clock() >= self._renewed_at + self._seconds
        return self._lost

    def is_sure(self) -> bool:
        """As soon as that can be told: a renewal may be under way."""
        while not (self.is_fresh or self.is_lost):
            time.sleep(_LOOK_AGAIN_SECONDS)
        return self.is_fresh

    def holds(self) -> ColumnElement[bool]:
        """For the statement that writes an intent."""
        return exists().where(self._is_mine(), workers.c.lease_until > its_time(0))

    def lose(self) -> None:
        self._lost = True

    def error(self) -> BusyError:
        """Why this process has stopped."""
        cause = _("the database did not answer in time ({cause}), so nothing more leaves from here")
        said = cause.format(cause=self._trouble.cause if self._trouble else _("this machine stood still"))
        return BusyError(self._database.name, said, _("see what is wrong; then `digest send` again: it goes on"))

    def _is_mine(self) -> ColumnElement[bool]:
        return (workers.c.fence == self.fence) & (workers.c.id == self.worker)

    # In the thread.

    def _work(self) -> None:
        """Over a connection of its own, and another one when that is cut."""
        regular = self._seconds / RENEWALS
        pause = regular
        while not (self._ended.wait(pause) or self.is_lost):
            begun = self._clock()
            try:
                with self._database.writer() as writer, writer.beside() as connection:
                    renewed = connection.execute(
                        update(workers)
                        .where(self._is_mine(), workers.c.lease_until > its_time(0))
                        .values(lease_until=its_time(self._seconds), seen_at=its_time(0))
                    ).rowcount
            except DigestError as error:
                self._trouble, pause = error, regular / 10
            else:
                self._lost = self._lost or not renewed
                self._renewed_at, self._trouble, pause = begun, None, regular


def end_leases(connection: Connection) -> None:
    """Those of another life of the database: what they claimed is free, for no mark of today tells whose they were."""
    connection.execute(update(workers).where(workers.c.lease_until > its_time(0)).values(lease_until=its_time(0)))


def is_living() -> ColumnElement[bool]:
    """Of a row of `workers`: its lease holds."""
    return workers.c.lease_until > its_time(0)


def is_held() -> ColumnElement[bool]:
    """Of a row of `deliveries`: a process whose lease holds has claimed it, on whichever host."""
    return exists().where(workers.c.fence == deliveries.c.fence, workers.c.id == deliveries.c.worker, is_living())


def forget_workers(connection: Connection) -> int:
    """Delete the rows of those that ended a day ago; return how many. Those that have left messages under way stay,
    since only their row says where the marks are, and so does the last of all: numbers are never given twice.
    """
    left = (
        select(deliveries.c.fence)
        .join(editions, editions.c.number == deliveries.c.edition)
        .where(deliveries.c.state == DeliveryState.INTENT.value, deliveries.c.fence.is_not(None))
    )
    is_over = workers.c.lease_until < its_time(-_KEPT_SECONDS)
    last = select(func.max(workers.c.fence)).scalar_subquery()
    gone = delete(workers).where(is_over, workers.c.fence < last, workers.c.fence.not_in(left))
    return connection.execute(gone).rowcount
