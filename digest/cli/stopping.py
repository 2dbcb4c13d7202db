"""Stopping: a first SIGTERM, Ctrl-C or closed terminal (SIGHUP) lets what is under way come to its end; a second ends
the program at once. What `nohup` made ignored stays so.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Answers whether the program was told to stop. Signals reach the main thread only: elsewhere, never."""
    told = Event()
    if current_thread() is not main_thread():
        yield told.is_set
        return
    before = {number: old for number in SIGNALS if (old := signal.getsignal(number)) is not signal.SIG_IGN}

    def tell(number: int, _frame: FrameType | None) -> None:
        told.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, tell)
    try:
        yield told.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
