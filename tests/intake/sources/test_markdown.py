from collections.abc import Callable
from datetime import date

import pytest

from digest.errors import NothingUsableError
from digest.intake.item import DateOrder
from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]

FULL = """---
title: "Calendar: three dates"
date: 2018-08-28
lang: es
countries: [GT, MX]
topics: health, children
link: https://example.org/calendar
image: https://example.org/a.jpg
image_alt: A calendar
summary: >
  Three dates
  for you.
id: calendar
translation_of: calendario
author: Newsroom
---

September is **short**. Maria* knows.
"""


def _with(*lines: str, body: str = "A body.") -> str:
    return "\n".join(["---", *lines, "---", body])


def test_one_file_is_one_item(markdown: Read) -> None:
    reading = markdown(FULL)

    [item] = reading.items
    assert reading.problems == ()
    assert (item.published_on, item.language, item.place.line) == (date(2018, 8, 28), "es", 1)
    assert item.text.title == "Calendar: three dates"
    assert (item.countries, item.topics) == (("GT", "MX"), ("health", "children"))
    assert item.text.link == "https://example.org/calendar"
    assert (item.text.image, item.text.image_alt) == ("https://example.org/a.jpg", "A calendar")
    assert item.text.summary == "Three dates for you."
    assert (item.given_id, item.translation_of, item.text.author) == ("calendar", "calendario", "Newsroom")
    assert item.text.html == "<p>September is <strong>short</strong>. Maria* knows.</p>"
    assert item.text.paragraphs == ("September is short. Maria* knows.",)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\n\n" + text,
        lambda text: text.replace("---\n\n", "...\n\n"),
        lambda text: text.replace("---", "---  "),
    ],
)
def test_line_ends_and_fences_may_vary(change: Callable[[str], str], markdown: Read) -> None:
    reading = markdown(change(FULL))

    assert reading.items[0].text == markdown(FULL).items[0].text
    assert reading.problems == ()


def test_spanish_keys(markdown: Read) -> None:
    text = _with(
        "título: Un calendario",
        "fecha: 5 de agosto de 2018",
        "idioma: español",
        "paises: [Guatemala]",
        "temas:",
        "- salud",
        "enlace: https://example.org",
        "imagen: https://example.org/a.jpg",
        "texto_de_imagen: Una foto",
        "resumen: Breve",
        "traduccion_de: calendar",
        "autor: [Ana, Luis]",
    )

    reading = markdown(text)

    [item] = reading.items
    assert reading.problems == ()
    assert (item.text.title, item.published_on, item.language) == ("Un calendario", date(2018, 8, 5), "es")
    assert (item.countries, item.topics, item.translation_of) == (("Guatemala",), ("salud",), "calendar")
    assert (item.text.image_alt, item.text.summary, item.text.author) == ("Una foto", "Breve", "Ana, Luis")


@pytest.mark.parametrize("value", ["NO", "0123", "1e3", "2018-08-05", "yes", "'#x'", "12:30:45", "{{ x }}", "<b>&c;"])
def test_every_value_stays_the_text_that_was_written(value: str, markdown: Read) -> None:
    quoted = value if value.startswith("'") else f"'{value}'" if "{" in value else value
    [item] = markdown(_with(f"title: {quoted}", "date: 2018-08-05", "countries: [NO]")).items

    assert (item.text.title, item.countries) == (value.strip("'"), ("NO",))


@pytest.mark.parametrize(
    "value",
    ["2018-08-05", "'2018-08-05'", "2018-08-05 23:30:00 -0600", "2018-08-05T23:30:00Z", "5 August 2018", "5 ago. 2018"],
)
def test_the_date_is_the_calendar_date_as_written(value: str, markdown: Read) -> None:
    [item] = markdown(_with("title: A", f"date: {value}")).items

    assert item.published_on == date(2018, 8, 5)


def test_a_numeric_date_follows_the_setting_or_is_reported(markdown: Read, warnings: Said) -> None:
    text = _with("title: A", "date: 5/8/2018")

    assert markdown(text, dates=DateOrder.MONTH_FIRST).items[0].published_on == date(2018, 5, 8)
    assert "news.md:3: warning: nothing in this file tells" in warnings(markdown(text))[0]


def test_a_leading_heading_serves_as_title(markdown: Read) -> None:
    for heading in ("# A *long* title &amp; more", "A *long* title & more\n==="):
        [item] = markdown(_with("date: 2018-08-05", body=f"{heading}\n\nA body.")).items
        assert (item.text.title, item.text.paragraphs) == ("A long title & more", ("A body.",))


def test_a_heading_that_repeats_the_title_is_not_shown_twice(markdown: Read) -> None:
    [item] = markdown(_with("title: A title", "date: 2018-08-05", body="# A Title\n\nA body.")).items

    assert (item.text.title, item.text.paragraphs) == ("A title", ("A body.",))


def test_another_leading_heading_is_part_of_the_body(markdown: Read) -> None:
    [item] = markdown(_with("title: A title", "date: 2018-08-05", body="# Other\n\nA body.")).items

    assert item.text.html == "<h4>Other</h4>\n<p>A body.</p>"


def test_the_name_of_the_file_serves_as_date(markdown: Read) -> None:
    for name in ("2018-08-05-news.md", "bulletins/2018-08-05.md", "2018-08-05 news.md"):
        assert markdown("# A title\n\nA body.", name).items[0].published_on == date(2018, 8, 5)


def test_the_front_matter_beats_the_name_of_the_file(markdown: Read) -> None:
    [item] = markdown(_with("title: A", "date: 2018-09-01"), "2018-08-05-news.md").items

    assert item.published_on == date(2018, 9, 1)


@pytest.mark.parametrize(
    ("text", "place", "cause"),
    [
        ("A body.", "news.md:1", "no title"),
        ("A body.", "news.md:1", "no date"),
        (_with("title: A"), "news.md:2", "no date"),
        (_with("date: 2018-08-05"), "news.md:2", "no title"),
        (_with("title: ''", "date: 2018-08-05"), "news.md:2", "no title"),
        (_with("title: ~", "date: 2018-08-05"), "news.md:2", "no title"),
        (_with("title: [A, B]", "date: 2018-08-05"), "news.md:2", "the title is a list"),
        (_with("title: A", "date: [2018-08-05]"), "news.md:3", "no date that can be read"),
        (_with("title: A", "date: soon"), "news.md:3", "“soon”: is no date that can be read"),
        (_with("title: A", "date: 2018-02-31"), "news.md:3", "no day 31 in month 2 of 2018"),
        (_with("title: A", "date: 5/8/18"), "news.md:3", "two digits"),
        (_with("title: A", "date: August 2018"), "news.md:3", "not a single day"),
        (_with("title: A: B", "date: 2018-08-05"), "news.md:2", "cannot be read: mapping values"),
        (_with("id: x", 'title: "A', "date: 2018-08-05"), "news.md:5", "cannot be read"),
        (_with("title: *A* b", "date: 2018-08-05"), "news.md:2", "cannot be read"),
        (_with("title: A", "- b"), "news.md:3", "cannot be read"),
        (_with("title: A", "title: B", "date: 2018-08-05"), "news.md:3", "the key “title” twice"),
        (_with("- a"), "news.md:2", "it holds no keys"),
        (_with("just text"), "news.md:2", "it holds no keys"),
        (_with("title: A", "date: 2018-08-05", "id: " + "[" * 20_000), "news.md:2", "longer than 16,000"),
    ],
)
def test_a_front_matter_that_cannot_be_used_is_an_error(
    text: str, place: str, cause: str, markdown: Read, errors: Said
) -> None:
    reading = markdown(text)

    assert reading.items == ()
    assert any(error.startswith(f"{place}: error: ") and cause in error for error in errors(reading)), errors(reading)
    assert all(" → " in error for error in errors(reading))


def test_deep_nesting_in_the_front_matter_is_survived(markdown: Read, warnings: Said) -> None:
    reading = markdown(_with("title: A", "date: 2018-08-05", "id: " + "[" * 3000 + "]" * 3000))

    assert reading.items[0].given_id is None
    assert "news.md:4: warning: the value of “id”" in warnings(reading)[0]


def test_a_front_matter_without_end_is_refused(markdown: Read) -> None:
    with pytest.raises(NothingUsableError, match="line 1 has no end"):
        markdown("---\ntitle: A\n\nA body.")


def test_far_too_much_text_is_refused(markdown: Read) -> None:
    with pytest.raises(NothingUsableError, match="too many for one item"):
        markdown(_with("title: A", "date: 2018-08-05", body="<div>" * 50_000))


@pytest.mark.parametrize("text", ["", " \n", "\ufeff"])
def test_an_empty_file_is_worth_a_note(text: str, markdown: Read, notes: Said) -> None:
    reading = markdown(text.strip("\ufeff"))

    assert (reading.items, notes(reading)) == ((), ["news.md: note: the file is empty"])


def test_unknown_keys_are_noted(markdown: Read, notes: Said) -> None:
    reading = markdown(_with("title: A", "layout: post", "date: 2018-08-05", "Hero: x"))

    assert len(reading.items) == len(reading.problems) == 1
    [note] = notes(reading)
    assert "news.md:3: note: nothing here reads these keys: “layout”, “Hero”" in note


def test_values_of_the_wrong_shape_are_left_out(markdown: Read, warnings: Said) -> None:
    text = _with(
        "title: A", "date: 2018-08-05", "countries: {GT: yes}", "link: [https://example.org]", "topics: [[a]]", "id: *x"
    )

    reading = markdown(text)

    [item] = reading.items
    assert (item.countries, item.topics, item.text.link) == (None, None, None)
    assert [warning.split(": warning")[0] for warning in warnings(reading)] == [
        f"news.md:{line}" for line in (4, 5, 6, 7)
    ]


def test_two_keys_for_one_field_count_once(markdown: Read, warnings: Said) -> None:
    reading = markdown(_with("title: A", "date: 2018-08-05", "topics: [a]", "tags: [b]"))

    assert reading.items[0].topics == ("a",)
    assert "news.md:5: warning: “tags” says topics again" in warnings(reading)[0]


def test_an_empty_list_says_none(markdown: Read) -> None:
    [item] = markdown(_with("title: A", "date: 2018-08-05", "countries: []", "topics:")).items

    assert (item.countries, item.topics) == ((), None)


def test_images_must_be_encrypted_and_described(markdown: Read, warnings: Said) -> None:
    insecure = markdown(_with("title: A", "date: 2018-08-05", "image: http://example.org/a.jpg", "image_alt: x"))
    local = markdown(_with("title: A", "date: 2018-08-05", "image: img/a.jpg", "image_alt: x"))
    silent = markdown(_with("title: A", "date: 2018-08-05", "image: https://example.org/a.jpg"))

    assert (insecure.items[0].text.image, local.items[0].text.image) == (None, None)
    assert silent.items[0].text.image == "https://example.org/a.jpg"
    assert [len(warnings(reading)) for reading in (insecure, local, silent)] == [1, 1, 1]


def test_the_body_is_sanitised(markdown: Read) -> None:
    body = 'A <script>x</script><b onclick="x">b</b> [c](javascript:x) <img src=x>\n\n<div style="x">d</div>\n\n## E'
    [item] = markdown(_with("title: A", "date: 2018-08-05", body=body)).items

    assert item.text.html == "<p>A <b>b</b> [c](javascript:x) </p>\n<p>d</p>\n<h4>E</h4>"
    assert item.text.paragraphs == ("A b [c](javascript:x)", "d", "E")


def test_plain_paragraphs_need_no_html(markdown: Read) -> None:
    [item] = markdown(_with("title: A", "date: 2018-08-05", body="One &amp; two\nthree.\n\nFour <3 {{ x }}.")).items

    assert item.text.html is None
    assert item.text.paragraphs == ("One & two three.", "Four <3 {{ x }}.")


def test_lists_and_quotes_in_plain_text(markdown: Read) -> None:
    body = "Dates:\n\n- **7 May:** one\n- two\n\n  more\n\n1. three\n\n> four\n\n    five  six"
    [item] = markdown(_with("title: A", "date: 2018-08-05", body=body)).items

    assert item.text.paragraphs == ("Dates:", "• 7 May: one", "• two", "more", "1. three", "four", "five six")


def test_what_no_reader_will_see_is_reported(markdown: Read, warnings: Said) -> None:
    body = "A ![picture](https://example.org/a.jpg).\n\n<img src=x>\n\nA [link](/local) and [one](HTTPS://example.org)."

    reading = markdown(_with("title: A", "date: 2018-08-05", body=body))

    assert reading.items[0].text.paragraphs == ("A .", "A link and one.")
    assert [warning.split(" → ")[0] for warning in warnings(reading)] == [
        "news.md:5: warning: a picture inside the text is left out: “picture”",
        "news.md:7: warning: a picture inside the text is left out",
        "news.md:9: warning: the link to “/local” is no complete web address; only its text is kept",
    ]


def test_texts_are_clean(markdown: Read, warnings: Said) -> None:
    text = _with('title: "Nin\\u0303ez\\u202e"', "date: 2018-08-05", body="Pete\u0301n\u202d &#x202e;here.")

    reading = markdown(text)

    assert (reading.items[0].text.title, reading.items[0].text.paragraphs) == ("Niñez", ("Petén here.",))
    [warning] = warnings(reading)
    assert "1 × U+202D" in warning
    assert "2 × U+202E" in warning


def test_an_item_without_text_is_a_warning(markdown: Read, warnings: Said) -> None:
    reading = markdown(_with("title: A", "date: 2018-08-05", body=""))

    assert reading.items[0].text.paragraphs == ()
    assert "a title and no text" in warnings(reading)[0]
