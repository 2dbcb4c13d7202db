"""What becomes of a mail on its way is found out by sending one: relays that sign, take out, write anew, or lose it."""

import json
import re
from base64 import encodebytes
from email import message_from_bytes
from email.policy import SMTP

import dkim as dkimpy
import pytest
from click.testing import CliRunner
from dkim_mail import pem_of

from digest.cli import cli
from digest.delivery.dkim.keys import KEYS, record_of, signing_key
from digest.errors import ConfigurationError
from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.round_trip import arrived, post, round_trips
from digest.settings.instance import Instance

SETTINGS = """
publisher: {name: Office, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences: {regional: {title: Whole region, everything: true}}
newsletters:
  monthly: {title: Bulletin, from: Bulletin <bulletin@news.example.org>, every: month, audiences: [regional],
    languages: [en], approval: required}
delivery: {transport: maildir, path: Maildir, return_path: bounces@news.example.org}
mailbox: {maildir: Maildir}
"""
PEM = pem_of(2048)
SERVICE = signing_key("service", PEM, "service")


def office(folder, settings=SETTINGS, *, key=True):
    (folder / "digest.yaml").write_text(settings)
    (folder / "bulletins").mkdir()
    for name in ("new", "cur", "tmp"):
        (folder / "Maildir" / name).mkdir(parents=True)
    if key:
        (folder / KEYS).mkdir(parents=True, mode=0o700)
        (folder / KEYS).parent.chmod(0o700)
        path = folder / KEYS / "s2018.pem"
        path.write_bytes(PEM)
        path.chmod(0o600)
    return Instance(folder)


@pytest.fixture(scope="module")
def posted(tmp_path_factory):
    instance = office(tmp_path_factory.mktemp("office"))
    return post(instance, instance.settings.newsletters[0], "bounces@news.example.org")


def judged(posted, got, **records):
    """(level, what) → what was said of it."""
    names = {name.replace("_", "."): value for name, value in records.items()}
    return [(one.level, one.what, one.said) for one in arrived(posted, got, names.get)]


def trouble(posted, got, **records):
    return [(level.value, said) for level, _what, said in judged(posted, got, **records) if level is not Level.OK]


def in_base64(raw):
    """As servers do it that speak no quoted-printable."""
    message = message_from_bytes(raw, policy=SMTP.clone(cte_type="8bit"))
    for part in message.walk():
        if not part.is_multipart():
            whole = part.get_payload(decode=True)
            part.replace_header("Content-Transfer-Encoding", "base64")
            part.set_payload(encodebytes(whole).decode())
    return message.as_bytes()


def signed_by_the_service(raw, domain):
    signature = dkimpy.sign(raw, b"service", domain.encode(), PEM, include_headers=[b"From", b"Subject"])
    return signature + raw


def test_what_arrives_as_it_was_sent_is_told_so(posted):
    path = f"Return-Path: <{posted.returns_to}>\r\nReceived: by a.example; Sun, 5 Aug 2018 09:00:00 +0000\r\n"
    for got in (posted.message, path.encode() + posted.message, posted.message.replace(b"\r\n", b"\n")):
        said = judged(posted, got)
        assert {level for level, _what, _said in said} == {Level.OK}
        assert ("DKIM", "the one of news.example.org (s2018, ours) is valid on what arrived") in {
            one[1:] for one in said
        }


@pytest.mark.parametrize(
    ("rewritten", "expected"),
    [
        (lambda raw: re.sub(rb"Message-ID: <[^>]*>", b"Message-ID: <0100@email.amazonses.com>", raw), "Message-ID was"),
        (lambda raw: re.sub(rb"\r\nDate: [^\r]*", b"\r\nDate: Mon, 6 Aug 2018 00:00:00 +0000", raw), "Date was"),
        (lambda raw: raw.replace(b"Subject: ", b"Subject: ***SPAM*** ", 1), "Subject was"),
        (lambda raw: re.sub(rb"\r\nFrom: [^\r]*", b"\r\nFrom: bulletin@relay.example", raw), "the From was"),
        (lambda raw: re.sub(rb"List-Unsubscribe: [^\r]*\r\n( [^\r]*\r\n)*", b"", raw), "List-Unsubscribe was taken"),
        (in_base64, "the encoding of text/plain was quoted-printable and is base64 now"),
        (lambda raw: raw.replace(b"www.example.org", b"click.example.net"), "the text of text/plain is not"),
        (lambda raw: raw.replace(b"</body>", b"<img src=3D'https://t.example/1.gif'></body>"), "the text of text/html"),
        (
            lambda raw: raw.replace(b"multipart/alternative", b"multipart/mixed").replace(
                b"text/html", b"application/octet-stream"
            ),
            "the parts of the mail are others now",
        ),
    ],
)
def test_what_was_written_anew_is_named_and_our_signature_is_told_to_be_broken(posted, rewritten, expected):
    got = rewritten(posted.message)
    assert got != posted.message
    said = trouble(posted, got)
    assert any(words.startswith(expected) for _level, words in said), said
    assert ("fail", "ours (s2018) is not valid any more: the mail was altered on its way") in said


def test_who_takes_our_signature_off_is_found_and_who_signs_in_its_place_is_named(posted):
    bare = re.sub(rb"\ADKIM-Signature:.*?\r\n(?![ \t])", b"", posted.message, flags=re.DOTALL)
    fails = {said for level, said in trouble(posted, bare) if level == "fail"}
    assert fails == {"our signature was taken off on the way"}
    for domain, aligned in (("news.example.org", True), ("example.org", True), ("relay.example", False)):
        record = record_of(SERVICE, domain)
        got = signed_by_the_service(bare, domain)
        said = [one.said for one in arrived(posted, got, {record.name: record.value}.get)]
        assert f"the one of {domain} (service, of the service) is valid on what arrived" in said
        assert any(words.startswith("no valid signature is of news.example.org") for words in said) is not aligned


def test_a_signature_whose_record_is_not_there_is_a_warning_and_none_of_ours(posted):
    said = trouble(posted, signed_by_the_service(posted.message, "relay.example"))
    assert said == [
        ("warn", "the one of relay.example (service) is not valid on what arrived, or its record cannot be found")
    ]


def test_returned_mail_that_goes_to_the_service_is_told(posted):
    got = b"Return-Path: <0100@eu-west-1.amazonses.com>\r\n" + posted.message
    assert [words for _level, words in trouble(posted, got)] == [
        f"it returns to 0100@eu-west-1.amazonses.com, not to {posted.returns_to}: the service takes it"
    ]


def test_without_keys_nothing_is_ours_and_dmarc_is_doubted(tmp_path):
    instance = office(tmp_path, key=False)
    sent = post(instance, instance.settings.newsletters[0], "bounces@news.example.org")
    assert sent.keys == ()
    (said,) = trouble(sent, sent.message)
    assert said[1].startswith("no valid signature is of news.example.org")


def test_the_doctor_sends_a_mail_finds_it_and_judges_it(tmp_path):
    office(tmp_path)
    ran = CliRunner().invoke(cli, ["-C", str(tmp_path), "doctor", "--send-test", "--json"])
    groups = {group["title"]: group["diagnoses"] for group in json.loads(ran.stdout)["groups"]}
    trip = groups["A mail sent"]
    assert {one["level"] for one in trip} == {"ok"}
    assert trip[0]["said"].startswith("a mail from bulletin@news.example.org arrived after")
    assert len(list((tmp_path / "Maildir" / "new").iterdir())) == 1
    assert not (tmp_path / "digest.db").exists() or not list((tmp_path / "sending").glob("journal"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--send-test", "--offline"], "--offline asks nobody"), (["--send-test", "nobody"], "write an address")],
)
def test_what_cannot_be_asked_for_is_refused(tmp_path, arguments, words):
    office(tmp_path)
    ran = CliRunner().invoke(cli, ["-C", str(tmp_path), "doctor", *arguments])
    assert (ran.exit_code, words in ran.stderr) == (2, True)


def test_a_mail_that_does_not_arrive_fails_and_without_a_mailbox_nothing_is_sent(tmp_path):
    elsewhere = SETTINGS.replace("mailbox: {maildir: Maildir}", "mailbox: {maildir: other}")
    instance = office(tmp_path, elsewhere)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "other" / name).mkdir(parents=True)
    (lost,) = round_trips(instance, instance.settings, "", None, patience=0)
    assert (lost.level, "was not in the mailbox" in lost.said) == (Level.FAIL, True)
    for settings in (SETTINGS.replace("mailbox: {maildir: Maildir}", ""), SETTINGS.replace(", return_path: ", ", #")):
        (tmp_path / "digest.yaml").write_text(settings.replace("#bounces@news.example.org", "connections: 1"))
        with pytest.raises(ConfigurationError):
            list(round_trips(Instance(tmp_path), Instance(tmp_path).settings, "", None, patience=0))
    assert len(list((tmp_path / "Maildir" / "new").iterdir())) == 1
