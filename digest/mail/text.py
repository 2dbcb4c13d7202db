"""A story's body as plain text: paragraphs, lists, quotations and links as a person would type them."""

from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

_BLOCKS = frozenset(("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "div", "pre", "hr"))


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph, also one of a list. `first` and `rest` are what its lines begin with, equally wide; `tight` says
    that no empty line stands before it.
    """

    text: str
    first: str = ""
    rest: str = ""
    tight: bool = False


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

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.end_block()
        match tag:
            case "ul" | "ol":
                self._lists.append(_List(1 if tag == "ol" else None))
            case "li":
                self._begin_point()
            case "blockquote":
                self._quoted += 1
            case "br":
                self._said.append(" ")
            case "a":
                self._link = (dict(attrs).get("href") or "", len(self._said))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.end_block()
        match tag:
            case "ul" | "ol" if self._lists:
                self._lists.pop()
                self._tight = bool(self._lists)
            case "blockquote" if self._quoted:
                self._quoted -= 1
            case "a":
                self._end_link()

    def handle_data(self, data: str) -> None:
        self._said.append(data)

    def end_block(self) -> None:
        self._end_link()
        text = "".join(self._said).strip(" \t\r\n")
        self._said.clear()
        if not text:
            return
        outer = "> " * self._quoted + " " * sum(each.indent for each in self._lists[:-1])
        rest = outer + " " * (self._lists[-1].indent if self._lists else 0)
        first = outer + self._marker if self._marker else rest
        self.blocks.append(TextBlock(text, first, rest, tight=self._tight and bool(self._marker)))
        self._tight = bool(self._lists)
        self._marker = ""

    def _begin_point(self) -> None:
        if not self._lists:
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
        if url and url != text:
            self._said.append(f" <{url}>" if text else f"<{url}>")
