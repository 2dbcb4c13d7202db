"""Messages on the wire: one stays one, byte for byte, whatever a text tries."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.transports.smtp.payload import LINE_MOST, KnownPieces, UnsafeMessageError, examined, payload_of

LINES = st.lists(
    st.one_of(
        st.sampled_from([b"", b".", b"..", b"...", b". x", b"x" * LINE_MOST, b"." + b"y" * (LINE_MOST - 1)]),
        st.binary(max_size=30).map(lambda text: re.sub(rb"[\0\r\n]", b"", text)),
    ),
    min_size=1,
    max_size=12,
)
# RFC 5321 and what lenient servers have taken for the end of a message (CVE-2023-51764, -51765, -51766).
ENDS = [
    b"\r\n.\r\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\0.\r\n",
]


def unstuffed(data: bytes) -> bytes:
    """What a server makes of it: RFC 5321 §4.5.2."""
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in data.split(b"\r\n"))


def cut(message: bytes, places: list[int]) -> list[bytes]:
    """In pieces, none of which begins or ends within a CRLF."""
    good = sorted({0, len(message), *(p for p in places if 0 < p < len(message) and message[p - 1 : p + 1] != b"\r\n")})
    return [message[start:end] for start, end in pairwise(good)]


@given(LINES, st.lists(st.integers(0, 3000)), st.randoms())
def test_a_message_arrives_byte_for_byte_however_it_is_cut_and_whatever_was_examined_before(lines, places, random):
    message = b"".join(line + b"\r\n" for line in lines)
    pieces = [examined(each) if random.random() < 0.5 else each for each in cut(message, places)]
    payload = payload_of(pieces)
    assert unstuffed(payload.stuffed) == message
    assert payload.stuffed == payload_of([message]).stuffed
    assert payload.is_ascii == message.isascii()
    assert not any(end in b"\r\n" + payload.stuffed for end in ENDS)


OWN = st.one_of(
    st.sampled_from([b"", b".", b"..x", b"a", b"a .b", b"\xc3\xa9", b"x" * 400, b"a\r\n b", b"\r\n."]), st.binary()
)


@given(LINES, st.lists(st.integers(0, 3000)), st.lists(st.tuples(OWN, OWN, OWN), min_size=2), st.booleans())
def test_what_is_known_from_another_message_changes_nothing(lines, places, owns, is_signed):
    known, fixed = KnownPieces(), cut(b"".join(line + b"\r\n" for line in lines), places)
    for own in owns:
        pieces = [fixed[0]]
        for value, piece in zip(own, fixed[1:], strict=False):
            pieces += (value, piece)
        if is_signed:
            pieces.insert(0, own[-1] + b"\r\n")
        outcomes = []
        for read in (payload_of, known.payload_of):
            try:
                payload = read(tuple(pieces))
                outcomes.append((payload.stuffed, payload.size, payload.is_ascii))
            except UnsafeMessageError:
                outcomes.append("refused")
        assert outcomes[0] == outcomes[1]


def test_a_piece_is_known_by_itself_never_by_what_stood_in_its_place_before():
    known = KnownPieces()
    for number in range(20_000):  # more than are remembered: what is forgotten leaves its place in memory to others
        piece = b"Subject: %d\r\n\r\n" % number + b"x" * 600 + b"\r\n"
        assert known.payload_of((piece,)).stuffed == piece


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_what_is_not_refused_ends_only_where_it_ends(message, places):
    try:
        payload = payload_of(cut(message, places))
    except UnsafeMessageError:
        return
    assert payload.stuffed.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", payload.stuffed)
    assert b"\r\n.\r\n" not in b"\r\n" + payload.stuffed


@pytest.mark.parametrize("end", ENDS[1:])
@pytest.mark.parametrize("smuggled", [b"MAIL FROM:<evil@example.org>\r\n", b""])
def test_no_end_of_a_message_can_be_smuggled(end, smuggled):
    with pytest.raises(UnsafeMessageError):
        payload_of([b"Subject: x\r\n\r\ntext" + end + smuggled + b"end\r\n"])


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([b"a\0b\r\n"], "NUL"),
        ([b"a\rb\r\n"], "no part of a CRLF"),
        ([b"a\nb\r\n"], "no part of a CRLF"),
        ([b"a\r", b"\nb\r\n"], "no part of a CRLF"),  # a caller that cuts there cannot be told from one that errs
        ([b"x" * 999 + b"\r\n"], "999"),
        ([b"x" * 500, b"y" * 499, b"\r\n"], "999"),
        ([b"a\r\n" + b"x" * 500, b"y" * 499 + b"\r\nb\r\n"], "999"),
        ([b"no end"], "no end"),
        ([b"a\r\n", b"."], "no end"),
        ([], "no end"),
    ],
)
def test_what_cannot_be_carried_unchanged_is_refused(pieces, said):
    with pytest.raises(UnsafeMessageError, match=said):
        payload_of(pieces)


def test_only_bytes_beyond_ascii_in_the_head_ask_for_smtputf8():
    assert payload_of([b"Subject: x\r\n\r\n\xc3\xa9\r\n"]).has_ascii_head
    assert not payload_of([b"Subject: \xc3\xa9\r\n\r\nx\r\n"]).has_ascii_head
    assert not payload_of([b"Subject: \xc3\xa9\r\n"]).has_ascii_head
