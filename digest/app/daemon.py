"""The daemon: runs at regular times and when something is due, until somebody ends it.

Each run finds out anew what is due, so nothing is lost when the process, the machine or one run was away.
"""

import logging
from datetime import datetime, timedelta
from signal import SIGHUP, SIGINT, SIGTERM

from digest.app.metrics import next_instant
from digest.app.unattended import Unattended
from digest.errors import BusyError
from digest.scheduler.alarm_clock import AlarmClock
from digest.scheduler.notification import Notification
from digest.scheduler.signals import received

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
