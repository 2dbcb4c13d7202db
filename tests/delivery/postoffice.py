"""A workspace beside a fault server, and somebody who types commands in it: for the tests of sending's options."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import sender
from faultrunning import Running
from launching import Warm, ended_within

PATIENCE = 60.0  # seconds; generous, for a machine that has other work


@dataclass(frozen=True)
class Ended:
    code: int
    said: str  # standard output and error


@dataclass
class Command:
    """One that runs in the background."""

    run: Warm
    output: Path
    pid_file: int = field(init=False)

    def __post_init__(self) -> None:
        self.pid_file = os.pidfd_open(self.run.pid)

    @property
    def said(self) -> str:
        """So far."""
        return self.output.read_text() if self.output.exists() else ""

    def wait(self, seconds: float = PATIENCE) -> Ended:
        assert ended_within(self.pid_file, seconds), f"it did not end within {seconds} s: {self.output.read_text()}"
        os.close(self.pid_file)
        return Ended(self.run.reap(), self.output.read_text())


@dataclass
class PostOffice:
    workspace: Path
    server: Running
    warm: Warm
    outputs: Path
    count: int = 0

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Command:
        self.count += 1
        output = self.outputs / f"{self.count}.txt"
        words = ["-C", str(self.workspace), *arguments]
        run = replace(self.warm, arguments=words).start(dict(environment or {}), output)
        return Command(run, output)

    def run(self, *arguments: str, code: int | None = 0) -> str:
        ended = self.start(*arguments).wait()
        assert code is None or ended.code == code, f"{arguments}: {ended.code}\n{ended.said}"
        assert "Traceback" not in ended.said, ended.said
        return ended.said

    @property
    def states(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        found: dict[str, int] = {}
        for state, _ in sender.ledger(self.workspace).values():
            found[state] = found.get(state, 0) + 1
        return found

    @property
    def doubts(self) -> int:
        return sum(len(causes) for _, causes in sender.ledger(self.workspace).values())

    @property
    def copies(self) -> dict[str, int]:
        """How many messages the server took for each reader."""
        found: dict[str, int] = {}
        for each in self.server.accepted:
            found[each.recipient] = found.get(each.recipient, 0) + 1
        return found


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)
