"""Columns: tables and labelled lines in plain text that keep within a width, counted as characters are seen."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest
from unicodedata import category, east_asian_width

from digest.commands import words
from digest.foundation.catalogue import _

GAP = "  "
_MARGIN = re.compile(r"\s*(?:→ )?")
NARROWEST = 12  # of a text, before anything else is broken
READABLE = 24  # of a text, as long as there is room


class Way(StrEnum):
    """How a column gives way where there is no room for all of it."""

    WHOLE = "whole"  # dates, counts, keys, states: not broken while a text can give way
    WRAPPED = "wrapped"  # a text that goes on in the next line
    CUT = "cut"  # a text whose end is left out


@dataclass(frozen=True, slots=True)
class Column:
    """`least`: what a text keeps as long as there is room. `spare`: may be left out, the highest number first;
    `unless_told_apart`: but not where rows differ in it.
    """

    heading: str
    way: Way = Way.WHOLE
    least: int = READABLE
    spare: int = 0
    unless_told_apart: bool = False


Headings = Sequence[Column | str]  # a mere heading is a column of texts if a long one stands in it


class Table:
    """Rows of at most `most` cells, written as they come. What `measured` rows and the headings need decides how wide
    the columns are; where that is too much, the texts share the room, and at last any column gives way. Nothing is lost
    but the ends of texts that are to be cut. Without `most` every row is one line.

    `open_end`: the last column takes what is left, whatever was measured.
    """

    def __init__(
        self,
        headings: Headings,
        measured: Iterable[Sequence[str]],
        *,
        most: int | None,
        right: Iterable[int] = (),
        indent: int = 0,
        open_end: bool = False,
    ) -> None:
        cells = [[*column] for column in zip(*measured, strict=True)] or [[] for _heading in headings]
        self._columns = [_column(heading, below) for heading, below in zip(headings, cells, strict=True)]
        self._most, self._right, self._indent = most, set(right), indent
        needs = [_Need.of(column, below) for column, below in zip(self._columns, cells, strict=True)]
        self._widths = [need.all for need in needs]
        room = sum(self._widths) if most is None else most - indent - len(GAP) * (len(needs) - 1)
        self._gives_way = sum(self._widths) > room
        if self._gives_way:
            self._widths = _shared(needs, room)
        if open_end and most is not None:
            self._widths[-1] = max(1, room - sum(self._widths[:-1]))
        self._rules = self._widths.copy()
        if open_end:
            self._rules[-1] = min(seen(self._columns[-1].heading), self._widths[-1])

    def head(self) -> Iterator[str]:
        """The headings and a rule below them."""
        yield from self._written([column.heading for column in self._columns], cut=False)
        yield " " * self._indent + GAP.join("─" * width for width in self._rules)

    def row(self, cells: Sequence[str]) -> Iterator[str]:
        yield from self._written(cells, cut=True)

    def _written(self, cells: Sequence[str], *, cut: bool) -> Iterator[str]:
        line = self._line(cells)
        if self._most is None or (not self._gives_way and seen(line) <= self._most):
            yield line
            return
        parts = [
            [cell]
            if seen(cell) <= width
            else [shortened(cell, width)]
            if cut and column.way is Way.CUT
            else wrapped(cell, width)
            for cell, width, column in zip(cells, self._widths, self._columns, strict=True)
        ]
        yield from map(self._line, zip_longest(*parts, fillvalue=""))

    def _line(self, cells: Sequence[str]) -> str:
        filled = (_filled(cell, self._widths[i], to_right=i in self._right) for i, cell in enumerate(cells))
        return (" " * self._indent + GAP.join(filled)).rstrip()


def columns(
    headings: Headings,
    rows: Iterable[Sequence[object]],
    *,
    most: int | None,
    right: Collection[int] = (),
    indent: int = 2,
) -> Iterator[str]:
    """A whole table of at most `most` cells; see `Table`. Columns in which nothing stands are left out.

    So are spare ones where the texts would get less than their least: first those that say the same in every row. What
    they say, or that they are left out, is said below the table.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    below = [[row[i] for row in cells] for i in range(len(headings))]
    meant = [_column(*each) for each in zip(headings, below, strict=True)]
    shown = [i for i, column in enumerate(meant) if column.heading or any(below[i])]
    left_out: list[int] = []
    if most is not None:
        order = sorted(
            (i for i in shown if meant[i].spare and (_is_same(below[i]) or not meant[i].unless_told_apart)),
            key=lambda i: (_is_same(below[i]), meant[i].spare),
            reverse=True,
        )
        left_out = _left_out([_Need.of(*each) for each in zip(meant, below, strict=True)], shown, order, most - indent)
        shown = [i for i in shown if i not in left_out]
    table = Table(
        [meant[i] for i in shown],
        [[row[i] for i in shown] for row in cells],
        most=most,
        right=[place for place, i in enumerate(shown) if i in right],
        indent=indent,
    )
    yield from table.head()
    for row in cells:
        yield from table.row([row[i] for i in shown])
    said = [f"{meant[i].heading}: {below[i][0]}" for i in sorted(left_out) if _is_same(below[i])]
    if hidden := [meant[i].heading for i in sorted(left_out) if not _is_same(below[i])]:
        said.append(_("no room for: {columns}").format(columns=", ".join(hidden)))
    if said and most is not None:
        yield ""
        yield from (f"{' ' * indent}{line}" for line in wrapped("; ".join(said), most - indent))


def labelled(label: str, text: str, *, width: int, most: int, indent: int = 2) -> Iterator[str]:
    """`text` in a column of its own behind the label, which takes `width` cells."""
    for line in wrapped(text, max(NARROWEST, most - indent - width - len(GAP))):
        yield f"{' ' * indent}{_filled(label, width)}{GAP}{line}".rstrip()
        label = ""


def wrapped(text: str, width: int, *, cut: bool = True) -> list[str]:
    """Lines of at most `width` cells, broken between words and not within a command, if it fits; a word that is too
    long is cut, or without `cut` a line of its own.
    """
    lines, line = [], ""
    for word in chain.from_iterable([whole] if seen(whole) <= width else whole.split() for whole in words(text)):
        rest = word
        while line or rest:
            together = f"{line} {rest}" if line else rest
            if seen(together) <= width:
                line, rest = together, ""
                break
            if line:
                lines.append(line)
                line = ""
            else:
                head = _beginning(rest, width) if cut else rest
                lines.append(head)
                rest = rest[len(head) :]
    return [*lines, line] if line or not lines else lines


def fitted(text: str, width: int, hang: int = 0) -> str:
    """Each of its lines in lines of at most `width` cells, those that follow below the beginning of its words; below
    what has no margin of its own they `hang` so far in. A word, and a command of ours, stays whole: somebody may want
    to copy it.
    """
    return "\n".join(part for line in text.split("\n") for part in _fitted(line, width, hang))


def _fitted(line: str, width: int, hang: int) -> list[str]:
    if seen(line) <= width:
        return [line]
    margin = _MARGIN.match(line)[0]  # type: ignore[index] # it fits every line
    below = seen(margin) or hang
    first, *others = wrapped(line[len(margin) :], max(NARROWEST, width - below), cut=False)
    return [margin + first, *(" " * below + other for other in others)]


def shortened(text: str, width: int) -> str:
    """The text, or as much of it as leaves room for a mark that something is missing."""
    return text if seen(text) <= width else f"{_beginning(text, width - 1).rstrip()}…" if width > 1 else "…"


def seen(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in ("W", "F") else 1 for c in text)


@dataclass(frozen=True, slots=True)
class _Need:
    """Cells of a column: what all takes, what it keeps as long as there is room, and how much stands in it in sum."""

    all: int
    least: int
    amount: int
    longest_word: int
    is_text: bool

    @classmethod
    def of(cls, column: Column, below: Sequence[str]) -> "_Need":
        widths = [seen(cell) for cell in below]
        whole = max([seen(column.heading), *widths])
        words = (seen(word) for cell in (column.heading, *below) for word in cell.split())
        is_text = column.way is not Way.WHOLE
        return cls(
            all=whole,
            least=min(whole, column.least) if is_text else whole,
            amount=max(1, sum(widths)),
            longest_word=max(words, default=1),
            is_text=is_text,
        )


def _column(heading: Column | str, below: Iterable[str]) -> Column:
    if isinstance(heading, Column):
        return heading
    is_text = any(" " in cell and seen(cell) > READABLE for cell in below)
    return Column(heading, Way.WRAPPED if is_text else Way.WHOLE)


def _is_same(below: Sequence[str]) -> bool:
    return len(set(below)) == 1


def _left_out(needs: Sequence[_Need], shown: Sequence[int], order: Iterable[int], room: int) -> list[int]:
    """As many of `order` as must go so that every other column has its least."""
    left_out: list[int] = []
    for i in order:
        kept = [needs[each].least for each in shown if each not in left_out]
        if sum(kept) + len(GAP) * (len(kept) - 1) <= room:
            break
        left_out.append(i)
    return left_out


def _shared(needs: Sequence[_Need], room: int) -> list[int]:
    """How wide each column gets: texts in proportion to what stands in them, once each has its least."""
    texts = [i for i, need in enumerate(needs) if need.is_text]
    widths = [need.least for need in needs]
    while sum(widths) < room and (hungry := [i for i in texts if widths[i] < needs[i].all]):
        widths[min(hungry, key=lambda i: widths[i] / needs[i].amount)] += 1
    narrower: list[tuple[Iterable[int], list[int]]] = [
        (texts, [NARROWEST] * len(needs)),
        (range(len(needs)), [NARROWEST if need.is_text else min(need.longest_word, READABLE) for need in needs]),
        (texts, [4] * len(needs)),
        (range(len(needs)), [1] * len(needs)),
    ]
    for giving, least in narrower:
        while sum(widths) > room and (wide := [i for i in giving if widths[i] > least[i]]):
            widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def _filled(text: str, width: int, *, to_right: bool = False) -> str:
    space = " " * (width - seen(text))
    return space + text if to_right else text + space


def _beginning(text: str, width: int) -> str:
    """As much of the text as fits, at least one character."""
    end = 1
    while end < len(text) and seen(text[: end + 1]) <= width:
        end += 1
    return text[:end]
