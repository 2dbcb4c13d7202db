"""The daemon: `digest run` at regular times and when something is due, until somebody ends it.

Each run finds out anew what is due, so nothing is lost when the process, the machine or one run was away.
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
from datetime import datetime, timedelta
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from threading import Event

from digest.errors import BusyError, ConfigurationError, DigestError, UsageError, worst
from digest.foundation.catalogue import _
from digest.newsletters.newsletter import Newsletter
from digest.runs.alarm_clock import AlarmClock
from digest.runs.due import next_instant
from digest.runs.monitoring import watched
from digest.runs.run import Ran, run
from digest.runs.run_record import Trouble
from digest.settings.instance import Instance

DRAIN_SECONDS = 13.0
TICK_SECONDS = 5.0
HUNG_SECONDS = 1800.0
NOTIFICATION_SECONDS = 5.0  # that systemd is waited for when it has much to read
MICROSECONDS = 1_000_000
log = logging.getLogger("digest")


class Daemon:
    def __init__(self, unattended: "Unattended", every: timedelta, notification: "Notification") -> None:
        self._unattended, self._notification = unattended, notification
        self._clock = AlarmClock(self._run, self._coming, every)

    def serve(self) -> int:
        """Until SIGTERM or SIGINT; return 0 when the run under way, if any, ended in order. SIGHUP reads the settings.

        Raise `UsageError` when the workspace is gone. For the main thread only.
        """
        with received((SIGTERM, SIGINT, SIGHUP)) as signals:
            self._clock.start()
            self._notification.ready(_("started"))
            while self._unattended.gone is None:
                well = self._clock.is_alive() and not self._unattended.hangs()
                if well:
                    self._notification.alive()
                for number in signals.wait(self._tick() if well else 1.0):
                    if number is not SIGHUP:
                        return self._drain(number.name)
                    self._reload()
                self._clock.mind_jumps()
            self._drain(_("the workspace is gone"))
            raise self._unattended.gone

    def _tick(self) -> float:
        """A sign of life is due in half the time that systemd waits for it."""
        watchdog = self._notification.watchdog_seconds
        return TICK_SECONDS if watchdog is None else min(TICK_SECONDS, watchdog / 2)

    def _run(self) -> None:
        self._notification.status(_("a run is under way"))
        self._unattended.once()

    def _coming(self, began_at: datetime) -> datetime | None:
        coming = next_instant(self._unattended.newsletters, began_at)
        if coming is None:
            said = _("last run {last}, exit code {code}; nothing in the calendar")
        else:
            said = _("last run {last}, exit code {code}; calendar: {next}")
        if not self._unattended.stopping.is_set():
            last, following = f"{began_at:%Y-%m-%d %H:%M %Z}", "" if coming is None else f"{coming:%Y-%m-%d %H:%M %Z}"
            self._notification.status(said.format(last=last, code=self._unattended.code, next=following))
        return coming

    def _reload(self) -> None:
        self._notification.reloading()
        trouble = self._unattended.read_settings()
        for one in trouble:
            log.warning("%s", one)
        if not trouble:
            log.info("%s", _("the settings were read again"))
        self._notification.ready(
            _("the settings from before are kept") if trouble else _("the settings were read again")
        )
        self._clock.ring_now()

    def _drain(self, because: str) -> int:
        self._notification.stopping(_("stopping: {because}").format(because=because))
        self._unattended.stopping.set()
        if self._clock.stop(DRAIN_SECONDS):
            log.info("%s", _("ended ({because})").format(because=because))
            return 0
        said = _("ended ({because}) in the middle of a run that did not stop in time; the next one goes on")
        log.warning("%s", said.format(because=because))
        return BusyError.exit_code


class Unattended:
    """Runs in one workspace, each with the settings of its moment, and what they log. Making it raises what is wrong
    with the settings; later bad ones are told and not used. `after` is called after a run that did something.
    """

    def __init__(self, folder: Path, metrics_file: Path | None, after: Callable[[Instance], object]) -> None:
        self._folder, self._file, self._after = folder.resolve(), metrics_file, after
        self._instance = Instance(self._folder)
        self.newsletters: Sequence[Newsletter] = self._instance.settings.newsletters
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
            said = _("{trouble}; the settings from before are kept").format(trouble=Trouble.of(error).said)
            return [Trouble(about=error.thing, said=said, code=ConfigurationError.exit_code)]
        self._instance = fresh
        return []

    def once(self) -> None:
        if not self._folder.is_dir():
            self.gone = UsageError(str(self._folder), _("the workspace is gone"), _("bring it back, then start again"))
            return
        own = self.read_settings()
        instance = self._instance
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
            own.append(Trouble.of(error))
        except Exception as error:  # noqa: BLE001 – no fault in one run may end all that would follow
            fault = Trouble(
                about="digest", said=_("this is a fault, please report it: {fault}").format(fault=repr(error)), code=1
            )
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
            log.info("%s", _("all is well again"))

    def _stop(self) -> bool:
        self._sign_of_life = time.monotonic()
        return self.stopping.is_set()


# -- What systemd is told, by the protocol of sd_notify(3): lines in one datagram to a Unix socket.


class Notification:
    """Does nothing unless `NOTIFY_SOCKET` names a socket: an absolute path, or `@name` in the abstract namespace."""

    def __init__(self, environment: Mapping[str, str] = os.environ, patience: float = NOTIFICATION_SECONDS) -> None:
        self._patience = patience
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
        # Whoever listened may be gone, or may have stopped listening: neither must stop the work.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(self._patience)
            channel.sendto("\n".join(lines).encode(), self._address)


def _status(text: str) -> str:
    return f"STATUS={' '.join(text.split())}"


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """How long systemd waits for a sign of life (sd_watchdog_enabled(3)); `None`: not for one of this process."""
    written, meant = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID")
    if not written.isascii() or not written.isdigit() or meant not in (None, str(os.getpid())):
        return None
    return int(written) / MICROSECONDS or None


# -- Signals as something to wait for: the thread that waits reads them one by one, and no handler runs in between.


@dataclass(frozen=True, slots=True)
class ReceivedSignals:
    _descriptor: int

    def wait(self, seconds: float) -> list[signal.Signals]:
        """Those that came, in order; none when the time is over."""
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        return [signal.Signals(number) for number in os.read(self._descriptor, 64)] if ready else []


@contextmanager
def received(numbers: Sequence[signal.Signals]) -> Iterator[ReceivedSignals]:
    """Collect these signals until the block ends. For the main thread only."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    waking = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield ReceivedSignals(reading)
    finally:
        signal.set_wakeup_fd(waking)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
