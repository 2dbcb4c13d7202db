"""The supervisor: it strikes where the plan says, starts again, and writes down what happened."""

import signal
import sys
from pathlib import Path
from random import Random

import pytest
from launching import Fresh, warm
from supervisor import Plan, StuckError, pauses, supervise

ROOT = Path(__file__).parents[2]


def program(tmp_path: Path, text: str) -> Fresh:
    """A sender that is the given lines of Python. It finds its folder in argv[1]."""
    path = tmp_path / "program.py"
    path.write_text(f"import os, pathlib, signal, sys, time\nhere = pathlib.Path(sys.argv[1])\n{text}\n")
    return Fresh([sys.executable, path, tmp_path], environment={"PYTHONPATH": str(ROOT)})


STEPS = """
log = (here / 'log').open('a')
while (here / 'log').stat().st_size < 30:
    log.write('.'); log.flush(); time.sleep(0.02)
"""


def test_a_sender_that_is_never_struck_runs_once(tmp_path):
    story = supervise(program(tmp_path, "print('done'); sys.exit(3)"), Plan(seed=1, strikes=0), tmp_path / "runs")
    assert (len(story.runs), story.kills, story.returncode, story.said) == (1, 0, 3, "done\n")


def test_it_kills_at_the_first_progress_and_starts_again_until_the_end(tmp_path):
    plan = Plan(seed=5, strikes=4, most=0.01, early=0, watched=tmp_path / "log")
    seen = []
    story = supervise(program(tmp_path, STEPS), plan, tmp_path / "runs", after_strike=seen.append)
    assert (story.kills, story.strikes, story.returncode, len(story.runs)) == (4, 4, 0, 5)
    assert [run.returncode for run in seen] == [-signal.SIGKILL] * 4
    assert len((tmp_path / "log").read_text()) >= 30


def test_the_seed_decides_the_moments(tmp_path):
    plan = Plan(seed=9, strikes=2, least=0.1, most=0.5, early=1)
    text = "time.sleep(60 if len(list((here / 'runs').iterdir())) < 3 else 0)"
    story = supervise(program(tmp_path, text), plan, tmp_path / "runs")
    draws = Random(9)  # noqa: S311 – no secret
    for run in story.runs[:2]:
        draws.random()
        assert draws.uniform(0.1, 0.5) <= run.struck_at
    assert len({run.struck_at for run in story.runs[:2]}) == 2


def test_failpoints_come_first_and_each_counts_for_one_run(tmp_path):
    text = "from digest.failpoints import reach\nfor step in range(3): reach('step')\nreach('end'); print('through')"
    plan = Plan(seed=1, strikes=0, failpoints=("step:kill:3", "end:kill", "step:raise"))
    story = supervise(program(tmp_path, text), plan, tmp_path / "runs")
    assert [(run.failpoint, run.was_killed) for run in story.runs] == [
        ("step:kill:3", True),
        ("end:kill", True),
        ("step:raise", False),
        ("", False),
    ]
    assert "failpoint step" in story.runs[2].output.read_text()
    assert story.said == "through\n"


def test_a_failpoint_that_is_never_reached_ends_the_story_without_a_kill(tmp_path):
    plan = Plan(seed=1, strikes=0, failpoints=("nowhere:kill",))
    story = supervise(program(tmp_path, "print('through')"), plan, tmp_path / "runs")
    assert (story.kills, story.said) == (0, "through\n")


def test_a_request_to_stop_is_followed_by_another_start(tmp_path):
    text = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))\n" + STEPS
    plan = Plan(seed=2, strikes=2, most=0, early=0, watched=tmp_path / "log", signal=signal.SIGTERM)
    story = supervise(program(tmp_path, text), plan, tmp_path / "runs")
    assert [run.returncode for run in story.runs] == [75, 75, 0]
    assert all(run.ended_after < 15 for run in story.runs[:2])
    assert story.kills == 0


def test_a_stopped_sender_stands_still_until_it_may_go_on(tmp_path):
    plan = Plan(seed=3, strikes=2, most=0, watched=tmp_path / "log")
    states = []

    def meanwhile(pid: int) -> None:
        states.append(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0])

    run = pauses(program(tmp_path, STEPS), plan, tmp_path / "runs", meanwhile)
    assert (run.returncode, states) == (0, ["T", "T"])


def test_a_sender_that_hangs_is_reported_with_its_seed(tmp_path):
    plan = Plan(seed=77, strikes=0, patience=0.3)
    with pytest.raises(StuckError, match="seed 77"):
        supervise(program(tmp_path, "time.sleep(60)"), plan, tmp_path / "runs")


def test_a_warm_start_reads_its_failpoint_anew_and_keeps_runs_apart(tmp_path):
    (tmp_path / "warmed.py").write_text(
        "import digest.failpoints, os\n"
        "def main(arguments):\n"
        "    print(arguments, os.environ['DIGEST_FAIL'])\n"
        "    digest.failpoints.reach('step')\n"
        "    return 0\n"
    )
    with warm("warmed:main", ["x"], cwd=tmp_path, path=[tmp_path, ROOT]) as launcher:
        plan = Plan(seed=1, strikes=0, failpoints=("step:kill", "step:kill:2"))
        story = supervise(launcher, plan, tmp_path / "runs")
    assert [run.returncode for run in story.runs] == [-signal.SIGKILL, 0]
    assert story.said == "['x'] step:kill:2\n"
