"""Addresses and commands: nothing that is no address reaches the socket, and only what is offered is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtptalking import outgoing, peer, settings_for, transact

from digest.delivery.outgoing import Rejection
from digest.delivery.transports.smtp.outcomes import Refused
from digest.delivery.transports.smtp.replies import Features, Reply, features_of
from digest.delivery.transports.smtp.transaction import Announced, announced
from digest.foundation.addresses import is_sendable

EVIL = [
    "a@example.org>\r\nRCPT TO:<x@example.org",
    "a@example.org\r\n",
    "a@example.org\n",
    "a\r@example.org",
    "a\0@example.org",
    "a\x7f@example.org",
    "a b@example.org",
    "a\tb@example.org",
    "a>b@example.org",
    "<a@example.org>",
    "a@example.org> SIZE=1",
    "a@example.org SIZE=1",
    '"a b"@example.org',
    '"a"@example.org',
    "a\\@example.org",
    "a@b@example.org",
    "a@",
    "@example.org",
    "a",
    "",
    ".a@example.org",
    "a..b@example.org",
    "a.@example.org",
    "a@example..org",
    "a@.example.org",
    "a@-example.org",
    "a@[127.0.0.1]",
    "a@example.org,b@example.org",
    "a@example.org;b",
    "(c)a@example.org",
    "a" * 250 + "@example.org",
    "a@" + "b" * 64 + ".org",
    "\u202ea@example.org",
    "a\u200b@example.org",
    "a\u2028b@example.org",
    "a\u0085b@example.org",
    "a\u00a0b@example.org",
    "a\ud800b@example.org",
    "ü" * 130 + "@example.org",
]


@pytest.mark.parametrize("address", EVIL)
def test_an_evil_address_reaches_no_socket(address):
    assert not is_sendable(address)
    sender = outgoing(sender=address or "x y@example.org")
    for message, why in ((outgoing(recipient=address), Rejection.ADDRESS), (sender, Rejection.SENDER)):
        found = announced(message, Features(smtputf8=True))
        assert isinstance(found, Refused)
        assert (found.why, found.reply) == (why, None)


@given(st.text(max_size=60))
def test_no_text_makes_more_of_a_command_than_one_address(text):
    found = announced(outgoing(recipient=text), Features(smtputf8=True, eight_bit=True))
    if isinstance(found, Announced):
        line = found.recipient.decode()
        assert line == f"RCPT TO:<{text}>\r\n"
        assert len(line.splitlines()) == 1
        assert line.count("<") == line.count(">") == 1
        assert not any(char.isspace() for char in text)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org",
        "a+b=c@news.example.org",
        "o'neil@example.org",
        "a_b-c@localhost",
        "x@1.example",
        "{a}|b@example.org",
    ],
)
def test_usual_addresses_are_sendable(address):
    assert is_sendable(address)


def test_nobody_may_be_the_sender():
    found = announced(outgoing(sender=""), Features())
    assert isinstance(found, Announced)
    assert found.mail == b"MAIL FROM:<>\r\n"


@pytest.mark.parametrize(
    ("change", "features", "mail"),
    [
        ({}, Features(), b"MAIL FROM:<b@example.org>\r\n"),
        ({}, Features(size=1000), b"MAIL FROM:<b@example.org> SIZE=11\r\n"),
        ({}, Features(eight_bit=True, smtputf8=True), b"MAIL FROM:<b@example.org>\r\n"),
        (
            {"body": b"A: b\r\n\r\n\xc3\xa9\r\n"},
            Features(eight_bit=True),
            b"MAIL FROM:<b@example.org> BODY=8BITMIME\r\n",
        ),
        ({"recipient": "ü@example.org"}, Features(smtputf8=True), b"MAIL FROM:<b@example.org> SMTPUTF8\r\n"),
        ({"delivery": "d-1_x"}, Features(dsn=True), b"MAIL FROM:<b@example.org> ENVID=d-1_x\r\n"),
        ({"delivery": "d+1"}, Features(dsn=True), b"MAIL FROM:<b@example.org>\r\n"),
        ({"delivery": "d\r\n1"}, Features(dsn=True), b"MAIL FROM:<b@example.org>\r\n"),
        ({"delivery": "d" * 101}, Features(dsn=True), b"MAIL FROM:<b@example.org>\r\n"),
    ],
)
def test_only_what_is_needed_and_offered_is_asked_for(change, features, mail):
    found = announced(outgoing(**{"sender": "b@example.org", "body": b"A: b\r\n\r\nc\r\n", **change}), features)
    assert isinstance(found, Announced)
    assert found.mail == mail


@pytest.mark.parametrize(
    ("change", "why", "said"),
    [
        ({"recipient": "ü@example.org"}, Rejection.ADDRESS, "SMTPUTF8"),
        ({"sender": "ü@example.org"}, Rejection.SENDER, "SMTPUTF8"),
        ({"body": b"A: \xc3\xa9\r\n\r\nx\r\n"}, Rejection.CONTENT, "SMTPUTF8"),
        ({"body": b"A: b\r\n\r\n\xc3\xa9\r\n"}, Rejection.CONTENT, "8BITMIME"),
        ({"body": b"A: b\r\n\r\nbare\n.\r\n"}, Rejection.CONTENT, "CRLF"),
        ({"body": b"A: b\r\n\r\n" + b"x\r\n" * 400}, Rejection.TOO_LARGE, "1208"),
    ],
)
def test_what_the_server_lacks_is_known_before_anything_is_sent(change, why, said):
    with peer(lambda line: (line.greet("SIZE 1000"), line.listen_on())) as (port, heard):
        (outcome,) = transact(settings_for(port, hello_name="me.example.org"), outgoing(**change))
    assert isinstance(outcome, Refused)
    assert (outcome.why, outcome.reply) == (why, None)
    assert said in outcome.reason
    assert bytes(heard).splitlines() == [b"EHLO me.example.org", b"QUIT"][: len(heard.splitlines())]


def test_what_a_server_offers_is_read_from_its_answer_to_ehlo():
    lines = (
        "hi PIPELINING",
        "size 35882577",
        "8bitmime",
        "AUTH=LOGIN",
        "AUTH PLAIN xoauth2",
        "STARTTLS",
        "DSN",
        "",
        "SMTPUTF8 x",
    )
    found = features_of(Reply(250, None, lines))
    assert found == Features(
        starttls=True,
        eight_bit=True,
        smtputf8=True,
        dsn=True,
        size=35882577,
        mechanisms=frozenset({"LOGIN", "PLAIN", "XOAUTH2"}),
    )


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE x", "SIZE -1", "SIZE ٣", "SIZE " + "9" * 5000])
def test_a_size_that_is_no_number_is_no_limit(size):
    assert features_of(Reply(250, None, ("hi", size))).size is None


@pytest.mark.parametrize("letter", ["e", "é", "–", "🎉"])
@pytest.mark.parametrize("dots", [0, 7])
def test_a_message_is_measured_in_bytes_and_may_be_as_large_as_the_server_says(letter, dots):
    body = f"Subject: x\r\n\r\n{letter * 100}\r\n".encode() + b".\r\n" * dots
    size = len(body) + dots  # the stuffed ones count too
    found = announced(outgoing(body=body), Features(size=size, eight_bit=True))
    assert isinstance(found, Announced)
    assert f" SIZE={size}" in found.mail.decode()
    refused = announced(outgoing(body=body), Features(size=size - 1, eight_bit=True))
    assert isinstance(refused, Refused)
    assert (refused.why, refused.reason) == (
        Rejection.TOO_LARGE,
        f"the message has {size} bytes, the server takes at most {size - 1}",
    )


@pytest.mark.parametrize("letter", ["a", "ü", "文"])
def test_an_address_is_measured_in_octets(letter):
    domain = "@example.org"
    count, rest = divmod(254 - len(domain), len(letter.encode()))
    assert is_sendable("a" * rest + letter * count + domain)
    assert not is_sendable("a" * (rest + 1) + letter * count + domain)
