"""The page "Behind Postfix", word for word: its main.cf in a real Postfix, its settings and commands in a workspace."""

import pwd
import re
import shlex
import shutil
import smtplib
from email import message_from_bytes
from pathlib import Path

import pytest
import sender
from dkim_verifiers import opendkim_accepts, records_of

from digest.delivery.dkim.keys import read_keys
from digest.settings.loading import load_settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "behind-postfix.md").read_text()
SMTP, SENDMAIL, MAILBOX, MAILDIR = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
MAIN = dict(re.findall(r"^(\w+) = (.*)$", re.search(r"```ini\n(.*?)```", PAGE, re.DOTALL)[1], re.MULTILINE))
COMMANDS = re.findall(r"^\$ digest (.*)$", PAGE, re.MULTILINE)
FROM_THE_SEEDS = "delivery: {transport: files, path: out}\n"


def main_cf(**more):
    """The page's lines, with this machine's names for what they name."""
    user = pwd.getpwnam("nobody")
    ours = {
        "virtual_mailbox_base": "$queue_directory/../maildirs",
        "virtual_uid_maps": f"static:{user.pw_uid}",
        "virtual_gid_maps": f"static:{user.pw_gid}",
    }
    assert ours.keys() < MAIN.keys()
    return MAIN | ours | more


@pytest.fixture
def office(tmp_path):
    """(delivery) → the demo with it."""
    folder = tmp_path / "office"
    shutil.copytree(ROOT / "seeds", folder)
    settings = (folder / "digest.yaml").read_text()

    def made(delivery):
        (folder / "digest.yaml").write_text(settings.replace(FROM_THE_SEEDS, delivery))
        return folder

    return made


def as_here(settings, postfix):
    settings = settings.replace("port: 25 ", f"port: {postfix.port} ").replace("port: 25\n", f"port: {postfix.port}\n")
    return settings.replace("/usr/sbin/sendmail ", f"/usr/sbin/sendmail -C {postfix.folder}/config ")


@pytest.mark.parametrize("settings", [SMTP, SENDMAIL], ids=["smtp", "sendmail"])
def test_what_postfix_cannot_deliver_returns_to_the_delivery_it_belongs_to(postfix_with, office, settings):
    postfix = postfix_with(**main_cf(default_transport="error:5.1.1 no such mailbox"))
    folder = office(as_here(settings, postfix))
    for line in COMMANDS:
        sender.digest(folder, *shlex.split(line))
    states = {state for state, _ in sender.ledger(folder).values()}
    assert states == {"sent"}
    postfix.wait_until_delivered(24, 60)
    returned = [message_from_bytes(each) for each in postfix.maildir("bounces@news.example.org")]
    assert len({each["Delivered-To"] for each in returned}) == len(returned) == 24
    for each in returned:
        assert re.fullmatch(r"bounces\+[0-9a-f]{16}-[0-9a-f]{12}@news\.example\.org", each["Delivered-To"])
        assert each.get_content_type() == "multipart/report"


def test_nobody_else_may_send_through_it_and_nobody_else_has_a_mailbox_there(postfix_with):
    # Otherwise than in the fixture, unknown mailboxes are refused, as they are where nobody says anything else.
    more = {"mynetworks": "192.0.2.1", "default_transport": "discard:", "smtpd_reject_unlisted_recipient": "yes"}
    postfix = postfix_with(**main_cf(**more))
    with smtplib.SMTP(postfix.host, postfix.port) as client:
        for wrong in ("reader@example.org", "office@news.example.org"):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("spam@example.net", [wrong], b"Subject: x\r\n\r\nx\r\n")
        client.sendmail("", ["bounces+x@news.example.org"], b"Subject: x\r\n\r\nx\r\n")
    postfix.wait_until_delivered(1)
    assert len(postfix.maildir("bounces@news.example.org")) == 1


def test_postfix_changes_nothing_that_is_signed(postfix_with, office, tmp_path):
    everybody = {
        "virtual_mailbox_domains": "example.org example.net example.com",
        "virtual_mailbox_maps": "static:all/",
    }
    postfix = postfix_with(**main_cf(**everybody))
    folder = office(as_here(SENDMAIL, postfix))
    sender.digest(folder, "dkim", "keygen", "--selector", "s2018", "--domain", "news.example.org")
    for line in COMMANDS[:3]:
        sender.digest(folder, *shlex.split(line))
    postfix.wait_until_delivered(24, 60)
    mails = postfix.maildir("all@example.org")
    assert len(mails) == 24
    arrived = [mail.replace(b"\n", b"\r\n") for mail in mails[:6]]
    records = records_of(read_keys(folder / "keys" / "dkim"), "news.example.org")
    assert all(opendkim_accepts(arrived, records, tmp_path))


def test_the_settings_on_the_page_are_read(office):
    read = load_settings(office(SMTP) / "digest.yaml").delivery
    assert (read.smtp.host, read.smtp.port, read.smtp.security) == ("127.0.0.1", 25, "none")
    read = load_settings(office(SENDMAIL) / "digest.yaml").delivery
    assert read.command == ("/usr/sbin/sendmail",)
    folder = office(MAILDIR + MAILBOX)
    assert load_settings(folder / "digest.yaml").delivery.path == folder / "outgoing"


def test_a_maildir_instead_holds_every_mail_with_its_envelope(office):
    folder = office(MAILDIR)
    for line in COMMANDS[:3]:
        sender.digest(folder, *shlex.split(line))
    files = list((folder / "outgoing" / "new").iterdir())
    assert len(files) == 24
    heads = [path.read_text().splitlines()[:2] for path in files]
    assert {head[0] for head in heads} == {"Return-Path: <bulletin@news.example.org>"}
    assert len({head[1] for head in heads}) == 24
