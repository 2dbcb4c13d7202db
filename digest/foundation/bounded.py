"""Work that may loop for ever or fill the memory, done in a process of its own that is ended then: what other people
wrote, templates above all, must not take ours along.
"""

import os
import pickle
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

from digest.foundation.catalogue import _

SECONDS = 3.0  # of the processor's time, so that a busy machine changes nothing
MEMORY = 300 << 20  # bytes, beyond what our process has
_WAITING = 120.0  # seconds, whatever the processor does
_RESERVE = 64 << 20  # bytes, to say what was wrong
_FULL = 3

Result = TypeVar("Result")


class OutOfBoundsError(Exception):
    """The work was ended; it says why. Raised in the midst of the work itself where that can be, so that its place is
    known.
    """


def in_bounds(work: Callable[[], Result], *, seconds: float = SECONDS, memory: int = MEMORY) -> Result:
    """What the work returns, or raises: both must be possible to pickle. It changes nothing here. Raise
    `OutOfBoundsError` when it took more.
    """
    answers, mouth = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other threads the child needs nothing
        child = os.fork()
    if not child:
        os.close(answers)
        _answer(work, mouth, seconds, memory)
    os.close(mouth)
    try:
        with os.fdopen(answers, "rb") as file:
            said = file.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _pid, status = os.waitpid(child, 0)
    if status == 0:
        is_done, result = pickle.loads(said)  # noqa: S301 – by our own child
        if is_done:
            return result  # type: ignore[no-any-return]
        raise result
    raise OutOfBoundsError(_why(status, seconds, memory))


def too_long(seconds: float) -> str:
    return _("it was not done after {seconds} seconds").format(seconds=max(1, round(seconds)))


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
