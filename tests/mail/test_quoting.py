import quopri
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.content import Slot
from digest.mail.message import quoted, quoted_body

BODIES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=120)
    | st.text("ab =.\t\n\r\x0cñ", max_size=300)
    | st.integers(min_value=70, max_value=80).map(lambda length: "x" * length)
    | st.sampled_from([slot.mark for slot in Slot]),
    max_size=8,
).map("".join)
VALUES = st.text("abc/:.-", min_size=1, max_size=70)


@settings(deadline=None)
@given(BODIES)
def test_a_body_comes_back_as_it_was(body: str) -> None:
    encoded = quoted_body(body)
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n").decode() == body


@settings(deadline=None)
@given(BODIES, VALUES)
def test_lines_are_short_seven_bit_and_end_with_crlf_whatever_fills_the_slots(body: str, value: str) -> None:
    filled = re.sub(rb"\0[a-z-]+\0", value.encode(), quoted_body(body))
    assert max(filled, default=0) < 128
    assert filled.count(b"\n") == filled.count(b"\r") == filled.count(b"\r\n")
    for line in filled.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.endswith((b" ", b"\t"))
    expected = re.sub(r"\0[a-z-]+\0", value, body)
    assert quopri.decodestring(filled).replace(b"\r\n", b"\n").decode() == expected


@settings(deadline=None)
@given(BODIES)
def test_marks_stand_literally_and_in_order(body: str) -> None:
    assert re.findall(r"\0[a-z-]+\0", body) == [
        mark.decode() for mark in re.findall(rb"\0[a-z-]+\0", quoted_body(body))
    ]


@pytest.mark.parametrize("length", range(70, 80))
@pytest.mark.parametrize("end", ["", "=", "ñ", " ", "."])
def test_a_piece_leaves_room_for_a_soft_break(length: int, end: str) -> None:
    encoded = quoted("x" * length + end)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert len(encoded.rsplit(b"\r\n", 1)[-1]) < 76
    assert quopri.decodestring(encoded).decode() == "x" * length + end
