"""Locks on files: the kernel releases them with the process that holds them."""

import errno
import fcntl
import os
import shlex
import struct
import sys
import threading
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
        descriptor = _opened(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error
    try:
        yield descriptor
    finally:
        _close(descriptor)


@contextmanager
def unwritten(path: Path, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Until the block ends, nobody writes; others may read. The lock is neither made nor changed: where there is none,
    nobody has ever written. Raise `BusyError` after so many seconds.
    """
    try:
        descriptor = _opened(path, os.O_RDONLY)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        remedy = _("run digest as the user who owns the workspace")
        raise CannotWriteError(str(path), error.strerror or str(error), remedy) from error
    try:
        wait_for(descriptor, path, fcntl.LOCK_SH, patience)
        yield
    finally:
        _close(descriptor)


def wait_for(descriptor: int, path: Path, kind: int = fcntl.LOCK_EX, patience: float = PATIENCE_SECONDS) -> None:
    """Whoever asks for the lock first waits at a turnstile, and the next one behind it: who holds the lock again and
    again lets somebody else in between, who would else find it taken each time that they look.
    """
    until = time.monotonic() + patience
    try:
        _take(partial(_lock_turnstile, descriptor, kind), until, path)
        _take(partial(fcntl.flock, descriptor, kind | fcntl.LOCK_NB), until, path)
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
    kind = {fcntl.LOCK_UN: fcntl.F_UNLCK, fcntl.LOCK_SH: fcntl.F_RDLCK, fcntl.LOCK_EX: fcntl.F_WRLCK}[how]
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 1, 0))
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP):
            raise


# -- A child of a fork shares what its parent has open, and a lock is held until the last of them closes it: what a
# thread forks while another holds one would hold it, too, for as long as it lives.

_open: set[int] = set()
_forking = threading.Lock()  # no child begins while one is opened or closed


def _opened(path: Path, flags: int, mode: int = 0) -> int:
    with _forking:
        try:
            descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        except OSError as error:
            if error.errno == errno.ELOOP:  # whoever put it there would have others hold another lock
                raise ConfigurationError(str(path), _("this lock is a link"), f"rm {shlex.quote(str(path))}") from error
            raise
        _open.add(descriptor)
    return descriptor


def _close(descriptor: int) -> None:
    with _forking:
        _open.discard(descriptor)
        os.close(descriptor)


def _let_go() -> None:
    """In the child; the numbers stay taken, for who closes them."""
    _forking.release()
    if _open:
        nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        for descriptor in _open:
            os.dup2(nothing, descriptor, inheritable=False)
        os.close(nothing)


os.register_at_fork(before=_forking.acquire, after_in_parent=_forking.release, after_in_child=_let_go)
