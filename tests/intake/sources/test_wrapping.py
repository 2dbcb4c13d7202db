from collections.abc import Callable
from textwrap import fill, indent

import pytest

from digest.intake.sources.items import FileReading
from digest.intake.sources.wrapping import joined

Read = Callable[..., FileReading]

TITLE = "A network for cross-border cooperation between two neighbours is founded at the border post of Corinto"
LONG = (
    "La Unión, June 26, 2018.- With the support of several organisations, officials of the two countries have founded "
    "the Network for Guatemala-Honduras Cross-border Cooperation, which will make it easier to help people who travel "
    "without papers at the Integrated Border Post in Corinto, where waiting used to take hours."
)
SECOND = (
    "The network will meet every three months, and the minutes of its meetings are going to be published in Spanish "
    "and in English on the pages of both ministries, as the members agreed."
)


def _text(write: Callable[[str], str], gap: str = "\n\n") -> str:
    return gap.join(
        part for day in (5, 4) for part in (f"{day} August, 2018", write(f"{TITLE} {day}"), write(LONG), write(SECOND))
    )


def _check(reading: FileReading) -> None:
    assert [item.text.title for item in reading.items] == [f"{TITLE} 5", f"{TITLE} 4"]
    assert [item.text.paragraphs for item in reading.items] == [(LONG, SECOND)] * 2
    assert reading.problems == ()


@pytest.mark.parametrize("width", range(30, 121))
def test_a_text_wrapped_at_any_width_is_joined(width: int, listing: Read) -> None:
    _check(listing(_text(lambda text: fill(text, width))))


@pytest.mark.parametrize("width", range(30, 121))
def test_two_spaces_after_a_full_stop_do_not_break_a_paragraph(width: int, listing: Read) -> None:
    """Who types them, or an editor that does, leaves a line one shorter where the next word fits behind one space."""
    body = " ".join(f"The {'a' * size} of the town opens on day {'b' * size}." for size in range(1, 7))
    long = f"{LONG} {body} {SECOND} {body} {LONG}"

    for item in listing(_text(lambda text: fill(text.replace(LONG, long), width, fix_sentence_endings=True))).items:
        assert [" ".join(paragraph.split()) for paragraph in item.text.paragraphs] == [long, SECOND]


@pytest.mark.parametrize("width", [60, 66, 72, 76, 80, 100])
def test_indentation_does_not_hide_the_wrapping(width: int, listing: Read) -> None:
    for write in (
        lambda text: fill(text, width, initial_indent="  ", subsequent_indent="  "),
        lambda text: fill(text, width, initial_indent="    "),
        lambda text: fill(text, width, subsequent_indent="    "),
        lambda text: indent(fill(text, width), "\t") if text in (LONG, SECOND) else fill(text, width),
    ):
        _check(listing(_text(write)))


@pytest.mark.parametrize("width", [60, 66, 76, 80, 100])
def test_a_wrapped_text_needs_no_blank_lines(width: int, listing: Read) -> None:
    _check(listing(_text(lambda text: fill(text, width), gap="\n")))


def test_paragraphs_may_be_told_by_their_first_line(listing: Read) -> None:
    # At this width the last line of a paragraph is full: only the indentation shows where it ends.
    body = "A" + " bcd" * 50 + "."
    text = "5 August 2018\n\nA title\n\n" + "\n".join(fill(body, 67, initial_indent="   ") for _ in range(3))

    assert listing(text).items[0].text.paragraphs == (body,) * 3


def test_a_word_that_is_longer_than_the_lines_does_not_hide_the_wrapping(listing: Read) -> None:
    body = LONG.replace("officials", "https://example.org/" + "a" * 90)
    text = f"5 August 2018\n\n{fill(TITLE, 72)}\n\n{fill(body, 72, break_long_words=False, break_on_hyphens=False)}"

    assert listing(text).items[0].text.paragraphs == (body,)


def test_one_line_that_was_edited_later_does_not_hide_the_wrapping(listing: Read) -> None:
    lines = fill(LONG, 66).split("\n")
    lines[1] += " (and more)"

    [item] = listing("5 August 2018\n\nA title\n\n" + "\n".join([*lines]) + "\n\n" + fill(SECOND, 66)).items

    assert item.text.paragraphs[1] == SECOND
    assert len(item.text.paragraphs) == 2


def test_lines_that_a_program_left_short_are_joined_when_they_go_on_in_lower_case(listing: Read) -> None:
    text = (
        "5 August 2018\n\nA title\n\n"
        "The hub answers questions about papers, about\n"
        "schools and about the rights of people who work in the\n"
        "country; it is open on weekdays and it is\n"
        "run by the town, with the help of many volunteers."
    )

    assert len(listing(text).items[0].text.paragraphs) == 1


def test_one_file_may_hold_items_of_several_widths(listing: Read) -> None:
    parts = []
    for day, width in ((9, 60), (8, 72), (7, 500), (6, 80), (5, 66)):
        parts += [f"{day} August 2018", fill(TITLE, width), fill(LONG, width), fill(SECOND, width)]

    reading = listing("\n\n".join(parts))

    assert [item.text.title for item in reading.items] == [TITLE] * 5
    assert [item.text.paragraphs for item in reading.items] == [(LONG, SECOND)] * 5


def test_short_lines_that_were_not_wrapped_are_paragraphs(listing: Read) -> None:
    body = ("Members are:", "Government of Belize", "Government of Guatemala and its ministries", "IOM", "The towns")

    [item] = listing("5 August 2018\n\nA title\n\n" + "\n".join(body)).items

    assert item.text.paragraphs == body


def test_nobody_wraps_at_eight_characters(listing: Read) -> None:
    [item] = listing("5 August 2018\n\nA title\n5 August\nanother line that goes on\n\nThe end.").items

    assert (item.text.title, item.text.paragraphs[0]) == ("A title", "5 August")


def test_lines_above_120_characters_are_whole_paragraphs(listing: Read) -> None:
    lines = (LONG.replace(".", ""), SECOND.replace(".", ""), LONG)

    [item] = listing("5 August 2018\n\nA title\n\n" + "\n".join(lines)).items

    assert item.text.paragraphs == lines


def test_list_items_in_a_wrapped_text_stay_apart(listing: Read) -> None:
    items = [fill(f"• {text}", 72, subsequent_indent="  ") for text in (LONG, SECOND)]

    [item] = listing(f"5 August 2018\n\nA title\n\n{fill(LONG, 72)}\n\n" + "\n".join(items)).items

    assert item.text.paragraphs == (LONG, f"• {LONG}", f"• {SECOND}")


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        (["Guatemala-", "Honduras"], "Guatemala-Honduras"),
        (["short-", "and long-term"], "short- and long-term"),
        (["corto", "plazo"], "corto plazo"),
        (["el –", "nuevo"], "el – nuevo"),
        (["April 27–", "28"], "April 27–28"),
        (["a--", "b"], "a--b"),
        (["a", "--b"], "a--b"),
        (["a", "-- b"], "a -- b"),
        (["infor\u00ad", "mation"], "information"),
        (["one"], "one"),
        ([], ""),
    ],
)
def test_a_hyphen_at_the_end_of_a_line_is_followed_by_no_space(lines: list[str], whole: str) -> None:
    assert joined(lines) == whole


def test_a_long_header_line_may_be_wrapped(listing: Read) -> None:
    summary = "Summary: " + SECOND
    text = f"5 August 2018\n\n{fill(TITLE, 66)}\n{fill(summary, 66)}\nTopics: health\n\n{fill(LONG, 66)}"

    [item] = listing(text).items

    assert (item.text.summary, item.topics, item.text.paragraphs) == (SECOND, ("health",), (LONG,))


@pytest.mark.parametrize(
    "title",
    [
        "Shelters in the north share their experience with visitors",
        "Health Organizations in Chiapas Improve Support for Migrants",
        "Regional Committee against Trafficking in Persons and Others Agrees on Many Things\
 for the Years that Will Come to Us",
        "Officials of nine countries of the region talk about the rights\
 and the needs of workers who come from far away",
    ],
)
@pytest.mark.parametrize("body", [f"Mexico City. {LONG}", f"Mexico City – {LONG}", f"Organisations met. {LONG}"])
def test_a_title_that_fills_its_last_line_does_not_run_into_the_body(title: str, body: str, listing: Read) -> None:
    text = "\n".join(
        ["5 August 2018", fill(title, 60), fill(body, 60), "4 August 2018", fill(TITLE, 60), fill(LONG, 60)]
    )
    assert len(fill(title, 60).rpartition("\n")[2]) + 1 + len(body.partition(" ")[0]) > 60

    reading = listing(text)

    assert [item.text.title for item in reading.items] == [title, TITLE]
    [problem] = reading.problems
    assert str(problem).startswith("news.txt:2: warning: it is not certain where the title ends")


@pytest.mark.parametrize(
    "place", ["Tegucigalpa. ", "San Pedro Sula. ", "Honduras – ", "Honduras\u00a0— ", "Honduras- "]
)
def test_a_place_alone_begins_a_body_even_where_all_words_are_names(place: str, listing: Read) -> None:
    title = "Health Organizations in Chiapas Improve Support for Migrants"
    body = f"{place}National Commission for Human Rights, Red Cross, and others met. {LONG}"
    text = "\n".join(["5 August 2018", title, fill(body, 60), "4 August 2018", fill(TITLE, 60), fill(LONG, 60)])

    assert [item.text.title for item in listing(text).items] == [title, TITLE]


def test_titles_of_one_length_are_no_wrapping(listing: Read) -> None:
    titles = ["A hub of the town opens in Upala", "A hub of the town opens in Petén"]
    text = "".join(f"5 August 2018\n{title}\nShort body.\n" for title in titles)

    assert [item.text.title for item in listing(text).items] == titles


def test_a_title_beyond_the_width_does_not_run_into_the_wrapped_body(listing: Read) -> None:
    title = "A network for cross-border cooperation between two neighbours is founded"
    text = f"5 August 2018\n{title}\n{fill(LONG, 60)}\n{fill(SECOND, 60)}"

    [item] = listing(text).items

    assert (item.text.title, item.text.paragraphs) == (title, (LONG, SECOND))


def test_a_single_line_break_needs_more_than_a_long_line(listing: Read) -> None:
    prose = ("The course was prepared by the people of the Ministry of", "Foreign Affairs and of the towns.")
    names = ("The Government of Guatemala and its ministries, as a whole", "The towns")

    for lines, count in ((prose, 1), (names, 2)):
        [item] = listing("5 August 2018\n\nA title\n\n" + "\n".join(lines)).items
        assert len(item.text.paragraphs) == count
