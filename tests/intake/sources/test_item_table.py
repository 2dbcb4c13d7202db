"""Tables of items in a folder: CSV as people export it, and workbooks; a table of something else is left alone."""

import io
from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from digest.intake.item import Reading
from digest.intake.sources.draft import FileContext
from digest.intake.sources.item_table import read_table

ReadFolder = Callable[..., Reading]
Said = Callable[[Reading], list[str]]
DAY = datetime.combine(date(2018, 8, 5), time())  # as a workbook keeps it
ENGLISH = 'Title,Date,Text,Countries,Link\nA hub opens,2018-08-05,It is open on all days.,"GT, MX",https://www.example.org/a\n'


def _book(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


TABLES = {
    "with commas": ("news.csv", ENGLISH),
    "with semicolons, as a Spanish Excel writes": (
        "noticias.csv",
        "Título;Fecha;Texto;Países;Enlace\r\nA hub opens;05/08/2018;It is open on all days.;GT, MX;https://www.example.org/a\r\n"
        "Another;25/08/2018;It is open, too.;;\r\n".encode("cp1252"),
    ),
    "with tabs, in UTF-16": ("news.tsv", ENGLISH.replace(",", "\t").replace('"GT\t', '"GT,').encode("utf-16")),
    "with lines in a cell": (
        "news.csv",
        ENGLISH.replace("It is open", '"It is open').replace("days.", 'days.\n\nFor all."'),
    ),
    "a workbook": (
        "news.xlsx",
        _book(
            [None],
            ["Titular", "Fecha", "Cuerpo", "País", "URL"],
            ["A hub opens", DAY, "It is open on all days.", "GT, MX", "https://www.example.org/a"],
        ),
    ),
    "a workbook with days alone": (
        "news.xlsx",
        _book(
            ["title", "date", "summary", "countries", "link"],
            ["A hub opens", date(2018, 8, 5), "It is open on all days.", "GT, MX", "https://www.example.org/a"],
        ),
    ),
    "with names of a site": (
        "news.csv",
        (
            "title,pubDate,content,countries,canonical_url\n"
            'A hub opens,5 Aug 2018,<p>It is open on all days.</p>,"GT, MX",https://www.example.org/a\n'
        ),
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_an_item(table: str, folder: ReadFolder, errors: Said, warnings: Said) -> None:
    name, content = TABLES[table]
    reading = folder({name: content})
    assert (errors(reading), warnings(reading)) == ([], [])
    item = reading.items[0]
    assert (item.text.title, str(item.published_on)) == ("A hub opens", "2018-08-05")
    assert item.text.paragraphs[0] == "It is open on all days."
    assert (item.countries, item.text.link) == (("GT", "MX"), "https://www.example.org/a")
    assert item.place.line in (2, 3)


def test_html_in_a_cell_keeps_its_form_and_nothing_that_acts(folder: ReadFolder) -> None:
    cell = "<p>It is <b>open</b>.<script>x()</script></p><p onclick=x()>For <a href=javascript:x()>all</a>.</p>"
    [item] = folder({"news.csv": f"title,date,text\nA,2018-08-05,{cell}\n"}).items
    assert item.text.paragraphs == ("It is open.", "For all.")
    assert item.text.html == "<p>It is <b>open</b>.</p><p>For all.</p>"


def test_each_row_that_is_no_item_is_named_and_touches_no_other(
    folder: ReadFolder, errors: Said, warnings: Said
) -> None:
    rows = ["title,date,text,estado,draft,notes", ",2018-08-05,x,,,", "B,,x,,,", "C,31/06/2018,x,,,", "D,soon,x,,,"]
    rows += ["E,2018-08-05,x,borrador,,", "F,2018-08-05,x,,yes,", "G,2018-08-05,It is open.,publicado,,for us"]
    reading = folder({"news.csv": "\n".join(rows)})
    assert [item.text.title for item in reading.items] == ["G"]
    assert [one.split(": ", 2)[0] + one.split("error: ")[1] for one in errors(reading)] == [
        "bulletins/news.csv:2this row has no title; left out → Write one, or take the row out.",
        "bulletins/news.csv:3this row has no date; left out: “B” → Write it like 2018-08-05.",
        "bulletins/news.csv:4“31/06/2018”: there is no day 31 in month 6 of 2018; left out: “C” → Correct the date.",
        "bulletins/news.csv:5“soon”: is no date that can be read; left out: “D” → Write it like 2018-08-05.",
    ]
    assert (
        "news.csv:6: warning: this row is held back by what it says of itself: estado: borrador" in warnings(reading)[0]
    )
    said = " ".join(map(str, reading.problems))
    assert "1 of the rows wait: they say that they are drafts" in said
    assert "nothing here reads these columns: “notes”" in said


@pytest.mark.parametrize("value", ["true", "TRUE", "Yes", "SI", "sí", "1", "x", "Draft", "BORRADOR"])
def test_a_row_that_says_that_it_is_a_draft_waits(value: str, folder: ReadFolder) -> None:
    reading = folder({"news.csv": f"title,date,text,draft\nA,2018-08-05,x.,{value}\nB,2018-08-05,x.,no\n"})
    assert [item.text.title for item in reading.items] == ["B"]
    assert [str(problem.severity) for problem in reading.problems] == ["note"]


def test_the_dates_of_a_table_tell_together_which_part_is_the_month(folder: ReadFolder) -> None:
    reading = folder({"news.csv": "title,date,text\nA,05/08/2018,x.\nB,05/25/2018,x.\n"})
    assert [str(item.published_on) for item in reading.items] == ["2018-05-08", "2018-05-25"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.csv", "address,name\nana@example.org,Ana\n"),
        ("budget.xlsx", _book(["item", "amount"], ["chairs", 12])),
        ("titles.csv", "title\nDirector\n"),
        ("empty.csv", ""),
    ],
)
def test_a_table_of_something_else_is_left_alone(name: str, content: bytes | str, folder: ReadFolder) -> None:
    reading = folder({name: content})
    assert (reading.items, reading.problems, reading.ignored) == ((), (), (f"bulletins/{name}",))


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old", _book(["title", "date"])[:-200]])
def test_a_workbook_that_cannot_be_opened_is_a_warning(content: bytes, folder: ReadFolder, warnings: Said) -> None:
    assert "it cannot be read: " in warnings(folder({"news.xlsx": content}))[0]


# -- Reading adds up.

HEADERS = ["Text", "Summary", "content", "Countries", "Topics", "Author", "Link", "tags", "Región", "Text", "Notes", ""]


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(st.sampled_from(HEADERS), max_size=6), st.integers(0, 2), st.booleans())
def test_each_cell_is_told_or_named_or_its_column_is(headers, beyond, is_book):
    columns, words = ["Title", "Date", *headers], [f"w{number}w" for number in range(len(headers) + beyond)]
    rows = [columns, ["A hub opens", "2018-08-05", *words]]
    text = "\n".join(",".join(row) for row in rows)
    context = FileContext(source="s", file="t", today=date(2018, 9, 1), fallback_language="en")
    reading = read_table(_book(*rows) if is_book else text.encode(), None if is_book else text, context)
    assert reading is not None
    (item,) = reading.items
    said = "\n".join(problem.cause for problem in reading.problems)
    told = f"{item} {said}"
    columns_named = said.partition("nothing here reads these columns: ")[2].partition("\n")[0]
    for at, word in enumerate(words):
        header = headers[at] if at < len(headers) else ""
        assert word in told or (header and f"“{header}" in columns_named), (word, header, said)


def test_other_sheets_of_a_workbook_are_named(folder: ReadFolder):
    book = Workbook()
    book.active.append(["Title", "Date"])
    book.active.append(["A hub opens", DAY])
    book.create_sheet("June").append(["Title", "Date"])
    file = io.BytesIO()
    book.save(file)
    assert "the first sheet is read, not “June”" in str(folder({"news.xlsx": file.getvalue()}).problems)
