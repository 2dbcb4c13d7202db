import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.fitting import one_line, shorten, wrap

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
PLAIN = st.text("ab, \n\t", max_size=300)


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("Short", 10, "Short"),
        ("Exactly ten", 11, "Exactly ten"),
        ("Fourteen towns agree on one way", 22, "Fourteen towns agree…"),
        ("A colon, at: the end", 13, "A colon, at…"),
        ("Rindfleischetikettierung", 10, "Rindfleis…"),
        ("– – – – – –", 6, "– – –…"),
    ],
)
def test_a_text_is_cut_after_a_word(text: str, most: int, short: str) -> None:
    assert shorten(text, most) == short


@settings(deadline=None)
@given(TEXTS, st.integers(min_value=1, max_value=120))
def test_nothing_is_ever_longer_than_allowed(text: str, most: int) -> None:
    short = shorten(text, most)
    assert len(short) <= most
    assert short == text or short.endswith("…")


@settings(deadline=None)
@given(TEXTS)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() == ([line] if line else [])
    assert "  " not in line
    assert not any(ord(char) < 32 or char in "\xa0\x7f\u2028" for char in line)


@settings(deadline=None)
@given(PLAIN, st.integers(min_value=5, max_value=40))
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width).split("\n")
    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= width or " " not in line for line in lines)


def test_urls_and_words_joined_by_a_no_break_space_stay_whole() -> None:
    url = "https://bulletin.example.org/" + "a-b/" * 30
    lines = wrap(f"See {url} on 5\xa0August\xa02018 please", 20).split("\n")
    assert lines == ["See", url, "on 5\xa0August\xa02018", "please"]


def test_a_point_of_a_list_hangs_under_its_mark() -> None:
    assert wrap("one two three four", 10, "- ", "  ") == "- one two\n  three\n  four"
