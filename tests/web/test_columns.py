from hypothesis import given
from hypothesis import strategies as st

from digest.web.columns import columns, labelled, seen, wrapped

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60)


def test_wide_characters_and_accents_count_as_they_are_seen() -> None:
    assert (seen("abc"), seen("漢字"), seen("e\u0301"), seen("a\u202eb")) == (3, 4, 1, 2)


@given(WORDS, st.integers(2, 40))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(seen(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_nothing_is_one_empty_line() -> None:
    assert wrapped("", 10) == [""]


def test_a_label_stands_once_and_its_text_in_a_column() -> None:
    assert list(labelled("Late", "a word or two more", width=6, most=22)) == [
        "  Late    a word or",
        "          two more",
    ]


def test_the_elastic_column_gives_way_and_empty_columns_go() -> None:
    shown = list(columns(["story", "", "n"], [["a long title of a story", "", 12]], most=22, right=(2,)))
    assert shown == [
        "  story              n",
        "  ────────────────  ──",
        "  a long title of   12",
        "  a story",
    ]
