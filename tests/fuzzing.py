"""Inputs that nobody would write: a few by Hypothesis each day, which makes what fails small; a great many by number in
`make fuzz`. Each may take two seconds of the processor's time, and all of one kind together 200 MB of memory.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NoReturn

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

INPUTS = int(os.environ.get("DIGEST_FUZZ", "0"))
REPORT = os.environ.get("DIGEST_FUZZ_REPORT")  # a file, to which each kind adds a line of JSON
DAILY = 25
SECONDS = 2.0
MEMORY = 200 << 20
_LONGEST = 60  # pieces
_TIMES = (1,) * 400 + (30,) * 4 + (2_000,)  # how often one stands in a row


def pieces_of(text: str) -> Sequence[bytes]:
    """Parted by ¦."""
    return [piece.encode() for piece in text.split("¦")]


def grown(pieces: Sequence[bytes], number: int) -> bytes:
    """The input with this number."""
    chance = Random(number)  # noqa: S311 – the same again, when asked for
    return b"".join(
        chance.choice(pieces) * chance.choice(_TIMES)
        if chance.random() < 0.75
        else chance.randbytes(chance.randrange(9))
        for _ in range(chance.randrange(_LONGEST))
    )


def fuzz(name: str, pieces: Sequence[bytes], answer: Callable[[bytes], object]) -> None:
    """Whatever `answer` raises is a fault, and so is what takes too much."""
    answer(b"".join(pieces))  # what is loaded once counts for no input
    if not INPUTS:
        _tried_by_hypothesis(pieces, answer)
        return
    slowest, begun = (0.0, 0), time.monotonic()
    with _little_memory() as more, _ended_when_hanging() as again:
        for number in range(INPUTS):
            again()
            started = time.process_time()
            try:
                answer(grown(pieces, number))
            except BaseException as error:
                error.add_note(f"the input number {number} of {name}: {grown(pieces, number)[:2_000]!r}")
                raise
            slowest = max(slowest, (time.process_time() - started, number))
    told = {"inputs": INPUTS, "slowest": round(slowest[0], 3), "number": slowest[1], "megabytes": round(more() / 2**20)}
    if REPORT:
        with Path(REPORT).open("a") as file:
            file.write(json.dumps({"name": name, **told, "seconds": round(time.monotonic() - begun)}) + "\n")
    assert more() < MEMORY, told
    assert slowest[0] < SECONDS, told


def _tried_by_hypothesis(pieces: Sequence[bytes], answer: Callable[[bytes], object]) -> None:
    inputs = st.lists(st.sampled_from(pieces) | st.binary(max_size=8), max_size=_LONGEST).map(b"".join)

    @settings(max_examples=DAILY, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(inputs)
    def answers(data: bytes) -> None:
        answer(data)

    answers()


@contextmanager
def _ended_when_hanging() -> Iterator[Callable[[], None]]:
    """To be called before each input."""

    def hang(_signal: int, _frame: object) -> NoReturn:
        raise AssertionError(f"it was not done after {SECONDS} seconds")

    before = signal.signal(signal.SIGPROF, hang)
    try:
        yield lambda: signal.setitimer(signal.ITIMER_PROF, SECONDS) and None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _little_memory() -> Iterator[Callable[[], int]]:
    """Who asks for more than so much gets a `MemoryError`; tells how much more than before was in use at most."""
    if sys.platform != "linux":
        yield lambda: 0
        return
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
    before = _in_use()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, hard))
    try:
        yield lambda: _in_use("VmHWM") - before
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _in_use(name: str = "VmRSS") -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) << 10
