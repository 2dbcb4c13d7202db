"""Starting a sender again and again: as a fresh program, or forked from a process that has imported it already."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Child(Protocol):
    """A sender that runs. `returncode` is negative after a signal, as in subprocess."""

    pid: int

    def reap(self) -> int:
        """Its return code, after it has ended."""
        ...


class Launcher(Protocol):
    def start(self, environment: Mapping[str, str], output: Path) -> Child:
        """A new run with these variables besides ours; standard output and error go to `output`."""
        ...


@dataclass(slots=True)
class _Program:
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def reap(self) -> int:
        return self.process.wait()


@dataclass(frozen=True, slots=True)
class Fresh:
    """A command line, started as a person would: with the cost of every import."""

    command: Sequence[str | Path]
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, environment: Mapping[str, str], output: Path) -> _Program:
        with output.open("wb") as written:
            return _Program(
                subprocess.Popen(
                    self.command,
                    cwd=self.cwd,
                    env=os.environ | self.environment | environment,
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=written,
                )
            )


@dataclass(frozen=True, slots=True)
class _Fork:
    warm: "Warm"
    pid: int

    def reap(self) -> int:
        return self.warm.ask({"reap": self.pid})


@dataclass(frozen=True, slots=True)
class Warm:
    """Forks from a process in which everything is imported; see `warm`. Several runs may be under way."""

    process: subprocess.Popen[str]
    arguments: Sequence[str] = ()
    cwd: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, environment: Mapping[str, str], output: Path) -> _Fork:
        order = {"arguments": list(self.arguments), "environment": {**self.environment, **environment}}
        return _Fork(self, self.ask({**order, "output": str(output), "cwd": str(self.cwd or Path.cwd())}))

    def ask(self, order: Mapping[str, object]) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process from which runs are forked has ended"
        return int(line)


@contextmanager
def warm(
    entry: str,
    arguments: Sequence[str] = (),
    *,
    cwd: Path | None = None,
    imports: Sequence[str] = (),
    path: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Warm]:
    """A launcher that calls `entry` (`module:function`) with the arguments in a fork for each run.

    `imports` are modules that the entry would load lazily (`package.*`: all of them), `path` where modules are found,
    before those that PYTHONPATH names. What a function returns, or the code of its SystemExit, ends the run.
    `digest.foundation.failpoints` reads its variable anew in each fork. `environment` is that of the process itself.
    """
    command = [sys.executable, Path(__file__).with_name("warmstart.py"), entry, *imports]
    places = [*map(str, path), *filter(None, [os.environ.get("PYTHONPATH")])]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(places)},
    ) as started:
        try:
            yield Warm(started, arguments, cwd)
        finally:
            assert started.stdin
            started.stdin.close()
            started.wait()


def ended_within(pid_file: int, seconds: float) -> bool:
    """Whether the process behind a pidfd ends in that time."""
    poller = select.poll()
    poller.register(pid_file, select.POLLIN)
    return bool(poller.poll(max(0.0, seconds) * 1000))
