"""Columns: tables and labelled lines in plain text that keep within a width, counted as characters are seen."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import zip_longest
from unicodedata import category, east_asian_width

NARROWEST = 12  # for the column that gives way
GAP = "  "


def seen(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in ("W", "F") else 1 for c in text)


def wrapped(text: str, width: int, *, cut: bool = True) -> list[str]:
    """Lines of at most `width` cells, broken between words; a word that is too long is cut, or without `cut` a line
    of its own.
    """
    lines, line = [], ""
    for word in text.split():
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


def labelled(label: str, text: str, *, width: int, most: int, indent: int = 2) -> Iterator[str]:
    """`text` in a column of its own behind the label, which takes `width` cells."""
    for line in wrapped(text, max(NARROWEST, most - indent - width - len(GAP))):
        yield f"{' ' * indent}{_filled(label, width)}{GAP}{line}".rstrip()
        label = ""


class Table:
    """Rows of at most `most` cells, written as they come. What `measured` rows and the headings need decides how wide
    the columns are; where that is too much, cells are broken into lines: first those of `elastic`, then the widest of
    several words, at last any. Nothing is lost. Without `most` every row is one line.

    `open_end`: the last column takes what is left, whatever was measured.
    """

    def __init__(
        self,
        headings: Sequence[str],
        measured: Iterable[Sequence[str]],
        *,
        most: int | None,
        elastic: int | None = None,
        right: Iterable[int] = (),
        indent: int = 0,
        open_end: bool = False,
    ) -> None:
        rows = [headings, *measured]
        every = range(len(headings))
        self._headings, self._right, self._indent = headings, set(right), indent
        self._most, self._elastic = most, elastic
        self._widths = [max(seen(row[column]) for row in rows) for column in every]
        self._gives_way = most is not None and self._room_beside(None) < 0
        longest = [max(max(map(seen, row[column].split()), default=0) for row in rows) for column in every]
        several = [column for column in every if any(" " in row[column] for row in rows[1:])]
        self._give_way([] if elastic is None else [elastic], [NARROWEST] * len(longest))
        self._give_way(several, [min(word, 2 * NARROWEST) for word in longest])
        self._give_way(several, [4] * len(longest))
        self._give_way(every, [1] * len(longest))
        if open_end and most is not None:
            self._widths[-1] = max(1, self._room_beside(-1))
        ruled = [*self._widths[:-1], min(seen(headings[-1]), self._widths[-1])] if open_end else self._widths
        self._rules = ["─" * width for width in ruled]

    def head(self) -> Iterator[str]:
        """The headings and a rule below them."""
        yield from self.row(self._headings)
        yield " " * self._indent + GAP.join(self._rules)

    def row(self, cells: Sequence[str]) -> Iterator[str]:
        line = self._line(cells)
        if self._most is None or (not self._gives_way and self._elastic is None and seen(line) <= self._most):
            yield line
            return
        parts = [
            wrapped(cell, width) if column == self._elastic or seen(cell) > width else [cell]
            for column, (cell, width) in enumerate(zip(cells, self._widths, strict=True))
        ]
        yield from map(self._line, zip_longest(*parts, fillvalue=""))

    def _line(self, cells: Sequence[str]) -> str:
        filled = (_filled(cell, self._widths[i], to_right=i in self._right) for i, cell in enumerate(cells))
        return (" " * self._indent + GAP.join(filled)).rstrip()

    def _give_way(self, columns: Collection[int], least: Sequence[int]) -> None:
        """Take from the widest of the columns until all fits, or none has more than its least."""
        while self._most is not None and self._room_beside(None) < 0:
            wide = [column for column in columns if self._widths[column] > least[column]]
            if not wide:
                return
            self._widths[max(wide, key=self._widths.__getitem__)] -= 1

    def _room_beside(self, left_out: int | None) -> int:
        taken = sum(self._widths) - (0 if left_out is None else self._widths[left_out])
        return (self._most or 0) - taken - self._indent - len(GAP) * (len(self._widths) - 1)


def columns(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    most: int | None,
    elastic: int | None = 0,
    right: Iterable[int] = (),
    indent: int = 2,
) -> Iterator[str]:
    """A whole table of at most `most` cells; see `Table`. Columns in which nothing stands are left out."""
    cells = [[str(cell) for cell in row] for row in (headings, *rows)]
    full = [column for column in range(len(headings)) if any(row[column] for row in cells)]
    headings, *shown = [[row[column] for column in full] for row in cells]
    table = Table(
        headings,
        shown,
        most=most,
        elastic=None if elastic is None else full.index(elastic),
        right=[full.index(column) for column in right if column in full],
        indent=indent,
    )
    yield from table.head()
    for row in shown:
        yield from table.row(row)


def _filled(text: str, width: int, *, to_right: bool = False) -> str:
    space = " " * (width - seen(text))
    return space + text if to_right else text + space


def _beginning(word: str, width: int) -> str:
    """As much of the word as fits, at least one character."""
    end = 1
    while end < len(word) and seen(word[: end + 1]) <= width:
        end += 1
    return word[:end]
