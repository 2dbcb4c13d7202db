"""The rows of a list of news on a web page: where a page repeats a block with a title, and a date beside it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain, pairwise
from typing import NamedTuple

from digest.foundation.words import fold_letters
from digest.intake.sources.pages.elements import Page
from digest.intake.sources.pages.page_dates import OVER_MANY, PageDate, date_at_the_beginning, date_in_address, dates_on

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MOST_JUDGED = 8  # kinds of titles, the most promising first
_LONGEST_COUNTED = 80  # characters of a title: longer ones say no more
_SHORTEST = 6  # “Home” is no title
_SHORTEST_WITHOUT_DATE = 20  # of titles on average
_FEWEST_WITHOUT_DATE = 3
_SHORTEST_ALONE = 15
_MOST_WORDS_OF_A_DATE = 4
_HEADINGS = 1.5  # what they are worth beside links
_WITHOUT_DATE = 0.001  # what a list without dates is worth beside one with


class Row(NamedTuple):
    """Nodes of the page. `root` holds the title, an element; `texts` are those of the row, in order, its title and date
    among them; `beside` are those in it that the settings do not select.
    """

    root: int
    title: int
    link: int | None
    when: PageDate | None
    texts: Sequence[int]
    beside: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """`layout` is how the page is built where its titles stand; `others` counts rows with a date that stand elsewhere
    and are not read, by the title of the first of them.
    """

    rows: Sequence[Row]
    layout: str = ""
    others: Mapping[str, int] = field(default_factory=dict)


def find_rows(page: Page, today: date, layout: str = "", now: datetime | None = None) -> Listing | None:
    """The list of news; `None` when the page has none. One that is built as `layout` says is preferred."""
    dates = dates_on(page, today, now)
    candidates = _candidates(page)
    judged = _judged(page, candidates, dates, today, layout)
    if not judged or len(judged[0].spread.titles) == 1:  # perhaps each row has a class of its own
        judged = _judged(page, _by_tags(candidates), dates, today, layout) or judged
    if not judged:
        return None
    (_, best, path), *others = judged
    rows = [*best.rows()]
    read = {text for row in rows for text in row.texts}
    named: dict[str, int] = {}
    for _, spread, _ in others:
        texts = [text for title in spread.titles for text in page.texts_within(title)]
        is_one = len(spread.titles) > 1 or page.tags[spread.titles[0]] in HEADINGS
        if spread.dates_inside and is_one and read.isdisjoint(texts):
            named[page.title(spread.titles[0])] = len(spread.titles)
            read.update(text for row in spread.rows() for text in row.texts)
    return Listing(rows, path, named)


class _Judged(NamedTuple):
    worth: float
    spread: "_Spread"
    layout: str


def _judged(
    page: Page,
    candidates: Mapping[str, Sequence[int]],
    dates: Sequence[PageDate],
    today: date,
    layout: str,
) -> list[_Judged]:
    """What looks like a list of news, the best first."""
    promising = [
        (sum([min(page.length(title), _LONGEST_COUNTED) for title in titles]) * (2 if path == layout else 1), path)
        for path, titles in candidates.items()
    ]
    promising.sort(reverse=True)
    judged: list[_Judged] = []
    for _, path in promising[:_MOST_JUDGED]:
        spread = _Spread(page, candidates[path], dates)
        if worth := _worth(page, spread, today, known=path == layout):
            judged.append(_Judged(worth, spread, path))
            judged.sort(key=lambda one: -one.worth)
    return judged


def selected_rows(page: Page, today: date, now: datetime | None = None) -> Listing | None:
    """Those that `rows` selects, with the title, date, summary and link that the others select in each."""
    dates = dates_on(page, today, now)
    rows = []
    for root in page.selected.get("rows", ()):
        end = page.ends[root]
        inside = {name: [node for node in nodes if root <= node <= end] for name, nodes in page.selected.items()}
        title = next(iter(inside.get("title", ())), None)
        if title is None:
            parts = [node for node in range(root, end + 1) if page.length(node)]
            headings = (node for node in parts if page.tags[node] in HEADINGS)
            title = next(headings, None) or next((node for node in parts if page.tags[node] == "a"), root)
        within = [(node, page.ends[node]) for node in inside.get("date", ())] or [(root, end)]
        when = next((one for one in dates if any(first <= one.node <= last for first, last in within)), None)
        texts, beside = page.texts_within(root), list[int]()
        if "summary" in page.selected:
            told = {*page.texts_within(title), *(when.nodes if when else ())}
            told.update(text for node in inside["summary"] for text in page.texts_within(node))
            texts, beside = [text for text in texts if text in told], [text for text in texts if text not in told]
        link = next(iter(inside.get("link", ())), None)
        rows.append(Row(root, title, _link(page, title, root) if link is None else link, when, texts, beside))
    return Listing(rows) if rows else None


def _candidates(page: Page) -> dict[str, list[int]]:
    """Elements that may be titles, by path: headings, and links that neither hold a heading nor stand in one."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    length, ends, paths = page.length, page.ends, page.paths
    in_heading = open_link = -1
    for node, tag in enumerate(page.tags):
        if tag == "a":
            if node > in_heading and length(node) and page.attributes[node].get("href"):
                found[paths[node]].append(node)
                open_link = node
        elif tag in HEADINGS and length(node):
            in_heading = ends[node]
            found[paths[node]].append(node)
            if 0 <= open_link < node <= ends[open_link] and found[paths[open_link]][-1:] == [open_link]:
                found[paths[open_link]].pop()
    return {" > ".join(page.names(path)): titles for path, titles in found.items() if titles}


def _by_tags(candidates: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Those together whose paths differ in classes alone."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for path, titles in candidates.items():
        found[" > ".join(name.partition(".")[0] for name in path.split(" > "))] += titles
    return {path: sorted(titles) for path, titles in found.items()}


class _Spread:
    """The rows that belong to these titles, which all have one path: each reaches as far as no other title stands in
    it; what stands between two rows belongs to one of them.
    """

    def __init__(self, page: Page, titles: Sequence[int], dates: Sequence[PageDate]) -> None:
        self.page = page
        self.titles = titles
        self.when: Sequence[PageDate | None] = [None] * len(titles)
        self.dates_inside = False  # each row holds its own date
        shared = [_shared(page, one, other) for one, other in pairwise(titles)]
        if not shared:
            shared = [_around_alone(page, titles[0])]
        nearest = [max(one, other) for one, other in zip([-1, *shared], [*shared, -1], strict=True)]
        self.roots = [page.below(title, around) for title, around in zip(titles, nearest, strict=False)]
        self.starts = [*self.roots]
        self.container = min(shared)
        self._find_dates(dates)

    @property
    def dated(self) -> int:
        return sum(when is not None for when in self.when)

    def rows(self) -> Iterator[Row]:
        parts = zip(self.roots, self.titles, self.when, self._texts(), strict=True)
        return (Row(root, title, _link(self.page, title, root), when, texts) for root, title, when, texts in parts)

    def _find_dates(self, dates: Sequence[PageDate]) -> None:
        page, roots, count = self.page, self.roots, len(self.roots)
        inside: list[list[PageDate]] = [[] for _ in roots]
        between: list[list[PageDate]] = [[] for _ in range(count + 1)]  # before the first row, behind each
        above: PageDate | None = None
        at, end = 0, page.ends[self.container]
        for one in dates:
            while at < count and one.node > page.ends[roots[at]]:
                at += 1
            if at < count and one.node >= roots[at]:
                if not self._is_title_as_well(one, self.titles[at]):
                    inside[at].append(one)
            elif self.container <= one.node <= end:
                between[at].append(one)
            elif not at and page.tags[page.parents[one.node]] in OVER_MANY:
                above = one
        if sum(map(bool, inside)) * 2 >= count:
            usual = _usual_path(page, inside)
            self.dates_inside = True
            self.when = [_of_path(page, found, usual) for found in inside]
            return
        usual = _usual_path(page, between)
        before = [_of_path(page, found, usual, last=True) for found in between[:-1]]
        behind = [_of_path(page, found, usual) for found in between[1:]]
        if between[0] and sum(map(bool, before)) * 2 >= count:
            self.when = before
            self.starts = [
                page.below(one.node, page.parents[root]) if one else root
                for one, root in zip(before, roots, strict=True)
            ]
        elif not between[0] and sum(map(bool, behind)) * 2 >= count:
            self.when = behind
        else:
            last = above
            self.when = [last := one or last for one in before]

    def _is_title_as_well(self, one: PageDate, title: int) -> bool:
        """Whether the text that says a date says the title, too: “2020-05-26 Plan de Acción”."""
        if not (title < one.node <= self.page.ends[title]) or len(one.nodes) != 1:
            return False
        return len(self.page.texts[one.nodes[0]].split()) > _MOST_WORDS_OF_A_DATE

    def _texts(self) -> Iterator[list[int]]:
        """Those of each row. What follows on it beside it belongs to it as well: behind the last row, as far as it is
        written like what followed the others.
        """
        page, count = self.page, len(self.roots)
        known: set[int] = set()
        for index, (start, root) in enumerate(zip(self.starts, self.roots, strict=True)):
            texts = page.texts_between(start, page.ends[root])
            is_last = index + 1 == count
            behind = page.ends[self.container] + 1 if is_last else self.starts[index + 1]
            beside = not is_last and page.parents[root] == page.parents[self.roots[index + 1]]
            for text in page.texts_between(page.ends[root] + 1, behind - 1):
                path = page.paths[text]
                if beside:
                    known.add(path)
                elif path not in known or not is_last:
                    break
                texts.append(text)
            yield texts


def _link(page: Page, title: int, root: int) -> int | None:
    """The address that the title leads to: its own, one around it, or the first in the row."""
    within = range(title, page.ends[title] + 1)
    row = range(root, page.ends[root] + 1)
    nodes = chain(within, page.ancestors(title), row)
    return next((node for node in nodes if page.tags[node] == "a" and page.attributes[node].get("href")), None)


def _worth(page: Page, spread: _Spread, today: date, *, known: bool) -> float:
    """How much these titles look like a list of news; 0: not at all."""
    said = [fold_letters(page.title(title)) for title in spread.titles]
    count, different = len(said), len(set(said))
    length = sum(min(len(text), _LONGEST_COUNTED) for text in said) / count
    dated = spread.dated
    if different * 2 < count or (count == 1 and not known and (length < _SHORTEST_ALONE or not dated)):
        return 0
    if dated * 2 < count:
        dated = _dated_otherwise(page, spread, today)
    if dated * 2 >= count and length >= _SHORTEST:
        headings = _HEADINGS if page.tags[spread.titles[0]] in HEADINGS else 1.0
        return dated * length * headings * (2 if known else 1)
    if known or (count >= _FEWEST_WITHOUT_DATE and length >= _SHORTEST_WITHOUT_DATE and different == count):
        return count * length * _WITHOUT_DATE
    return 0


def _dated_otherwise(page: Page, spread: _Spread, today: date) -> int:
    """How many titles begin with a date, or lead to an address that has one."""
    found = 0
    for title, root in zip(spread.titles, spread.roots, strict=True):
        link = _link(page, title, root)
        address = (page.attributes[link].get("href") if link is not None else None) or ""
        found += bool(date_in_address(address, today) or date_at_the_beginning(page.title(title), today))
    return found


def _usual_path(page: Page, found: Sequence[Sequence[PageDate]]) -> tuple[bool, int]:
    """How most rows write their date: an element made for it is believed first."""
    paths: Counter[tuple[bool, int]] = Counter()
    for dates in found:
        paths.update({(one.by_machine, page.paths[one.node]) for one in dates})
    return max(paths, key=lambda path: (paths[path] + path[0], path[0])) if paths else (False, -1)


def _of_path(page: Page, dates: Sequence[PageDate], usual: tuple[bool, int], *, last: bool = False) -> PageDate | None:
    alike = [one for one in dates if (one.by_machine, page.paths[one.node]) == usual] or dates
    return (alike[-1] if last else alike[0]) if alike else None


def _shared(page: Page, one: int, other: int) -> int:
    """The nearest element around both; `one` comes first."""
    while one > 0 and page.ends[one] < other:
        one = page.parents[one]
    return one


def _around_alone(page: Page, title: int) -> int:
    """What is around the row of the only title of its kind: a row is the nearest element made for one, or the first
    that holds more than the title.
    """
    for node in page.ancestors(title):
        if page.tags[node] in ("article", "li", "tr", "section") or page.length(node) > page.length(title):
            return max(page.parents[node], 0)
    return max(page.parents[title], 0)
