"""Signatures, as others check them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from dkim_mail import AT, DOMAIN, field_names, key_called, messages, tags_of, variant
from dkim_verifiers import dkimpy_accepts, opendkim_accepts, opendkim_results, records_of
from doses import dose

from digest.delivery.dkim.signing import Signer
from digest.errors import ConfigurationError, IntegrityError

MANY = dose(250, 1000)
SMALL = (
    b"From: Bulletin <bulletin@news.example.org>\r\n"
    b"To: Ana <ana@example.org>\r\n"
    b"Subject: July\r\n"
    b"Date: Sun, 05 Aug 2018 15:00:00 +0000\r\n"
    b"Message-ID: <abc@news.example.org>\r\n"
    b"\r\n"
    b"Hello\r\n"
)


@pytest.fixture(scope="module")
def key():
    return key_called("s201807")


@pytest.fixture(scope="module")
def signer(key):
    return Signer(DOMAIN, [key])


@pytest.fixture(scope="module")
def records(key):
    return records_of([key], DOMAIN)


def test_many_real_messages_are_verified_by_dkimpy_and_by_opendkim(signer, records, tmp_path):
    sign = signer.prepare(variant(), AT).sign
    names = [None, "Ana", "José  María", "A\tB", "  x ", "O'Brien & Söhne", "Ñandú " * 9]
    signed = [sign(message) + message for message in messages(MANY, name=lambda n: names[n % len(names)])]
    assert len(set(signed)) == MANY
    assert [dkimpy_accepts(message, records) for message in signed] == [True] * MANY
    assert opendkim_accepts(signed, records, tmp_path) == [True] * MANY


def test_the_tags_are_those_that_were_asked_for(signer):
    (message,) = messages(1)
    tags = tags_of(signer.sign(message, AT))
    assert list(tags) == ["v", "a", "c", "d", "s", "t", "h", "bh", "b"]
    assert {name: tags[name] for name in "vacdst"} == {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "d": DOMAIN,
        "s": "s201807",
        "t": "1533481200",
    }


@pytest.mark.parametrize("public_url", ["https://bulletin.example.org", None])
def test_every_field_of_our_messages_is_covered(signer, public_url):
    (message,) = messages(1, public_url)
    named = tags_of(signer.sign(message, AT))["h"].split(":")
    present = list(field_names(message))
    assert ("List-Unsubscribe-Post" in present) == bool(public_url)
    assert set(present) <= set(named)
    for name in set(named):
        assert named.count(name) - present.count(name) in (0, 1)
    for name in ("From", "Subject", "Date", "To", "Message-ID", "Content-Type", "List-Unsubscribe", "Reply-To"):
        assert named.count(name) == present.count(name) + 1


@pytest.mark.parametrize("name", ["Feedback-ID", "Auto-Submitted", "Content-Transfer-Encoding", "List-Help", "Cc"])
def test_a_field_that_may_come_later_is_covered_too(signer, records, name):
    message = name.encode() + b": x\r\n" + SMALL
    assert name in tags_of(signer.sign(message, AT))["h"].split(":")
    assert dkimpy_accepts(signer.sign(message, AT) + message, records)
    changed = message.replace(b": x\r\n", b": y\r\n")
    assert not dkimpy_accepts(signer.sign(message, AT) + changed, records)


def test_what_relays_write_is_not_covered(signer, records):
    relayed = b"Return-Path: <a@example.org>\r\nReceived: from x\r\n by y\r\nX-Spam: no\r\n"
    signature = signer.sign(relayed + SMALL, AT)
    assert signature == signer.sign(SMALL, AT)
    assert dkimpy_accepts(b"Received: from z\r\n" + signature + SMALL, records)


def test_the_field_is_folded_and_plain_ascii(signer):
    (message,) = messages(1)
    field = signer.sign(message, AT)
    assert field.startswith(b"DKIM-Signature: v=1;")
    assert field.endswith(b"\r\n")
    first, *more = field.removesuffix(b"\r\n").split(b"\r\n")
    assert all(line.startswith(b" ") and line.strip() for line in more)
    assert max(map(len, (first, *more))) <= 78
    assert re.fullmatch(rb"[ -~]+", field.replace(b"\r\n", b""))


def test_a_message_signed_again_has_the_same_bytes(key):
    (message,) = messages(1)
    signatures = {Signer(DOMAIN, [key]).prepare(variant(), AT).sign(message) for _ in range(5)}
    signatures.add(Signer(DOMAIN, [key]).sign(message, AT))
    signatures.add(Signer(DOMAIN, [key]).sign(message, AT.astimezone(timezone(timedelta(hours=-6)))))
    assert len(signatures) == 1


def test_the_instant_is_the_callers(signer):
    earlier = signer.sign(SMALL, datetime(2018, 1, 1, tzinfo=UTC))
    assert tags_of(earlier)["t"] == "1514764800"
    assert tags_of(earlier)["b"] != tags_of(signer.sign(SMALL, AT))["b"]


def test_while_keys_change_two_sign_and_each_is_checked_by_itself(tmp_path):
    old, new = key_called("s201801"), key_called("s201807")
    (message,) = messages(1)
    signed = Signer(DOMAIN, [new, old]).prepare(variant(), AT).sign(message) + message
    assert signed.count(b"DKIM-Signature:") == 2
    both = records_of([old, new], DOMAIN)
    assert [dkimpy_accepts(signed, both, number) for number in (0, 1)] == [True, True]
    assert opendkim_results(signed, both, tmp_path) == ["pass", "pass"]
    only_new = {**both, f"s201801._domainkey.{DOMAIN}": "v=DKIM1; k=rsa; p="}
    assert [dkimpy_accepts(signed, only_new, number) for number in (0, 1)] == [True, False]


def test_an_ed25519_key_signs_beside_an_rsa_key(tmp_path):
    keys = [key_called("s201807"), key_called("e201807", None)]
    (message,) = messages(1)
    sign = Signer(DOMAIN, keys).prepare(variant(), AT).sign
    signed = sign(message) + message
    records = records_of(keys, DOMAIN)
    assert [dkimpy_accepts(signed, records, number) for number in (0, 1)] == [True, True]
    assert opendkim_results(signed, records, tmp_path) == ["pass", "pass"]
    assert sign(message) + message == signed
    tampered = signed.replace(b"Precedence: bulk", b"Precedence: list")
    assert [dkimpy_accepts(tampered, records, number) for number in (0, 1)] == [False, False]
    assert opendkim_results(tampered, records, tmp_path) == ["fail", "fail"]


@pytest.mark.parametrize("bits", [3072, 4096])
def test_longer_keys_are_verified_too(bits, tmp_path):
    long = key_called(f"long{bits}", bits)
    signed = Signer(DOMAIN, [long]).sign(SMALL, AT) + SMALL
    assert dkimpy_accepts(signed, records_of([long], DOMAIN))
    assert opendkim_accepts([signed], records_of([long], DOMAIN), tmp_path) == [True]


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        (b"From: a@example.org\r\nHello\r\n", "no empty line"),
        (SMALL.replace(b"From:", b"X:"), "exactly one From"),
        (b"From: b@example.org\r\n" + SMALL, "exactly one From"),
        (b"from: b@example.org\r\n" + SMALL, "exactly one From"),
        (b"\r\n" + SMALL, "no field"),
        (b" From: b@example.org\r\n" + SMALL, "no field"),
        (SMALL.replace(b"Subject: July", b"Subject July"), "no field"),
        (SMALL.replace(b"Subject: July", b"My Subject: July"), "no field"),
        (SMALL.replace(b"Subject: July", b": July"), "no field"),
        (SMALL.replace(b"Subject: July", b"Subject: Ju\nBcc: x@example.org"), "half an end"),
        (SMALL.replace(b"Subject: July", b"Subject: Ju\rly"), "half an end"),
        (SMALL.replace(b"Subject: July", b"Subject: Ju\n\rly"), "half an end"),
    ],
)
def test_what_others_could_read_in_another_way_is_not_signed(signer, message, cause):
    with pytest.raises(IntegrityError, match=cause):
        signer.sign(message, AT)
    with pytest.raises(IntegrityError, match=cause):
        signer.prepare(SMALL, AT).sign(message)


def test_without_a_key_or_a_time_zone_nothing_is_signed(key):
    with pytest.raises(ConfigurationError, match="digest dkim keygen"):
        Signer(DOMAIN, [])
    with pytest.raises(IntegrityError, match="time zone"):
        Signer(DOMAIN, [key]).sign(SMALL, AT.replace(tzinfo=None))


def test_no_representation_shows_the_private_key(key, signer):
    shown = f"{key!r} {signer!r} {signer.__dict__!r} {replace(key)!r}"
    assert "PRIVATE" not in shown
    assert "RSAPrivateKey" not in shown
    assert "s201807" in shown
