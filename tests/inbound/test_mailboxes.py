"""Maildir, mbox and a pipe: what was understood is put away, what is not for us stays, and a kill loses nothing."""

import json
import mailbox
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import warm_program
from office import ANA, BEN, EVA, MAILBOX, Office, bounce, letter

from digest.errors import ConfigurationError
from digest.inbound import classifying
from digest.inbound.inbound import InboundOutcome
from digest.inbound.processing import PIPED_MOST

PROGRAM = Path(sys.executable).with_name("digest")
MBOX = "mailbox: {mbox: mail.mbox, then: THEN}\n"


def of_ana(office, number=1):
    return bounce(f"bounces+{office.delivery(ANA)}@x.org", who=ANA, number=number)


def count(path):
    box = mailbox.mbox(path)
    try:
        return len(box)
    finally:
        box.close()


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("then", "left"),
    [
        ("keep", ["cur/1.mail:2,S", "cur/3.mail:2,RS", "new/2.mail"]),
        (
            "move",
            [".digest-done/cur/1.mail:2,S", ".digest-done/cur/3.mail:2,RS", ".digest-done/maildirfolder", "new/2.mail"],
        ),
        ("delete", ["new/2.mail"]),
    ],
)
def test_a_maildir_afterwards(office, then, left):
    office.settings(MAILBOX.replace("}", f", then: {then}}}"))
    office.put(of_ana(office), "1.mail")
    office.put(letter("press@example.com", "Question", "Hello?"), "2.mail")
    path = office.put(of_ana(office, 3), "3.mail")
    path.rename(office.maildir / "cur" / "3.mail:2,R")  # a person has answered it
    read = office.read()
    assert read.outcomes == {InboundOutcome.HARD: 2, InboundOutcome.OTHER: 1}
    assert names(office.maildir) == left
    assert office.read().messages == 0
    assert names(office.maildir) == left
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in office.maildir.glob(".digest-done"))


def test_what_is_no_message_file_is_passed_over(office):
    os.mkfifo(office.maildir / "new" / "pipe")
    (office.maildir / "new" / "link").symlink_to("/etc/passwd")
    (office.maildir / "new" / "folder").mkdir()
    (office.maildir / "new" / ".hidden").write_text("x")
    office.put(of_ana(office))
    assert office.read().outcomes == {InboundOutcome.HARD: 1}


def test_a_message_that_cannot_be_read_stops_no_other(office, monkeypatch):
    office.put(letter("x@example.com", "Question"), "1.mail")
    office.put(of_ana(office), "2.mail")
    opens = os.open

    def refusing(path, *more, **named):
        if str(path).endswith("1.mail"):
            raise PermissionError(13, "Permission denied", str(path))
        return opens(path, *more, **named)

    with monkeypatch.context() as patched:  # root may read everything
        patched.setattr(os, "open", refusing)
        read = office.read()
    assert read.outcomes == {InboundOutcome.HARD: 1}
    assert [error.exit_code for error in read.trouble] == [4]
    assert office.read().outcomes == {InboundOutcome.OTHER: 1}, "it is read as soon as that is possible"


def test_no_maildir_is_refused_in_plain_words(office):
    office.settings("mailbox: {maildir: nowhere}\n")
    with pytest.raises(ConfigurationError, match="No such file"):
        office.read()


@pytest.mark.parametrize(("then", "left"), [("keep", 3), ("move", 1), ("delete", 1)])
def test_an_mbox_afterwards(office, then, left):
    office.settings(MBOX.replace("THEN", then))
    path = office.folder / "mail.mbox"
    box = mailbox.mbox(path)
    for raw in (of_ana(office), letter("x@example.com", "Question", "From here\n\nFrom there"), of_ana(office, 2)):
        box.add(raw)
    box.close()
    before = path.read_bytes()
    assert office.read().outcomes == {InboundOutcome.HARD: 2, InboundOutcome.OTHER: 1}
    assert count(path) == left
    assert (path.read_bytes() == before) == (then == "keep")
    done = office.folder / "mail.mbox.digest-done"
    assert done.exists() == (then == "move")
    assert then != "move" or (count(done) == 2 and stat.S_IMODE(done.stat().st_mode) == 0o600)
    assert office.read().messages == 0


def test_an_mbox_into_which_mail_is_delivered_is_left_for_later(office):
    office.settings(MBOX.replace("THEN", "delete"))
    box = mailbox.mbox(office.folder / "mail.mbox")
    box.add(of_ana(office))
    box.close()
    (office.folder / "mail.mbox.lock").touch()
    read = office.read()
    assert [error.exit_code for error in read.trouble] == [75]
    assert count(office.folder / "mail.mbox") == 1
    (office.folder / "mail.mbox.lock").unlink()
    read = office.read()
    assert (read.again, read.messages, read.trouble) == (1, 0, [])
    assert count(office.folder / "mail.mbox") == 0


def test_a_pipe_is_answered_as_mail_servers_understand(office):
    assert "1 returned for good" in office.run("mailbox", "-", stdin=of_ana(office).encode())
    assert "Nothing new" in office.run("mailbox", "-", stdin=of_ana(office).encode())
    said = office.run("mailbox", "-", stdin=letter("x@example.com", "Question", "Hello?").encode(), code=65)
    assert "forward_to" in said
    office.run("mailbox", "-", stdin=letter("x@example.com", "Question", "Hello?").encode(), code=65)
    office.settings("mailbox: {forward_to: boss@example.org}\n")
    office.run("mailbox", "-", stdin=letter("x@example.com", "Question", "Hello again?").encode())
    assert [mail["To"] for mail in office.mails("passed-on")] == ["boss@example.org"]
    assert "digest.yaml names no mailbox" in office.run("mailbox", code=78)


def test_a_message_that_is_too_large_for_the_pipe_is_taken_with_a_note_and_never_brought_again(office):
    attached = (b"\n" + b"x" * 79) * ((PIPED_MOST // 80) + 2)
    said = office.run("mailbox", "-", stdin=letter(BEN, "unsubscribe", "please").encode() + attached)
    assert "more than 32 MB" in said
    assert office.gets(BEN) == [], "what it asks for stands at its beginning"
    question = letter("x@example.com", "Question", "Hello?").encode() + attached
    assert "more than 32 MB" in office.run("mailbox", "-", stdin=question)


def test_a_pipe_never_loses_a_message_because_of_what_is_wrong_here(office):
    """A request to leave that came while somebody mistyped the settings comes again."""
    request = letter(BEN, "unsubscribe", "please").encode()
    office.settings("mailbox: {nonsense: 1}\n")
    assert "unknown key" in office.run("mailbox", "-", stdin=request, code=75)
    (office.folder / "digest.yaml").unlink()
    office.run("mailbox", "-", stdin=request, code=75)
    office.settings(MAILBOX)
    office.run("mailbox", "-", stdin=request)
    assert office.gets(BEN) == []


def test_a_confirmation_that_cannot_leave_now_leaves_later_once(office, tmp_path):
    (tmp_path / "office" / "out" / "mailbox").write_text("in the way")
    office.put(letter(BEN, "unsubscribe", "please"))
    read = office.read()
    assert (read.left, read.confirmed, [error.exit_code for error in read.trouble]) == (1, 0, [73])
    (tmp_path / "office" / "out" / "mailbox").unlink()
    assert office.read().confirmed == 1
    assert office.read().confirmed == 0
    assert len(office.mails("left")) == 1


def test_a_dry_run_says_it_all_and_changes_nothing(office):
    office.settings(MAILBOX.replace("}", ", then: delete, forward_to: boss@example.org}"))
    office.put(of_ana(office), "1.mail")
    office.put(letter(BEN, "unsubscribe", "please"), "2.mail")
    office.put(letter("x@example.com", "Question \x1b[31m", "Hello?"), "3.mail")
    before = {path: path.read_bytes() for path in office.folder.rglob("*") if path.is_file()}
    said = office.run("mailbox", "--dry-run")
    assert "returned for good ana@… (July 2018 – monthly/2018-07): 550 5.1.1 user unknown" in said
    assert "request to leave ben@… (monthly)" in said
    assert "other “Question [31m”" in said
    assert "This was a dry run: nothing was changed." in said
    assert {path: path.read_bytes() for path in office.folder.rglob("*") if path.is_file()} == before
    found = json.loads(office.run("mailbox", "--dry-run", "--json"))
    assert found["outcomes"]["hard"] == 1
    assert [one["leaves"] for one in found["entries"]] == [None, "monthly", None]
    assert "@" not in json.dumps(found)


def test_no_address_is_said_or_kept_in_a_log(office):
    office.put(of_ana(office))
    office.put(letter(BEN, "unsubscribe", "please"))
    office.put(letter("secret@example.com", "unsubscribe", "please"))
    said = office.run("mailbox") + office.run("mailbox", "--json") + office.run("-v", "mailbox", code=0)
    assert "@example" not in said


POINTS = ["before-commit", "committed", "written", "settled", "confirming", "forwarded"]


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_anywhere_loses_nothing_and_counts_nothing_twice(office, point):
    office.settings(MAILBOX.replace("}", ", then: move, forward_to: boss@example.org}"))
    office.put(of_ana(office), "1.mail")
    office.put(letter(BEN, "unsubscribe", "please"), "2.mail")
    office.put(letter("press@example.com", "Question", "Hello?"), "3.mail")
    failing = {"DIGEST_FAIL": f"mailbox.{point}:kill"}
    ended = warm_program.run(["-C", office.folder, "mailbox"], environment=failing)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert office.read().trouble == []
    assert office.rows("SELECT kind FROM returns") == [("hard",)]
    assert office.gets(BEN) == []
    assert len(office.mails("left")) == (0 if point == "confirming" else 1), "rather not at all than twice"
    assert len(office.mails("passed-on")) == 1, "the same message has the same name"
    assert not list((office.maildir / "new").iterdir())
    assert len(list((office.maildir / ".digest-done" / "cur").iterdir())) == 3


def test_two_who_read_at_once_do_not_disturb_each_other(office):
    for number in range(12):
        office.put(letter(EVA, "unsubscribe", f"please {number}"))
    started = [
        subprocess.Popen([PROGRAM, "-C", office.folder, "mailbox"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    codes = []
    for one in started:
        one.communicate(timeout=120)
        codes.append(one.returncode)
    assert 0 in codes
    assert set(codes) <= {0, 75}
    assert len(office.mails("left")) == 1


def test_pipes_at_once_are_all_taken(office: Office):
    piped = [of_ana(office, n) for n in range(2)] + [letter(EVA, "unsubscribe", f"please {n}") for n in range(2)]
    started = []
    for raw in piped:
        one = subprocess.Popen(
            [PROGRAM, "-C", office.folder, "mailbox", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        one.stdin.write(raw.encode())
        one.stdin.close()
        started.append(one)
    assert [one.wait(120) for one in started] == [0] * 4
    assert len(office.rows("SELECT 1 FROM returns")) == 2
    assert len(office.mails("left")) == 1


@pytest.fixture
def faulty(monkeypatch):
    """As if reading the addresses of some message were wrong: a fault in a library stands for one of ours."""
    real = classifying.getaddresses

    def reading(values):
        if any("strange" in value for value in values):
            raise KeyError(ANA)
        return real(values)

    monkeypatch.setattr(classifying, "getaddresses", reading)
    return monkeypatch


def test_a_message_that_meets_a_fault_of_ours_is_named_stops_no_other_and_is_read_again(office, faulty):
    path = office.put(letter("strange@example.com", "UNSUBSCRIBE"), "1.mail")
    office.put(of_ana(office), "2.mail")
    for others in (1, 0):
        read = office.read()
        assert read.outcomes == ({InboundOutcome.HARD: 1} if others else {})
        (told,) = read.trouble
        assert told.thing == "message 1.mail"
        assert re.fullmatch(r"this is a fault, please report it: KeyError in test_mailboxes.py, line \d+", told.cause)
        assert str(office.maildir) in told.remedy
        assert "@" not in str(told)
        assert path.exists()
    faulty.undo()
    read = office.read()
    assert (read.outcomes, read.trouble) == ({InboundOutcome.UNKNOWN_LEAVER: 1}, [])


def test_what_meets_a_fault_of_ours_in_a_pipe_is_kept_by_the_mail_server(office, faulty):
    with pytest.raises(KeyError):
        office.pipe(letter("strange@example.com", "UNSUBSCRIBE"))
    assert office.rows("SELECT count(*) FROM incoming") == [(0,)]
