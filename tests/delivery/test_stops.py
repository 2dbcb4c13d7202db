"""Asked to stop, or stopped: what is under way comes to its end, and nobody else takes over meanwhile (F-05, F-06)."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import oracle
import pytest
from doses import dose
from faultscript import Act, Fault, Script, Stage
from scenes import GAP
from supervisor import Plan, Run, pauses

LONGEST_STOP = 15  # seconds


def doubts(evidence: oracle.Evidence) -> Sequence[str]:
    return [cause for _, causes in evidence.ledger.values() for cause in causes]


def handles(pid: int, number: int) -> bool:
    """Whether the process has a handler of its own for the signal."""
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_asked_to_stop_it_ends_what_is_under_way_and_leaves_nothing_in_doubt(scene, number):
    strikes = dose(3, 100)
    at = scene("F-05", readers=100 * strikes, seed=number, script=Script(gap=(0.01, 0.03)))
    at.freeze()

    def look(run: Run) -> None:
        """Once the last message has left there is nothing to wait for."""
        assert run.returncode in (0, os.EX_TEMPFAIL) or at.edition == "finished", run

    story = at.supervise(strikes=strikes, most=0.05, early=0, signal=number, after_strike=look)
    evidence = at.judge(faults=story.strikes)
    assert story.strikes >= strikes // 2
    assert max(run.ended_after for run in story.runs if run.struck_at is not None) < LONGEST_STOP
    assert not doubts(evidence)


def test_it_waits_for_a_server_that_answers_slowly(scene):
    slow = Fault(stage=Stage.DOT, do=Act.OK, wait=dose(1.0, 8))
    at = scene("F-05", readers=16, script=Script(faults=(slow,)))
    story = at.supervise(strikes=1, most=0.3, early=0, signal=signal.SIGTERM)
    evidence = at.judge(faults=story.strikes)
    assert story.runs[0].returncode == os.EX_TEMPFAIL, story.said
    assert slow.wait / 2 < story.runs[0].ended_after < LONGEST_STOP
    assert not doubts(evidence)


def test_it_does_not_wait_for_ever_for_a_server_that_never_answers(scene):
    silent = Fault(stage=Stage.DOT, do=Act.STALL, first=8, accepted=True)
    altered = dose("waits=drain:0.5,quit:0.5", "")
    at = scene("F-05", readers=60, script=Script(gap=GAP, faults=(silent,)), altered=altered)
    story = at.supervise(strikes=1, most=0.3, early=0, signal=signal.SIGTERM)
    evidence = at.judge(faults=story.strikes)
    assert story.runs[0].ended_after < LONGEST_STOP
    assert doubts(evidence) == ["server"] * 8


def test_it_goes_on_when_nohup_made_it_deaf_to_the_end_of_its_terminal(scene):
    at = scene("F-05", readers=400)
    at.freeze()
    child, output = at.start(altered="deaf=1")
    at.wait_until(lambda: at.server.accepted)
    os.kill(child.pid, signal.SIGHUP)
    assert child.reap() == 0, output.read_text()
    assert at.edition == "finished"


def test_a_second_request_ends_it_at_once(scene):
    silent = Fault(stage=Stage.DOT, do=Act.STALL, first=8, accepted=True)
    at = scene("F-05", readers=60, script=Script(gap=GAP, faults=(silent,)))
    child, output = at.start()
    at.wait_until(lambda: len(at.server.accepted) == 8)
    os.kill(child.pid, signal.SIGTERM)
    at.wait_until(lambda: not handles(child.pid, signal.SIGTERM))
    os.kill(child.pid, signal.SIGTERM)
    assert child.reap() == -signal.SIGTERM, output.read_text()
    at.until_nothing_waits()
    assert doubts(at.judge()) == ["crash"] * 8


def test_while_it_stands_still_nobody_takes_over(scene):
    at = scene("F-06", readers=dose(400, 4000), seed=6)
    at.freeze()
    codes = []

    def somebody_else(_pid: int) -> None:
        other, _ = at.start(altered="patience=0.3")
        codes.append(other.reap())

    plan = Plan(seed=6, strikes=dose(4, 200), most=0.02, watched=at.server.log)
    run = pauses(at.launcher(), plan, at.folder / "paused", somebody_else)
    at.runs.append(run)
    evidence = at.judge(faults=len(codes), most_doubts=0)
    assert run.returncode == 0, run.said
    assert len(codes) >= plan.strikes // 2
    assert set(codes) == {os.EX_TEMPFAIL}
    assert all(len(copies) == 1 for copies in evidence.copies.values())
