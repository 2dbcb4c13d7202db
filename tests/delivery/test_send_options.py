"""Sending with its brakes: a pause, a first slice, a refusal of everybody, a stop; over real connections."""

import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress
from email import message_from_bytes
from email.policy import default
from itertools import count

import pytest
import sender
from faultscript import Act, Fault, Script, Stage, policy_rejection
from postoffice import PostOffice, wait_until

STOPPED_WITHIN = 15  # seconds
RUN = ("run", "--now", "2018-08-06T09:00")
CALENDAR = "every: month\n    send: day 5 at 09:00\n    starts_on: 2018-07-01"
STEADY = Script(gap=(0.02, 0.05))  # so that a sending lasts long enough to be interrupted
LOST = Fault(stage=Stage.DOT, do=Act.DROP, accepted=True, recipient="reader[0-2]@*")  # taken, and nothing said


@pytest.fixture
def post_office(tmp_path, fault_process, warm_program, sealed_template):
    """(readers, script, settings) → a workspace whose edition waits to be sent, beside a server."""
    numbers = count()

    def make(readers, script=STEADY, *, more="", connections=4, store=False):
        folder = tmp_path / f"office{next(numbers)}"
        server = fault_process(script, store=store)
        workspace = folder / "office"
        shutil.copytree(sealed_template, workspace)
        settings = sender.SETTINGS.format(port=server.port, connections=connections, more=more)
        (workspace / "digest.yaml").write_text(settings.replace("every: month", CALENDAR))
        sender.write_readers(workspace, readers)
        return PostOffice(workspace, server, warm_program, folder)

    return make


def test_a_pause_stops_the_process_that_sends_and_leaves_nothing_in_doubt(post_office):
    office = post_office(400)
    sending = office.start("-q", "send", "2018-07", "--yes")
    wait_until(lambda: len(office.server.accepted) > 20)
    said = office.run("pause", "2018-07", "--by", "Marta", "--because", "a wrong link")
    taken = len(office.server.accepted)
    assert "paused by Marta" in said
    assert sending.wait(STOPPED_WITHIN).code == 3
    left = len(office.server.accepted)
    assert taken <= left <= taken + 4  # one a connection was under way
    assert office.states == {"sent": left, "pending": 400 - left}
    assert not office.doubts

    for words in (RUN, ["send", "2018-07", "--yes"]):
        assert "paused by Marta: a wrong link" in office.run(*words, code=3)
    assert "paused by Marta" not in office.run(*RUN, code=3), "it is said once"
    assert len(office.server.accepted) == left
    assert "paused by Marta" in office.run("status", "--json")
    assert "paused by Marta" in office.run("report")

    office.run("resume", "--by", "Ana")
    office.run("send", "2018-07", "--yes")
    assert office.copies == {sender.address(number): 1 for number in range(400)}


def test_a_pause_is_noticed_while_nothing_may_leave_for_a_long_time(post_office):
    office = post_office(50, more="  rate: 0.02", connections=1)
    sending = office.start("-q", "send", "2018-07", "--yes")
    wait_until(lambda: len(office.server.accepted) > 0)
    office.run("pause", "--by", "Marta")
    assert sending.wait(5).code == 3
    assert not office.doubts


@pytest.mark.parametrize("words", [("--limit", "300"), ()], ids=["a first slice", "all"])
def test_asked_to_stop_it_drains_and_leaves_nothing_in_doubt(post_office, words):
    slow = Script(faults=(Fault(stage=Stage.DOT, do=Act.OK, wait=1.0),))
    office = post_office(400, slow, connections=8)
    sending = office.start("-q", "send", "2018-07", "--yes", *words)
    wait_until(lambda: len(office.server.accepted) >= 8)
    os.kill(sending.run.pid, signal.SIGTERM)
    assert sending.wait(STOPPED_WITHIN).code == (0 if words else 75)
    assert office.states == {"sent": len(office.server.accepted), "pending": 400 - len(office.server.accepted)}
    assert not office.doubts


def test_a_pause_and_a_stop_together_drain_as_well(post_office):
    slow = Script(faults=(Fault(stage=Stage.DOT, do=Act.OK, wait=1.0),))
    office = post_office(400, slow, connections=8)
    sending = office.start("-q", "send", "2018-07", "--yes")
    wait_until(lambda: len(office.server.accepted) >= 8)
    office.run("pause", "--by", "Marta")
    os.kill(sending.run.pid, signal.SIGTERM)
    assert sending.wait(STOPPED_WITHIN).code == 3
    assert not office.doubts


def test_a_first_slice_is_exact_and_the_rest_waits_for_a_person(post_office):
    office = post_office(60)
    assert "after a first slice of 7" in office.run("send", "2018-07", "--yes", "--limit", "7")
    assert len(office.server.accepted) == 7
    assert office.states == {"sent": 7, "pending": 53}
    assert "after a first slice of 7" in office.run(*RUN, code=3)
    assert len(office.server.accepted) == 7
    office.run("send", "2018-07", "--yes", "--limit", "5")
    assert len(office.server.accepted) == 12
    office.run("send", "2018-07", "--yes")
    assert office.copies == {sender.address(number): 1 for number in range(60)}
    assert "Paused" not in office.run("status")


def test_who_has_left_takes_no_place_in_a_slice_and_a_broken_connection_lets_nobody_slip_in(post_office):
    script = Script(gap=(0, 0.01), faults=(Fault(stage=Stage.DATA, do=Act.DROP, nth=(2, 5, 6)),))
    office = post_office(60, script, connections=3)
    office.run("send", "2018-07", "--yes", "--limit", "1")
    leave(office, "reader5@example.org")
    leave(office, "reader9@example.org")
    office.run("send", "2018-07", "--yes", "--limit", "20")
    taken = len(office.server.accepted)
    assert 1 + 15 <= taken <= 1 + 20  # what broke off, or had left, may come with the next slice
    assert office.states == {"sent": taken, "left": 2, "pending": 58 - taken}
    assert not office.doubts


def test_a_slice_that_is_killed_lets_no_run_send_the_rest(post_office):
    office = post_office(300)
    sending = office.start("-q", "send", "2018-07", "--yes", "--limit", "200")
    wait_until(lambda: len(office.server.accepted) > 10)
    os.kill(sending.run.pid, signal.SIGKILL)
    sending.wait()
    taken = len(office.server.accepted)
    office.run(*RUN, code=3)
    assert len(office.server.accepted) == taken


def test_a_server_that_refuses_everybody_pauses_the_edition_and_nobody_is_blamed(post_office):
    office = post_office(60, policy_rejection())
    said = office.run("send", "2018-07", "--yes", code=3)
    assert "5.7.1 rejected by policy" in said
    assert office.states == {"pending": 60}
    assert "5.7.1 rejected by policy" in office.run(*RUN, code=3)
    assert "because of the server" in re.sub(r"\s+", " ", office.run("status"))
    assert not office.server.accepted
    office.server.follow(Script())
    office.run(*RUN, code=3)
    assert not office.server.accepted, "a run waits for a person"
    office.run("send", "2018-07", "--yes")
    assert office.copies == {sender.address(number): 1 for number in range(60)}


def test_what_is_in_doubt_is_listed_decided_about_and_finished(post_office):
    office = post_office(20, Script(faults=(LOST,)), more="  in_doubt: {server: hold}", store=True)
    office.run("send", "2018-07", "--yes", code=3)
    assert office.states == {"sent": 17, "held": 3}
    listed = office.run("deliveries", "--held")
    assert listed.count("the server did not say whether it has it; waiting for a decision") == 3
    assert listed.count("@example.org") == 3

    marked = office.run("deliveries", "mark", "2018-07", "reader0@example.org", "--as", "sent", "--by", "Ana", code=3)
    assert "1 mail marked as sent" in marked
    office.run("deliveries", "mark", "2018-07", "reader1@example.org", "--as", "failed", "--by", "Ana", code=3)
    assert office.states == {"sent": 18, "failed": 1, "held": 1}
    office.server.follow(Script())
    office.run("deliveries", "resend", "2018-07", "--held", "--by", "Ana", "--because", "the log has it not")
    assert office.states == {"sent": 18, "failed": 1, "pending": 1}
    office.run(*RUN, code=4)
    assert office.states == {"sent": 19, "failed": 1}
    assert office.copies["reader2@example.org"] == 2
    first, second = [one for one in office.server.accepted if one.recipient == "reader2@example.org"]
    assert office.server.message(first) == office.server.message(second)
    doubtful = office.run("deliveries", "2018-07", "--doubtful")
    for words in ("marked as sent by Ana", "marked as failed by Ana", "sent again by Ana: the log has it not"):
        assert words in doubtful
    journal = (office.workspace / "sending" / "journal").read_text()
    assert {line.split()[1] for line in journal.splitlines()} >= {"i", "s", "b", "f"}


def test_the_last_decision_finishes_the_edition(post_office):
    office = post_office(5, Script(faults=(LOST,)), more="  in_doubt: {server: hold}")
    office.run("send", "2018-07", "--yes", code=3)
    said = office.run("deliveries", "mark", "2018-07", "--held", "--as", "sent", "--by", "Ana")
    assert "it is finished" in said
    assert "5 sent" in office.run("send", "2018-07", "--yes")
    assert office.copies == {sender.address(number): 1 for number in range(5)}


def test_those_who_were_refused_can_be_tried_again_after_the_edition_is_finished(post_office):
    office = post_office(20, Script(refused=("reader3@*", "reader7@*", "reader9@*")), store=True)
    office.run("send", "2018-07", "--yes", code=4)
    office.server.follow(Script())
    leave(office, "reader7@example.org")
    said = office.run("deliveries", "resend", "2018-07", "--failed", "--by", "Ana", code=4)
    assert "2 mails to be sent again" in said
    assert "reader7@example.org has left" in said
    assert office.states == {"sent": 17, "failed": 1, "pending": 2}
    office.run(*RUN, code=4)
    assert office.states == {"sent": 19, "failed": 1}
    assert office.copies == {sender.address(number): 1 for number in range(20) if number != 7}
    again = {
        message["Date"] for message in messages(office) if "reader3@" in message["To"] or "reader9@" in message["To"]
    }
    assert again == {"Mon, 06 Aug 2018 15:00:00 +0000"}, "a refused message was not taken, and leaves today"


def test_a_test_mail_is_the_real_thing_and_counts_for_nothing(post_office):
    office = post_office(3, Script(), store=True)
    said = office.run("send", "2018-07", "--test", "Staff@Example.org", "--test", "staff@example.org")
    assert "1 test mail" in said
    (test,) = messages(office)
    assert test["Subject"].startswith("[PREVIEW] ")
    assert "s=s201807" in str(test["DKIM-Signature"])
    assert office.copies == {"staff@example.org": 1}
    office.run("send", "2018-07", "--test", "staff@example.org")
    assert office.copies == {"staff@example.org": 1}, "twice by mistake is once"
    office.run("send", "2018-07", "--yes")
    assert office.states == {"sent": 3}
    assert len({message["Message-ID"] for message in messages(office)}) == 4


def test_progress_is_a_line_on_a_terminal_and_a_line_in_a_log_elsewhere(post_office):
    slow = Script(faults=(Fault(stage=Stage.DOT, do=Act.OK, wait=0.1),))
    quiet, logged, drawn = (post_office(900, slow, connections=1) for _ in range(3))
    runs = [quiet.start("-q", "send", "2018-07", "--yes"), logged.start("send", "2018-07", "--yes")]
    line = r"\d+ of 900 \(\d+ %\), [\d,]+ a (second|minute), \d+ (seconds|minutes) left"
    ours, theirs = pty.openpty()
    seen = bytearray()
    command = [str(sender.PROGRAM), "-C", str(drawn.workspace), "send", "2018-07", "--yes"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as terminal:
        os.close(theirs)
        os.set_blocking(ours, False)

        def is_drawn():
            with suppress(BlockingIOError):
                seen.extend(os.read(ours, 1 << 16))
            return re.search(f"[█░] {line}", seen.decode(errors="replace")) is not None

        wait_until(lambda: is_drawn() and "sending: " in runs[1].said)
        for pid in (terminal.pid, *(each.run.pid for each in runs)):
            os.kill(pid, signal.SIGTERM)
        said = [each.wait().said for each in runs]
    os.close(ours)
    assert re.search(rf"(?m)^sending: {line}$", said[1])
    assert "@" not in said[1]
    assert "sending: " not in said[0]


def test_a_dry_run_opens_no_socket_and_writes_nothing(post_office, tmp_path):
    office = post_office(9, Script(), more="  rate: 0.02")
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    before = snapshot(office.workspace)
    ended = subprocess.run(
        [str(sender.PROGRAM), "-C", str(office.workspace), "send", "2018-07", "--dry-run", "--limit", "4"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "guard"), "FORBIDDEN": str(office.workspace)},
    )
    assert ended.returncode == 0, ended.stderr
    assert "would go to 4 readers, through 127.0.0.1" in ended.stdout
    assert "5 readers would wait" in ended.stdout
    assert "3 minutes" in ended.stdout
    assert "guarded" in ended.stderr
    assert snapshot(office.workspace) == before
    assert not office.server.accepted


GUARD = """
import os, sys
root = os.environ["FORBIDDEN"]
def guard(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"a socket: {event}")
    if event == "open" and isinstance(arguments[0], str) and os.path.abspath(arguments[0]).startswith(root):
        if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise SystemExit(f"written: {arguments}")
sys.addaudithook(guard)
sys.stderr.write("guarded\\n")
"""


def snapshot(folder):
    """Every file with its bytes and times."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def leave(office, address):
    with closing(sqlite3.connect(office.workspace / "digest.db")) as database:
        database.execute(
            "UPDATE subscriptions SET active = 0 WHERE subscriber = (SELECT number FROM subscribers WHERE folded = ?)",
            [address],
        )
        database.commit()


def messages(office):
    return [message_from_bytes(office.server.message(one), policy=default) for one in office.server.accepted]
