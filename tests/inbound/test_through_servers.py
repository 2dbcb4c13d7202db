"""The whole way, with a real Postfix: what it bounces comes back, is read and counts; what we answer reaches people."""

import json
from email import message_from_bytes
from email.policy import default

import dovecot
import office as offices
import postfix as servers
import pytest
from office import ANA, Office, letter

from digest.delivery.dkim.keys import KEYS, make_key
from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.round_trip import round_trips

SMTP = """\
delivery: {{transport: smtp, host: 127.0.0.1, port: {port}, security: none, return_path: bounces@news.example.org}}
"""


@pytest.fixture
def postfix():
    if sentence := servers.missing():
        pytest.fail(sentence)
    with servers.running() as started:
        yield started


def test_a_dead_address_is_found_out_and_a_reader_who_leaves_is_told(tmp_path, postfix):
    folder = tmp_path / "office"
    office = offices.made(folder, "", SMTP.format(port=postfix.port), send=False)
    listed = (folder / "subscribers.yaml").read_text().replace("ben@", "gone.ben@")
    (folder / "subscribers.yaml").write_text(listed)
    office.run("build", "--newsletter", "monthly", "--period", "2018-07")
    office.run("send", "monthly/2018-07", "--yes")
    postfix.wait_until_delivered(4, 60)  # three mails and one bounce
    returned = postfix.folder / "maildirs" / "bounces"
    office.settings(
        f"mailbox: {{maildir: {returned}, then: move, score: {{threshold: 1}}}}\n", SMTP.format(port=postfix.port)
    )
    found = json.loads(office.run("mailbox", "--json"))
    assert {kind: count for kind, count in found["outcomes"].items() if count} == {"hard": 1}
    assert office.gets("gone.ben@example.org") == []
    (sent,) = postfix.maildir(ANA)
    mail = message_from_bytes(sent, policy=default)
    subject = mail["List-Unsubscribe"].partition("subject=")[2].strip(">")
    (returned / "new" / "request").write_text(letter(ANA, subject))
    office.run("mailbox")
    postfix.wait_until_delivered(4, 60)  # the bounce was put away
    confirmation = message_from_bytes(next(raw for raw in postfix.maildir(ANA) if raw != sent), policy=default)
    assert confirmation["Subject"] == "Se ha dado de baja de «Boletín de migración»"
    assert confirmation["Return-Path"] == "<>", "nothing returns to it"


def test_the_doctor_sends_a_mail_by_postfix_and_finds_it_in_a_mailbox_that_dovecot_has(tmp_path, postfix):
    """Postfix adds fields and keeps the rest: our signature, in lines of 76, is valid on what comes out of IMAP."""
    if sentence := dovecot.missing():
        pytest.fail(sentence)
    office = offices.made(tmp_path / "office", "", SMTP.format(port=postfix.port), send=False)
    make_key(office.folder / KEYS, "s2018", 2048)
    (office.folder / "password").write_text(dovecot.PASSWORD)
    (office.folder / "password").chmod(0o600)
    with dovecot.running(maildir=postfix.folder / "maildirs" / "bounces") as server:
        office.settings(
            f"mailbox: {{imap: {{host: 127.0.0.1, port: {server.plain}, security: none, username: {dovecot.USER}, "
            "password_file: password}}\n",
            SMTP.format(port=postfix.port),
        )
        trips = list(round_trips(office.instance, office.instance.settings, "", None))
    assert [(one.what, one.level) for one in trips] == [
        (what, Level.OK) for what in ("Round trip", "DKIM", "Unaltered", "Returned mail")
    ], trips
    assert "bounces+test-" in trips[-1].said


def test_a_confirmation_waits_while_the_mail_server_is_away(tmp_path, postfix):
    office = offices.made(tmp_path / "office", "mailbox: {maildir: Maildir}\n", SMTP.format(port=1), send=False)
    office.instance.import_subscribers()
    office.put(letter(ANA, "BAJA", "BAJA DE TODO"))
    office.run("mailbox", code=75)
    assert office.gets(ANA) == []
    office.settings("mailbox: {maildir: Maildir}\n", SMTP.format(port=postfix.port))
    office.run("mailbox")
    postfix.wait_until_delivered(1, 60)
    office.run("mailbox")
    assert len(postfix.maildir(ANA)) == 1


def run_at(office: Office, code: int = 0) -> str:
    return office.run("-v", "run", code=code)


def test_a_run_reads_the_mailbox_first_and_its_trouble_stops_nothing(office):
    office.settings("mailbox: {maildir: Maildir}\n")
    office.put(letter(ANA, "BAJA", "BAJA DE TODO"))
    said = run_at(office)
    assert "the mailbox was read: 1 new message: 1 request to leave; 1 person has left as they asked" in said
    assert office.gets(ANA) == []
    office.settings("mailbox: {maildir: nowhere}\n")
    said = run_at(office, 78)
    assert "nowhere" in said
    assert office.rows("SELECT exit_code FROM runs ORDER BY number DESC LIMIT 1") == [(78,)]
    office.put(letter("ben@example.org", "BAJA", "BAJA"))
    office.settings("mailbox: {maildir: Maildir}\n")
    office.run("run", "--dry-run")
    assert office.gets("ben@example.org") == ["monthly"], "a dry run looks into no mailbox"
