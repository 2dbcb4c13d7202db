"""A page that lists news, read as entries: date, title, summary, link. No page says what is what in it; that is found
out from what repeats, unless the settings select it.

What stands in a row adds up: it is in the entry, or a finding names it. What stands around the list (menus, other
lists, the foot of the page) is no news; another list with dates is named.
"""

import codecs
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

from digest.errors import NothingUsableError
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.catalogue import later, plural_later
from digest.foundation.problems import Problem, Severity
from digest.foundation.words import excerpt, fold_letters, listed
from digest.intake.sources.cleaning import clean
from digest.intake.sources.dates import Dated, settle
from digest.intake.sources.draft import FileContext, Findings, ItemDraft, ItemField, Said
from digest.intake.sources.language import certain_language, function_words, language_code
from digest.intake.sources.pages.elements import DEEPEST, REMEDY, Page, open_page, text_of
from digest.intake.sources.pages.news_rows import HEADINGS, Listing, Row, find_rows, selected_rows
from digest.intake.sources.pages.page_dates import (
    date_at_the_beginning,
    date_in_address,
    is_date_alone,
    is_known_by_its_date,
)
from digest.intake.sources.pages.relative_dates import RELATIVE, ROUGH
from digest.intake.sources.readers import MOST_ENTRIES, Entries, Entry, LayoutChangedError, SourceDocument
from digest.intake.sources.site_layout import is_navigation
from digest.intake.sources.web_pictures import WebPicture, picture_in

SECONDS, MEMORY = 5.0, 150 << 20  # of the processor's time, and bytes: for the reading of one page
_HEAVY = 256 << 10  # bytes
_HEAVY_IN_ELEMENTS = 20_000  # tags: those inside each other take their square in time
_FEED = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:rss|feed|rdf:RDF)\b", re.DOTALL)
MOST_TAGS = 30_000
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # two bytes a letter: open_page has a limit, too
_FEWEST_ALIKE = 3  # rows
_TOPIC = re.compile(
    r"(?<![a-z])(?:categor[a-z]+|cats?|cat-links|tags?|topics?|temas?|etiquetas?|issues?|keywords?)(?![a-z])"
)
_MORE = re.compile(r"(?<![a-z])(?:read-?more|more-link|leer-?mas|ver-?mas)(?![a-z])")
_AUTHOR = re.compile(r"(?<![a-z])(?:authors?|autor(?:a|es|as)?|byline)(?![a-z])")
_TITLE = re.compile(r"(?<![a-z])(?:title|titulo|titular|headline|heading)(?![a-z])")
_SHORTEST_TITLE = 15
_HOST = re.compile(r"https?://[\w.-]+(?::\d+)?(?=[/?#]|$)")
_PLAIN_PATH = re.compile(r"(?:/[\w=&?%-]+(?:\.[\w=&?%-]+)*)+/?", re.ASCII)
_BY = re.compile(r"^(?:by|por|par|von)[ :]+", re.IGNORECASE)
_FIGURES = re.compile(r"\d+")
_LONGEST_COUNT = 30
_LONGEST_LABEL = 80
_UNKNOWN_DAY = date(1970, 1, 1)  # how programs write that they know none
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLayout:
    """How the page was built when it was last read, and the keys of the entries that it had."""

    path: str = ""
    keys: Collection[str] = ()


NOTHING_KNOWN = KnownLayout()


class _Written(NamedTuple):
    """What one row says: `undated` where neither a date nor its address tells one."""

    title: str
    paragraphs: tuple[str, ...]
    dated: Dated | None
    link: str
    author: str
    topics: tuple[str, ...]
    picture: WebPicture | None = None


def read_page(
    document: SourceDocument,
    context: FileContext,
    findings: Findings,
    selectors: Mapping[str, str] = MappingProxyType({}),
    known: KnownLayout = NOTHING_KNOWN,
) -> Entries:
    """Raise `NothingUsableError` for what is no page with a list, `LayoutChangedError` where there was one."""
    body = document.body
    if len(body) < _HEAVY and body.count(b"<") < _HEAVY_IN_ELEMENTS:
        return _read(document, context, findings, selectors, known)

    def read() -> tuple[Entries, Sequence[Problem]]:
        own = Findings(findings.file)
        return _read(document, context, own, selectors, known), own.problems

    try:
        entries, problems = in_bounds(read, seconds=SECONDS, memory=MEMORY)
    except OutOfBoundsError as error:
        raise NothingUsableError(
            context.file, str(error), later("Name another page of the site, or its feed.")
        ) from error
    findings.problems += problems
    return entries


def _read(
    document: SourceDocument,
    context: FileContext,
    findings: Findings,
    selectors: Mapping[str, str],
    known: KnownLayout,
) -> Entries:
    text = text_of(_begun(document.body, findings), _charset(document.content_type), findings)
    if _FEED.match(text):
        raise NothingUsableError(
            context.file, later("this is a feed, and no page"), later("Write type: feed for this source.")
        )
    page = open_page(text, context.file, selectors)
    today, now = context.today, context.now
    listing = selected_rows(page, today, now) if selectors else find_rows(page, today, known.path, now)
    if listing is None:
        raise _nothing(context, selectors, known, is_too_deep=page.is_too_deep)
    rows = listing.rows
    _tell_outside(page, rows, findings)
    if len(rows) > MOST_ENTRIES:
        cause = later("the page lists {count:,} rows; the first {most} are read").format(
            count=len(rows), most=MOST_ENTRIES
        )
        findings.warning(None, cause, later("Name the page of the latest news alone."))
        rows = rows[:MOST_ENTRIES]
    address = _joined(document.address, page.base)
    written = _Rows(page, rows, findings, context.today).written(address)
    if context.pictures:
        shown = zip(written, _pictures(page, rows, address), strict=True)
        written = [one._replace(picture=picture) for one, picture in shown]
    _name_others(listing, findings)
    entries = [*_entries(written, context, findings)]
    if known.path and listing.layout != known.path and not any(one.key in known.keys for one in entries):
        raise _changed(
            context, later("its news stood at “{path}”, and nothing of them is there any more").format(path=known.path)
        )
    return Entries(entries, _language(written, page), layout=listing.layout)


def _charset(content_type: str) -> str:
    _, _, said = content_type.lower().partition("charset=")
    return said.split(";")[0].strip(" \"'")


def _begun(body: bytes, findings: Findings) -> bytes:
    """As much of the page as is read."""
    if body.count(b"<") <= MOST_TAGS or body.startswith(_WIDE):
        return body
    cause = later("the page has more than {most:,} tags; what stands behind them is not read").format(most=MOST_TAGS)
    findings.warning(None, cause, later("Name the page of the latest news alone."))
    end = -1
    for _ in range(MOST_TAGS + 1):
        end = body.find(b"<", end + 1)
    return body[:end]


def _tell_outside(page: Page, rows: Sequence[Row], findings: Findings) -> None:
    """How much of what people see stands in none of the rows."""
    within = {text for row in rows for text in (*row.texts, *row.beside)}
    words = sum(len(text.split()) for node, text in page.texts.items() if node not in within)
    words += sum(len(text.split()) for around, text in page.apart if _row_around(page, rows, around) is None)
    if words:
        cause = plural_later(
            "{count:,} word outside of the list were not read: menus, the foot of the page",
            "{count:,} words outside of the list were not read: menus, the foot of the page",
            words,
        )
        findings.note(None, cause, later("If news is among them, name its block with select: ."))


def _row_around(page: Page, rows: Sequence[Row], node: int) -> int | None:
    at = bisect_right(rows, node, key=lambda row: row.root) - 1
    return at if at >= 0 and node <= page.ends[rows[at].root] else None


def _nothing(
    context: FileContext, selectors: Mapping[str, str], known: KnownLayout, *, is_too_deep: bool
) -> NothingUsableError:
    if is_too_deep:
        cause = later("its elements are nested more than {most} deep, and no list of news stands above them").format(
            most=DEEPEST
        )
        return NothingUsableError(context.file, cause, REMEDY)
    if selectors:
        return _changed(
            context,
            later("nothing on the page is what “{selector}” selects").format(selector=next(iter(selectors.values()))),
        )
    if known.path:
        return _changed(context, later("its news stood at “{path}”, and nothing is there").format(path=known.path))
    cause = later("no list of news is found on this page: nothing in it repeats with a title, and a date beside it")
    return NothingUsableError(
        context.file, cause, later("Name the page that lists them, or their block with select: .")
    )


def _changed(context: FileContext, cause: str) -> LayoutChangedError:
    remedy = later(
        "See what is read now with: digest sources test {source}; then correct select: or the address."
    ).format(source=context.source)
    return LayoutChangedError(
        context.file, later("the page is built in another way: {cause}").format(cause=cause), remedy
    )


def _name_others(listing: Listing, findings: Findings) -> None:
    for title, count in listing.others.items():
        cause = plural_later(
            "another list with dates stands on the page, and is not read: {count:,} row, from “{title}” on",
            "another list with dates stands on the page, and is not read: {count:,} rows, from “{title}” on",
            count,
            title=excerpt(title),
        )
        findings.note(None, cause, later("If those are the news, name them with select: ."))


class _Rows:
    """The blocks of text in all rows, each judged beside those of the others."""

    def __init__(self, page: Page, rows: Sequence[Row], findings: Findings, today: date) -> None:
        self._page = page
        self._findings = findings
        self._today = today
        self._hints: dict[int, str] = {}
        self._keys: dict[int, tuple[int, str]] = {}  # of blocks, by their first text
        self._left: Counter[str] = Counter()
        self._parted = [self._part(row) for row in rows]
        for around, said in page.apart:
            self._left[said] += _row_around(page, rows, around) is not None
        counts = Counter(
            key for one in self._parted for key in {self._furniture_key(block) for block in one.blocks.values()}
        )
        least = max(_FEWEST_ALIKE, len(rows) // 2)
        self._furniture = {key for key, count in counts.items() if count >= least}

    def written(self, address: str) -> list[_Written]:
        found = [self._written(one, address) for one in self._parted]
        if left := +self._left:
            named = [f"“{excerpt(text)}”" for text, _ in left.most_common(_MOST_NAMED)]
            cause = later("words that are no news stand beside the rows, and are left out: {words}")
            cause = cause.format(words=listed(named, "and"))
            if more := len(left) - len(named):
                cause = later(
                    "words that are no news stand beside the rows, and are left out: {words} and {count} more"
                )
                cause = cause.format(words=", ".join(named), count=more)
            self._findings.note(None, cause)
        if sum(one.dated is None for one in found) * 2 > len(found):
            found = [self._with_date_of_title(one) for one in found]
        return found

    def _part(self, row: Row) -> "_Parted":
        """Where a whole row is one link, the title is a block of it: the one that is called so, or the first that is
        long enough for one.
        """
        page = self._page
        when = row.when.nodes if row.when else ()
        title = [text for text in page.texts_within(row.title) if text not in when]
        if page.tags[row.title] not in HEADINGS and len({page.blocks[text] for text in title}) > 1:
            called = (text for text in title if _TITLE.search(page.names(page.paths[text])[-1]))
            enough = (text for text in title if len(page.texts[text]) >= _SHORTEST_TITLE)
            first = page.blocks[next(chain(called, enough, title))]
            title = [text for text in title if page.blocks[text] == first]
        parted = _Parted(row, page.said(title), {}, [], [])
        shown = " ".join(page.said([text]) for text in when)  # day and month may be elements of their own
        if row.when and not (is_known_by_its_date if row.when.by_machine else is_date_alone)(shown, self._today):
            self._left[shown] += 1  # “Posted on 5 August 2018 by Ana”
        for text in row.beside:
            self._left[page.said([text])] += 1
        for text in row.texts:
            if text not in when and text not in title:
                self._sort(text, parted)
        return parted

    def _sort(self, text: int, parted: "_Parted") -> None:
        """A text beside title and date: what it is about, who wrote it, a button, or a part of what is told."""
        page = self._page
        said = " ".join(page.texts[text].split())
        around = page.parents[text]
        is_link = page.tags[around] == "a"
        hint = self._hint(text, parted.row.root) if len(said) <= _LONGEST_LABEL else ""
        if hint in ("more", "time") or (is_link and is_navigation(said.replace(parted.title, "").strip(" :–—-…"))):
            self._left[said] += 1
        elif hint and any(map(str.isalnum, said)):
            (parted.topics if hint == "topic" else parted.authors).append(said)
        else:
            parted.blocks.setdefault(page.blocks[text], []).append(text)

    def _written(self, parted: "_Parted", address: str) -> _Written:
        page, row = self._page, parted.row
        href = page.attributes[row.link].get("href") if row.link is not None else None
        paragraphs: list[str] = []
        for block in parted.blocks.values():
            said = page.said(block)
            if not any(map(str.isalnum, said)):
                continue
            if self._furniture_key(block) in self._furniture or is_navigation(said):
                self._left[said] += 1
            else:
                paragraphs.append(said)
        return _Written(
            title=parted.title,
            paragraphs=tuple(paragraphs),
            dated=row.when.dated if row.when else None,
            link=_joined(address, href) if href else "",
            author=_BY.sub("", " ".join(parted.authors)),
            topics=tuple(parted.topics),
        )

    def _furniture_key(self, block: Sequence[int]) -> tuple[int, str]:
        """A block that has the same words at the same place in most rows is no news: “Press release”, “Read more”; in
        a short one figures do not count: “4 comments”.
        """
        key = self._keys.get(block[0])
        if key is None:
            said = fold_letters(self._page.said(block))
            if len(said) <= _LONGEST_COUNT and not said.endswith("."):
                said = _FIGURES.sub("0", said)
            key = self._keys[block[0]] = self._page.paths[block[0]], said
        return key

    def _hint(self, text: int, root: int) -> str:
        """What the names of the elements within the row, down to the text, say of it."""
        page, path = self._page, self._page.paths[text]
        if "tag" in (page.attributes[page.parents[text]].get("rel") or ""):
            return "topic"
        found = self._hints.get(path)
        if found is None:
            names = page.names(path)[len(page.names(page.paths[root])) :]
            said = " ".join(names).lower()
            found = "author" if _AUTHOR.search(said) else "topic" if _TOPIC.search(said) else ""
            found = "more" if _MORE.search(said) else found
            found = "time" if any(name.partition(".")[0] == "time" for name in names) else found
            self._hints[path] = found
        return found

    def _with_date_of_title(self, one: _Written) -> _Written:
        found = date_at_the_beginning(one.title, self._today)
        return one if found is None else one._replace(dated=found[0], title=found[1])


class _Parted(NamedTuple):
    """`blocks` has the texts of each block beside title and date."""

    row: Row
    title: str
    blocks: dict[int, list[int]]
    topics: list[str]
    authors: list[str]


def _pictures(page: Page, rows: Sequence[Row], address: str) -> Iterator[WebPicture | None]:
    """The first in each row that shows something."""
    all_of_them = [node for node, tag in enumerate(page.tags) if tag == "img"]
    for row in rows:
        begin, end = bisect_left(all_of_them, row.root), bisect_right(all_of_them, page.ends[row.root])
        within = (picture_in(page.attributes[node], address) for node in all_of_them[begin:end])
        yield next(filter(None, within), None)


def _joined(address: str, href: str) -> str:
    """The web address; empty for `javascript:` and the like."""
    if _PLAIN_PATH.fullmatch(href) and (host := _HOST.match(address)):
        return host[0] + href  # as most are written: in a tenth of the time
    try:
        joined = urldefrag(urljoin(address, "".join(href.split()))).url
    except ValueError:
        return ""
    return joined if joined.startswith(("https://", "http://")) else ""


def _entries(rows: Sequence[_Written], context: FileContext, findings: Findings) -> Iterator[Entry]:
    without: list[str] = []
    taken: set[str] = set()
    for number, (row, day) in enumerate(zip(rows, _days(rows, context, findings), strict=True), 1):
        removed: Counter[str] = Counter()
        title = clean(row.title, removed)
        if not title:
            told = " ".join(row.paragraphs)
            findings.left_out(
                number, told, later("this row has no title; left out"), later("Name it with select: title.")
            )
            continue
        key = row.link or fold_letters(title)
        if key in taken:
            cause = later("“{title}” is listed twice on the page; the first counts").format(title=excerpt(title))
            told = " ".join(row.paragraphs)
            findings.left_out(number, told, cause, severity=Severity.NOTE) if told else findings.note(number, cause)
            continue
        taken.add(key)
        if day is None:
            without.append(title)
        fields = {ItemField.LINK: row.link, ItemField.ID: row.link, ItemField.AUTHOR: row.author}
        draft = ItemDraft(
            line=number,
            published_on=day or context.today,
            title=title,
            paragraphs=tuple(clean(one, removed) for one in row.paragraphs),
            fields={name: Said(value, number) for name, value in fields.items() if value},
            removed=removed,
            categories=row.topics,
        )
        counts_back = row.dated is not None and row.dated.form in (RELATIVE, ROUGH)
        yield Entry(draft, key, dated=day is not None, counts_back=counts_back, lead=row.picture)
    rough = [row.title for row in rows if row.dated is not None and row.dated.form == ROUGH]
    if rough:
        cause = plural_later(
            "{count:,} row says its date in months or years before today, from “{title}” on: the day is a guess",
            "{count:,} rows say their dates in months or years before today, from “{title}” on: the day is a guess",
            len(rough),
            title=excerpt(rough[0]),
        )
        findings.note(None, cause)
    if without:
        cause = plural_later(
            "{count:,} row has no date, from “{title}” on: the day counts on which each was first seen",
            "{count:,} rows have no date, from “{title}” on: the day counts on which each was first seen",
            len(without),
            title=excerpt(without[0]),
        )
        findings.note(None, cause)


def _days(rows: Sequence[_Written], context: FileContext, findings: Findings) -> list[date | None]:
    dated = [(number, row.dated) for number, row in enumerate(rows, 1) if row.dated is not None]
    settled = dict(
        zip((number for number, _ in dated), settle(dated, context.dates, findings, context.zone), strict=True)
    )
    days: list[date | None] = []
    for number, row in enumerate(rows, 1):
        day = settled.get(number) or date_in_address(row.link, context.today)
        if day == _UNKNOWN_DAY:
            cause = later(
                "“{title}” is dated 1 January 1970, as programs write that they know no date: the day counts on which "
                "it was first seen"
            )
            findings.warning(number, cause.format(title=excerpt(row.title)))
            day = None
        days.append(day)
    return days


def _language(rows: Sequence[_Written], page: Page) -> str | None:
    """What the page says counts only where the words do not tell: many a Spanish page says that it is in English."""
    said = language_code(page.language) if page.language else None
    if said is None or certain_language(function_words(one.title for one in rows)):
        return None
    return said
