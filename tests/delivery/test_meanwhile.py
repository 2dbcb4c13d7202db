"""What happens around a sending: people leave, files are edited, the clock is set (F-30 … F-32)."""

import re
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL

import pytest
import sender
from databases import database_at
from doses import dose
from faultscript import Script
from scenes import random
from sqlalchemy import text
from supervisor import Plan, Run, pauses

# ── people leave ────────────────────────────────────────────────────────────────────────────────────────────────────

LEAVING = (
    "UPDATE subscriptions SET active = 0, left_at = :at WHERE subscriber = :who",
    "UPDATE subscribers SET suppressed_at = :at WHERE number = :who",
)


@pytest.mark.parametrize("kills", [0, dose(4, 100)])
def test_whoever_leaves_before_a_message_to_them_is_begun_gets_none(scene, kills):
    """Another process writes it down, and the state of their delivery in that very transaction: was it begun?"""
    people = dose(20, 500)
    at = scene("F-31", readers=20 * people, seed=31 + kills, script=Script(gap=(0.005, 0.02)))
    at.freeze()
    draws = random(at.seed)
    leaving = draws.sample(at.addresses[at.readers // 8 :], people)
    left, states = {}, {}
    store = database_at(at.workspace / "digest.db")

    def leave(who: str) -> None:
        with store.write() as connection:
            row = connection.execute(text("SELECT number FROM subscribers WHERE address = :who"), {"who": who}).scalar()
            how = {"at": datetime.now(UTC).isoformat(), "who": row}
            states[who] = connection.execute(
                text("SELECT state FROM deliveries WHERE subscriber = :who"), how
            ).scalar_one()
            connection.execute(text(draws.choice(LEAVING)), how)
        left[who] = time.time()

    if kills:
        each = -(-people // kills)
        groups = iter([leaving[start : start + each] for start in range(0, people, each)])
        at.supervise(strikes=kills, most=0.05, after_strike=lambda _run: [leave(who) for who in next(groups, ())])
    else:
        child, output = at.start()
        for who in leaving:
            leave(who)
        assert child.reap() == 0, output.read_text()
        at.run()
    begun = {who: [left[who] - 1] for who, state in states.items() if state != "pending"}
    evidence = at.judge(faults=len(left), left=left, intents=begun)
    assert {evidence.state(who) for who, state in states.items() if state == "pending"} == {"left"}
    assert list(states.values()).count("pending") >= dose(5, 50)


# ── files are edited ────────────────────────────────────────────────────────────────────────────────────────────────


def edit(workspace: Path, time_: int) -> None:
    """Nearly all that a person could change; each time another way."""
    settings = (workspace / "digest.yaml").read_text()
    for old, new in (
        ("title: Migration bulletin", f"title: Something else {time_}"),
        ("name: Office", f"name: Other office {time_}"),
        ("connections: 8", f"connections: {1 + time_ % 8}"),
        ("Bulletin <bulletin@", f"Bulletin {time_} <bulletin@"),
    ):
        settings = settings.replace(old, new)
    (workspace / "digest.yaml").write_text(settings)
    (workspace / "bulletins" / "july.en.txt").write_text(sender.LISTING.replace("Guatemala", f"Belize {time_}"))
    (workspace / "bulletins" / f"more{time_}.en.txt").write_text(sender.LISTING.replace("Police", "Nobody"))
    shutil.copytree(Path(__file__).parents[2] / "templates", workspace / "templates", dirs_exist_ok=True)
    for path in (workspace / "templates").rglob("*.mjml"):
        path.write_text(path.read_text().replace("<mj-body", f'<mj-body css-class="edited{time_}"'))
    rows = "\n".join(
        f"  - {{address: {sender.address(number)}, name: Reader {time_}, audiences: [regional]}}"
        for number in range(0, 600, 3 + time_)
    )
    (workspace / "subscribers.yaml").write_text(f"subscribers:\n{rows}\n")


def undated(message: bytes) -> bytes:
    without, times = re.subn(rb"(?m)^Date: .*\r\n", b"", message)
    assert times == 1
    return without


def test_what_was_frozen_is_what_is_sent_whatever_is_edited_meanwhile(scene, tmp_path):
    """The same sending from the same moment, once without edits and without kills, into files; a message is dated when
    it leaves.
    """
    kills = dose(5, 100)
    at = scene("F-32", readers=60 * kills, store=True)
    child = at.launcher().start({"DIGEST_FAIL": "send.begun:kill"}, at.folder / "frozen.out")
    assert child.reap() == -SIGKILL
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(at.workspace, undisturbed)
    settings = (undisturbed / "digest.yaml").read_text()
    (undisturbed / "digest.yaml").write_text(settings.replace("transport: smtp", "transport: files"))
    sender.digest(undisturbed, "-q", "send", "2018-07", "--yes")
    expected = sorted(undated(path.read_bytes()) for path in (undisturbed / "out").rglob("*.eml"))
    edits = iter(range(kills + 1))
    story = at.supervise(strikes=kills, most=0.05, after_strike=lambda _run: edit(at.workspace, next(edits)))
    assert story.kills >= kills // 2
    evidence = at.judge(faults=next(edits), exit_code=None)
    first = {who: copies[0] for who, copies in evidence.copies.items()}
    assert sorted(undated(at.server.message(each)) for each in first.values()) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Bulletin <bulletin@news", "Bulletin <another@news"),
        ("every: month", "every: month\n    reply_to: other@news.example.org"),
        ("publisher:", "public_url: https://other.example.org/\npublisher:"),
    ],
)
def test_where_answers_and_leaving_go_stays_as_it_was_approved(scene, old, new):
    """It stands in every message: nobody gets another one than those before."""
    at = scene("F-32", readers=200, store=True)
    at.freeze()
    settings = at.workspace / "digest.yaml"
    before = settings.read_text()

    def change(_run: Run) -> None:
        settings.write_text(before.replace(old, new))

    story = at.supervise(strikes=1, most=0.03, early=0, after_strike=change)
    assert (story.kills, story.returncode) == (1, 0), story.said
    at.judge(faults=1, most_doubts=8)
    ways = re.compile(rb"(?mi)^(?:From|Reply-To): .*|https?://[^/\s>]*")
    assert len({tuple(ways.findall(at.server.message(each))) for each in at.server.accepted}) == 1


# ── the clock is set ────────────────────────────────────────────────────────────────────────────────────────────────

HOUR, DAY, YEAR = 3600, 86_400, 31_557_600
STEPS = {
    "an hour forward": HOUR,
    "an hour back": -HOUR,
    "a day forward": DAY,
    "a day back": -DAY,
    "ten years forward": 10 * YEAR,
    "back to 1970": int(-time.time()),
}


@pytest.mark.parametrize("trial", range(dose(1, 7)))
@pytest.mark.parametrize("step", dose(["ten years forward", "back to 1970"], list(STEPS)))
def test_the_clock_is_set_in_the_middle_and_nothing_is_sent_twice(scene, clock, warm_with_clock, step, trial):
    at = scene("F-30", readers=300, seed=trial, altered="naps=1")
    at.freeze()
    at.warm = warm_with_clock
    plan = Plan(seed=trial, strikes=1, most=0.05, watched=at.server.log)
    run = pauses(at.launcher(), plan, at.folder / "paused", lambda _pid: clock.set(STEPS[step]))
    at.runs.append(run)
    assert run.returncode == 0, run.output.read_text()
    assert at.run().returncode == 0
    clock.set(0)
    assert at.run().returncode == 0
    evidence = at.judge(faults=1, most_doubts=0)
    assert all(len(copies) == 1 for copies in evidence.copies.values())
    assert at.rows("SELECT count(*) FROM editions") == [(1,)]
