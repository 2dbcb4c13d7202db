"""The quick way to the canonical form against the long one, for messages of the variant and for all others."""

import random

import pytest
from dkim_mail import AT, DOMAIN, key_called, messages, variant
from dkim_verifiers import dkimpy_accepts, opendkim_accepts, records_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from digest.delivery.dkim.canonical import Layout, canonical
from digest.delivery.dkim.signing import Signer
from digest.errors import IntegrityError
from digest.mail.content import Slot

NAMES = st.sampled_from(["Subject", "X-Other", "List-Id", "to", "MIME-VERSION", "Received", "Cc", "Content-Type"])
WHITE = st.text(" \t", max_size=3)
WORDS = st.text(st.characters(codec="latin-1", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
FOLD = st.sampled_from([" ", "\t", "\r\n ", "\r\n\t", " \t\r\n  ", "  "])
VALUES = st.lists(st.tuples(FOLD, WORDS), min_size=1, max_size=5).map(lambda pairs: "".join(a + b for a, b in pairs))
FIELDS = st.tuples(NAMES, VALUES, WHITE).map(lambda parts: "{}:{}{}\r\n".format(*parts))
LINES = st.lists(st.sampled_from(["", " ", "\t", "  ", "x", "ñ", "=\r", ".", "From ", "--", "\x00"]), max_size=6)
BODIES = st.lists(LINES.map("".join), max_size=12).map(lambda lines: "".join(f"{line}\r\n" for line in lines))
MESSAGES = st.tuples(st.lists(FIELDS, max_size=6), BODIES).map(
    lambda parts: ("From: a@news.example.org\r\n" + "".join(parts[0]) + "\r\n" + parts[1]).encode("latin-1")
)
ODD = ["", " ", "x", "x ", " x", "a  b", "a\tb", "\r\n", "x\r\n", "\r\nx", "a\r\n b", "a\r\n\tb", "a\r\nb", "a \r\nb"]
ODD += [
    "a\r\n\r\nb",
    "\r\n\r\n",
    "a\rb",
    "a\nb",
    "\r",
    "\n",
    "\x00to\x00",
    "a\x00b",
    "\r\nSubject: y",
    "a:b",
    "-" * 5000,
]
PIECES = st.sampled_from([*ODD, "Subject: ", "\r\nTo: ", "=\r\n", "--\r\n", "  ", "\r\nX: "])
SLOTS = st.sampled_from(list(Slot))


@settings(deadline=None)
@given(MESSAGES)
def test_any_message_that_is_signed_is_verified_by_dkimpy(message):
    key = key_called("s201807")
    assert dkimpy_accepts(Signer(DOMAIN, [key]).sign(message, AT) + message, records_of([key], DOMAIN))


def test_two_hundred_odd_messages_are_verified_by_opendkim(tmp_path):
    chance = random.Random(20180805)  # noqa: S311 – the same odd messages in every run
    odd = [_odd_message(chance) for _ in range(200)]
    key = key_called("s201807")
    signer = Signer(DOMAIN, [key])
    signed = [signer.sign(message, AT) + message for message in odd]
    assert opendkim_accepts(signed, records_of([key], DOMAIN), tmp_path) == [True] * len(signed)


@pytest.mark.parametrize("public_url", ["https://bulletin.example.org", None])
def test_messages_of_the_variant_go_the_quick_way(public_url, monkeypatch):
    layout = Layout(variant(public_url))
    real = messages(30, public_url, name=lambda n: [None, "Ana  María", "É" * n or "x"][n % 3])
    expected = [canonical(message) for message in real]
    monkeypatch.setattr("digest.delivery.dkim.signing.canonical", None)
    assert [layout.canonical(message) for message in real] == expected


@settings(deadline=None)
@given(st.data())
def test_a_message_has_the_same_canonical_form_on_both_ways(data):
    """Variants and values of every odd kind, in the header and in the body."""
    head = data.draw(st.lists(st.one_of(PIECES, SLOTS), max_size=8))
    body = data.draw(st.lists(st.one_of(PIECES, SLOTS), max_size=8))
    template = ["From: a@example.org\r\nTo: ", *head, "\r\n\r\n", *body]
    marked = "".join(part.mark if isinstance(part, Slot) else part.replace("\x00", "") for part in template).encode()
    layout = made(Layout, marked)
    assume(isinstance(layout, Layout))
    value = st.sampled_from(ODD)
    filled = [data.draw(value) if isinstance(part, Slot) else part.replace("\x00", "") for part in template]
    message = "".join(filled).encode()
    assert made(layout.canonical, message) == made(canonical, message)


@settings(deadline=None)
@given(st.integers(0, 2**30), st.binary(max_size=3), st.integers(0, 3))
def test_a_message_that_differs_anywhere_gets_its_own_form(place, put, cut):
    (message,) = messages(1)
    place %= len(message)
    changed = message[:place] + put + message[place + cut :]
    assert made(Layout(variant()).canonical, changed) == made(canonical, changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message + b"x\r\n",
        lambda message: message + b"\r\n \t\r\n",
        lambda message: b"X: x\r\n" + message,
        lambda message: message[:-1],
        lambda message: message * 2,
        lambda message: message.replace(b"\r\n\r\n", b"\r\nX: x\r\n\r\n", 1),
        lambda message: message.replace(b"reader0@example.org", b"reader0@example.org\r\nBcc: x@example.org"),
        lambda message: message.replace(b"reader0@example.org", b"reader0@example.org\r\n\t(Ana)"),
    ],
)
def test_a_message_with_something_more_or_less_gets_its_own_form(change):
    (message,) = messages(1, name=lambda _: None)
    changed = change(message)
    assert changed != message
    assert Layout(variant()).canonical(changed) == canonical(changed)


def _odd_message(chance):
    white = ["", " ", "\t", "  \t"]
    head = "From: a@news.example.org\r\n"
    for name in chance.sample(["Subject", "X-Other", "List-Id", "to", "MIME-VERSION", "Cc", "Content-Type"], 4):
        folds = chance.choices([" ", "\t", "\r\n ", "\r\n\t", " \t\r\n  ", "  "], k=4)
        value = "".join(fold + chance.choice(["a", "Bc", "x:y", ";"]) for fold in folds)
        head += f"{name}{chance.choice(white[:2])}:{value}{chance.choice(white)}\r\n"
    lines = [
        "".join(chance.choices([" ", "\t", "x", "yz", "  "], k=number)) for number in chance.choices(range(5), k=9)
    ]
    return "\r\n".join([head, *lines[: chance.randrange(9)], ""]).encode()


def made(make, from_bytes):
    try:
        return make(from_bytes)
    except IntegrityError as error:
        return str(error)
