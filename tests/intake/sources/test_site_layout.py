"""Listings copied from a web site: blocks of title / countries / date / text, and the buttons between them."""

from collections.abc import Callable
from datetime import date

import pytest

from digest.intake.sources.items import FileReading

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]
ITEMS = [
    ("Hub opens in Belize", "Belize", "5 August 2018", "The hub answers questions. It is open."),
    ("Forty officers are trained", "Guatemala, Mexico", "3 August 2018", "The training took place in the capital."),
    ("Job fair in Liberia", "Costa Rica", "1 August 2018", "Two hundred people came."),
]
TIGHT, LOOSE = "\n", "\n\n"


def _site(between: str, *, countries: bool = True) -> str:
    return "\n\n".join(between.join(part for part in item if countries or part != item[1]) for item in ITEMS)


@pytest.mark.parametrize("between", [TIGHT, LOOSE])
@pytest.mark.parametrize("countries", [True, False])
def test_titles_may_stand_above_countries_and_dates(between: str, countries: bool, listing: Read) -> None:
    reading = listing(_site(between, countries=countries))

    assert [item.text.title for item in reading.items] == [title for title, *_ in ITEMS]
    assert [item.published_on for item in reading.items] == [date(2018, 8, day) for day in (5, 3, 1)]
    assert [item.text.paragraphs for item in reading.items] == [(text,) for *_, text in ITEMS]
    told = [("Belize",), ("Guatemala", "Mexico"), ("Costa Rica",)]
    assert [item.countries for item in reading.items] == (told if countries else [None] * 3)
    assert reading.problems == ()


def test_lines_keep_their_numbers(listing: Read) -> None:
    assert [item.place.line for item in listing(_site(TIGHT)).items] == [3, 8, 13]


def test_wrapped_texts_and_titles_of_two_lines(listing: Read) -> None:
    text = (
        _site(TIGHT)
        .replace("Forty officers are", "Forty officers\nare")
        .replace(
            "The training took place in the capital.",
            "The training took place in the capital of the country for two days\nand forty officers took part.",
        )
    )
    reading = listing(text)

    assert reading.items[1].text.title == "Forty officers are trained"
    assert " ".join(reading.items[1].text.paragraphs).endswith("took part.")


def test_a_file_in_the_usual_order_with_a_heading_stays_in_it(listing: Read, errors: Said) -> None:
    usual = "\n\n".join(f"{day}\n\n{title}\n\n{text}" for title, _, day, text in ITEMS)
    reading = listing(f"Newsletter of August\n\n{usual}")

    assert [item.text.title for item in reading.items] == [title for title, *_ in ITEMS]
    assert "left out: “Newsletter of August”" in errors(reading)[0]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Share:",
            "Read more",
            "Related",
            "Facebook | Twitter",
            "READ MORE »",
            "Share on Facebook",
            "Leer más…",
            "Compartir:",
        ),
        *(
            "Facebook Twitter LinkedIn Email",
            "Related articles",
            "Noticias relacionadas",
            "[Read more]",
            "Tweet",
            "Back to top",
        ),
        *("Share: Facebook | Twitter | WhatsApp", "Print | Email", "Previous | Next | Share"),
    ],
)
@pytest.mark.parametrize("order", ["usual", "site"])
def test_navigation_is_never_a_title_nor_a_text(line: str, order: str, listing: Read, warnings: Said) -> None:
    usual = "\n\n".join(f"{day}\n\n{line}\n\n{title}\n\n{text}\n\n{line}" for title, _, day, text in ITEMS)
    site = "\n\n".join(f"{title}\n\n{day}\n\n{text}\n\n{line}" for title, _, day, text in ITEMS)
    reading = listing(usual if order == "usual" else site)

    assert [item.text.title for item in reading.items] == [title for title, *_ in ITEMS]
    assert line not in " ".join(text for item in reading.items for text in item.text.paragraphs)
    [warning] = warnings(reading)
    assert "lines of navigation are left out: “" in warning


@pytest.mark.parametrize(
    "title", ["Share the road", "Related families meet in Upala", "Next steps", "Facebook opens an office"]
)
def test_titles_that_begin_like_navigation_are_titles(title: str, listing: Read) -> None:
    assert listing(f"5 August 2018\n\n{title}\n\nIts text.").items[0].text.title == title
