"""One rule for all that reads files of others. What is read whole, news, settings, plans and pictures, takes five
seconds and 150 MB at most, or is refused in words. A list of people is read row by row, or kept as bytes: it has the
same memory, and as much time as it has people, since a million of them are a list like any other.
"""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from doses import dose
from openpyxl import Workbook
from PIL import Image

from digest.errors import DigestError
from digest.foundation.bounded import in_bounds
from digest.foundation.yaml import read_yaml
from digest.intake.item import DateOrder, Struck
from digest.intake.settings import ALL, SourceKind, SourceSettings
from digest.intake.sources.fetched import Fetched, Round
from digest.intake.sources.fetching import WebAnswer
from digest.intake.sources.folder import Folder
from digest.intake.sources.miniatures import picture_of
from digest.intake.sources.readers import SourceDocument
from digest.newsletters.newsletter import Newsletter
from digest.people.list_file import list_rows
from digest.people.subscriber_file import read_subscribers

SIZE = dose(100_000, 20_000_000)  # bytes
SECONDS, MEMORY = 5.0, dose(60 << 20, 150 << 20)
FOR_EVER = 600.0
LARGE = 1_000_000  # bytes: nothing smaller is refused for its size
WORDS = "Se abrió el camino entre los pueblos. " * 8


def rows(row: Callable[[int], str], head: str = "", tail: str = "") -> bytes:
    each = len(row(100_000).encode())
    return (head + "".join(map(row, range(max(1, SIZE // each)))) + tail).encode()


def person(number: int) -> str:
    return f"reader{number}@office{number % 977}.example.org"


def workbook(columns: int) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["email", *(f"c{n}" for n in range(columns - 1))])
    for number in range(SIZE // 60 // columns):
        sheet.append([person(number), *(f"v{number}x{n}" for n in range(columns - 1))])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def picture(kind: str, mode: str) -> bytes:
    file = io.BytesIO()
    wide = dose(600, 5_000)
    Image.new(mode, (wide, wide), "red").save(file, kind, progressive=True)
    return file.getvalue()


def story(number: int) -> str:
    return f"{1 + number % 28} July 2018\n\nTown {number} mends its road\n\n{WORDS}{number}.\n\n"


def named(number: int) -> str:
    return f"  {number:08x}: It came too late\n"


def news_book() -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["Title", "Date", "Text"])
    for number in range(SIZE // 100):
        sheet.append([f"Town {number} mends its road", date(2018, 7, 1 + number % 28), f"{WORDS}{number}."])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


NEWS = {
    "july.xlsx": news_book,
    "july.en.txt": partial(rows, story),
    "july.en.md": partial(rows, lambda n: f"## Town {n}\n\n{WORDS}\n\n", "---\ndate: 2018-07-05\ntitle: x\n---\n"),
    "page.en.md": partial(rows, lambda n: f"<div><p>Town {n}</p></div>\n", "---\ndate: 2018-07-05\ntitle: x\n---\n"),
    "july.csv": partial(rows, lambda n: f"2018-07-{1 + n % 28:02},Town {n},{WORDS}\n", "date,title,text\n"),
}
FETCHED = {
    "feed.xml": (
        SourceKind.FEED,
        partial(
            rows,
            lambda n: f"<item><title>Town {n}</title><description>{WORDS}{n}</description></item>",
            '<rss version="2.0"><channel>',
            "</channel></rss>",
        ),
    ),
    "feed.json": (
        SourceKind.FEED,
        partial(
            rows,
            lambda n: f'{{"id": "{n}", "title": "Town {n}", "content_text": "{WORDS}{n}"}},',
            '{"version": "https://jsonfeed.org/version/1", "items": [',
            '{"id": "x", "title": "The end"}]}',
        ),
    ),
    "news.html": (
        SourceKind.PAGE,
        partial(rows, lambda n: f"<li><h3><a href=/{n}>Town {n} mends its road</a></h3> 5 July 2018 <p>{WORDS}{n}"),
    ),
    "events.ics": (
        SourceKind.CALENDAR,
        partial(
            rows,
            lambda n: f"BEGIN:VEVENT\nUID:{n}\nDTSTART:201808{1 + n % 28:02}\nSUMMARY:Town {n}\nEND:VEVENT\n",
            "BEGIN:VCALENDAR\n",
            "END:VCALENDAR\n",
        ),
    ),
}
SETTINGS = {
    "digest.yaml": partial(rows, lambda n: f"  a{n}: {{title: Town {n}, countries: [GT, HN]}}\n", "audiences:\n"),
    "plan.yaml": partial(rows, named, "drop:\n"),
    "flow.yaml": partial(rows, lambda _: "0,", "a: [", "0]\n"),
}
PICTURES = {
    f"{kind}.{mode}": partial(picture, kind, mode)
    for kind, mode in (("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGBA"), ("GIF", "P"))
}
SUBSCRIBERS = partial(rows, lambda n: f"- {{address: {person(n)}, audiences: [regional]}}\n", "subscribers:\n")
LISTS = {
    "list.csv": partial(rows, lambda n: f"{person(n)},Reader {n}\n", "email,name\n"),
    "list.tsv": partial(rows, lambda n: f"{person(n)}\tReader {n}\n", "email\tname\n"),
    "list.txt": partial(rows, lambda n: f"{person(n)}\n"),
    "list.jsonl": partial(rows, lambda n: json.dumps({"email": person(n), "name": f"Reader {n}"}) + "\n"),
    "list.vcf": partial(rows, lambda n: f"BEGIN:VCARD\nFN:Reader {n}\nEMAIL:{person(n)}\nEND:VCARD\n"),
    "list.yaml": partial(rows, lambda n: f"- {{address: {person(n)}, language: en}}\n", "subscribers:\n"),
    "list.xlsx": partial(workbook, 2),
    "wide.xlsx": partial(workbook, 200),
}


@pytest.fixture
def refused_or(tmp_path: Path) -> Callable[[str, Callable[[], bytes], Callable[[Path], object], float], object]:
    """What reading it gives, within the bounds; or that it was refused."""

    def read(name: str, make: Callable[[], bytes], reader: Callable[[Path], object], seconds: float) -> object:
        path = tmp_path / name
        path.write_bytes(make())
        try:
            return in_bounds(partial(reader, path), seconds=seconds, memory=MEMORY)
        except DigestError:
            if SIZE < LARGE:
                raise
            return "refused"

    return read


@pytest.mark.parametrize("name", NEWS)
def test_news_are_read_or_refused(name: str, tmp_path: Path) -> None:
    """It bounds itself, in a process of its own."""
    source = Folder(
        "newsroom",
        tmp_path,
        language=None,
        dates=DateOrder("day-first"),
        struck=Struck.LEAVE_OUT,
        zone=ZoneInfo("UTC"),
        fallback_language="en",
        root=tmp_path,
    )
    reading = source.read_as(name, NEWS[name](), date(2018, 8, 1))
    if not reading.items:
        assert SIZE > LARGE
        assert all(problem.remedy for problem in reading.problems)


@pytest.mark.parametrize("name", FETCHED)
def test_what_is_fetched_is_read_or_refused(name: str) -> None:
    """The same."""
    kind, made = FETCHED[name]
    source = SourceSettings(name="press", kind=kind, url="https://www.example.org/")
    answer = WebAnswer(document=SourceDocument(body=made(), address="https://www.example.org/"))
    asking = Round([source], lambda _name: None, datetime(2018, 7, 20, tzinfo=UTC), lambda asked: [answer] * len(asked))
    fetched = Fetched(settings=source, round=asking, first_contact=ALL, fallback_language="en", zone=UTC)
    reading = fetched.read(date(2018, 7, 20))
    if not reading.items:
        assert SIZE > LARGE
        assert all(problem.remedy for problem in reading.problems)


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_and_plans_are_read_or_refused(name: str, refused_or) -> None:
    refused_or(name, SETTINGS[name], lambda path: len(str(read_yaml(path).problems)), SECONDS)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_made_small_or_refused(name: str, refused_or) -> None:
    refused_or(name, PICTURES[name], lambda path: picture_of(path.read_bytes(), path.name).width, SECONDS)


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_people_are_read_however_long_they_are(name: str, refused_or) -> None:
    def read(path: Path) -> int:
        with list_rows(path, {}) as (_columns, found):
            return sum(not row.refused for row in found)

    assert refused_or(name, LISTS[name], read, FOR_EVER) > dose(1, 1_000)


def test_the_subscriber_file_is_read_or_refused(monthly: Newsletter, refused_or) -> None:
    def read(path: Path) -> int:
        return len(read_subscribers(path, (monthly,), "en").subscriptions)

    assert refused_or("subscribers.yaml", SUBSCRIBERS, read, FOR_EVER)
