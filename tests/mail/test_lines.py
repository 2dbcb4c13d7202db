import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.mail.story import line_of


@pytest.mark.parametrize(
    ("paragraphs", "line"),
    [
        (["A bus came. It left again."], "A bus came."),
        (["GUATEMALA CITY, 26 July 2018 – A bus came. It left."], "A bus came."),
        (["San José, Costa Rica, 5 de julio de 2018 (IOM) — Llegó un bus. Salió."], "Llegó un bus."),
        (["Tegucigalpa, Honduras - Llegó un bus."], "Llegó un bus."),
        (["Guatemala City, 26 July 2018.", "A bus came. It left."], "A bus came."),
        (["Guatemala City.", "A bus came. It left."], "A bus came."),
        (["Guatemala City. A bus came. It left."], "A bus came."),
        (["San Pedro Sula – A bus came. It left."], "A bus came."),
        (["Upala.- Llegó un bus. Salió."], "Llegó un bus."),
        (["Upala"], ""),
        (["The plan – drawn up in May – is good. More."], "The plan – drawn up in May – is good."),
        (["Dr. López met Sra. Ruiz. They spoke."], "Dr. López met Sra. Ruiz."),
        (["¿Quién llega? ¡Todos!"], "¿Quién llega?"),
        (["Version 2.5 of the form is out. Use it."], "Version 2.5 of the form is out."),
        (["He said “enough.” Then he left."], "He said “enough.”"),
        (["no end"], "no end"),
        (["Beds:", "Town · Families · Beds", "They are free from May on."], "They are free from May on."),
        (["Town · Families · Beds"], ""),
        (["Do this:"], ""),
        (["• ☐ to do", "2. Bring the form and a pen."], "Bring the form and a pen."),
        ([f"And {'/srv/bulletin' * 12} too.", "It is said twice in a month."], "It is said twice in a month."),
        ([f"And {'/srv/bulletin' * 12} too."], ""),
        ([], ""),
        (["🎉"], "🎉"),
    ],
)
def test_a_line_is_the_first_sentence_that_is_no_dateline(paragraphs: list[str], line: str) -> None:
    assert line_of(None, paragraphs, 100) == line


def test_a_summary_comes_first_and_is_one_line() -> None:
    assert line_of("In\nshort.", ["A bus came."], 100) == "In short."


def test_a_long_sentence_is_cut_at_a_word() -> None:
    assert line_of(None, ["one two three four"], 12) == "one two…"


@settings(deadline=None)
@given(st.lists(st.text(max_size=300), max_size=4), st.integers(min_value=5, max_value=200))
def test_a_line_is_never_longer_than_asked_and_never_two(paragraphs: list[str], most: int) -> None:
    found = line_of(None, paragraphs, most)
    assert len(found) <= most
    assert len(found.splitlines()) <= 1
