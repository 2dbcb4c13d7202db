"""Columns: tables and labelled lines in plain text that keep within a width, counted as characters are seen."""

from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category, east_asian_width

NARROWEST = 12  # for the column that gives way
GAP = "  "


def seen(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in ("W", "F") else 1 for c in text)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken between words; a word that is too long is cut."""
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
                head = _beginning(rest, width)
                lines.append(head)
                rest = rest[len(head) :]
    return [*lines, line] if line or not lines else lines


def labelled(label: str, text: str, *, width: int, most: int, indent: int = 2) -> Iterator[str]:
    """`text` in a column of its own behind the label, which takes `width` cells."""
    for line in wrapped(text, max(NARROWEST, most - indent - width - len(GAP))):
        yield f"{' ' * indent}{_filled(label, width)}{GAP}{line}".rstrip()
        label = ""


def columns(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    most: int,
    elastic: int = 0,
    right: Iterable[int] = (),
    indent: int = 2,
) -> Iterator[str]:
    """A table of at most `most` cells: the column `elastic` is broken into lines where it does not fit. Columns in
    which nothing stands are left out.
    """
    cells = [[str(cell) for cell in row] for row in (headings, *rows)]
    full = [column for column in range(len(headings)) if any(row[column] for row in cells)]
    cells = [[row[column] for column in full] for row in cells]
    elastic, right = full.index(elastic), [full.index(column) for column in right if column in full]
    widths = [max(seen(row[column]) for row in cells) for column in range(len(full))]
    others = sum(widths) - widths[elastic] + indent + len(GAP) * (len(widths) - 1)
    widths[elastic] = min(widths[elastic], max(NARROWEST, most - others))
    to_right = set(right)
    for number, row in enumerate(cells):
        lines = wrapped(row[elastic], widths[elastic])
        for line, part in enumerate(lines):
            shown = [part if column == elastic else "" if line else cell for column, cell in enumerate(row)]
            filled = [_filled(cell, widths[i], to_right=i in to_right) for i, cell in enumerate(shown)]
            yield (" " * indent + GAP.join(filled)).rstrip()
        if number == 0:
            yield " " * indent + GAP.join("─" * width for width in widths)


def _filled(text: str, width: int, *, to_right: bool = False) -> str:
    space = " " * (width - seen(text))
    return space + text if to_right else text + space


def _beginning(word: str, width: int) -> str:
    """As much of the word as fits, at least one character."""
    end = 1
    while end < len(word) and seen(word[: end + 1]) <= width:
        end += 1
    return word[:end]
