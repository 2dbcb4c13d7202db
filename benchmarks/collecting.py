"""Collecting text listings: reading, recognising, tagging and grouping 20,000 items; and a folder that nobody touched."""

import io
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import docx
import feedparser
import mammoth
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin
from measuring import ROUNDS, Row, in_turns, rate, ratio, seconds
from selectolax.lexbor import LexborHTMLParser

from digest.foundation.database import open_database
from digest.intake.collecting import collect
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.feed import read_feed
from digest.intake.sources.folder import Folder
from digest.intake.sources.listing import read_listing
from digest.intake.sources.markdown import read_markdown
from digest.intake.sources.pages.listing_page import read_page
from digest.intake.sources.readers import SourceDocument
from digest.intake.sources.word.reading import read_word
from digest.intake.store import Collection, Items
from digest.intake.tagging.tagger import TaxonomyTagger
from digest.intake.tagging.taxonomy import load

ITEMS = 20_000
PER_LISTING = 400  # a year of an office that writes more than one a day
FILES = 10_000
PLACES = ("Guatemala", "Costa Rica", "Belize City", "Tapachula, Mexico", "Tegucigalpa, Honduras", "Panama City")
THEMES = ("information hub", "health workshop", "border meeting", "forum on trafficking", "school course", "consulates")


class NoStore:
    """Keeps nothing: the row measures reading and recognising, not the disk."""

    def items(self, source: str | None = None) -> list[object]:
        return []

    def story_of(self) -> dict[str, str]:
        return {}

    def files(self, source: str) -> dict[str, object]:
        return {}

    def judgements(self) -> list[object]:
        return []

    def accepted_findings(self) -> frozenset[str]:
        return frozenset()

    def save_collection(self, changes: Collection) -> None:
        assert len(changes.items) == ITEMS


def rows() -> list[Row]:
    tagger = TaxonomyTagger(load())
    with tempfile.TemporaryDirectory() as folder:
        for first in range(0, ITEMS, PER_LISTING):
            text = _listing(range(first, first + PER_LISTING))
            Path(folder, f"listing{first:05}.en.txt").write_text(text, encoding="utf-8")
        source = Folder("newsroom", Path(folder), language=None, dates=None, fallback_language="en", root=Path(folder))

        def work() -> None:
            (result,) = collect([source], tagger, NoStore(), frozenset(), date(2026, 1, 1))
            assert result.added == ITEMS, result
            assert not result.problems, result.problems[:3]

        work()
        taken = median(seconds(work) for _ in range(ROUNDS))
    return [
        rate("listing items, identity and tags included", ITEMS, taken, 6_000),
        _word(),
        _markdown(),
        _page(),
        _feed(),
        _unchanged(),
    ]


def _feed() -> Row:
    """A feed of fifty entries, as a press office has it, against feedparser as it is by itself."""
    context = FileContext(source="press", file="press", today=date(2026, 1, 1), fallback_language="en")
    body = rss(50)
    document = SourceDocument(body=body, address="https://www.example.org/feed.xml", content_type="application/xml")

    def ours() -> None:
        assert len(read_feed(document, context, Findings("press")).entries) == 50

    def bare() -> None:
        assert len(feedparser.parse(io.BytesIO(body)).entries) == 50

    return ratio("a feed of 50 entries", *in_turns(ours, bare), 1.5, "feedparser.parse alone")


def rss(count: int) -> bytes:
    text = "The office <a href='https://www.example.org/{n}'>opened</a> with <strong>{n}</strong> people from {place}. "
    entries = [
        f"<item><guid>n-{n}</guid><title>News {n} &amp;amp; more</title><link>https://www.example.org/{n}</link>"
        f"<pubDate>{date(2025, 1, 1) + timedelta(days=n):%a, %d %b %Y} 10:00:00 GMT</pubDate><category>Health</category>"
        f"<description><![CDATA[<p>{text.format(n=n, place=PLACES[n % 6]) * 3}</p><ul><li>one</li><li>two</li></ul>]]>"
        "</description></item>"
        for n in range(count)
    ]
    return f'<rss version="2.0"><channel><title>Press</title>{"".join(entries)}</channel></rss>'.encode()


def _unchanged() -> Row:
    """A folder of as many files as an old web site has, as it was at the last collect."""
    tagger = TaxonomyTagger(load())
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "bulletins")
        folder.mkdir()
        day = date(2000, 1, 1)
        for number in range(FILES):
            text = _SECTION.format(number).partition("- Passport")[0]
            head = f"title: Title of the news, number {number}\ndate: {day + timedelta(days=number // 3)}"
            (folder / f"{number:05}.en.md").write_text(f"---\n{head}\n---\n\n{text}", encoding="utf-8")
        source = Folder("newsroom", folder, language=None, dates=None, fallback_language="en", root=Path(root))
        store = Items(open_database(f"sqlite:///{root}/digest.db"))

        def work() -> None:
            (result,) = collect([source], tagger, store, frozenset(), date(2026, 1, 1))
            assert result.found == FILES

        work()
        time.sleep(3)  # what was written just now is read once more
        work()
        taken = median(seconds(work) for _ in range(ROUNDS))
    return Row(
        work=f"collect {FILES:,} files unchanged since the last time",
        value=f"{taken:.2f} s",
        target="≤ 1 s",
        met=taken <= 1,
        detail="none is opened",
    )


def _word() -> Row:
    """A Word file of 60 items, with headings, bold words, lists and tables, against mammoth alone."""
    data = _word_file()
    context = FileContext(
        source="newsroom", file="a.docx", today=date(2018, 9, 1), fallback_language="en", language="en"
    )

    def ours() -> None:
        reading = read_listing(read_word(data, Findings("a.docx")), context)
        assert len(reading.items) == 60

    taken, bare = in_turns(ours, lambda: mammoth.convert_to_html(io.BytesIO(data)))
    return ratio("a Word file of 60 items", taken, bare, 1.3, "mammoth alone")


def _markdown() -> Row:
    """40 Markdown files of 8 KB, each with a table, a list, notes and links, against markdown-it-py with the same plug-ins."""
    text = "---\ntitle: A title\ndate: 2018-08-05\n---\n" + "\n\n".join(_SECTION.format(number) for number in range(12))
    context = FileContext(source="newsroom", file="a.md", today=date(2018, 9, 1), fallback_language="en", language="en")
    bare = MarkdownIt("commonmark", {"html": True, "linkify": True}).enable(["table", "strikethrough", "linkify"])
    bare.use(deflist_plugin).use(footnote_plugin, inline=True, move_to_end=True).use(tasklists_plugin)

    def ours() -> None:
        for _ in range(40):
            assert len(read_markdown(text, context).items) == 1

    def theirs() -> None:
        for _ in range(40):
            bare.render(text)

    taken, alone = in_turns(ours, theirs)
    return ratio("40 Markdown files of 8 KB", taken, alone, 2.0, "markdown-it-py with the same plug-ins")


def _page() -> Row:
    """A listing page of 20 rows, with menus and scripts as Drupal writes them, against selectolax parsing it."""
    body = _listing_page().encode()
    document = SourceDocument(body=body, address="https://www.example.org/en/news")
    context = FileContext(source="site", file="news", today=date(2018, 9, 1), fallback_language="en", language="en")

    def ours() -> None:
        for _ in range(20):
            assert len(read_page(document, context, Findings("news")).entries) == 20

    def bare() -> None:
        for _ in range(20):
            LexborHTMLParser(body)

    taken, alone = in_turns(ours, bare)
    return ratio(f"a listing page of 20 rows, {len(body) // 1000} KB", taken, alone, 5.0, "selectolax parsing it")


def _listing_page() -> str:
    script = "<script>" + "jQuery.extend(Drupal.settings, {'path': '/', 'modules': {'a': 1}});" * 60 + "</script>"
    style = "<style>" + "@import url('https://www.example.org/modules/system/system.base.css?abc');" * 40 + "</style>"
    menu = "".join(f"<li class='leaf menu-{n}'><a href='/en/section/{n}'>Section {n}</a></li>" for n in range(40))
    rows = "".join(
        f"<div class='views-row views-row-{n} views-row-{'odd' if n % 2 else 'even'}'><div class='views-field views-field-"
        f"title'><h3 class='field-content'><a href='/en/news/a-hub-opens-{n}'>A hub of information opens in town {n}</a>"
        f"</h3></div><span class='views-field views-field-created'><span class='field-content'>{n % 28 + 1} July 2018</span>"
        "</span><div class='views-field views-field-body'><div class='field-content'><p>With the support of the programme "
        "and of local governments, a hub was opened for the people who are on their way. It brought together officials "
        "who shared what they had learned about regular migration.</p></div></div></div>"
        for n in range(20)
    )
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>News</title>{style}{script}</head><body class='html not-front'>"
        f"<header><nav><ul class='menu'>{menu}</ul></nav></header><main><h1>News</h1><div class='view-content'>{rows}</div>"
        f"</main><aside><ul class='menu'>{menu}</ul></aside>{script}</body></html>"
    )


_SECTION = """## Section {0}

The **hub** answers questions on *regular* migration[^{0}]. See https://www.example.org/{0} or [the page](https://www.example.org/p/{0}).
It is open from Monday to Friday, and on some Saturdays of the year for those who work; families with children have a room of their own.

- Passport
- Two photographs, taken this year, in colour
  1. one for the form
  2. one for the card

| Place | Days | Hours |
|---|---|---|
| Upala | Mon to Fri | 8-16 |
| Los Chiles | Tue | 9-12 |

[^{0}]: The source of it, *number* {0}.
"""


def _word_file() -> bytes:
    document = docx.Document()
    for number in range(60):
        document.add_paragraph(f"{number % 28 + 1} August 2018")
        document.add_paragraph(f"Title of the news, number {number}", style="Heading 2")
        for _ in range(6):
            paragraph = document.add_paragraph()
            for part in range(4):
                paragraph.add_run("Some words that tell what was done, where and by whom. ").bold = part == 2
        for text in ("The first point", "The second one"):
            document.add_paragraph(text, style="List Number")
        if number % 5 == 0:
            for row in document.add_table(3, 3).rows:
                for cell in row.cells:
                    cell.text = "a cell"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _listing(numbers: range) -> str:
    blocks = []
    for number in numbers:
        on = date(2020, 1, 1) - timedelta(days=number // 12)
        place, theme = PLACES[number % 6], THEMES[number // 6 % 6]
        blocks.append(
            f"{on.day} {on:%B}, {on.year}\n\nA {theme} opens its doors in {place}, number {number}\n\n"
            f"{place}. – With the support of the programme and of local governments, a {theme} was held for the people "
            f"who work with migrants. It brought together {number % 90 + 10} officials, who shared what they had learned "
            "about regular migration, the protection of children and the risks on the way north. The next meeting will "
            "take place before the end of the year."
        )
    return "\n\n".join(blocks)
