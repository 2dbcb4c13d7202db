from collections.abc import Callable
from datetime import date

import pytest

from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]

TWO_ITEMS = """5 August, 2018

A new hub opens its doors in Upala

Upala, Costa Rica. The hub answers questions on weekdays.

It is run by the town.

17 July, 2018

Two neighbours meet: what next?

The meeting of 12 July 2018 took place in Belize City."""

EXPECTED = [
    (
        date(2018, 8, 5),
        "A new hub opens its doors in Upala",
        ("Upala, Costa Rica. The hub answers questions on weekdays.", "It is run by the town."),
    ),
    (
        date(2018, 7, 17),
        "Two neighbours meet: what next?",
        ("The meeting of 12 July 2018 took place in Belize City.",),
    ),
]


def _told(reading: FileReading) -> list[tuple[date, str, tuple[str, ...]]]:
    return [(item.published_on, item.text.title, item.text.paragraphs) for item in reading.items]


@pytest.mark.parametrize(
    "text",
    [
        TWO_ITEMS,
        TWO_ITEMS + "\n",
        "\n\n" + TWO_ITEMS.replace("\n\n", "\n\n\n\n") + "\n\n\n",
        TWO_ITEMS.replace("\n\n", "\n \t \n\u00a0\n"),
        TWO_ITEMS.replace("\n\n", "\n\u200b\n"),
        TWO_ITEMS.replace("\n", "\r\n"),
        TWO_ITEMS.replace("\n", "\r"),
        TWO_ITEMS.replace("\n", "\u2028"),
        TWO_ITEMS.replace("\n\n", "\u2029"),
        TWO_ITEMS.replace("\n\n", "\n\x0c\n"),
        TWO_ITEMS.replace("\n", "\r\n", 4).replace("\n17", "\r17"),
        "\n".join("    " + line + " \u00a0" for line in TWO_ITEMS.split("\n")),
        "\n".join("\t" + line for line in TWO_ITEMS.split("\n")),
        TWO_ITEMS.replace("5 August, 2018", "5\u00a0August,\u00a02018"),
    ],
    ids=range(14),
)
def test_blank_lines_line_ends_and_indentation_may_be_of_any_kind(text: str, listing: Read) -> None:
    reading = listing(text)

    assert _told(reading) == EXPECTED
    assert reading.problems == ()


def test_there_need_not_be_any_blank_line(listing: Read) -> None:
    assert _told(listing(TWO_ITEMS.replace("\n\n", "\n"))) == EXPECTED


def test_blank_lines_may_stand_before_dates_only(listing: Read) -> None:
    text = TWO_ITEMS.replace("\n\n", "\n").replace("\n17 July", "\n\n17 July")

    assert _told(listing(text)) == EXPECTED


def test_blank_lines_may_stand_after_dates_only(listing: Read) -> None:
    text = TWO_ITEMS.replace("\n\n", "\n").replace("2018\n", "2018\n\n")

    assert _told(listing(text)) == EXPECTED


def test_dates_and_titles_may_stand_together_above_separate_paragraphs(listing: Read) -> None:
    assert _told(listing(TWO_ITEMS.replace(", 2018\n\n", ", 2018\n"))) == EXPECTED


def test_an_item_knows_its_source_and_the_line_of_its_date(listing: Read) -> None:
    first, second = listing("\n" + TWO_ITEMS).items

    assert (first.source, str(first.place), str(second.place)) == ("newsroom", "news.txt:2", "news.txt:10")
    assert (first.countries, first.topics, first.given_id, first.text.html) == (None, None, None, None)


def test_a_title_may_span_two_lines(listing: Read) -> None:
    [item] = listing("5 August 2018\n\nA long title\ngoes on here\n\nThe body.").items

    assert (item.text.title, item.text.paragraphs) == ("A long title goes on here", ("The body.",))


def test_a_second_line_that_is_a_sentence_belongs_to_the_body(listing: Read) -> None:
    [item] = listing("5 August 2018\n\nA title\nThe first paragraph.\n\nThe second.").items

    assert (item.text.title, item.text.paragraphs) == ("A title", ("The first paragraph.", "The second."))


@pytest.mark.parametrize(
    "title",
    [
        "Who pays?",
        "At last!",
        "A delegation from the U.S.",
        "New office in Washington, D.C.",
        "Convenio con Transportes S.A.",
        "Regreso desde EE. UU.",
        "The agency of Martin Luther King Jr.",
        "“We want to go home”",
        "«Queremos volver»",
        "Good news: five hubs",
        "Maria*",
        "{{ 7 * 7 }} <mj-text> & <b>bold</b>",
        "65 officials trained. A success",
        "2018",
        "August",
        "ألف",
        "👩‍👧 families",
    ],
)
def test_titles_of_every_kind(title: str, listing: Read) -> None:
    text = f"6 August 2018\n\nAn ordinary title\n\nA body.\n\n5 August 2018\n\n{title}\n\nThe body.\n"

    reading = listing(text)

    assert [item.text.title for item in reading.items] == ["An ordinary title", title]
    assert reading.items[1].text.paragraphs == ("The body.",)
    assert reading.problems == ()


def test_a_very_long_title(listing: Read) -> None:
    title = "word " * 999 + "end."
    items = listing(f"6 August 2018\n\n{title[:-1]}\n\nBody.\n\n5 August 2018\n\n{title[:-1]}\n\nBody.").items

    assert [item.text.title for item in items] == [title[:-1]] * 2


def test_inner_no_break_spaces_stay_and_outer_ones_go(listing: Read) -> None:
    [item] = listing("5 August 2018\n\n\u00a0A\u00a0title\u00a0\n\n\u00a0Belmopan\u00a0–\u00a0The body. \u00a0").items

    assert (item.text.title, item.text.paragraphs) == ("A\u00a0title", ("Belmopan\u00a0–\u00a0The body.",))


def test_a_title_alone_is_an_item_with_a_warning(listing: Read, warnings: Said) -> None:
    reading = listing("6 August 2018\n\nOnly a title\n\n5 August 2018\n\nA title\n\nA body.")

    assert [item.text.paragraphs for item in reading.items] == [(), ("A body.",)]
    [warning] = warnings(reading)
    assert "news.txt:1: " in warning
    assert "a title and no text" in warning


def test_any_order_of_dates_is_read_in_the_order_of_the_file(listing: Read) -> None:
    days = [3, 1, 30, 12, 12, 2]
    text = "\n\n".join(f"{day} June 2018\n\nTitle {number}\n\nBody." for number, day in enumerate(days))

    assert [item.published_on.day for item in listing(text).items] == days


def test_text_before_the_first_date_is_an_error(listing: Read, errors: Said) -> None:
    reading = listing("\nA title without a date\n\nIts text.\n\n" + TWO_ITEMS)

    assert _told(reading) == EXPECTED
    [error] = errors(reading)
    assert "news.txt:2: error: an item without a date" in error


def test_text_before_the_first_date_may_hold_part_of_a_date(listing: Read, errors: Said) -> None:
    [error] = errors(listing("17 August\n\nA title\n\n" + TWO_ITEMS))

    assert "“17 August” looks like a date, but the year is missing" in error


def test_a_file_without_any_date_is_one_error(listing: Read, errors: Said) -> None:
    reading = listing("\nA title\n\nA text.\n\nAugust 2018\n\nAnother title")

    assert reading.items == ()
    [error] = errors(reading)
    assert "news.txt:2: error: no line of this file is a date" in error
    assert "“August 2018”" in error
    assert len(reading.problems) == 1


@pytest.mark.parametrize("text", ["", "\n", " \n\u00a0\n\t\u200b\n", "\ufeff"])
def test_an_empty_file_is_worth_a_note(text: str, listing: Read, notes: Said) -> None:
    reading = listing(text)

    assert (reading.items, len(reading.problems)) == ((), 1)
    assert notes(reading) == ["news.txt: note: the file is empty"]


@pytest.mark.parametrize(
    "line", ["31 June 2018", "30/2/2018", "13/13/2018", "5/8/18", "5 August 1066", "5 Agosot 2018"]
)
def test_an_impossible_date_leaves_out_the_item_under_it(line: str, listing: Read, errors: Said) -> None:
    reading = listing(TWO_ITEMS.replace("17 July, 2018", line))

    assert _told(reading) == EXPECTED[:1]
    [error] = errors(reading)
    assert error.startswith(f"news.txt:9: error: “{line}”")
    assert "left out" in error
    assert " → " in error


def test_an_impossible_date_is_not_swallowed_as_a_paragraph(listing: Read, errors: Said) -> None:
    reading = listing("5 August 2018\n\nA title\n\nA body.\n\n31 June 2018\n\nAnother sentence.")

    assert reading.items[0].text.paragraphs == ("A body.",)
    assert len(errors(reading)) == 1


@pytest.mark.parametrize("text", ["5 August 2018\n\n" + TWO_ITEMS, TWO_ITEMS + "\n\n1 July 2018\n"])
def test_a_date_without_a_title_is_an_error(text: str, listing: Read, errors: Said) -> None:
    reading = listing(text)

    assert _told(reading) == EXPECTED
    [error] = errors(reading)
    assert "a date without a title" in error


def test_a_date_in_the_future_is_kept_with_a_warning(listing: Read, warnings: Said) -> None:
    reading = listing(TWO_ITEMS, today=date(2018, 8, 4))

    assert _told(reading) == EXPECTED
    [warning] = warnings(reading)
    assert "news.txt:1: warning: the date 5 August 2018 is in the future" in warning


def test_a_date_with_a_full_stop_begins_an_item_too(listing: Read) -> None:
    assert _told(listing(TWO_ITEMS.replace(", 2018\n", ", 2018.\n"))) == EXPECTED


def test_the_end_of_a_sentence_is_no_date_line(listing: Read) -> None:
    for day in ("1 August 2018.", "31 June 2018."):
        text = f"5 August 2018\n\nA title\n\nThe hub in Upala, which many had been waiting for, opened on\n{day}\n"
        reading = listing(text)
        assert reading.items[0].text.paragraphs[-1].endswith(day)
        assert reading.problems == ()


def test_part_of_a_date_inside_an_item_is_reported(listing: Read, warnings: Said) -> None:
    reading = listing("5 August 2018\n\nA title\n\nA body.\n\n3 August\n\nWithout a year\n\nAnother body.")

    assert reading.items[0].text.paragraphs == ("A body.", "3 August", "Without a year", "Another body.")
    [warning] = warnings(reading)
    assert "news.txt:7: warning: “3 August” stands alone on a line" in warning
    assert "the year is missing" in warning


def test_letters_with_a_stroke_through_them_are_left_out_and_named(listing: Read, warnings: Said) -> None:
    struck = "".join(f"{letter}\u0336" for letter in "30 August")
    reading = listing(f"5 August 2018\nA title\n\nUntil {struck} 15 September.\n")

    assert reading.items[0].text.paragraphs == ("Until 15 September.",)
    assert "“30 August”" in " ".join(warnings(reading))
