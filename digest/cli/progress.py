"""Progress: how far a sending is, on one line of a terminal, or as a line in a log every few seconds. No addresses."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from digest.cli.invocation import Invocation
from digest.foundation.catalogue import _, plural

REDRAWN_SECONDS = 0.5
LOGGED_SECONDS = 5.0  # what takes less says nothing
_WINDOW_SECONDS = 30.0
_BAR = 24  # cells
_CLEAR = "\r\x1b[K"


class Counter:
    """A `digest.delivery.delivery.Progress`. Counting is one addition; whoever shows it looks when they like."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = self.done = 0
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def begin(self, letters: int) -> None:
        self.total, self.done = letters, 0
        self._seen.clear()
        self._seen.append((self._clock(), 0))

    def add(self, letters: int) -> None:
        self.done += letters

    def told(self) -> str:
        """`1,200 of 4,000 (30 %), 85 a second, 33 seconds left`; the rate is that of the last half minute."""
        now = self._clock()
        self._seen.append((now, self.done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:  # noqa: PLR2004 – two give a rate
            self._seen.popleft()
        (then, before), done = self._seen[0], self.done
        rate = (done - before) / (now - then) if now > then else 0.0
        percent = 100 * done // self.total if self.total else 100
        said = _("{done:,} of {total:,} ({percent} %)")
        parts = [said.format(done=done, total=self.total, percent=min(percent, 100))]
        if rate:
            parts.append(_speed(rate))
            if done < self.total:
                parts.append(_("{span} left").format(span=_left((self.total - done) / rate)))
        return ", ".join(parts)


@contextmanager
def shown_progress(invocation: Invocation, *, only_on_terminal: bool = False) -> Iterator[Counter]:
    """A counter that a thread shows on standard error until the block ends; silent with `-q`."""
    counter = Counter()
    terminal = sys.stderr.isatty()
    if invocation.quiet or (only_on_terminal and not terminal):
        yield counter
        return
    ended = Event()
    thread = Thread(target=_draw if terminal else _log, args=(counter, ended), name="progress", daemon=True)
    thread.start()
    try:
        yield counter
    finally:
        ended.set()
        thread.join()


def _draw(counter: Counter, ended: Event) -> None:
    drawn = False
    while not ended.wait(REDRAWN_SECONDS):
        if counter.total:
            filled = min(_BAR, _BAR * counter.done // counter.total)
            bar = "█" * filled + "░" * (_BAR - filled)
            sys.stderr.write(f"{_CLEAR}{bar} {counter.told()}")
            sys.stderr.flush()
            drawn = True
    if drawn:
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()


def _log(counter: Counter, ended: Event) -> None:
    while not ended.wait(LOGGED_SECONDS):
        if counter.total:
            sys.stderr.write(_("sending: {progress}").format(progress=counter.told()) + "\n")
            sys.stderr.flush()


def _speed(rate: float) -> str:
    if rate >= 1:
        return _("{rate} a second").format(rate=f"{rate:,.0f}")
    return _("{rate} a minute").format(rate=f"{rate * 60:,.0f}")


def _left(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `2 hours 5 minutes`."""
    whole = max(1, round(seconds))
    if whole < 90:  # noqa: PLR2004 – a minute and a half
        return plural("{count:,} second", "{count:,} seconds", whole)
    hours, minutes = divmod(round(whole / 60), 60)
    said = [plural("{count} hour", "{count} hours", hours)] if hours else []
    return " ".join([*said, *([plural("{count:,} minute", "{count:,} minutes", minutes)] if minutes else [])])
