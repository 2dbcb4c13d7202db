"""Tells systemd how the process is, by the protocol of sd_notify(3): lines in one datagram to a Unix socket."""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

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
