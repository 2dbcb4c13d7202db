"""A copy of a workspace, or one out of a backup, says that it may not send, and never advises to."""

import re
import shutil

import pytest

MAILBOX = "delivery: {transport: maildir, path: mail}"
ADVICE = re.compile(r"digest (-C \S+ )?(send|resume|run)\b")


@pytest.fixture
def approved(office):
    """June has gone out as files, July is approved; from now on mails go into a mailbox."""
    office.write("bulletins/june.en.txt", "3 June, 2018\n\nA shelter opens\n\nIt has ten beds.\n")
    for month in ("june", "july"):
        office.run("build", "--period", month)
        office.run("approve", month, "--by", "Marta")
        if month == "june":
            office.run("send", "june", "--yes")
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("delivery: {transport: files, path: out}", MAILBOX))
    return office


def copied(office, tmp_path):
    shutil.copytree(office.folder, tmp_path / "copy")
    return type(office)(tmp_path / "copy")


def moved_away(office, tmp_path):
    made = copied(office, tmp_path)
    office.folder.rename(tmp_path / "elsewhere")
    return made


def restored(office, tmp_path):
    office.run("backup", str(tmp_path / "backup"))
    made = type(office)(tmp_path / "restored")
    made.folder.mkdir()
    made.run("restore", str(tmp_path / "backup"))
    return made


@pytest.mark.parametrize("way", [copied, moved_away, restored])
def test_every_screen_says_that_it_may_not_send_and_none_advises_to(approved, tmp_path, way):
    copy = way(approved, tmp_path)
    refused = " ".join(copy.run("send", "july", "--yes", code=3).stderr.split())
    why = re.search(r"nothing is sent from here: (.*?) → (.*)", refused)
    assert why, refused
    status = copy.run("status", "--all")
    flat = " ".join(status.stdout.split())
    assert why[1] in flat
    assert not ADVICE.search(status.stdout), status.stdout
    assert why[1] in " ".join(copy.run("doctor", "--offline", code=78).stdout.split())
    assert copy.json("status")[0]["fence"]["said"] == why[1]
    assert not any(ADVICE.search(one["next"]) for one in copy.json("status")[0]["editions"])
    copy.run("reopen", "july", "--by", "Marta", "--because", "so", code=3)
    for tried in (["send", "july", "--dry-run"], ["run", "--dry-run"]):
        assert why[1] in " ".join(copy.run(*tried, code=3).stderr.split())


def test_after_an_adoption_it_is_a_workspace_like_any_other(approved, tmp_path):
    copy = restored(approved, tmp_path)
    copy.run("adopt", "--without-journal", "--by", "Marta", code=None)
    status = copy.run("status").stdout
    assert "from here" not in status
    assert ADVICE.search(status)


def test_the_original_says_nothing_of_the_kind(approved, tmp_path):
    copied(approved, tmp_path)
    assert "from here" not in approved.run("status").stdout
    assert approved.json("status")[0]["fence"] is None
    assert "mails may leave from here" in approved.run("doctor", "--offline", code=None).stdout


def test_looking_does_not_settle_a_copy_down(approved, tmp_path):
    """Whether it may send is the same after a hundred looks."""
    copy = copied(approved, tmp_path)
    for command in (("status",), ("doctor", "--offline"), ("status", "--json")):
        copy.run(*command, code=None)
    copy.run("send", "july", "--yes", code=3)
