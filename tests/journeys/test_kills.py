"""Killed anywhere, the next run goes on as if nothing had been: collect, build, seal and run at every named point."""

import signal

import pytest
from doses import some
from killpoints import kill_points

NOW = "2018-08-05T09:00"


# Of a run that writes files. The others have kills of their own, in the tests of their rooms.
ELSEWHERE = (
    "adopt",
    "backup",
    "journal",
    "maildir",
    "mailbox",
    "move",
    "notice",
    "restore",
    "sendmail",
    "upgrade",
    "welcome",
)
POINTS = [point for point in kill_points() if point.partition(".")[0] not in ELSEWHERE]


# Points of steps that this run does not take.
NOT_ON_THIS_WAY = ("review.left-out", "review.mailed", "missed.before", "run.welcomed")
READERS = {"ana@example.org": 1, "ben@example.org": 1}


def prepare(office):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: none\n    starts_on: 2018-06-01"))


def left_behind(office):
    """Passing files that nobody will ever rename."""
    return [path for path in office.folder.rglob(".*") if path.suffix in (".new", ".old")]


def test_there_are_at_least_thirty_points_in_collect_build_and_seal():
    rooms = ("collect", "items", "subscribers", "build", "copy", "draft", "secret", "seal", "run", "send")
    assert len([point for point in POINTS if point.split(".")[0] in rooms]) >= 30


@pytest.mark.parametrize("point", some(POINTS, 15))
def test_a_run_that_was_killed_there_is_made_good_by_the_next(office, point):
    prepare(office)
    ended = office.run("run", "--now", NOW, code=None, DIGEST_FAIL=f"{point}:kill")
    reached = ended.returncode == -signal.SIGKILL
    assert reached or ended.returncode == 0, ended.stderr
    assert reached or point in NOT_ON_THIS_WAY, f"{point} was not reached"
    office.run("run", "--now", NOW)
    states = {one["period"]: (one["state"], one["stories"]) for one in office.json("status")[0]["editions"]}
    assert states == {"2018-06": ("skipped", 0), "2018-07": ("finished", 2)}
    assert {address: len(mails) for address, mails in office.messages().items()} == READERS
    assert left_behind(office) == []
