"""The dates on a web page: in its texts, in elements made for them, and in addresses."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from digest.intake.sources.dates import LITTLE_ELSE, LONGEST, Dated, Incomplete, day_in_path, recognise
from digest.intake.sources.pages.elements import Page
from digest.intake.sources.pages.relative_dates import (
    MonthHeading,
    day_under,
    may_be_relative,
    month_heading,
    relative_date,
)

_TWO_DIGITS = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2['’]?(\d{2})(?![\d./-])")
_MAYBE = re.compile(r"\d{4}|\d ?[./-] ?\d{1,2} ?[./-] ?['’]?\d\d|['’]\d\d|[年月]")
_FIGURE = re.compile(r"[\d年月]")  # found or not in a tenth of the time
_SHORT = 12  # characters of a part of a date: “September”, “06”
_MOST_PARTS = 3
_YEAR = re.compile(r"(?:[^\W\d]{3,10}\W+)?(?:19|20)\d\d")  # perhaps with its month
_SEPARATORS = re.compile(r"\s*[|•·–—]\s*|\s{2,}|\s-\s|\n")
_CHANGED = re.compile(r"\b(?:updated|modified|dateModified)\b")
_MOST_WORDS = 5
_LONGEST_DAY = 20  # “Miércoles 12”, “12 de septiembre”
OVER_MANY = ("h1", "h2", "h3", "h4", "h5", "h6", "th", "caption", "dt", "legend", "strong", "b", "summary")
_NO_DATES = ("a", "button", "label", *OVER_MANY)
_FROM_YEAR = 1995  # before, nobody had news on the web


class PageDate(NamedTuple):
    """`nodes` are the texts that say it, the first of them its place. `by_machine` is one of an element made for it."""

    node: int
    nodes: tuple[int, ...]
    dated: Dated
    by_machine: bool = False


def dates_on(page: Page, today: date, now: datetime | None = None) -> list[PageDate]:
    """In the order of the page. A text that says a date among many words says none. `now` is when the page was asked
    for.
    """
    found = [*_of_elements(page, today)]
    taken = {node for one in found for node in one.nodes}
    order = [node for node in page.texts if node not in taken] if taken else [*page.texts]
    headings: dict[int, MonthHeading] = {}
    for at, node in enumerate(order):
        text = page.texts[node]
        if len(text) > 3 * LONGEST:
            continue
        if not _FIGURE.search(text) or not _MAYBE.search(text):
            if may_be_relative(text) and (dated := _relative(page, node, today, now)):
                found.append(PageDate(node, (node,), dated))
            continue
        text = " ".join(text.split())
        if _YEAR.fullmatch(text):
            parts = _in_parts(page, order, at, today)
            if parts is not None and taken.isdisjoint(parts.nodes):
                found.append(parts)
                taken.update(parts.nodes)
                continue
        elif len(text) <= LONGEST and node not in taken and (dated := date_in(text, today)):
            found.append(PageDate(node, (node,), dated))
            continue
        if said := _month_over_many(page, node, text):
            headings[node] = said
    if headings:
        free = taken.union(one.node for one in found)
        found += _under_months(page, [node for node in order if node not in free], headings)
    found.sort(key=lambda one: one.node)
    return found


def _relative(page: Page, node: int, today: date, now: datetime | None) -> Dated | None:
    """No menu: “Today” that leads somewhere, or stands over many, dates nothing."""
    if page.tags[page.parents[node]] in _NO_DATES:
        return None
    return relative_date(page.texts[node], today, now)


def _month_over_many(page: Page, node: int, text: str) -> MonthHeading | None:
    """A year alone is one in a heading only."""
    said = month_heading(text)
    return said if said and (said.month or page.tags[page.parents[node]] in OVER_MANY) else None


def _under_months(page: Page, order: list[int], headings: Mapping[int, MonthHeading]) -> Iterator[PageDate]:
    """The days in rows over which their month stands, from each such heading to the next, where two of them at least
    have days: a number under a single one may be anything.
    """
    heading: MonthHeading | None = None
    found: dict[MonthHeading, list[PageDate]] = {}
    for node in order:
        if node in headings:
            heading = headings[node]
        elif heading and len(page.texts[node]) <= _LONGEST_DAY and (read := day_under(heading, page.texts[node])):
            found.setdefault(heading, []).append(PageDate(node, (node,), read))
    for days in found.values():
        if len(found) > 1 or len(days) > 1:
            yield from days


@lru_cache(maxsize=4096)
def date_in(text: str, today: date) -> Dated | None:
    """`5 August 2018`, `Posted on 08/05/18 by Ana`, `5 Aug 2018 | News`."""
    text = with_whole_year(text, today)
    found = recognise(text)
    if isinstance(found, Dated):
        return found
    for piece in _SEPARATORS.split(text):
        if piece != text and _MAYBE.search(piece) and isinstance(read := recognise(piece), Dated):
            return read
    return _among_words(text) if isinstance(found, Incomplete) and found.cause == LITTLE_ELSE else None


@lru_cache(maxsize=4096)
def is_date_alone(text: str, today: date) -> bool:
    """Whether there are no other words beside the date."""
    return isinstance(recognise(with_whole_year(text, today)), Dated)


@lru_cache(maxsize=4096)
def is_known_by_its_date(text: str, today: date) -> bool:
    """Whether an element shows nothing beside its `datetime` that the date does not say: `5 Aug`, `3 days ago`."""
    found = recognise(with_whole_year(text, today))
    day = isinstance(found, Dated) or (isinstance(found, Incomplete) and found.cause != LITTLE_ELSE)
    return day or may_be_relative(text) or not any(map(str.isalpha, text))


@lru_cache(maxsize=1024)  # judged, and then read
def date_at_the_beginning(text: str, today: date) -> tuple[Dated, str] | None:
    """Of a title such as `2020-05-26 1200 Plan de Acción`: the date, and what is left."""
    words = with_whole_year(text, today).split()
    for size in range(min(_MOST_WORDS, len(words) - 1), 0, -1):
        read = recognise(" ".join(words[:size]).strip(",:;()–—-|"))
        if isinstance(read, Dated):
            rest = re.sub(r"^(?:[^\w¿¡\"“«‘']+|\d{4} )+", "", " ".join(words[size:]))
            return (read, rest) if rest else None
    return None


def date_in_address(address: str, today: date) -> date | None:
    """`/2018/08/05/a-hub-opens`, `/20180805_a-hub-opens`."""
    said = day_in_path(address)
    return said if said is not None and _FROM_YEAR <= said.year <= today.year else None


def with_whole_year(text: str, today: date) -> str:
    """`05/19/15` becomes `05/19/2015`, and so does `05.19.15`: that the month comes first is for others to tell."""

    def whole(found: re.Match[str]) -> str:
        first, _, second, year = found.groups()
        century = 2000 if 2000 + int(year) <= today.year + 1 else 1900
        return f"{first}/{second}/{century + int(year)}"

    return _TWO_DIGITS.sub(whole, text)


def _among_words(text: str) -> Dated | None:
    words = text.split()
    for size in range(min(len(words), 6), 0, -1):
        for begin in range(len(words) - size + 1):
            if isinstance(read := recognise(" ".join(words[begin : begin + size]).strip(",:;()")), Dated):
                return read
    return None


def _in_parts(page: Page, order: list[int], at: int, today: date) -> PageDate | None:
    """The day, month and year of a sheet torn off a calendar, each in an element of its own."""
    best: PageDate | None = None
    for size in range(2, _MOST_PARTS + 1):
        for begin in range(max(0, at - size + 1), min(at, len(order) - size) + 1):
            nodes = order[begin : begin + size]
            parts = [page.texts[node].strip() for node in nodes]
            if any(len(part) > _SHORT for part in parts):
                continue
            if isinstance(read := recognise(with_whole_year(" ".join(parts), today)), Dated):
                best = best or PageDate(nodes[0], tuple(nodes), read)
    return best


def _of_elements(page: Page, today: date) -> Iterator[PageDate]:
    for node, attributes in enumerate(page.attributes):
        if not attributes or ("datetime" not in attributes and "itemprop" not in attributes):
            continue
        tag = page.tags[node]
        names = f"{attributes.get('class') or ''} {attributes.get('itemprop') or ''}"
        if _CHANGED.search(names) or (tag != "time" and "datePublished" not in names):
            continue
        written = attributes.get("datetime") or attributes.get("content") or ""
        texts = page.texts_within(node)
        read = recognise(written.strip()) if written else None
        if not isinstance(read, Dated):
            shown = " ".join("".join(page.texts[text] for text in texts).split())
            read = date_in(shown, today) if shown else None
        if isinstance(read, Dated):
            yield PageDate(node, tuple(texts), read, by_machine=True)
