"""The real sender, killed again and again: nobody is lost, and no second copy goes out unsaid (F-01 … F-04, F-07)."""

import resource
from pathlib import Path

import oracle
import pytest
from doses import dose, some
from faultscript import Script
from killpoints import kill_points
from scenes import GAP
from supervisor import Plan, pauses

KILLS = dose(40, 1000)


# On the way from the frozen recipients to the last result.
POINTS = ["send.begun", *(point for point in kill_points() if point.startswith("dispatch."))]


def test_killed_at_random_moments_over_eight_connections(scene):
    at = scene("F-01", readers=25 * KILLS, connections=8)
    at.freeze()
    story = at.supervise(strikes=KILLS, most=0.03)
    evidence = at.judge(most_doubts=8 * story.kills)
    assert story.returncode == 0, story.said
    assert story.kills >= KILLS // 2
    truly, doubts = oracle.exactness(evidence)
    assert truly >= 0.9 * doubts


def test_with_one_connection_a_kill_leaves_one_message_in_doubt_at_most(scene):
    kills = dose(15, 200)
    at = scene("F-02", readers=30 * kills, connections=1, seed=7)
    at.freeze()
    story = at.supervise(strikes=kills, most=0.05)
    at.judge(most_doubts=story.kills)
    assert story.returncode == 0, story.said
    assert story.kills >= kills // 2


@pytest.mark.parametrize(("nth", "point"), some([(nth, point) for nth in (1, 2, 15) for point in POINTS], daily=7))
def test_killed_at_a_named_point(scene, point, nth):
    at = scene("F-03", readers=200, seed=nth)
    story = at.supervise(strikes=0, failpoints=(f"{point}:kill:{nth}",))
    at.judge(most_doubts=8)
    assert story.returncode == 0, story.said
    assert story.kills == (nth == 1 or point not in ("send.begun", "dispatch.recovered"))


@pytest.mark.parametrize("seed", range(dose(1, 10)))
def test_killed_while_it_finds_out_what_the_last_kill_left(scene, seed):
    """Each death in mid-send is followed by two at recovery; then at random moments right after each start."""
    rounds = dose(3, 10)
    at = scene("F-04", readers=600, seed=seed)
    at.freeze()
    deaths = ("dispatch.marked:kill:20", "dispatch.recovered:kill", "dispatch.recovered:kill")
    story = at.supervise(strikes=rounds, early=1, least=0.1, most=0.3, failpoints=deaths * rounds)
    at.judge(most_doubts=8 * (rounds + rounds))
    assert story.returncode == 0, story.said
    assert story.kills >= 3 * rounds


@pytest.mark.parametrize("trial", range(dose(1, 50)))
def test_a_process_that_gets_no_more_memory_loses_nobody(scene, trial):
    """From a random moment on it may take no byte more: it fails wherever it asks for one, or dies of it."""
    at = scene("F-07", readers=dose(200, 1000), connections=4, seed=trial, script=Script(gap=GAP))
    at.freeze()
    plan = Plan(seed=trial, strikes=1, early=0, most=0.05, watched=at.server.log)
    run = pauses(at.launcher(), plan, at.folder / "starved", starve)
    at.runs.append(run)
    assert run.struck_at is not None
    assert at.until_nothing_waits().returncode == 0
    at.judge(faults=1, most_doubts=4)


def starve(pid):
    """It has what it has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    size = pages * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))


def test_what_is_in_doubt_can_be_held_for_a_person(scene):
    at = scene("F-01", readers=dose(240, 3000), connections=4, seed=3, more="  in_doubt: {crash: hold}")
    at.freeze()
    story = at.supervise(strikes=dose(8, 100), most=0.05)
    evidence = at.judge()
    held = [who for who, (state, _) in evidence.ledger.items() if state == "held"]
    assert story.returncode == (3 if held else 0), story.said
    assert all(len(evidence.copies.get(who, ())) <= 1 for who in evidence.ledger)


def test_a_signed_message_is_the_same_when_it_is_sent_again(scene):
    at = scene(
        "F-01", readers=dose(250, 1500), connections=8, seed=5, signed=True, store=True, script=Script(gap=GAP, seed=5)
    )
    at.freeze()
    at.supervise(strikes=dose(10, 60), most=0.03)
    evidence = at.judge()
    again = [copies for copies in evidence.copies.values() if len(copies) > 1]
    assert again
    for copies in again:
        assert len({at.server.message(each) for each in copies}) == 1
        assert at.server.message(copies[0]).startswith(b"DKIM-Signature: ")
