"""Disks that are full, failing or busy, power that goes: what cannot be written down does not leave (F-25 … F-28)."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from disks import Power
from doses import dose
from faultscript import Script
from scenes import Scene, random

CANNOT_WRITE = 73
FIRST_WRITES = dose([1, 8, 40, 120], list(range(1, 201)))
ERRORS = [
    (kind, nth)
    for kind in ("database-write", "database-sync", "journal-write", "journal-sync")
    for nth in dose([2, 12], list(range(1, 76)))
]
SURELY = 8  # writes and syncs of either file that no sending of 60 messages can do without


def until_it_fails_and_again(at: Scene, altered: str, nth: int) -> None:
    """One run with the bad disk, which comes to its end before if `nth` is great; then one with a good disk."""
    run = at.run(altered=altered)
    assert run.returncode in ((0, CANNOT_WRITE) if nth > SURELY else (CANNOT_WRITE,)), run.said
    assert at.until_nothing_waits().returncode == 0


@pytest.mark.parametrize("nth", FIRST_WRITES)
def test_on_a_full_disk_it_stops_and_goes_on_when_there_is_room(scene, nth):
    at = scene("F-25", readers=60, connections=4, seed=nth)
    at.freeze()
    until_it_fails_and_again(at, f"failing=full:{nth}", nth)
    at.judge(faults=1, most_doubts=4)


@pytest.mark.parametrize("blocks", dose([1, 20], list(range(1, 50))))
def test_the_kernel_says_that_a_file_may_not_grow(scene, blocks):
    """The same with the kernel's own limit, to which the program's files come at different times."""
    at = scene("F-25", readers=60, connections=4, seed=blocks)
    at.freeze()
    until_it_fails_and_again(at, f"largest={blocks * 4096}", blocks)
    at.judge(faults=1, most_doubts=4)


@pytest.mark.parametrize(("kind", "nth"), ERRORS)
def test_after_an_error_of_the_disk_no_further_dot_is_written(scene, kind, nth):
    at = scene("F-27", readers=60, connections=4, seed=nth)
    at.freeze()
    until_it_fails_and_again(at, f"failing={kind}:{nth}", nth)
    at.judge(faults=1, most_doubts=4)


# ── somebody else writes ────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def our_lock(at: Scene) -> Iterator[None]:
    """As another digest holds it while it writes."""
    with (at.workspace / "digest.db.lock").open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def sqlite_lock(at: Scene) -> Iterator[None]:
    """As any other program holds it that writes into the database."""
    with closing(sqlite3.connect(at.workspace / "digest.db", timeout=30, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


@pytest.mark.parametrize("lock", [our_lock, sqlite_lock])
@pytest.mark.parametrize("trial", range(dose(1, 12)))
def test_it_waits_for_another_writer_and_gives_up_in_time(scene, lock, trial):
    """A second for the patient one; then longer than the other is patient: here 1.5 seconds, else ten."""
    at = scene("F-26", readers=dose(300, 600), seed=trial)
    at.freeze()
    child, output = at.start()
    seen = 20 + random(trial).randrange(60)
    at.wait_until(lambda: len(at.server.accepted) > seen)
    with lock(at):
        at.sleep(1)
    assert child.reap() == 0, output.read_text()

    at = scene("F-26", readers=dose(300, 600), seed=trial)
    at.freeze()
    child, output = at.start(altered="patience=1.5")
    at.wait_until(lambda: len(at.server.accepted) > seen)
    with lock(at):
        at.sleep(0.1)  # what was granted before may still be on its way
        taken = len(at.server.accepted)
        code = child.reap()
        assert code == os.EX_TEMPFAIL, output.read_text()
        assert len(at.server.accepted) <= taken + at.connections
    assert at.until_nothing_waits().returncode == 0
    at.judge(faults=2, most_doubts=0)


def locks_of(pid: int, path: Path) -> list[str]:
    """What a process holds of a file, as the kernel tells it: such as `POSIX READ`."""
    inode = path.stat().st_ino
    held = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "->" not in line]
    return [f"{each[1]} {each[3]}" for each in held if each[4] == str(pid) and each[5].endswith(f":{inode}")]


def test_others_may_look_while_it_sends(scene):
    """The sender keeps its lock on the database: else whoever looks and goes would take the log from under it."""
    at = scene("F-26", readers=dose(300, 3000), script=Script(gap=(0.02, 0.04)))
    at.freeze()
    child, output = at.start()
    at.wait_until(lambda: at.server.accepted)
    looks = 0
    while len(at.server.accepted) < at.readers * 2 // 3:
        other, said = at.start("status")
        assert other.reap() in (0, 3), said.read_text()
        assert "POSIX READ" in locks_of(child.pid, at.workspace / "digest.db")
        looks += 1
    assert child.reap() == 0, output.read_text()
    assert at.run().returncode == 0
    at.judge(faults=looks, most_doubts=0)
    assert looks


# ── power ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(dose(1, 50)))
def test_after_a_power_cut_all_that_was_promised_is_still_known(scene, seed):
    """After each kill only what was forced onto the disk is left, and the machine has another boot."""
    cuts = dose(12, 100)
    at = scene("F-28", readers=30 * cuts, connections=4, seed=seed)
    at.freeze()
    power = Power(at.workspace, at.folder / "disk")
    power.begin()
    at.altered = f"power={at.workspace}:{power.folder}"
    story = at.supervise(strikes=cuts, most=0.04, after_strike=lambda _run: power.cut())
    evidence = at.judge(most_doubts=4 * story.kills)
    assert story.returncode == 0, story.said
    assert story.kills >= cuts // 2
    assert {cause for _, causes in evidence.ledger.values() for cause in causes} == {"power"}
