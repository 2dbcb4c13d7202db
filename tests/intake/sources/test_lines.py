"""Lines as an editor counts them, and how sentences end."""

import pytest

from digest.intake.sources.lines import (
    Block,
    TextPage,
    ends_like_a_sentence,
    holds_several_sentences,
    is_unfinished,
    split_lines,
)

ABBREVIATIONS = [
    *("Bros", "Cía", "Co", "Corp", "Dept", "Dr", "Dra", "Inc", "Jr", "Ltd", "Ltda"),
    *("No", "Sr", "Sra", "St", "Sta", "Sto"),
]


@pytest.mark.parametrize(
    ("text", "texts", "numbers"),
    [
        ("", [""], [1]),
        ("a\nb\r\nc\rd", ["a", "b", "c", "d"], [1, 2, 3, 4]),
        ("a\n\nb\n", ["a", "", "b", ""], [1, 2, 3, 4]),
        *((f"a{mark}b\nc", ["a", "b", "c"], [1, 1, 2]) for mark in ("\x0b", "\x0c", "\x85", "\u2028")),
        ("a\u2029b\nc", ["a", "", "b", "c"], [1, 1, 1, 2]),
    ],
)
def test_every_line_end_ends_a_line_and_numbers_are_those_of_an_editor(text, texts, numbers):
    lines = split_lines(text)
    assert (list(lines.texts), list(lines.numbers)) == (texts, numbers)


def test_a_page_is_clean_lines_in_blocks_between_blank_ones():
    page = TextPage.of(split_lines("\n  a \nb\n \u200b \nc\x0bd\n\n"))
    assert page.texts == ["", "a", "b", "", "c", "d", "", ""]
    assert list(page.blocks(0, 8)) == [Block(1, 3), Block(4, 6)]
    assert list(page.blocks(2, 5)) == [Block(2, 3), Block(4, 5)]
    assert [page.number(index) for index in (1, 4, 5, 6)] == [2, 5, 5, 6]
    assert [page.indentation(index) for index in (0, 1, 2)] == [0, 2, 0]
    page.blank(2)
    assert list(page.blocks(0, 8)) == [Block(1, 2), Block(4, 6)]


def test_what_cleaning_took_is_known_by_line():
    page = TextPage.of(split_lines("a\nb\u202e\u202ec\nd\x07"))
    assert page.texts == ["a", "bc", "d"]
    assert not page.removed_between(0, 1)
    assert page.removed_between(1, 2).total() == 2
    assert page.removed_between(0, 3).total() == 3
    assert page.removed_between(2, 3) == page.removed[2]
    assert not TextPage.of(split_lines("é")).removed_between(0, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("It ended.", "He said “yes.”", "It (all) ended.)", "Il a dit « oui.»", "[So.]", "in 2018.", "Called Ana.'"),
        *("we did it. ok.", "the MOOC.", "an Inca.", "a casino."),
    ],
)
def test_a_full_stop_ends_a_sentence_and_quotes_and_brackets_may_follow(text):
    assert ends_like_a_sentence(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "no stop",
            "why?",
            "so:",
            "so…",
            "the U.S.",
            "in D. C.",
            "Acme S.A.",
            "at 5 p.m.",
            "los EE. UU.",
            "las FF.AA.",
        ),
        *(
            f"the {word}."
            for word in [
                "Bros",
                "Cía",
                "Co",
                "Corp",
                "Dept",
                "Dr",
                "Dra",
                "Inc",
                "Jr",
                "Ltd",
                "Ltda",
                "No",
                "Sr",
                "Sra",
                "St",
                "Sta",
                "Sto",
            ]
        ),
        *("(the U.S.)", "“EE.UU.”"),
    ],
)
def test_the_full_stop_of_an_abbreviation_ends_none(text):
    assert not ends_like_a_sentence(text)


@pytest.mark.parametrize("end", [*".!?:…”»", '"'])
def test_a_line_is_unfinished_without_a_sign_that_ends_something(end):
    assert not is_unfinished(f"a{end}")
    assert is_unfinished(f"{end}a")


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("One. Two", True),
        ("One? Two", True),
        ("One! Two", True),
        ("One… Two", True),
        ("One. Él", True),
        ("One.  5 days", True),
        ("“One.” Two", True),
        ("(One.) Two", True),
        ("One. ¿Dos?", True),
        ("One. “Two", True),
        ("One. (Two", True),
        ("«One.» «Two", True),
        ("One. ¡Dos!", True),
        ("One.", False),
        ("at 5 p.m. he left", False),
        ("One.Two", False),
        ("One: Two", False),
        ("one, Two", False),
    ],
)
def test_a_text_holds_several_sentences_where_a_capital_or_a_number_follows_an_end(text, several):
    assert holds_several_sentences(text) is several
