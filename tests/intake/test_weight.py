"""No file takes more than a few seconds and 150 MB, however it is made; and what says the same is one story."""

import io
import resource
import sys
import time
import zipfile
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from doses import dose

from digest.foundation.problems import Place
from digest.intake.identity import new_id
from digest.intake.item import DateOrder, FoundItem, Reading, Struck, Text
from digest.intake.sources import folder
from digest.intake.sources.folder import MEMORY, Folder

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
STORY = "5 July 2018\nHub opens\nA short text about the new hub.\n\n"
MATTER = "---\ntitle: x\ndate: 2018-07-05\n---\n"


def word_file(body: str) -> bytes:
    file = io.BytesIO()
    office = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types"><Override '
        f'PartName="/word/document.xml" ContentType="{WORD}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r" '
        f'Type="{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": f'<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body>{body}</w:body>'
        "</w:document>",
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return file.getvalue()


def read(around: Path, name: str, data: bytes) -> Reading:
    (around / name).write_bytes(data)
    source = Folder(
        "newsroom",
        around,
        language=None,
        dates=DateOrder("day-first"),
        struck=Struck.LEAVE_OUT,
        zone=ZoneInfo("UTC"),
        pictures=None,
        fallback_language="en",
        root=around,
    )
    return source.read(date(2018, 8, 1))


@pytest.mark.parametrize(
    "body",
    [
        "<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 300_000,
        "<w:p/>" * 1_500_000,
        "<w:p>" * 100_000 + "</w:p>" * 100_000,
        "<w:p>" + "<w:r><w:br/></w:r>" * 400_000 + "</w:p>",
    ],
    ids=["paragraphs", "empty", "nested", "runs"],
)
def test_a_word_file_that_unpacks_to_very_much_is_refused_in_words(body: str, tmp_path: Path) -> None:
    data = word_file(body)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    (problem,) = read(tmp_path, "bomb.docx", data).problems
    assert "limit" in problem.cause or "memory" in problem.cause or "damaged" in problem.cause
    assert time.process_time() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * (
        1024 if sys.platform == "linux" else 1 << 20
    )


@pytest.mark.parametrize(
    "body",
    ["[" * 20_000, "> " * 20_000, "<div>" * 4_000, "![[" * 7_000],
    ids=["brackets", "quotes", "marks", "images"],
)
def test_markdown_that_nests_without_end_is_read_in_time(body: str, tmp_path: Path) -> None:
    began = time.process_time()
    read(tmp_path, "deep.md", (MATTER + body).encode())
    assert time.process_time() - began < 2


def test_a_long_listing_that_repeats_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """20,000 items in what reading may take; every day a tenth in a tenth of it."""
    count = dose(2_000, 20_000)
    monkeypatch.setattr(folder, "MEMORY", MEMORY * count // 20_000)
    stories = (
        f"{1 + number % 28} July 2018\n\nTown {number} mends its road\n\n{'Se abrió el camino. ' * 20}{number}.\n\n"
        for number in range(count)
    )
    reading = read(tmp_path, "julio.es.txt", "".join(stories).encode())
    assert len(reading.items) == count


def test_megabytes_of_repeats_are_one_story_soon(tmp_path: Path) -> None:
    began = time.process_time()
    reading = read(tmp_path, "july.txt", (STORY * (5_000_000 // len(STORY))).encode())
    assert [item.text.title for item in reading.items] == ["Hub opens"]
    assert any("it is read once" in problem.cause for problem in reading.problems)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_megabytes_of_repeats_leave_what_stands_around_them_whole_and_on_its_lines(tmp_path: Path, end: str) -> None:
    first, last = (f"{day} July 2018\n{title}\nAbout something else.\n\n" for day, title in ((6, "First"), (7, "Last")))
    many = 600_000 // len(STORY)
    text = f"{first}{STORY * many}{last}{STORY * many}6 Ju"  # as a paste that was cut off ends
    reading = read(tmp_path, "july.txt", text.replace("\n", end).encode())
    behind = 5 + 4 * many
    assert [(item.text.title, item.place.line) for item in reading.items] == [
        ("First", 1),
        ("Hub opens", 5),
        ("Last", behind),
        ("Hub opens", behind + 4),  # the same item, and so the same story
    ]


def test_repeats_between_other_news_are_taken_once_and_named(tmp_path: Path) -> None:
    other = "6 July 2018\nAnother title\nAnother text about something else.\n\n"
    reading = read(tmp_path, "july.txt", (STORY * 30 + other + STORY * 30).encode())
    assert sorted(item.text.title for item in reading.items) == ["Another title", "Hub opens"]
    assert [problem.cause for problem in reading.problems if "times" in problem.cause] == [
        "the same item stands 60 times in this file: it is taken once"
    ]


def test_a_few_repeats_stay_what_they_are(tmp_path: Path) -> None:
    assert len(read(tmp_path, "july.txt", (STORY * 3).encode()).items) == 3


def test_equal_items_are_named_in_one_look_each() -> None:
    asked, taken, after = [0], set(), {}

    def is_taken(name: str) -> bool:
        asked[0] += 1
        return name in taken

    item = FoundItem(
        source="newsroom",
        place=Place("july.txt", 1),
        published_on=date(2018, 7, 5),
        language="en",
        text=Text(title="Hub opens", paragraphs=("x",)),
    )
    for _ in range(2_000):
        taken.add(new_id(item, is_taken, after))
    assert len(taken) == 2_000
    assert asked[0] == 2_000
