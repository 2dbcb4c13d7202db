"""Whatever people paste: reading never fails, and a line that is in no item is in a problem."""

from datetime import date

from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.foundation.problems import Severity
from digest.intake.sources.draft import FileContext
from digest.intake.sources.lines import split_lines
from digest.intake.sources.listing import read_listing

CONTEXT = FileContext(source="s", file="f", today=date(2018, 9, 1), fallback_language="en")
DAYS = {"5 August 2018": date(2018, 8, 5), "7 de agosto de 2018": date(2018, 8, 7), "6/7/2018": date(2018, 7, 6)}
PATTERNS = [  # each "{}" becomes a word that stands nowhere else
    "",
    "",
    "\u00a0",
    *DAYS,
    "5 August",
    "A title of some sort {}",
    "another line in lower case that goes on {}",
    "A sentence with an end {}.",
    "Panama City – A workshop was held in the country. It was a long one, and {} who took part in it",
    "liked it very much, as the people who were there {} us in the evening",
    "Topics: {}",
    "Summary: {} and more",
    "Idioma: es",
    "  An indented line {}",
    "• A point {}",
    "Guatemala{}-",
    "{{{{ evil }}}} <mj-text> {}",
]
lists_of_lines = st.lists(st.sampled_from(PATTERNS), max_size=25).map(
    lambda patterns: [pattern.format(f"w{number}w") for number, pattern in enumerate(patterns)]
)


@settings(deadline=None, max_examples=examples(300))
@given(lists_of_lines)
def test_every_line_is_in_an_item_or_in_a_problem(lines: list[str]) -> None:
    text = "\n".join(["5 August 2018", "", "A first title", *lines, "", "The end."])
    reading = read_listing(split_lines(text), CONTEXT)

    read = " ".join(
        " ".join([item.text.title, *item.text.paragraphs, *(item.topics or ()), item.text.summary or "", item.language])
        for item in reading.items
    )
    dates = [item.published_on for item in reading.items]
    reported = " ".join(f"{problem.place}: {problem.cause}" for problem in reading.problems)
    for number, line in enumerate(text.split("\n"), 1):
        is_told = all(word in read + reported or word in ("Topics:", "Idioma:", "Summary:") for word in line.split())
        assert is_told or DAYS.get(line) in dates or f"f:{number}: " in reported, line


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    reading = read_listing(split_lines("5 August 2018\n" + text), CONTEXT)

    assert len(reading.items) + len(reading.problems) > 0


@settings(deadline=None)
@given(lists_of_lines, st.sampled_from(["", "31 June 2018\n\n"]))
def test_texts_are_never_empty_and_problems_name_a_line(lines: list[str], before: str) -> None:
    reading = read_listing(split_lines(before + "\n".join(lines)), CONTEXT)

    for item in reading.items:
        assert all(text and text == text.strip() for text in (item.text.title, *item.text.paragraphs))
    for problem in reading.problems:
        assert problem.place.line is not None or problem.severity is Severity.NOTE
        assert problem.cause
