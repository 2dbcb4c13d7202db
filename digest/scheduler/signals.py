"""Signals as something to wait for: the thread that waits reads them one by one, and no handler runs in between."""

import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


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
