"""SpamAssassin, without network: what its rules hold against our mails."""

import re
import subprocess

import pytest

MOST = 0.5  # points; five are spam
OPTIONS = ("clear_headers", "add_header all Gate _TESTSSCORES(,)_", "report_safe 0", "use_bayes 0")
HEAD = (
    "From: a@example.net\r\nTo: b@example.org\r\nDate: Wed, 1 Aug 2018 23:30:00 +0200\r\nMessage-ID: <1@a.example>\r\n"
)
GTUBE = f"{HEAD}Subject: Test\r\n\r\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
SHOUTING = (
    f"{HEAD}Subject: ACT NOW!!! DON'T DELETE\r\nContent-Type: text/html\r\n\r\n"
    '<html><body><font color="#ffffff" size="1">unseen words</font><b>YOU WON 1 MILLION USD</b></body></html>\r\n'
)


@pytest.fixture(scope="module")
def scores(program, mails, tmp_path_factory):
    """Name → {rule: points}. One run for all: most of its time is its start."""
    command = program("spamassassin", "spamassassin")
    folder = tmp_path_factory.mktemp("spam")
    messages = {mail.name: mail.message for mail in mails.values() if mail.count == 10}
    messages |= {"gtube": GTUBE.encode(), "shouting": SHOUTING.encode()}
    for name, message in messages.items():
        (folder / name).write_bytes(message)
    settings = [f"--cf={option}" for option in OPTIONS]
    done = subprocess.run(
        [command, "--local", "--test-mode", "--nocreate-prefs", f"--prefspath={folder / 'none'}", *settings, *messages],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
        timeout=120,
    )
    verdicts = re.findall(rb"^X-Spam-Gate:((?:.*\n)(?:[ \t].*\n)*)", done.stdout, re.MULTILINE)
    assert len(verdicts) == len(messages)
    return {name: _points(verdict.decode()) for name, verdict in zip(messages, verdicts, strict=True)}


def _points(verdict):
    pairs = (pair.split("=") for pair in "".join(verdict.split()).split(",") if "=" in pair)
    return {rule: float(points) for rule, points in pairs}


def test_hardly_a_rule_speaks_against_a_mail(scores, card, mail):
    against = {rule: points for rule, points in scores[mail.name].items() if points > 0}
    card(mail, "Spam", "SpamAssassin: points against it", round(sum(against.values()), 1), MOST)


def test_spamassassin_knows_the_agreed_test_text(scores):
    assert scores["gtube"]["GTUBE"] > 900


def test_spamassassin_holds_shouting_against_a_mail(scores):
    assert sum(points for points in scores["shouting"].values() if points > 0) > MOST
