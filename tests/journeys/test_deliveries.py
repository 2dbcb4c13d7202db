"""The list of deliveries: who got what, filtered, for people and for programs, however many there are."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("digest")
MANY = 100_000
ROOM = 25_000  # KB: what the runs of one program differ by anyway, and some


@pytest.fixture
def sent(office):
    office.run("build", "--period", "2018-07")
    office.run("approve", "2018-07", "--by", "Marta")
    office.run("send", "--yes")
    return office


def change(office, *statements):
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_the_list_shows_everybody_of_the_edition_that_was_sent_last(sent):
    lines = sent.run("deliveries").stdout.splitlines()
    assert lines[0].split()[:3] == ["address", "state", "attempts"]
    assert [line.split()[:2] for line in lines[2:]] == [["ana@example.org", "sent"], ["ben@example.org", "sent"]]
    assert sent.run("deliveries", "july").stdout == sent.run("deliveries", "list", "monthly/2018-07").stdout


FILTERS = {
    "": ["ana", "ben"],
    "--state sent": ["ben"],
    "--state sent --state failed": ["ana", "ben"],
    "--failed": ["ana"],
    "--held": [],
    "--address BEN@example.org": ["ben"],
    "--address ben@example.org --failed": [],
    "--address stranger@example.org": [],
    "--doubtful": [],
}


def test_filters_choose(sent):
    change(sent, "UPDATE deliveries SET state = 'failed', answer = '550 no' WHERE address LIKE 'ana@%'")
    chosen = {words: sent.json("deliveries", "2018-07", *words.split()) for words in FILTERS}
    names = {words: [one["address"].removesuffix("@example.org") for one in found] for words, found in chosen.items()}
    assert names == FILTERS
    assert "no such delivery" in sent.run("deliveries", "2018-07", "--held").stderr


def test_what_a_server_said_is_shown_harmlessly(sent):
    change(sent, "UPDATE deliveries SET answer = '550 ' || char(27) || '[31mno' || char(10) || 'line'")
    said = sent.run("deliveries", "--address", "ana@example.org").stdout
    assert "\x1b" not in said
    assert len(said.splitlines()) == 3


NONSENSE = {
    "resend 2018-07 --by Ana": "name addresses",
    "resend 2018-07 ana@example.org --held --by Ana": "name addresses",
    "resend 2018-07 ana@example.org": "--by",
    "mark 2018-07 ana@example.org --by Ana": "--as",
    "mark 2018-07 ana@example.org --as pending --by Ana": "pending",
    "resend 2018-07 stranger@example.org --by Ana": "no delivery to them",
    "resend 2018-07 nobody --by Ana": "nobody",
    "--state lost": "lost",
    "2017-01": "2017-01",
}


def test_what_makes_no_sense_is_said(sent):
    answers = {words: sent.run("deliveries", *words.split(), code=2).stderr for words in NONSENSE}
    assert [words for words, said in NONSENSE.items() if said not in answers[words]] == [], answers


def test_what_was_sent_is_not_sent_again_and_nothing_changes(sent):
    ended = sent.run("deliveries", "resend", "2018-07", "ana@example.org", "--by", "Ana", code=4)
    assert "ana@example.org was sent" in ended.stderr
    assert "0 mails" in ended.stdout
    (monthly,) = sent.json("status")
    assert monthly["editions"][0]["state"] == "finished"


def test_before_the_first_sending_there_is_nothing_to_list_or_decide(office):
    assert "nothing of it was sent yet" in office.run("deliveries", code=2).stderr
    office.run("build", "--period", "2018-07")
    assert office.json("deliveries", "2018-07") == []


def test_nothing_is_decided_while_another_process_sends(sent):
    """The lock is the one that sending holds."""
    import fcntl

    change(sent, "UPDATE deliveries SET state = 'failed'")
    with (sent.folder / "sending.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = sent.run("deliveries", "resend", "2018-07", "--failed", "--by", "Ana", code=75)
    assert "another digest process" in ended.stderr


def test_a_list_of_many_takes_no_more_memory_than_a_list_of_few(sent):
    few = peak(sent)
    change(
        sent,
        "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1000 + "
        f"{MANY - 1}) INSERT INTO subscribers (number, public_id, address, folded) "
        "SELECT i, 'p' || i, 'r' || i || '@example.org', 'r' || i || '@example.org' FROM n",
        "INSERT INTO deliveries (edition, subscriber, variant, address, state, changed_at) SELECT d.edition, s.number, "
        "d.variant, s.address, 'sent', d.changed_at FROM subscribers s, (SELECT * FROM deliveries LIMIT 1) d "
        "WHERE s.number >= 1000",
    )
    assert peak(sent, MANY) < few + ROOM


def peak(office, expected=0):
    """The greatest memory of `deliveries --json` in KB; what it writes is read as it comes."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
        "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
    )
    command = [sys.executable, "-c", code, str(PROGRAM), "-C", str(office.folder), "deliveries", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        rows = sum(line.startswith("{") for line in started.stdout)
        assert rows >= expected
        return int(started.stderr.read())


def test_the_json_of_no_row_and_of_one_is_json(sent):
    assert json.loads(sent.run("deliveries", "--json", "--held").stdout) == []
    (one,) = json.loads(sent.run("deliveries", "--json", "--address", "ana@example.org").stdout)
    assert one["state"] == "sent"
    assert one["doubts"] == one["decisions"] == []
