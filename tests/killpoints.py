"""The named points at which a test can kill the program, read from the program itself: a new one is tried at once."""

import importlib
import os
import re
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path

import digest
from digest.foundation import failpoints

_CALL = re.compile(r'\breach\(\s*"([^"]+)"\s*\)')


@cache
def kill_points() -> list[str]:
    """The names in all calls of `reach`."""
    texts = (path.read_text(encoding="utf-8") for path in Path(digest.__file__).parent.rglob("*.py"))
    return sorted({name for text in texts for name in _CALL.findall(text)})


def killed(point: str, act: Callable[[], object]) -> bool:
    """Whether it came to that point, where it is killed; in a process of its own."""
    child = os.fork()
    if not child:
        os.environ["DIGEST_FAIL"] = f"{point}:kill"
        importlib.reload(failpoints)
        try:
            act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
