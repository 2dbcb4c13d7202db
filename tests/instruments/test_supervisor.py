"""The supervisor: it strikes where the plan says, starts again, and writes down what happened."""

import signal
import sys
from pathlib import Path

import pytest
from launching import Fresh, warm
from supervisor import Plan, StuckError, pauses, supervise

ROOT = Path(__file__).parents[2]
STEPS = """
log = (here / 'log').open('a')
while (here / 'log').stat().st_size < 30:
    log.write('.'); log.flush(); time.sleep(0.02)
"""


def program(tmp_path: Path, text: str) -> Fresh:
    """A sender that is the given lines of Python. It finds its folder in argv[1]."""
    path = tmp_path / "program.py"
    path.write_text(f"import os, pathlib, signal, sys, time\nhere = pathlib.Path(sys.argv[1])\n{text}\n")
    return Fresh([sys.executable, path, tmp_path], environment={"PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_it_strikes_at_the_first_progress_and_starts_again_until_the_end(tmp_path, sign):
    plan = Plan(seed=5, strikes=2, most=0.01, early=0, watched=tmp_path / "log", signal=sign)
    text = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))\n" + STEPS
    seen = []
    story = supervise(program(tmp_path, text), plan, tmp_path / "runs", after_strike=seen.append)
    kills = 2 if sign == signal.SIGKILL else 0
    assert (story.kills, story.strikes, story.returncode, len(story.runs)) == (kills, 2, 0, 3)
    assert [run.returncode for run in seen] == [-sign if kills else 75] * 2
    assert len((tmp_path / "log").read_text()) >= 30


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


def test_each_failpoint_counts_for_one_run_and_a_warm_start_reads_it_anew(tmp_path):
    (tmp_path / "warmed.py").write_text(
        "import digest.foundation.failpoints\n"
        "def main(arguments):\n"
        "    for _ in range(2): digest.foundation.failpoints.reach('step')\n"
        "    print(arguments)\n"
    )
    with warm("warmed:main", ["x"], cwd=tmp_path, path=[tmp_path, ROOT]) as launcher:
        plan = Plan(seed=1, strikes=0, failpoints=("step:kill:2", "nowhere:kill"))
        story = supervise(launcher, plan, tmp_path / "runs")
    assert [(run.failpoint, run.returncode) for run in story.runs] == [
        ("step:kill:2", -signal.SIGKILL),
        ("nowhere:kill", 0),
    ]
    assert story.said == "['x']\n"
