"""Work that may loop for ever or fill the memory, done in a process of its own that is ended then: what other people
wrote, templates above all, must not take ours along.
"""

import os
import pickle
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

from digest.foundation.catalogue import _, plural

SECONDS = 3.0  # of the processor's time, so that a busy machine changes nothing
MEMORY = 300 << 20  # bytes, beyond what our process has
_WAITING = 120.0  # seconds, whatever the processor does
_STANDING_STILL = 4.0  # seconds
_RESERVE = 64 << 20  # bytes, to say what was wrong
_FULL = 3
_PIECE = 1 << 16

Result = TypeVar("Result")


class OutOfBoundsError(Exception):
    """The work was ended; it says why. Raised in the midst of the work itself where that can be, so that its place is
    known.
    """


class _StandsStillError(Exception):
    pass


def in_bounds(work: Callable[[], Result], *, seconds: float = SECONDS, memory: int = MEMORY) -> Result:
    """What the work returns, or raises: both must be possible to pickle. It changes nothing here, and may be begun
    anew. Raise `OutOfBoundsError` when it took more.

    A child is a copy of one instant: a lock that another thread held in it, in a library or in an import, is held in
    the child for ever. Who neither works nor waits for a disk is taken for that, and another instant is tried.
    """
    for standing_still in (_STANDING_STILL, _STANDING_STILL, _WAITING):
        try:
            return _in_a_child(work, seconds, memory, standing_still)
        except _StandsStillError:
            continue
    raise OutOfBoundsError(too_long(_WAITING))


def _in_a_child(work: Callable[[], Result], seconds: float, memory: int, standing_still: float) -> Result:
    answers, mouth = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads: see above
        child = os.fork()
    if not child:
        os.close(answers)
        _answer(work, mouth, seconds, memory)
    os.close(mouth)
    try:
        said = _heard(answers, child, standing_still)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(answers)
        _pid, status = os.waitpid(child, 0)
    if status == 0:
        is_done, result = pickle.loads(said)  # noqa: S301 – by our own child
        if is_done:
            return result  # type: ignore[no-any-return]
        raise result
    raise OutOfBoundsError(_why(status, seconds, memory))


def _heard(answers: int, child: int, standing_still: float) -> bytearray:
    """All that the child says."""
    said, hearing = bytearray(), select.poll()
    hearing.register(answers)
    seen, since = _effort(child), time.monotonic()
    while True:
        if hearing.poll(1000 * min(1.0, standing_still / 4)):
            if not (piece := os.read(answers, _PIECE)):
                return said
            said += piece
        effort = _effort(child)
        if effort is None or effort != seen:
            seen, since = effort, time.monotonic()
        elif time.monotonic() - since > standing_still:
            raise _StandsStillError


def _effort(child: int) -> str | None:
    """The processor's time that it had; `None` when it is at work, waits for a disk, was stopped by somebody, or when
    the system does not say (proc_pid_stat(5)).
    """
    try:
        state, *fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return " ".join(fields[10:12]) if state == "S" else None


def too_long(seconds: float) -> str:
    return plural(
        "it was not done after {count} second", "it was not done after {count} seconds", max(1, round(seconds))
    )


def too_large(memory: int = MEMORY) -> str:
    return _("it takes more than {megabytes} MB of memory").format(megabytes=memory >> 20)


def _why(status: int, seconds: float, memory: int) -> str:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM):
        return too_long(seconds)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _FULL:
        return too_large(memory)
    return _("it made the program that carried it out crash")


def _answer(work: Callable[[], object], mouth: int, seconds: float, memory: int) -> NoReturn:
    """In the child. It leaves by `_exit`: nothing that our process has open is its to close or to write out."""
    code = 1
    try:
        _bind(seconds, memory)
        with os.fdopen(mouth, "wb") as file:
            pickle.dump(_said(work), file)  # piece by piece: the whole would need as much memory again
        code = 0
    except MemoryError:
        code = _FULL
    finally:
        os._exit(code)


def _bind(seconds: float, memory: int) -> None:
    def end(_signal: int, _frame: object) -> NoReturn:
        raise OutOfBoundsError(too_long(seconds))

    signal.signal(signal.SIGPROF, end)
    for ending in (signal.SIGXCPU, signal.SIGALRM):  # whatever our process makes of them
        signal.signal(ending, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 2))  # for what cannot be interrupted
    signal.setitimer(signal.ITIMER_REAL, _WAITING)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what is in our memory is not for a file
    if sys.platform == "linux":
        most = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most + _RESERVE))


def open_reserve() -> None:
    """For who has met a `MemoryError` in bounds and wants to say where."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2)


def _said(work: Callable[[], object]) -> tuple[bool, object]:
    try:
        return True, work()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 – our process hears of it as if it had done the work itself
        return False, error
