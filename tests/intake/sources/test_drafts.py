"""Drafts: files that are no item yet, and the stubs for translations."""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.plans.stubs import stub, stub_name
from digest.foundation.problems import Severity
from digest.intake.item import Item, Reading
from digest.intake.sources.cleaning import clean
from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]


def _file(line: str) -> str:
    return f"---\n{line}\ntitle: A title\ndate: 2018-07-06\nlanguage: en\n---\nA body.\n"


@pytest.mark.parametrize(
    "line", ["draft: true", "draft: yes", "Draft: True", "borrador: sí", "draft: 'true'", "draft: true # take it out"]
)
def test_a_draft_is_no_item_and_no_problem(markdown: Read, line: str) -> None:
    assert markdown(_file(line)) == FileReading((), (), waiting=True)


@pytest.mark.parametrize("line", ["draft: false", "draft: no", "draft:", "# draft: true"])
def test_what_is_no_draft_is_an_item(markdown: Read, line: str) -> None:
    reading = markdown(_file(line))
    assert [item.text.title for item in reading.items] == ["A title"]
    assert not reading.waiting


@pytest.mark.parametrize("line", ["draft: maybe", "draft: [true]"])
def test_what_is_neither_waits_and_is_asked_about(markdown: Read, line: str) -> None:
    reading = markdown(_file(line))
    assert (reading.items, reading.waiting) == ((), True)
    assert [problem.severity for problem in reading.problems] == [Severity.WARNING]


def test_a_draft_needs_neither_title_nor_date(markdown: Read) -> None:
    assert markdown("---\ndraft: true\ntitle:\n---\n").waiting


def test_a_listing_has_no_drafts(listing: Read) -> None:
    reading = listing("6 July 2018\n\nA title\n\nDraft: true stories from the border.\n")
    assert reading.items[0].text.paragraphs == ("Draft: true stories from the border.",)


def test_the_folder_says_in_a_note_how_many_drafts_wait(folder: Callable[..., Reading]) -> None:
    files: dict[str, str | bytes] = {f"{number}.md": _file("draft: true") for number in range(7)}
    reading = folder({**files, "a.md": _file("draft: false")})
    (note,) = reading.problems
    assert note.severity is Severity.NOTE
    assert note.cause.startswith("7 drafts wait to be finished: bulletins/0.md, ")
    assert note.cause.endswith(" …")
    assert (len(reading.items), reading.ignored, reading.unread) == (1, (), frozenset())
    assert folder({}).problems[0].cause == note.cause


# -- stubs --------------------------------------------------------------------------------------------------------


def test_a_stub_that_is_filled_in_is_a_translation(markdown: Read, item: Callable[..., Item]) -> None:
    original = item('It\'s "new": #1 – ¿qué?', body="One --> two.\nThree <!-- four --!> five.")
    text = stub(original, "es")
    assert markdown(text, stub_name(original, "es")).waiting
    ready = text.replace("draft: true  # take this line out when the text is ready\n", "")
    ready = ready.replace("title:\n", "title: Nuevo\n") + "\nUn texto **nuevo**.\n"
    reading = markdown(ready, stub_name(original, "es"), language=None)
    (found,) = reading.items
    assert reading.problems == ()
    assert (found.text.title, found.text.paragraphs) == ("Nuevo", ("Un texto nuevo.",))
    assert (found.language, found.published_on) == ("es", date(2018, 7, 6))
    assert found.translation_of == original.text.title


def test_a_publishers_own_id_names_the_original(markdown: Read, item: Callable[..., Item]) -> None:
    ready = stub(item("A", given_id="press: 12"), "es").replace("draft: true", "x: 1").replace("title:", "title: B")
    assert markdown(ready).items[0].translation_of == "press: 12"


texts = st.text(min_size=1, max_size=60).map(lambda text: clean(text, Counter()).strip()).filter(bool)


@settings(deadline=None)
@given(texts, st.lists(texts, max_size=3))
def test_nothing_of_the_original_is_shown_to_readers(title: str, paragraphs: list[str]) -> None:
    from digest.foundation.problems import Place
    from digest.intake.item import Text
    from digest.intake.sources.draft import FileContext
    from digest.intake.sources.markdown import read_markdown

    original = Item(
        id="1a2b3c4d5e6f7a8b",
        source="newsroom",
        place=Place("a.txt", 1),
        published_on=date(2018, 7, 6),
        language="en",
        text=Text(title=title, paragraphs=tuple(paragraphs)),
    )
    ready = stub(original, "es").replace("draft: true  # take this line out when the text is ready\n", "")
    ready = ready.replace("title:\n", "title: Nuevo\n", 1) + "\nUn texto.\n"
    context = FileContext(source="newsroom", file="a.md", today=date(2026, 1, 1), fallback_language="en")
    (found,) = read_markdown(ready, context).items
    assert found.text.paragraphs == ("Un texto.",)
    assert found.translation_of == title


@given(st.text(max_size=80))
def test_the_name_of_a_stub_can_be_written_on_any_disk(title: str) -> None:
    from digest.foundation.problems import Place
    from digest.intake.item import Text

    original = Item(
        id="1a2b3c4d5e6f7a8b",
        source="newsroom",
        place=Place("a.txt", 1),
        published_on=date(2018, 7, 6),
        language="en",
        text=Text(title=title, paragraphs=()),
    )
    name = stub_name(original, "es")
    assert name.isascii()
    assert len(name) < 80
    assert name.startswith("2018-07-06-")
    assert name.endswith("1a2b3c4d.es.md")
    assert not set(name) & set("/\\: ")
