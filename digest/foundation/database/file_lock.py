"""Locks on files: the kernel releases them with the process that holds them."""

import errno
import fcntl
import os
import shlex
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from digest.errors import BusyError, CannotWriteError, ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.database.database import PATIENCE_SECONDS

LOOK_AGAIN_SECONDS = 0.002  # between two looks at the lock: who answers the web and who sends hold it in turns


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of the one process that runs or sends; raise `BusyError` at once when another process has it."""
    with lock_file(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                str(path.parent),
                _("another digest process is running or sending here"),
                _("wait for it, then look at `digest status`"),
            ) from None
        yield


@contextmanager
def lock_file(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:  # whoever put it there would have others hold another lock
            raise ConfigurationError(str(path), _("this lock is a link"), f"rm {shlex.quote(str(path))}") from error
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def wait_for(descriptor: int, path: Path) -> None:
    """Whoever asks for the lock first waits at a turnstile, and the next one behind it: who holds the lock again and
    again lets somebody else in between, who would else find it taken each time that they look.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    try:
        _take(partial(_lock_turnstile, descriptor, fcntl.LOCK_EX), until, path)
        _take(partial(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), until, path)
    finally:
        _lock_turnstile(descriptor, fcntl.LOCK_UN)


def _take(lock: Callable[[], object], until: float, path: Path) -> None:
    while True:
        try:
            lock()
        except BlockingIOError:
            if time.monotonic() > until:
                raise BusyError(str(path), _("somebody else is writing to it"), _("try again in a moment")) from None
            time.sleep(LOOK_AGAIN_SECONDS)
        else:
            return


def _lock_turnstile(descriptor: int, how: int) -> None:
    """The first byte of the file, which is no part of what `flock` locks. Without such locks nobody waits here."""
    if sys.platform != "linux":
        return
    kind = fcntl.F_UNLCK if how == fcntl.LOCK_UN else fcntl.F_WRLCK
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 1, 0))
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP):
            raise
