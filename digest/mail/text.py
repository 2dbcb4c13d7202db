"""A story's body as plain text: paragraphs, lists, tables, quotations and links as a person would type them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from itertools import zip_longest

from digest.foundation.words import lowered, raised

COLUMNS = 72
_BLOCKS = frozenset(("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "div", "pre", "hr", "table"))
_GAP, _BETWEEN_CELLS = "  ", " · "
_STRUCK = "~~"
_LINE_ENDS = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_SCHEME = re.compile(r"^(?:https?://|mailto:)")


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph, also one of a list. `first` and `rest` are what its lines begin with, equally wide; `tight` says
    that no empty line stands before it, `fixed` that its spaces stay as they are. Its line ends always do.
    """

    text: str
    first: str = ""
    rest: str = ""
    tight: bool = False
    fixed: bool = False


@lru_cache(maxsize=1024)  # the same stories stand in many variants
def blocks_of(html: str) -> tuple[TextBlock, ...]:
    """Read sanitised HTML. A link becomes `its text <url>`, and stands once when its text is the URL."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_block()
    return tuple(reader.blocks)


@dataclass(slots=True)
class _List:
    number: int | None  # of the next point; None: bullets
    indent: int = 2


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[TextBlock] = []
        self._said: list[str] = []
        self._lists: list[_List] = []
        self._quoted = 0
        self._marker = ""  # waits for the first text of its point
        self._tight = False
        self._link: tuple[str, int] | None = None  # the URL, and where its text begins
        self._rows: list[list[str]] = []  # of the table that is read
        self._tables = 0
        self._moved_at = 0
        self._preformatted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._end_any(tag)
        match tag:
            case "ul" | "ol" | "li":
                self._begin_list_or_point(tag, dict(attrs).get("start") or "1")
            case "blockquote":
                self._quoted += 1
            case "br":
                self._said.append("\n")
            case "img":
                self._said.append(f"[{alt}]" if (alt := dict(attrs).get("alt")) else "")
            case "pre":
                self._preformatted = True
            case "a":
                self._link = (dict(attrs).get("href") or "", len(self._said))
            case "s" | "sup" | "sub":
                self._begin_sign(tag)
            case "table" | "tr":
                self._begin_rows(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_any(tag)
        match tag:
            case "ul" | "ol" if self._lists:
                self._lists.pop()
                self._tight = bool(self._lists)
            case "blockquote" if self._quoted:
                self._quoted -= 1
            case "pre":
                self._preformatted = False
            case "a":
                self._end_link()
            case "s" | "sup" | "sub":
                self._end_sign(tag)
            case "table":
                self._end_table()
            case "td" | "th":
                self._end_cell()

    def handle_data(self, data: str) -> None:
        self._said.append(data if self._preformatted else _LINE_ENDS.sub(" ", data))

    def _end_any(self, tag: str) -> None:
        """The end of a block: in a table no more than a space, since a row stays together."""
        if not self._tables or (tag == "table" and self._tables == 1 and not self._rows):
            self.end_block()
        else:
            self._said.append(" ")

    def _begin_list_or_point(self, tag: str, start: str) -> None:
        if tag == "li":
            self._begin_point()
        else:
            self._lists.append(_List(int(start) if tag == "ol" else None))

    def _begin_sign(self, tag: str) -> None:
        if tag == "s":
            self._said.append(_STRUCK)
        self._moved_at = len(self._said)

    def _end_sign(self, tag: str) -> None:
        if tag == "s":
            self._said.append(_STRUCK)
            return
        moved = "".join(self._said[self._moved_at :])
        self._said[self._moved_at :] = [raised(moved) if tag == "sup" else lowered(moved)]

    def _begin_rows(self, tag: str) -> None:
        if tag == "table":
            self._tables += 1
        elif self._tables == 1:
            self._rows.append([])

    def _end_cell(self) -> None:
        self._end_link()
        if self._tables > 1:
            self._said.append("; ")  # a table inside of a cell
        elif self._rows:
            self._rows[-1].append(" ".join("".join(self._said).split()).removesuffix(";"))
            self._said.clear()

    def _end_table(self) -> None:
        """In columns where there is room for them, else row by row."""
        self._tables -= 1
        if self._tables:
            return
        rows, self._rows = [row for row in self._rows if any(row)], []
        self._said.clear()
        if not rows:
            return
        rest = self._outer() + " " * (self._lists[-1].indent if self._lists else 0)
        first = rest[: len(rest) - len(self._marker)] + self._marker
        self._marker = ""
        widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
        if len(rest) + sum(widths) + len(_GAP) * (len(widths) - 1) <= COLUMNS:
            lines = (_GAP.join(map(str.ljust, row, widths)).rstrip() for row in rows)
            self.blocks.append(TextBlock("\n".join(lines), first, rest, fixed=True))
            return
        for number, row in enumerate(rows):
            begin = rest if number else first
            self.blocks.append(TextBlock(_BETWEEN_CELLS.join(row), f"{begin}- ", f"{rest}  ", tight=number > 0))

    def _outer(self) -> str:
        return "> " * self._quoted + " " * sum(each.indent for each in self._lists[:-1])

    def end_block(self) -> None:
        self._end_link()
        said = "".join(self._said).rstrip()
        text = said.strip("\r\n").expandtabs(4) if self._preformatted else said.strip(" \t\r\n")
        self._said.clear()
        if not text:
            return
        outer = self._outer()
        rest = outer + " " * (self._lists[-1].indent if self._lists else 0)
        first = outer + self._marker if self._marker else rest
        tight = self._tight and bool(self._marker)
        self.blocks.append(TextBlock(text, first, rest, tight=tight, fixed=self._preformatted))
        self._tight = bool(self._lists)
        self._marker = ""

    def _begin_point(self) -> None:
        if self._tables:
            self._said.append("- ")
        if self._tables or not self._lists:
            return
        current = self._lists[-1]
        self._marker = "- " if current.number is None else f"{current.number}. "
        current.indent = len(self._marker)
        if current.number is not None:
            current.number += 1

    def _end_link(self) -> None:
        if self._link is None:
            return
        (url, start), self._link = self._link, None
        text = "".join(self._said[start:]).strip()
        if url and text not in (url, _SCHEME.sub("", url)):
            self._said.append(f" <{url}>" if text else f"<{url}>")
