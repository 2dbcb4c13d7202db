"""A scene: a fault server, a workspace whose edition waits before it, the program, and the judgement afterwards."""

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from signal import SIGKILL

import oracle
import sender
from faultrunning import Running
from launching import Child, Warm
from oracle import Evidence
from supervisor import Plan, Run, Story, supervise

GAP = (0.0, 0.004)  # seconds between taking a message and saying so (RFC 1047)
CALENDAR = "every: month\n    send: day 5 at 09:00\n    starts_on: 2018-07-01"
SENDING = datetime(2018, 8, 5, 15, tzinfo=UTC)  # 09:00 in Costa Rica
STATES = {"to decide": "held"}  # on screens, and in the ledger
FAULT, USAGE = 1, 2  # exit codes: for what was not foreseen, and for a wrong call
_REPORT = re.compile(r"^.* – monthly/2018-07: \S+; [\d,]+ readers?: (.*)$", re.MULTILINE)

Record = Callable[[str, object], None]


@dataclass(kw_only=True)
class Scene:
    """`altered` is what the environment changes about the program, see `conditions`."""

    number: str  # of the scenario in the torture report, such as F-18
    seed: int
    folder: Path
    server: Running
    workspace: Path
    warm: Warm
    readers: int
    connections: int
    record: Record
    altered: str = ""
    strict: bool = True  # a run that ends with something unforeseen is a failure
    runs: list[Run] = field(default_factory=list)

    # ── the program ─────────────────────────────────────────────────────────────────────────────────────────────────

    def launcher(self, *arguments: str, altered: str | None = None) -> Warm:
        """Starts `digest send`, or another command."""
        command = arguments or ("send", "2018-07", "--yes")
        return replace(
            self.warm,
            arguments=["-q", "-C", str(self.workspace), *command],
            environment={"ALTERED": self.altered if altered is None else altered},
        )

    def start(self, *arguments: str, altered: str | None = None) -> tuple[Child, Path]:
        """A run, and where its output goes. Somebody must reap it."""
        output = self.folder / f"run{time.monotonic_ns()}.out"
        return self.launcher(*arguments, altered=altered).start({"DIGEST_FAIL": ""}, output), output

    def run(self, *arguments: str, altered: str | None = None, **plan: object) -> Run:
        """One run that is left alone."""
        story = self.supervise(*arguments, altered=altered, strikes=0, early=1, **plan)
        return story.runs[-1]

    def supervise(
        self,
        *arguments: str,
        altered: str | None = None,
        after_strike: Callable[[Run], None] | None = None,
        **plan: object,
    ) -> Story:
        """Struck, and started again until it ends by itself."""
        whole = Plan(**{"seed": self.seed, "watched": self.server.log, **plan})
        folder = self.folder / f"runs{len(self.runs):05}"
        story = supervise(self.launcher(*arguments, altered=altered), whole, folder, after_strike)
        self.runs += story.runs
        for run in story.runs:
            assert not self.strict or (run.returncode != FAULT and "Traceback" not in run.said), run.said
        return story

    def until_nothing_waits(self, *, most: int = 40, altered: str | None = None) -> Run:
        """Run it again, as cron would, as long as it says that it should be."""
        for _ in range(most):
            run = self.run(altered=altered)
            if run.returncode not in (os.EX_TEMPFAIL, *([] if self.strict else [FAULT])):
                return run
        raise AssertionError(f"messages still wait after {most} runs, seed {self.seed}:\n{run.said}")

    def run_by_the_calendar(self, after: Callable[[datetime], None] = lambda _now: None, most: int = 300) -> Run:
        """`digest run` at the sending time, and again whenever a message may be tried again; then the report.

        For scenes with a calendar. `after` is called after each run, with its time.
        """
        now = SENDING
        for _ in range(most):
            run = self.run("run", "--now", now.isoformat())
            after(now)
            if run.returncode != os.EX_TEMPFAIL:
                return self.run()
            ((again,),) = self.rows("SELECT min(coalesce(next_attempt_at, '')) FROM deliveries WHERE state = 'pending'")
            now = max(now + timedelta(minutes=1), datetime.fromisoformat(again) if again else now)
        raise AssertionError(f"messages still wait on {now}, seed {self.seed}:\n{run.said}")

    def import_readers(self) -> None:
        """Take over the readers, nothing more; from then on no run reads the subscriber file."""
        child, output = self.start("send", "2018-07")
        assert child.reap() == USAGE, output.read_text()  # nobody said --yes
        settings = self.workspace / "digest.yaml"
        settings.write_text(settings.read_text().replace("subscribers: subscribers.yaml\n", ""))

    def freeze(self) -> None:
        """Take over the readers and freeze them, nothing more."""
        self.import_readers()
        child = self.launcher().start({"DIGEST_FAIL": "send.begun:kill"}, self.folder / "freezing.out")
        assert child.reap() == -SIGKILL, (self.folder / "freezing.out").read_text()

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < until, f"it did not come to that within {seconds} s, seed {self.seed}"
            time.sleep(0.005)

    @staticmethod
    def sleep(seconds: float) -> None:
        """For what lasts so long, never for what will have come."""
        time.sleep(seconds)

    # ── the ledger ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def addresses(self) -> list[str]:
        return [sender.address(number) for number in range(self.readers)]

    @property
    def ledger(self) -> dict[str, tuple[str, Sequence[str]]]:
        return sender.ledger(self.workspace)

    def rows(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(self.workspace / "digest.db")) as database:
            return database.execute(query).fetchall()

    @property
    def edition(self) -> str:
        """Its state."""
        ((state,),) = self.rows("SELECT state FROM editions")
        return state

    # ── the judgement ───────────────────────────────────────────────────────────────────────────────────────────────

    def evidence(self, **more: object) -> Evidence:
        last = self.runs[-1] if self.runs else None
        told = _REPORT.search(last.said) if last else None
        return Evidence(
            accepted=self.server.accepted,
            ledger=self.ledger,
            **{
                "seed": self.seed,
                "selected": self.addresses,
                "database": self.workspace / "digest.db",
                "report": _counts(told[1]) if told else None,
                "exit_code": last.returncode if last and told else None,
                **more,
            },
        )

    def judge(self, *, faults: int | None = None, **more: object) -> Evidence:
        """All equations hold; and a line for the report. `faults` are the script's where nothing else is said."""
        evidence = self.evidence(**more)
        found = oracle.broken(evidence)
        kills = sum(run.was_killed for run in self.runs)
        faults = len(self.server.faults) if faults is None else faults
        row = oracle.row(self.number, evidence, found, runs=len(self.runs), kills=kills, faults=faults)
        self.record("torture", row)
        assert not found, "\n".join(found[:40])
        return evidence


def _counts(words: str) -> Mapping[str, int]:
    """`398 sent, 2 failed`, with the ledger's words for the states."""
    counted = (each.split(" ", 1) for each in words.split(", "))
    return {STATES.get(said, said): int(count) for count, said in counted}


def workspace_of(
    template: Path,
    folder: Path,
    *,
    port: int,
    readers: int,
    connections: int,
    more: str = "",
    security: str = "none",
    calendar: bool = False,
    signed: bool = False,
) -> Path:
    """A copy of a workspace with a sealed edition, for other readers and another server; `more` is for `delivery:`."""
    shutil.copytree(template, folder)
    settings = sender.SETTINGS.format(port=port, connections=connections, more=more)
    settings = settings.replace("security: none", f"security: {security}")
    settings = settings.replace("every: month", CALENDAR) if calendar else settings
    (folder / "digest.yaml").write_text(settings)
    sender.write_readers(folder, readers)
    if not signed:
        shutil.rmtree(folder / "keys" / "dkim")
    return folder


def random(seed: object) -> Random:
    return Random(seed)  # noqa: S311 – no secret
