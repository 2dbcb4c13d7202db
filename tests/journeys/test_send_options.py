"""Trying a sending out: test mails, dry runs, and how far it is."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digest.cli.progress import Counter

PROGRAM = Path(sys.executable).with_name("digest")


@pytest.fixture
def drafted(office):
    office.run("build", "--period", "2018-07")
    return office


def snapshot(folder):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_test_mails_leave_before_the_approval_and_count_for_nothing(drafted):
    said = drafted.run("send", "2018-07", "--test", "staff@example.org", "--test", "Chief@Example.org")
    assert len(said.stdout.splitlines()) == 8, "four mails for each of two"
    found = drafted.messages()
    assert sorted(found) == ["chief@example.org", "staff@example.org"]
    everything = [mail for mails in found.values() for mail in mails]
    assert all(mail["Subject"].startswith("[PREVIEW] ") for mail in everything)
    assert len({mail["Message-ID"] for mail in everything}) == 8
    assert all(
        (drafted.folder / "out/monthly/2018-07/test") in path.parents
        for path in drafted.folder.rglob("*.eml")
        if "out" in path.parts
    )
    (monthly,) = drafted.json("status")
    (july,) = [one for one in monthly["editions"] if one["period"] == "2018-07"]
    assert (july["state"].split(",")[0], july["sent"], july["deliveries"]) == ("draft", 0, {})


def test_a_test_mail_is_the_readers_mail_but_for_the_subject_and_the_links(drafted):
    drafted.run("send", "2018-07", "--test", "staff@example.org", "--as", "ana@example.org")
    drafted.run("approve", "2018-07", "--by", "Marta")
    drafted.run("send", "--yes")
    found = drafted.messages()
    (test,), (real,) = found["staff@example.org"], found["ana@example.org"]
    assert test["Subject"] == f"[PREVIEW] {real['Subject']}"
    assert test.keys() == real.keys()
    assert test["List-Unsubscribe"] != real["List-Unsubscribe"]
    parts = [mail.get_body(("plain",)).get_content() for mail in (test, real)]
    tokens = [mail["List-Unsubscribe"].rpartition("unsubscribe-")[2].rstrip(">") for mail in (test, real)]
    assert parts[0].replace(tokens[0], "") == parts[1].replace(tokens[1], "")


@pytest.mark.parametrize(
    ("options", "mails"),
    [
        (["--language", "es"], 2),
        (["--audience", "guatemala"], 2),
        (["--audience", "guatemala", "--language", "es"], 1),
        (["--as", "ben@example.org"], 1),
    ],
)
def test_test_mails_can_be_chosen(drafted, options, mails):
    said = drafted.run("send", "2018-07", "--test", "staff@example.org", *options)
    assert len(said.stdout.splitlines()) == mails


def test_the_same_test_mail_goes_once_until_something_changes(drafted):
    words = ("send", "2018-07", "--test", "staff@example.org", "--as", "ana@example.org")
    drafted.run(*words)
    assert "has not changed" in drafted.run(*words).stderr
    assert len(drafted.messages()["staff@example.org"]) == 1
    drafted.write("bulletins/more.en.txt", "7 July, 2018\n\nA school opens in Guatemala\n\nIt has ten rooms.\n")
    drafted.run("build", "--period", "2018-07")
    drafted.run(*words)
    assert len(drafted.messages()["staff@example.org"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--test", "nobody"], "nobody"),
        (["--test", "a@example.org", "--dry-run"], "--test goes alone"),
        (["--test", "a@example.org", "--limit", "3"], "--test goes alone"),
        (["--audience", "regional"], "--test"),
        (["--test", "a@example.org", "--audience", "mars"], "no mail of this edition fits"),
        (["--test", "a@example.org", "--as", "stranger@example.org"], "not subscribed"),
        (["--limit", "0"], "0"),
        ([word for number in range(20) for word in ("--test", f"a{number}@example.org")], "more than 50"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_leaves(drafted, words, said):
    assert said in drafted.run("send", "2018-07", *words, code=2).stderr
    assert not drafted.messages()


def test_a_dry_run_says_what_would_happen_and_changes_nothing(drafted):
    drafted.run("approve", "2018-07", "--by", "Marta")
    before = snapshot(drafted.folder)
    said = drafted.run("send", "--dry-run").stdout
    assert said.startswith("July 2018 – monthly/2018-07 would go to 2 readers, as files into out.")
    assert "1 English, 1 Spanish" in said
    assert "first slice of 1: 1 reader would wait" in drafted.run("send", "--dry-run", "--limit", "1").stdout
    assert snapshot(drafted.folder) == before
    drafted.run("send", "--yes", "--limit", "1")
    later = drafted.run("send", "--dry-run").stdout
    assert "would go to 1 reader," in later
    assert "1 sent" in later


def test_a_dry_run_refuses_what_the_sending_would_refuse(drafted):
    assert "nobody has approved it" in drafted.run("send", "2018-07", "--dry-run", code=3).stderr


def test_who_is_asked_reads_how_the_mails_leave(drafted):
    drafted.run("approve", "2018-07", "--by", "Marta")
    settings = (drafted.folder / "digest.yaml").read_text()
    drafted.write(
        "digest.yaml", settings.replace("{transport: files, path: out}", "{transport: smtp, host: smtp.example.org}")
    )
    said = on_a_terminal(drafted, "send", "2018-07", typed="7\n1,000\n")
    asked = " ".join(said.split())
    assert "Send July 2018 “Police in Guatemala" in asked
    assert "to 2 readers (1 English + 1 Spanish), through smtp.example.org?" in asked
    assert said.count("Type 2 to send") == 2
    assert "that is not 2; nothing was sent" in said


def test_the_counter_tells_share_rate_and_the_time_left():
    seconds = iter([100.0, 100.0, 110.0, 120.0])
    counter = Counter(lambda: next(seconds))
    counter.begin(4000)
    assert counter.told() == "0 of 4,000 (0 %)"
    counter.add(600)
    assert counter.told() == "600 of 4,000 (15 %), 60 a second, 57 seconds left"
    counter.add(3400)
    assert counter.told() == "4,000 of 4,000 (100 %), 200 a second"


def test_the_rate_is_that_of_now_and_slow_ones_are_told_by_the_minute():
    seconds = iter(range(1000))
    counter = Counter(lambda: next(seconds))
    counter.begin(100_000)
    counter.add(50_000)
    for second in range(200):
        counter.add(1 if second % 5 == 0 else 0)
        said = counter.told()
    assert re.search(r" 1[0-4] a minute, [67]\d hours", said), said


def on_a_terminal(office, *words, typed=""):
    """What a person sees who types these words."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(PROGRAM), "-C", str(office.folder), *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
    ) as started:
        os.close(theirs)
        os.write(ours, typed.encode())
        seen, until = b"", time.monotonic() + 60
        while time.monotonic() < until:
            ready, _, _ = select.select([ours], [], [], 1)
            try:
                part = os.read(ours, 4096) if ready else b""
            except OSError:
                break
            if ready and not part:
                break
            seen += part
        started.wait(10)
    os.close(ours)
    return seen.decode()
