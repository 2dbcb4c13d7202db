"""Which dates begin an item, and which stand inside one."""

from collections.abc import Callable
from datetime import date

import pytest

from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]


def _item(day: str, title: str = "A title", body: str = "A body.") -> str:
    return f"{day}\n\n{title}\n\n{body}\n\n"


BEFORE = _item("7 August, 2018", "The first title", "The first body.")
AFTER = _item("1 August, 2018", "The last title", "The last body.")


def _titles(reading: FileReading) -> list[str]:
    return [item.text.title for item in reading.items]


def test_a_date_inside_a_paragraph_is_no_date_line(listing: Read) -> None:
    body = "Held on May 4, 2018 and June 26, 2018.- On 5 August, 2018 it ended."

    reading = listing(_item("12 June, 2018", body=body))

    assert reading.items[0].text.paragraphs == (body,)
    assert reading.problems == ()


@pytest.mark.parametrize("inside", ["3 August, 2018", "6 September 2018", "2018-08-03", "domingo 5 de agosto de 2018"])
def test_a_date_above_a_sentence_is_part_of_the_item(inside: str, listing: Read, warnings: Said) -> None:
    reading = listing(f"{BEFORE}{inside}\n\nThe second body goes on after the date.\n\n{AFTER}")

    assert _titles(reading) == ["The first title", "The last title"]
    assert reading.items[0].text.paragraphs == ("The first body.", inside, "The second body goes on after the date.")
    [warning] = warnings(reading)
    assert f"news.txt:7: warning: “{inside}” stands alone on a line inside an item" in warning
    assert " → If an item begins there" in warning


def test_several_dates_above_a_sentence_are_all_part_of_the_item(listing: Read, warnings: Said) -> None:
    text = f"{BEFORE}3 September 2018\n\n4 September 2018\n\nPlease register before.\n\n{AFTER}"

    reading = listing(text)

    assert reading.items[0].text.paragraphs == (
        "The first body.",
        "3 September 2018",
        "4 September 2018",
        "Please register before.",
    )
    assert len(reading.items) == len(warnings(reading)) == 2


def test_several_dates_above_a_title_are_errors_but_for_the_last(listing: Read, errors: Said) -> None:
    reading = listing(f"{BEFORE}3 August 2018\n\n2 August, 2018\n\nA title\n\nA body.\n\n{AFTER}")

    assert _titles(reading) == ["The first title", "A title", "The last title"]
    [error] = errors(reading)
    assert "news.txt:7: error: a date without a title" in error


def test_a_date_above_a_wrapped_paragraph_is_part_of_the_item(listing: Read) -> None:
    wrapped = (
        "Villahermosa, Mexico. The course on protection began in the month of\n"
        "May and went on for four weeks; people from many institutions of the\n"
        "state of Tabasco took part in it."
    )
    text = f"{_item('7 August, 2018', 'The first title', wrapped)}6 August, 2018\n\n{wrapped}\n\n{AFTER}"

    reading = listing(text)

    assert _titles(reading) == ["The first title", "The last title"]
    assert reading.items[0].text.paragraphs[0] == reading.items[0].text.paragraphs[2] == wrapped.replace("\n", " ")


def test_titles_may_generally_end_with_a_full_stop(listing: Read, warnings: Said) -> None:
    text = "".join(_item(f"{day} August 2018", f"Title {day} ends with a stop.") for day in (9, 8, 7, 6))

    reading = listing(text)

    assert _titles(reading) == [f"Title {day} ends with a stop." for day in (9, 8, 7, 6)]
    assert warnings(reading) == []


def test_the_only_title_of_a_file_may_end_with_a_full_stop(listing: Read) -> None:
    assert _titles(listing(_item("5 August 2018", "The one title."))) == ["The one title."]


def test_header_lines_make_a_title_of_a_sentence(listing: Read) -> None:
    text = f"{BEFORE}5 August, 2018\n\nThis title ends with a stop.\nTopics: health\n\nA body.\n\n{AFTER}"

    assert _titles(listing(text)) == ["The first title", "This title ends with a stop.", "The last title"]


def test_a_date_in_every_form_in_any_order_begins_an_item(listing: Read) -> None:
    dates = ["3 May 2018", "2018-09-01", "Aug 5, 2018", "1er juin 2018", "4.4.2018", "7 de mayo de 2018", "2 out 2018"]
    text = "".join(_item(day, f"Title {number}") for number, day in enumerate(dates))

    reading = listing(text)

    assert _titles(reading) == [f"Title {number}" for number in range(len(dates))]
    assert reading.problems == ()


def test_an_item_that_is_added_late_in_another_form_is_an_item(listing: Read) -> None:
    text = "".join(_item(f"{day} August, 2018", f"Title {day}") for day in (9, 8, 7))

    reading = listing(f"{text}2018-08-20\n\nAdded late\n\nA body.\n\n{AFTER}")

    assert _titles(reading) == ["Title 9", "Title 8", "Title 7", "Added late", "The last title"]


def test_an_odd_date_out_of_order_above_a_line_without_text_is_part_of_the_item(listing: Read, warnings: Said) -> None:
    text = "".join(_item(f"{day} August, 2018", f"Title {day}") for day in (9, 8, 7))

    reading = listing(f"{text}2018-09-12\n\nWorkshop in Upala\n\n{AFTER}")

    assert _titles(reading) == ["Title 9", "Title 8", "Title 7", "The last title"]
    assert reading.items[2].text.paragraphs == ("A body.", "2018-09-12", "Workshop in Upala")
    assert len(warnings(reading)) == 1


def test_an_unclear_title_is_settled_by_the_order_and_the_form(listing: Read) -> None:
    unclear = "Panama City – The workshop of the week ended today. It was the first one"
    many = "".join(_item(f"{day} August, 2018", f"Title {day}") for day in (9, 8, 7))

    assert len(listing(f"{many}6 August, 2018\n\n{unclear}\n\nA body.\n\n{AFTER}").items) == 5
    assert len(listing(f"{many}2018-09-20\n\n{unclear}\n\nA body.\n\n{AFTER}").items) == 4


def test_two_events_of_the_future_inside_an_item_do_not_begin_items(listing: Read) -> None:
    many = "".join(_item(f"{day} August, 2018", f"Title {day}") for day in (9, 8, 7))
    events = "12 September, 2018\n\nWorkshop in Upala\n\n19 September, 2018\n\nWorkshop in Corinto\n\n"

    reading = listing(many + events + AFTER, today=date(2018, 8, 10))

    assert _titles(reading) == ["Title 9", "Title 8", "Title 7", "The last title"]


def test_the_first_date_always_begins_an_item(listing: Read) -> None:
    text = f"5 August 2018\n\nA sentence as title.\n\nA body.\n\n{AFTER}{AFTER}"

    assert _titles(listing(text)) == ["A sentence as title.", "The last title", "The last title"]


def test_a_calendar_inside_an_item_does_not_make_titles_of_sentences(listing: Read) -> None:
    calendar = "".join(f"{day} August, 2018\n\nWorkshop number {day} takes place.\n\n" for day in (2, 3, 4, 5))

    reading = listing(BEFORE + calendar + AFTER)

    assert _titles(reading) == ["The first title", "The last title"]
    assert len(reading.items[0].text.paragraphs) == 9


def test_a_date_glued_to_the_end_of_a_text_is_reported(listing: Read, warnings: Said) -> None:
    reading = listing("5 August 2018\n\nA title\n\nA body.4 August, 2018\n\nAnother title\n\nAnother body.")

    assert len(reading.items) == 1
    [warning] = warnings(reading)
    assert "news.txt:5: warning: this line ends with “4 August, 2018”" in warning


def test_a_date_above_a_wrapped_paragraph_needs_no_blank_lines(listing: Read, warnings: Said) -> None:
    wrapped = (
        "The course on the protection of girls and boys began in the month of\n"
        "may and went on for four weeks; people from many institutions of the\n"
        "state of Tabasco took part in it."
    )
    lines = ["7 August, 2018", "The first title", wrapped, "6 August, 2018", wrapped]

    reading = listing("\n".join([*lines, "1 August, 2018", "The last title", wrapped]))

    joined = wrapped.replace("\n", " ")
    assert _titles(reading) == ["The first title", "The last title"]
    assert reading.items[0].text.paragraphs == (joined, "6 August, 2018", joined)
    assert len(warnings(reading)) == 1


def test_in_a_file_without_order_a_date_out_of_order_proves_nothing(listing: Read) -> None:
    unclear = "Panama City – The workshop of the week ended today. It was the first one"
    many = "".join(_item(f"{day} August, 2018", f"Title {day}") for day in (3, 9, 4, 8, 2))

    assert len(listing(f"{many}2018-08-20\n\n{unclear}\n\nA body.\n\n{AFTER}").items) == 7


def test_a_date_without_the_usual_blank_line_above_is_less_likely_a_start(listing: Read) -> None:
    unclear = "Panama City – The workshop of the week ended today. It was the first one"
    many = "".join(_item(f"{day} August, 2018", f"Title {day}") for day in (9, 8, 7)).rstrip("\n")

    assert len(listing(f"{many}\n\n2018-08-06\n\n{unclear}\n\nA body.\n\n{AFTER}").items) == 5
    assert len(listing(f"{many}\n2018-08-06\n\n{unclear}\n\nA body.\n\n{AFTER}").items) == 4


def test_two_sentences_do_not_make_a_habit_against_one_title(listing: Read) -> None:
    sentences = _item("6 August, 2018", "A sentence that ends.") + _item("5 August, 2018", "Another that ends.")

    assert _titles(listing(BEFORE + sentences)) == ["The first title"]


def test_today_is_not_the_future(listing: Read, warnings: Said) -> None:
    many = "".join(_item(f"{day} August, 2018", f"Title {day}") for day in (9, 8, 7))
    odd = "2018-09-12\n\nWorkshop in Upala. It is the first one\n\nA body.\n\n"

    assert warnings(listing(_item("5 August 2018"), today=date(2018, 8, 5))) == []
    assert len(listing(_item("12 September, 2018") + odd + many, today=date(2018, 9, 12)).items) == 5
    assert len(listing(_item("12 September, 2018") + odd + many, today=date(2018, 9, 11)).items) == 4
