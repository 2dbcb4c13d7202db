"""Relaxed canonicalisation, RFC 6376 §3.4."""

import dkim.canonicalization
import pytest
from dkim_mail import body_hash
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery.dkim.canonical import relaxed_body, relaxed_field, relaxed_lines, single_spaced

PIECES = st.sampled_from(
    [b" ", b"\t", b"\r\n", b"\r", b"\n", b"a", b"B:", b":", b"\xc3\xa9", b"   ", b"\t \t", b"\x00"]
)
BYTES = st.lists(PIECES, max_size=40).map(b"".join)


@pytest.mark.parametrize(
    ("written", "relaxed"),
    [
        (b"A: X\r\n", b"a:X"),
        (b"B : Y\t\r\n\tZ  \r\n", b"b:Y Z"),
        (b"SUBJECT: AbC", b"subject:AbC"),
        (b"Subject \t :\t x", b"subject:x"),
        (b"Subject:x", b"subject:x"),
        (b"Subject:", b"subject:"),
        (b"Subject: \t \r\n", b"subject:"),
        (b"Subject:\r\n x", b"subject:x"),
        (b"Subject: a\r\n \r\n\t\r\n b", b"subject:a b"),
        (b"Subject: a\r\n\t\t  b\t c  \t", b"subject:a b c"),
        (b"Subject: a: b :c", b"subject:a: b :c"),
        (b"X: caf\xc3\xa9\xa0", b"x:caf\xc3\xa9\xa0"),
        (b"\xc3\x89: x", b"\xc3\x89:x"),
    ],
)
def test_a_field_is_relaxed_as_the_standard_says(written, relaxed):
    assert relaxed_field(written) == relaxed


@pytest.mark.parametrize(
    ("written", "relaxed"),
    [
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (b"", b""),
        (b"\r\n", b""),
        (b"\r\n\r\n\r\n", b""),
        (b" \t \r\n\t\r\n", b""),
        (b" \t", b""),
        (b"x", b"x\r\n"),
        (b"x \t", b"x\r\n"),
        (b"x\r\n \t", b"x\r\n"),
        (b"x\r\n", b"x\r\n"),
        (b"x\r\n\r\ny", b"x\r\n\r\ny\r\n"),
        (b"\r\n\r\nx\r\n", b"\r\n\r\nx\r\n"),
        (b"x \r\n \r\n\t \r\n", b"x\r\n"),
        (b"x\r\n \r\ny\r\n", b"x\r\n\r\ny\r\n"),
        (b"  x  y  \r\n", b" x y\r\n"),
        (b"\tx\t\ty\t\r\n", b" x y\r\n"),
        (b"x\r\r\n\r\n", b"x\r\r\n"),
        (b"x\n\r\n", b"x\n\r\n"),
        (b"x \ny\r\n", b"x \ny\r\n"),
        (b"x\xa0\r\n", b"x\xa0\r\n"),
    ],
)
def test_a_body_is_relaxed_as_the_standard_says(written, relaxed):
    assert relaxed_body(written) == relaxed


def test_the_hash_of_an_empty_body_is_the_one_in_the_standard():
    assert body_hash(relaxed_body(b"\r\n")) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@settings(deadline=None)
@given(BYTES)
def test_a_body_is_relaxed_as_dkimpy_does_it(body):
    """Ended by CRLF, as every body is that went through SMTP; without it dkimpy leaves the last line's white space."""
    body += b"\r\n"
    assert relaxed_body(body) == dkim.canonicalization.Relaxed.canonicalize_body(body)


@settings(deadline=None)
@given(BYTES)
def test_what_is_relaxed_stays_as_it_is(body):
    once = relaxed_body(body)
    assert relaxed_body(once) == once
    assert not once.endswith((b"\r\n\r\n", b" \r\n"))
    assert b"\t" not in once


@settings(deadline=None)
@given(BYTES)
def test_no_run_of_white_space_survives(text):
    assert single_spaced(text).split(b" ") == _split_at_runs(text)


@settings(deadline=None)
@given(BYTES)
def test_nothing_but_white_space_and_empty_last_lines_goes(body):
    def seen(text):
        return text.replace(b" ", b"").replace(b"\t", b"")

    relaxed = relaxed_body(body)
    assert seen(body).startswith(seen(relaxed.removesuffix(b"\r\n")))
    assert seen(relaxed_lines(body)) == seen(body)


def _split_at_runs(text):
    pieces = [b""]
    in_run = False
    for number in text:
        white = number in b" \t"
        if white and not in_run:
            pieces.append(b"")
        elif not white:
            pieces[-1] += bytes((number,))
        in_run = white
    return pieces
