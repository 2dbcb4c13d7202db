from collections.abc import Callable

import pytest

from digest.intake.item import FoundItem
from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]

ENGLISH = """By: Programme newsroom
Link: https://example.org/2018/08/a?b=c#d
Countries: Guatemala, Belize; MX
Topics: children,education
Language: en
Id: hub-42
Translation of: Nueva ventanilla
Image: https://example.org/a.jpg
Image text: A hub with a queue
Summary: A hub opens: at last"""

SPANISH = """AUTOR: Programme newsroom
vinculo: https://example.org/2018/08/a?b=c#d
PAÍSES : Guatemala, Belize; MX
Temas: children,education
Idioma: Inglés
ID: hub-42
Traducción de: Nueva ventanilla
Imagen: https://example.org/a.jpg
Texto de la imagen: A hub with a queue
Resumen: A hub opens: at last"""


def _check(item: FoundItem) -> None:
    assert item.text.title == "A title"
    assert item.text.author == "Programme newsroom"
    assert item.text.link == "https://example.org/2018/08/a?b=c#d"
    assert item.countries == ("Guatemala", "Belize", "MX")
    assert item.topics == ("children", "education")
    assert item.language == "en"
    assert item.given_id == "hub-42"
    assert item.translation_of == "Nueva ventanilla"
    assert (item.text.image, item.text.image_alt) == ("https://example.org/a.jpg", "A hub with a queue")
    assert item.text.summary == "A hub opens: at last"
    assert item.text.paragraphs == ("A body: it has a colon.",)


@pytest.mark.parametrize("headers", [ENGLISH, SPANISH])
@pytest.mark.parametrize(
    "layout",
    [
        "5 August 2018\n\nA title\n{}\n\nA body: it has a colon.",
        "5 August 2018\n\nA title\n\n{}\n\nA body: it has a colon.",
        "5 August 2018\n\nA title\n\n{}\nA body: it has a colon.",
        "5 August 2018\nA title\n{}\nA body: it has a colon.\n",
    ],
)
def test_header_lines_stand_under_the_title(layout: str, headers: str, listing: Read) -> None:
    reading = listing(layout.format(headers), language=None)

    _check(reading.items[0])
    assert reading.problems == ()


def test_headers_stand_under_a_title_of_two_lines(listing: Read) -> None:
    [item] = listing("5 August 2018\n\nA long\ntitle\nTopics: health\n\nA body.").items

    assert (item.text.title, item.topics, item.text.paragraphs) == ("A long title", ("health",), ("A body.",))


def test_headers_may_be_spread_over_two_blocks(listing: Read) -> None:
    [item] = listing("5 August 2018\n\nA title\nTopics: health\n\nCountries: GT\n\nA body.").items

    assert (item.topics, item.countries, item.text.paragraphs) == (("health",), ("GT",), ("A body.",))


def test_a_long_list_may_go_on_in_the_next_line(listing: Read) -> None:
    text = "5 August 2018\n\nA title\nCountries: Guatemala, Belize,\nEl Salvador\nTopics: health\n\nA body."

    [item] = listing(text).items

    assert (item.countries, item.topics) == (("Guatemala", "Belize", "El Salvador"), ("health",))
    assert listing("5 August 2018\n\nA title\nCountries: Guatemala,\nBelize\n\nA body.").items[0].countries == (
        "Guatemala",
        "Belize",
    )


@pytest.mark.parametrize("line", ["Note: this is text", "Por ejemplo: así", "Tags#: x", "Title: another", "Date: soon"])
def test_other_lines_with_a_colon_are_text(line: str, listing: Read) -> None:
    reading = listing(f"5 August 2018\n\nA title\n\n{line}\n\nA body.")

    assert reading.items[0].text.paragraphs == (line, "A body.")
    assert reading.problems == ()


def test_a_header_line_in_the_middle_of_a_body_is_text(listing: Read) -> None:
    reading = listing("5 August 2018\n\nA title\n\nA body.\n\nPor: the way, this is text.\n\nMore.")

    assert reading.items[0].text.paragraphs == ("A body.", "Por: the way, this is text.", "More.")
    assert reading.problems == ()


def test_a_header_line_under_a_second_title_is_suspicious(listing: Read, warnings: Said) -> None:
    reading = listing("5 August 2018\n\nA title\n\nA body.\n\nAnother title\nTopics: health\n\nAnother body.")

    [warning] = warnings(reading)
    assert "news.txt:8: warning: “Topics: health” in the middle of a text" in warning
    assert "an item without a date?" in warning
    assert reading.items[0].text.paragraphs == ("A body.", "Another title", "Topics: health", "Another body.")


def test_a_header_line_instead_of_a_title_is_suspicious(listing: Read, warnings: Said) -> None:
    reading = listing("5 August 2018\n\nLanguage: es\n\nThe real title\n\nA body.")

    assert reading.items[0].text.title == "Language: es"
    [warning] = warnings(reading)
    assert "stands where a title should" in warning


def test_a_field_that_is_said_twice_counts_once(listing: Read, warnings: Said) -> None:
    reading = listing("5 August 2018\n\nA title\nTema: health\nTopics: children\n\nA body.")

    assert reading.items[0].topics == ("health",)
    assert "news.txt:5: warning: topics is said twice" in warnings(reading)[0]


def test_an_empty_header_says_nothing(listing: Read) -> None:
    reading = listing("5 August 2018\n\nA title\nLink:\nCountries:\nTopics: ,\n\nA body.")

    [item] = reading.items
    assert (item.text.link, item.countries, item.topics, item.text.paragraphs) == (None, None, (), ("A body.",))
    assert reading.problems == ()


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "www.example.org",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "https://exa mple.org",
        'https://example.org/"onclick="x',
        "https://example.org/<script>",
        "http://[::1",
        "https://example.org:99999/",
        "data:text/html,x",
        "//example.org",
        "see https://example.org",
    ],
)
def test_what_is_no_web_address_is_no_link(link: str, listing: Read, warnings: Said) -> None:
    reading = listing(f"5 August 2018\n\nA title\nLink: {link}\n\nA body.")

    assert reading.items[0].text.link is None
    [warning] = warnings(reading)
    assert "news.txt:4: warning: link:" in warning
    assert "from https:// on" in warning


@pytest.mark.parametrize(
    "link", ["http://example.org", "https://example.org/añó/x_(y)?q=1,2;3#z", "HTTPS://EXAMPLE.ORG/"]
)
def test_web_addresses_are_kept_as_written(link: str, listing: Read) -> None:
    reading = listing(f"5 August 2018\n\nA title\nLink: {link}\n\nA body.")

    assert reading.items[0].text.link == link
    assert reading.problems == ()


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Image: a.jpg",
            "Image: http://example.org/a.jpg",
            "Image: https://example.org/a.jpg",
            "Link: ftp://example.org",
        ),
        *("Link: https://a:secret@example.org/", "Language: Klingon"),
        *("Link: https://example.org/a https://example.org/b", "Link: http://[::1"),
    ],
)
def test_what_is_said_of_a_header_names_its_line(header: str, listing: Read) -> None:
    for above in ("", "Countries: GT\n"):
        [problem] = listing(f"5 August 2018\n\nA title\n{above}{header}\n\nA body.").problems
        assert problem.place is not None
        assert problem.place.line == 4 + bool(above)


def test_an_image_without_encryption_is_left_out(listing: Read, warnings: Said) -> None:
    reading = listing("5 August 2018\n\nA title\nImage: http://example.org/a.jpg\nAlt: A hub\n\nA body.")

    assert reading.items[0].text.image is None
    assert len(warnings(reading)) == 1


def test_an_image_without_a_text_is_a_warning(listing: Read, warnings: Said) -> None:
    reading = listing("5 August 2018\n\nA title\nImage: https://example.org/a.jpg\n\nA body.")

    assert reading.items[0].text.image == "https://example.org/a.jpg"
    assert "news.txt:4: warning: the image has no text" in warnings(reading)[0]


def test_a_file_may_name_its_language_before_the_first_date(listing: Read, errors: Said) -> None:
    reading = listing("Idioma: español\n\n5 August 2018\n\nA title\n\nA body.")

    assert reading.items[0].language == "es"
    assert reading.problems == ()


def test_other_header_lines_before_the_first_date_count_for_nothing(listing: Read, warnings: Said) -> None:
    reading = listing("Topics: health\nLanguage: Klingon\n\n5 August 2018\n\nA title\n\nA body.")

    assert reading.items[0].topics is None
    one, other = warnings(reading)
    assert "news.txt:1: warning: topics counts for one item only" in one
    assert "news.txt:2: warning: the language “Klingon” is not known" in other
