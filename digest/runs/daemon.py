"""The alarm clock: calls one callable at regular intervals and at named instants, never twice at a time.

Nothing is decided or kept here, so nothing can be lost: whoever is called finds out alone what is due. APScheduler does
the waiting, with its jobs in memory; it is imported in this module only.
"""

import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from threading import Event, RLock

from apscheduler.job import Job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from digest.errors import BusyError, ConfigurationError, DigestError, UsageError, worst
from digest.newsletters.newsletter import Newsletter
from digest.runs.monitoring import next_instant, watched
from digest.runs.record import Trouble
from digest.runs.run import Ran, run
from digest.settings.instance import Instance

JUMP_SECONDS = 2.0
OVERDUE = timedelta(seconds=60)


class _Waiting(BackgroundScheduler):  # type: ignore[misc] # APScheduler has no types
    def has_thread(self) -> bool:
        return self._thread is not None and bool(self._thread.is_alive())


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


def _clocks_apart() -> float:
    """The monotonic clock stands still while a machine sleeps, and nobody can set it."""
    return time.time() - time.monotonic()


# -- Unattended runs: what the daemon does at each waking, with the settings of that moment, and what it logs.

HUNG_SECONDS = 1800.0


class Unattended:
    """Runs in one workspace. Making it raises what is wrong with the settings; later bad ones are told and not used.

    `after` is called after a run that did something.
    """

    def __init__(self, folder: Path, metrics_file: Path | None, after: Callable[[Instance], object]) -> None:
        self._folder, self._file, self._after = folder.resolve(), metrics_file, after
        self._workspace = Instance(self._folder)
        self.newsletters: Sequence[Newsletter] = self._workspace.settings.newsletters
        self.stopping = Event()
        self.gone: DigestError | None = None
        self._sign_of_life: float | None = None  # while a run is under way
        self._told: list[Trouble] = []
        self.code = 0

    def hangs(self) -> bool:
        """Whether the run under way has shown no sign of life for half an hour."""
        seen = self._sign_of_life
        return seen is not None and time.monotonic() - seen > HUNG_SECONDS

    def read_settings(self) -> list[Trouble]:
        """Take over the settings as they are now, or say what is wrong and keep those before. A run under way keeps
        its own.
        """
        try:
            fresh = Instance(self._folder)
            self.newsletters = fresh.settings.newsletters
        except DigestError as error:
            said = f"{_sentence(error)}; the settings from before are kept"
            return [Trouble(about=error.thing, said=said, code=ConfigurationError.exit_code)]
        self._workspace = fresh
        return []

    def once(self) -> None:
        if not self._folder.is_dir():
            self.gone = UsageError(str(self._folder), "the workspace is gone", "bring it back, then start again")
            return
        own = self.read_settings()
        instance = self._workspace
        with watched(instance, self._file) as told:
            ran = self._run(instance, own)
            told.code = worst([*ran.codes, *(one.code for one in own)])
        own += [Trouble(about="monitoring", said=said, code=0) for said in told.warnings]
        self._tell(ran, [one for one in own if one not in self._told], told.code)
        self._told, self.code = own, told.code

    def _run(self, instance: Instance, own: list[Trouble]) -> Ran:
        """What it raises is added to `own`."""
        self._sign_of_life = time.monotonic()
        try:
            ran = run(instance, stop=self._stop)
            if ran.done:
                self._after(instance)
        except DigestError as error:
            own.append(Trouble(about=error.thing, said=_sentence(error), code=error.exit_code))
        except Exception as error:  # noqa: BLE001 – no fault in one run may end all that would follow
            fault = Trouble(about="digest", said=f"this is a fault, please report it: {error!r}", code=1)
            log.debug("the fault", exc_info=True) if fault in self._told else log.exception("the fault")
            own.append(fault)
        else:
            return ran
        finally:
            self._sign_of_life = None
        return Ran()

    def _tell(self, ran: Ran, own: Sequence[Trouble], code: int) -> None:
        """One line, for what was done and what was not said before."""
        said = [*ran.done, *map(str, ran.news), *map(str, own)]
        if said:
            log.log(
                logging.WARNING if own or any(one.code for one in ran.news) else logging.INFO, "%s", "; ".join(said)
            )
        elif self.code and not code:
            log.info("all is well again")

    def _stop(self) -> bool:
        self._sign_of_life = time.monotonic()
        return self.stopping.is_set()


def _sentence(error: DigestError) -> str:
    return "; ".join(part for part in (error.cause, error.remedy) if part)


# -- Tells systemd how the process is, by the protocol of sd_notify(3): lines in one datagram to a Unix socket.

MICROSECONDS = 1_000_000


class Notification:
    """Does nothing unless `NOTIFY_SOCKET` names a socket: an absolute path, or `@name` in the abstract namespace."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        self._wanted = name.startswith(("/", "@"))
        self.watchdog_seconds = _watchdog_seconds(environment)

    def ready(self, status: str) -> None:
        self._tell("READY=1", _status(status))

    def reloading(self) -> None:
        """`ready` must follow."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def status(self, status: str) -> None:
        self._tell(_status(status))

    def alive(self) -> None:
        self._tell("WATCHDOG=1")

    def stopping(self, status: str) -> None:
        self._tell("STOPPING=1", _status(status))

    def _tell(self, *lines: str) -> None:
        if not self._wanted:
            return
        # Whoever listened may be gone: that must not stop the work.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto("\n".join(lines).encode(), self._address)


def _status(text: str) -> str:
    return f"STATUS={' '.join(text.split())}"


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """How long systemd waits for a sign of life (sd_watchdog_enabled(3)); `None`: not for one of this process."""
    written, meant = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID")
    if not written.isascii() or not written.isdigit() or meant not in (None, str(os.getpid())):
        return None
    return int(written) / MICROSECONDS or None


# -- The daemon: runs at regular times and when something is due, until somebody ends it.
# Each run finds out anew what is due, so nothing is lost when the process, the machine or one run was away.

DRAIN_SECONDS = 13.0
TICK_SECONDS = 5.0
log = logging.getLogger("digest")


class Daemon:
    def __init__(self, unattended: Unattended, every: timedelta, notification: Notification) -> None:
        self._unattended, self._notification = unattended, notification
        self._clock = AlarmClock(self._run, self._coming, every)

    def serve(self) -> int:
        """Until SIGTERM or SIGINT; return 0 when the run under way, if any, ended in order. SIGHUP reads the settings.

        Raise `UsageError` when the workspace is gone. For the main thread only.
        """
        with received((SIGTERM, SIGINT, SIGHUP)) as inbox:
            self._clock.start()
            self._notification.ready("started")
            while self._unattended.gone is None:
                well = self._clock.is_alive() and not self._unattended.hangs()
                if well:
                    self._notification.alive()
                for number in inbox.wait(self._tick() if well else 1.0):
                    if number is not SIGHUP:
                        return self._drain(number.name)
                    self._reload()
                self._clock.mind_jumps()
            self._drain("the workspace is gone")
            raise self._unattended.gone

    def _tick(self) -> float:
        """A sign of life is due in half the time that systemd waits for it."""
        watchdog = self._notification.watchdog_seconds
        return TICK_SECONDS if watchdog is None else min(TICK_SECONDS, watchdog / 2)

    def _run(self) -> None:
        self._notification.status("a run is under way")
        self._unattended.once()

    def _coming(self, began_at: datetime) -> datetime | None:
        coming = next_instant(self._unattended.newsletters, began_at)
        calendar = "nothing in the calendar" if coming is None else f"calendar: {coming:%Y-%m-%d %H:%M %Z}"
        if not self._unattended.stopping.is_set():
            self._notification.status(
                f"last run {began_at:%Y-%m-%d %H:%M %Z}, exit code {self._unattended.code}; {calendar}"
            )
        return coming

    def _reload(self) -> None:
        self._notification.reloading()
        trouble = self._unattended.read_settings()
        for one in trouble:
            log.warning("%s", one)
        if not trouble:
            log.info("the settings were read again")
        self._notification.ready("the settings from before are kept" if trouble else "the settings were read again")
        self._clock.ring_now()

    def _drain(self, because: str) -> int:
        self._notification.stopping(f"stopping: {because}")
        self._unattended.stopping.set()
        if self._clock.stop(DRAIN_SECONDS):
            log.info("ended (%s)", because)
            return 0
        log.warning("ended (%s) in the middle of a run that did not stop in time; the next one goes on", because)
        return BusyError.exit_code


# -- Signals as something to wait for: the thread that waits reads them one by one, and no handler runs in between.


@dataclass(frozen=True, slots=True)
class Inbox:
    _descriptor: int

    def wait(self, seconds: float) -> list[signal.Signals]:
        """Those that came, in order; none when the time is over."""
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        return [signal.Signals(number) for number in os.read(self._descriptor, 64)] if ready else []


@contextmanager
def received(numbers: Sequence[signal.Signals]) -> Iterator[Inbox]:
    """Collect these signals until the block ends. For the main thread only."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    waking = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield Inbox(reading)
    finally:
        signal.set_wakeup_fd(waking)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
