"""Measuring: ours and a yardstick in turns, in one run, so that a noisy machine disturbs both alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table; `value` is a ratio or a rate, `target` says what it should be."""

    work: str
    value: str
    target: str
    met: bool
    detail: str


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(ours: Callable[[], object], yardstick: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of each, after one unmeasured call of both."""
    ours()
    yardstick()
    pairs = [(seconds(ours), seconds(yardstick)) for _ in range(ROUNDS)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def ratio(work: str, ours: float, yardstick: float, most: float, what: str) -> Row:
    value = ours / yardstick
    return Row(
        work=work,
        value=f"{value:.2f} ×",
        target=f"≤ {most} × {what}",
        met=value <= most,
        detail=f"{ours * 1000:.2f} ms against {yardstick * 1000:.2f} ms",
    )


def rate(work: str, count: int, taken: float, least: int) -> Row:
    value = count / taken
    return Row(
        work=work,
        value=f"{value:,.0f} /s",
        target=f"≥ {least:,} /s",
        met=value >= least,
        detail=f"{count:,} in {taken * 1000:.0f} ms",
    )
