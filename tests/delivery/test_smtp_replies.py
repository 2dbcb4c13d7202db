"""Replies of servers, whole, in crumbs, and broken."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.delivery.transports.smtp.replies import LINE_MOST, REPLY_MOST, Reply, ReplyReader

CODES = st.integers(200, 599)
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40).map(str.strip)


def read(data: bytes) -> tuple[list[Reply], str | None]:
    reader = ReplyReader()
    return reader.feed(data), reader.fault


def written(code: int, lines: list[str]) -> bytes:
    return "".join(f"{code}-{line}\r\n" for line in lines[:-1]).encode() + f"{code} {lines[-1]}\r\n".encode()


@given(st.lists(st.tuples(CODES, st.lists(TEXTS, min_size=1, max_size=5)), max_size=5), st.data())
def test_replies_are_the_same_however_the_bytes_are_cut(replies, data):
    stream = b"".join(written(code, lines) for code, lines in replies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader, found = ReplyReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.feed(stream[start:end])
    assert (found, reader.fault) == read(stream)
    assert [each.code for each in found] == [code for code, _ in replies]
    assert not reader.is_within


@given(st.lists(st.binary(max_size=300), max_size=20))
@example([b"250 ok\r\n\x00\x00\r\n250 ok\r\n"])
@example([b"250", *[b"-" * 300] * 10])
@example([b"\n"])
def test_no_bytes_make_it_crash_or_remember_more_than_a_reply(pieces):
    reader = ReplyReader()
    for piece in pieces:
        for reply in reader.feed(piece):
            assert 200 <= reply.code <= 599
            assert reply.text.isprintable() or not reply.text.isascii()
    assert len(reader._rest) < LINE_MOST + 300
    assert reader._size <= REPLY_MOST


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n",
        b"25\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        b"\r\n",
        b"\xff\xfe\r\n",
        b" 250 ok\r\n",
    ],
)
def test_what_is_no_reply_is_a_fault_and_ends_the_reading(garbage):
    replies, fault = read(b"250 before\r\n" + garbage + b"250 after\r\n")
    assert [each.lines for each in replies] == [("before",)]
    assert fault


def test_lines_of_one_reply_have_one_code():
    replies, fault = read(b"250-one\r\n550 two\r\n")
    assert not replies
    assert "in the middle" in fault


@pytest.mark.parametrize(
    ("said", "enhanced", "lines"),
    [
        (b"550 5.1.1 no such user\r\n", "5.1.1", ("no such user",)),
        (b"250 2.0.0\r\n", "2.0.0", ("",)),
        (b"250-2.0.0 one\r\n250 2.0.0 two\r\n", "2.0.0", ("one", "two")),
        (b"550 4.1.1 another class\r\n", None, ("4.1.1 another class",)),
        (b"250 10.0.0.1 greets you\r\n", None, ("10.0.0.1 greets you",)),
        (b"250 2.0.0.1 greets you\r\n", None, ("2.0.0.1 greets you",)),
        ("552 5.2.2 El buzón está lleno\r\n".encode(), "5.2.2", ("El buzón está lleno",)),
        ("552 5.2.2 El buzón está lleno\r\n".encode("latin-1"), "5.2.2", ("El buzón está lleno",)),
        ("550-5.1.1 Empfänger\r\n550 5.1.1 unbekannt\r\n".encode("latin-1"), "5.1.1", ("Empfänger", "unbekannt")),
        (b"250\r\n", None, ("",)),
        (b"250 \n", None, ("",)),
        (b"250-\r\n250\r\n", None, ("", "")),
    ],
)
def test_enhanced_codes_are_told_from_text(said, enhanced, lines):
    (reply,), fault = read(said)
    assert (reply.enhanced, reply.lines, fault) == (enhanced, lines, None)


def test_a_reply_can_have_a_thousand_lines_but_not_64_kilobytes():
    many = b"".join(b"250-line %d\r\n" % number for number in range(999)) + b"250 end\r\n"
    (reply,), fault = read(many)
    assert (len(reply.lines), fault) == (1000, None)
    assert "65536" in read(b"250-abcdefghijklmnop\r\n" * 4000)[1]
    assert "65536" in read(b"250-ok\r\n" * 9999 + b"250 ok\r\n")[1]


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_a_line_has_less_than_2_kilobytes(end):
    assert "2048" in read(b"250 " + b"x" * 2048 + end)[1]
    assert read(b"250 " + b"x" * 2040 + b"\r\n")[1] is None


def test_what_is_shown_to_people_is_one_line_without_control_characters():
    (reply,), _ = read("550-5.7.1 \x1b[31mred\x1b[0m\r\n550 5.7.1 caf\u00e9 \u2028 end\r\n".encode())
    assert reply.text == "550 5.7.1 [31mred [0m café   end"
