"""A story's body as plain text: paragraphs, lists, quotations and links as a person would type them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

from digest.mail.fitting import one_line, wrap
from digest.mail.wording import direction_of

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


# -- Blocks: a short letter written once, as plain text and as simple HTML that says the same.

WIDTH = 76
_STYLE = (
    ":root { color-scheme: light dark }"
    " body { margin: 0; padding: 16px; font: 16px/1.5 Arial, sans-serif }"
    " main { max-width: 640px; margin: 0 auto }"
    " h1 { font-size: 24px; line-height: 1.25 } h2 { font-size: 20px; margin: 32px 0 8px } h3 { font-size: 16px }"
    " pre { padding: 12px; border: 1px solid; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14px }"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` is 1, 2 or 3."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """`languages` are those of the items, where they are not in the letter's own."""

    items: tuple[str, ...]
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, or read out letter by letter."""

    text: str


MailBlock = Heading | Paragraph | Bullets | Command


def as_text(blocks: Sequence[MailBlock]) -> str:
    """Paragraphs are wrapped, commands stay on their line."""
    return "\n\n".join(_text(block) for block in blocks) + "\n"


def as_html(blocks: Sequence[MailBlock], title: str, language: str) -> str:
    """A whole document. Every text is escaped."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        f'<!doctype html>\n<html lang="{escape(language)}" dir="{direction_of(language)}">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(one_line(title))}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _text(block: MailBlock) -> str:
    match block:
        case Heading(level=level, text=text):
            said = wrap(one_line(text), WIDTH)
            return said if level > 2 else f"{said}\n{'=-'[level - 1] * min(WIDTH, len(said))}"  # noqa: PLR2004 – two kinds of lines
        case Paragraph(text=text):
            return wrap(one_line(text), WIDTH)
        case Bullets(items=items):
            return "\n".join(wrap(one_line(item), WIDTH, first="- ", rest="  ") for item in items)
        case Command(text=text):
            return f"    {one_line(text)}"


def _html(block: MailBlock) -> str:
    match block:
        case Heading(level=level, text=text):
            return f"<h{level}>{escape(one_line(text))}</h{level}>"
        case Paragraph(text=text):
            return f"<p>{escape(one_line(text))}</p>"
        case Bullets(items=items, languages=languages):
            spoken = [f' lang="{escape(language)}"' for language in languages] or [""] * len(items)
            said = (f"<li{lang}>{escape(one_line(item))}</li>" for item, lang in zip(items, spoken, strict=True))
            return f"<ul>{''.join(said)}</ul>"
        case Command(text=text):
            return f"<pre>{escape(one_line(text))}</pre>"
