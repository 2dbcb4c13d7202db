"""The supervisor: ends a sender at random or named moments and starts it again until it ends by itself."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals

from launching import Child, Launcher, ended_within

LOOK = 0.002  # seconds between two looks at the watched file
PATIENCE = 10.0  # seconds until a signal has had its effect
STANDING = "TZ"  # as /proc names it: stopped, or ended in that very moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """When to strike. `seed` decides all moments; print it with every failure.

    A moment lies `least` to `most` seconds after the watched file (such as an acceptance log) has grown in that run;
    without a watched file, and with odds of `early`, after the start: so recovery is hit as well. `failpoints`
    (`point:kill:n`) are for the first runs, one each, before the random moments; a run that one of them ends is
    followed by another.
    """

    seed: int
    strikes: int
    least: float = 0.0
    most: float = 0.1
    early: float = 0.1
    watched: Path | None = None
    failpoints: tuple[str, ...] = ()
    signal: Signals = SIGKILL
    patience: float = 120.0  # seconds that one run may take


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One life of the sender. `struck_at` is seconds after its start; None when it was left alone."""

    failpoint: str
    struck_at: float | None
    seconds: float
    returncode: int
    output: Path

    @property
    def said(self) -> str:
        """What it wrote; nothing when it was killed before it could."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    @property
    def was_killed(self) -> bool:
        """By us or by a failpoint."""
        return self.returncode == -SIGKILL

    @property
    def ended_after(self) -> float:
        """Seconds from our signal to its end."""
        assert self.struck_at is not None
        return self.seconds - self.struck_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """All runs in their order. The last one ended by itself."""

    seed: int
    runs: tuple[Run, ...]

    @property
    def kills(self) -> int:
        return sum(run.was_killed for run in self.runs)

    @property
    def strikes(self) -> int:
        return sum(run.struck_at is not None for run in self.runs)

    @property
    def returncode(self) -> int:
        return self.runs[-1].returncode

    @property
    def said(self) -> str:
        """What the last run wrote."""
        return self.runs[-1].said


class StuckError(AssertionError):
    """A run did not end in its time."""


def supervise(launcher: Launcher, plan: Plan, folder: Path, after_strike: Callable[[Run], None] | None = None) -> Story:
    """Start, strike, start again, until a run ends by itself; `after_strike` may look at the ledger in between.

    The strikes are kills, or with `SIGTERM` and the like requests to stop, after which the sender must end by itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draws = Random(plan.seed)  # noqa: S311 – no secret
    runs: list[Run] = []
    strikes = 0
    while True:
        failpoint = plan.failpoints[len(runs)] if len(runs) < len(plan.failpoints) else ""
        strike = not failpoint and strikes < plan.strikes
        run = _one_run(launcher, plan, draws if strike else None, failpoint, folder / f"{len(runs) + 1:05}.out")
        runs.append(run)
        strikes += run.struck_at is not None
        if run.struck_at is None and not (run.failpoint and run.returncode):
            return Story(seed=plan.seed, runs=tuple(runs))
        if after_strike:
            after_strike(run)


def _one_run(launcher: Launcher, plan: Plan, draws: Random | None, failpoint: str, output: Path) -> Run:
    watch = plan.watched if draws and draws.random() >= plan.early else None
    size = _size(watch)
    begun = time.monotonic()
    child = launcher.start({"DIGEST_FAIL": failpoint}, output)
    struck_at = None
    with _life(child) as life:
        if draws and _comes_to(life, watch, size, draws.uniform(plan.least, plan.most), plan.patience):
            struck_at = time.monotonic() - begun
            os.kill(child.pid, plan.signal)
        _end(child, life, plan)
    returncode = child.reap()
    if struck_at is not None and plan.signal is SIGKILL and returncode != -SIGKILL:
        struck_at = None  # it had ended by itself in the same moment
    return Run(
        failpoint=failpoint,
        struck_at=struck_at,
        seconds=time.monotonic() - begun,
        returncode=returncode,
        output=output,
    )


def pauses(launcher: Launcher, plan: Plan, folder: Path, meanwhile: Callable[[int], None]) -> Run:
    """One run that is stopped (SIGSTOP) up to `plan.strikes` times; it goes on after `meanwhile(pid)` has returned."""
    folder.mkdir(parents=True, exist_ok=True)
    draws = Random(plan.seed)  # noqa: S311 – no secret
    output = folder / "00001.out"
    struck_at = None
    size = _size(plan.watched)
    begun = time.monotonic()
    child = launcher.start({"DIGEST_FAIL": ""}, output)
    with _life(child) as life:
        for _ in range(plan.strikes):
            if not _comes_to(life, plan.watched, size, draws.uniform(plan.least, plan.most), plan.patience):
                break
            os.kill(child.pid, SIGSTOP)
            struck_at = time.monotonic() - begun
            try:
                _wait_until_it_stands(child.pid)
                meanwhile(child.pid)
            finally:
                os.kill(child.pid, SIGCONT)
            size = _size(plan.watched)
        _end(child, life, plan)
    returncode = child.reap()
    seconds = time.monotonic() - begun
    return Run(failpoint="", struck_at=struck_at, seconds=seconds, returncode=returncode, output=output)


@contextmanager
def _life(child: Child) -> Iterator[int]:
    """A pidfd: readable when the child has ended, and never of another process with the same id."""
    life = os.pidfd_open(child.pid)
    try:
        yield life
    finally:
        os.close(life)


def _comes_to(life: int, watched: Path | None, size: int, wait: float, patience: float) -> bool:
    """Whether the run reaches its moment; False when it has ended before."""
    until = time.monotonic() + patience
    while watched and _size(watched) <= size:
        if ended_within(life, LOOK):
            return False
        if time.monotonic() > until:
            break
    return not ended_within(life, wait)


def _wait_until_it_stands(pid: int) -> None:
    until = time.monotonic() + PATIENCE
    while (state := Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]) not in STANDING:
        if time.monotonic() > until:
            raise StuckError(f"a stopped process is in state {state}")
        time.sleep(LOOK)


def _end(child: Child, life: int, plan: Plan) -> None:
    if not ended_within(life, plan.patience):
        os.kill(child.pid, SIGKILL)
        child.reap()
        raise StuckError(f"a run did not end within {plan.patience} s, seed {plan.seed}")


def _size(path: Path | None) -> int:
    return path.stat().st_size if path and path.exists() else 0
