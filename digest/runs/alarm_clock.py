"""The alarm clock: calls one callable at regular intervals and at named instants, never twice at a time.

Nothing is decided or kept here, so nothing can be lost: whoever is called finds out alone what is due. APScheduler does
the waiting, with its jobs in memory; it is imported in this module only.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, RLock

from apscheduler.job import Job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

JUMP_SECONDS = 2.0
OVERDUE = timedelta(seconds=60)


class AlarmClock:
    """Calls `ring` at once, then `every` after the last call ended, or at the instant that `coming` names if that is
    earlier. `coming` is asked anew after each call, with the instant at which that call began, and may answer `None`.
    What `ring` raises is logged; the clock goes on.

    However long the machine slept, one call follows. All methods are for the thread that made the clock.
    """

    def __init__(
        self, ring: Callable[[], object], coming: Callable[[datetime], datetime | None], every: timedelta
    ) -> None:
        self._ring, self._coming, self._every = ring, coming, every
        self._lock = RLock()
        self._idle = Event()
        self._idle.set()
        self._again = self._stopped = False
        self._armed_at = datetime.now(UTC)
        self._job: Job | None = None
        self._offset = _clocks_apart()
        self._scheduler = _Waiting(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": {"type": "threadpool", "max_workers": 1}},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        self._scheduler.start()
        self.ring_now()

    def ring_now(self) -> None:
        """Call as soon as may be: now, or once more when the call under way has ended."""
        with self._lock:
            if self._idle.is_set():
                self._arm(datetime.now(UTC))
            else:
                self._again = True

    def mind_jumps(self) -> None:
        """Call when somebody set the clock, or the machine slept: waiting goes by a clock that notices neither."""
        before, self._offset = self._offset, _clocks_apart()
        if abs(self._offset - before) > JUMP_SECONDS:
            self.ring_now()

    @property
    def next_at(self) -> datetime:
        """When the next call is meant to be, or was meant to be while one is under way."""
        return self._armed_at

    def is_alive(self) -> bool:
        """Whether the clock's own thread runs and did its work in time."""
        in_time = not self._idle.is_set() or datetime.now(UTC) < self._armed_at + OVERDUE
        return self._scheduler.has_thread() and in_time

    def stop(self, seconds: float) -> bool:
        """Call no more, and wait for the call under way; return whether it has ended by then."""
        with self._lock:
            self._stopped = True
        ended = self._idle.wait(seconds)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        return ended

    def _call(self) -> None:
        with self._lock:
            if self._stopped:
                return
            self._idle.clear()
            self._again = False
        began_at = datetime.now(UTC)
        try:
            self._ring()
        finally:
            self._set_next(began_at)

    def _set_next(self, began_at: datetime) -> None:
        """An instant that passed during the call is still to come."""
        at = datetime.now(UTC) + self._every
        try:
            coming = self._coming(began_at)
            at = at if coming is None else min(at, coming)
        finally:
            with self._lock:
                if not self._stopped:
                    self._arm(datetime.now(UTC) if self._again else at)
                self._idle.set()

    def _arm(self, at: datetime) -> None:
        """A job of its own each time: APScheduler removes the one that has just begun, at a moment of its choice."""
        if self._job is not None:
            with suppress(JobLookupError):
                self._job.remove()
        self._armed_at = at
        self._job = self._scheduler.add_job(self._call, DateTrigger(at))


class _Waiting(BackgroundScheduler):  # type: ignore[misc] # APScheduler has no types
    def has_thread(self) -> bool:
        return self._thread is not None and bool(self._thread.is_alive())


def _clocks_apart() -> float:
    """The monotonic clock stands still while a machine sleeps, and nobody can set it."""
    return time.time() - time.monotonic()
