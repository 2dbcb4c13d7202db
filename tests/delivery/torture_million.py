"""A million readers, three kills, and a limit to memory and to the time until the next message (F-38).

Only `make torture` names this file. `MILLION=20000` in the environment makes it smaller; the report says which it was.
"""

import json
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from signal import SIGKILL

import oracle
import pytest
import sender
from acceptances import Acceptance
from launching import Fresh, ended_within
from oracle import Evidence
from scenes import Scene

READERS = int(os.environ.get("MILLION", "1000000"))
KILLS = 3
MOST_MEMORY = 150  # MB
LONGEST_RESUME = 5  # seconds from the start of the program to the next message
LOOK = 0.02
PATIENCE = 3600


@pytest.fixture
def at(scene) -> Iterator[Scene]:
    made = scene("F-38", readers=1, seed=38)
    yield made
    shutil.rmtree(made.folder)  # gigabytes


def subscribe_everybody(workspace: Path) -> None:
    """As if they had been imported long ago; the first one was."""
    with closing(sqlite3.connect(workspace / "digest.db")) as database, database:
        ((choice,),) = database.execute("SELECT number FROM choices")
        ((first,),) = database.execute("SELECT max(number) FROM subscribers")
        for start in range(first + 1, READERS + 1, 10_000):
            numbers = range(start, min(start + 10_000, READERS + 1))
            database.executemany(
                "INSERT INTO subscribers (number, public_id, address, folded) VALUES (?, ?, ?, ?)",
                [
                    (number, f"{number:016x}", sender.address(number - 1), sender.address(number - 1))
                    for number in numbers
                ],
            )
            database.executemany(
                "INSERT INTO subscriptions (subscriber, newsletter, choice, active) VALUES (?, 'monthly', ?, 1)",
                [(number, choice) for number in numbers],
            )


class Life:
    """One run of the program, started as a person would, and the most memory that it had."""

    def __init__(self, at: Scene, number: int) -> None:
        arguments = ["-q", "-C", str(at.workspace), "send", "2018-07", "--yes"]
        self.at, self.output, self.memory = at, at.folder / f"life{number}.out", 0.0
        self.size = self.log_size()
        self.begun = time.monotonic()
        self.child = Fresh([str(sender.PROGRAM), *arguments]).start({}, self.output)
        self.life = os.pidfd_open(self.child.pid)

    def log_size(self) -> int:
        return self.at.server.log.stat().st_size

    def goes_on(self) -> bool:
        """False when it has ended; a look at its memory besides."""
        if ended_within(self.life, LOOK):
            return False
        if found := re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.child.pid}/status").read_text()):
            self.memory = max(self.memory, int(found[1]) / 1024)
        assert time.monotonic() - self.begun < PATIENCE
        return True

    def first_message(self) -> float:
        """Seconds until it left."""
        while self.log_size() <= self.size:
            assert self.goes_on(), self.output.read_text()
        return time.monotonic() - self.begun

    def kill_after(self, growth: int) -> None:
        while self.log_size() < self.size + growth:
            assert self.goes_on(), self.output.read_text()
        os.kill(self.child.pid, SIGKILL)
        assert self.child.reap() == -SIGKILL

    def end(self) -> int:
        while self.goes_on():
            pass
        return self.child.reap()


def unusual(at: Scene) -> tuple[Evidence, int, int]:
    """The evidence about all but those who are `sent`, never in doubt, and were accepted once: these are only counted.

    Also the number of those, and of all acceptances.
    """
    counts = bytearray(READERS)
    with at.server.log.open() as lines:
        for line in lines:
            counts[int(json.loads(line)["recipient"].partition("@")[0].removeprefix("reader"))] += 1
    with closing(sqlite3.connect(at.workspace / "digest.db")) as database:
        doubts: dict[int, list[str]] = {}
        for who, cause in database.execute("SELECT subscriber, cause FROM doubts"):
            doubts.setdefault(who, []).append(cause)
        ledger = {
            address: (state, doubts.get(who, []))
            for who, address, state in database.execute("SELECT subscriber, address, state FROM deliveries")
            if state != "sent" or who in doubts or counts[who - 1] != 1
        }
        ((rows,),) = database.execute("SELECT count(*) FROM deliveries")
    with at.server.log.open() as lines:
        accepted = [Acceptance(**known) for known in map(json.loads, lines) if known["recipient"] in ledger]
    evidence = Evidence(
        accepted=accepted,
        ledger=ledger,
        seed=at.seed,
        database=at.workspace / "digest.db",
        most_doubts=KILLS * at.connections,
    )
    return evidence, rows - len(ledger), sum(counts)


def test_a_million_readers_three_kills(at, record_property):
    at.import_readers()
    subscribe_everybody(at.workspace)
    lives, resumed = [], []
    begun = time.monotonic()
    for number in range(KILLS):
        lives.append(Life(at, number))
        seconds = lives[-1].first_message()
        if number:
            resumed.append(seconds)
        lives[-1].kill_after(READERS // (KILLS + 1) * 400)
    lives.append(Life(at, KILLS))
    resumed.append(lives[-1].first_message())
    assert lives[-1].end() == 0, lives[-1].output.read_text()
    seconds = time.monotonic() - begun
    evidence, usual, accepted = unusual(at)
    found = oracle.broken(evidence)
    memory = max(life.memory for life in lives)
    extra = sum(len(copies) - 1 for copies in evidence.copies.values())
    doubts = sum(len(events) for _, events in evidence.ledger.values())
    record_property(
        "torture",
        {
            "number": at.number,
            "messages": READERS,
            "runs": len(lives),
            "kills": KILLS,
            "faults": 0,
            "lost": READERS - usual - sum(state == "sent" for state, _ in evidence.ledger.values()),
            "silent": max(0, accepted - READERS - doubts),
            "doubts": doubts,
            "extra": extra,
            "exact": oracle.exactness(evidence)[0],
        },
    )
    record_property(
        "million",
        {"readers": READERS, "memory": memory, "resumed": max(resumed), "seconds": seconds, "rate": READERS / seconds},
    )
    assert not found, "\n".join(found[:40])
    assert usual + len(evidence.ledger) == READERS
    assert accepted == READERS + extra
    assert memory <= MOST_MEMORY
    assert max(resumed) <= LONGEST_RESUME
