"""Takes the plain paragraphs out of sanitised HTML."""

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(["p", "ul", "ol", "li", "blockquote", "h4", "pre", "br"])
_SPACES = re.compile(r"[ \t\n\x0c\r]+")  # what HTML collapses; a no-break space stays
_BULLET = "• "


def plain_paragraphs(html: str) -> tuple[str, ...]:
    """The text of each block in order, entities resolved; list items begin with a bullet."""
    collector = _Collector()
    collector.feed(html)
    collector.close()
    return tuple(collector.finished())


class _Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._paragraphs: list[str] = []
        self._text: list[str] = []
        self._bullet = ""
        self._preformatted = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as HTMLParser calls it
        self._end_block(tag)
        if tag == "li":
            self._bullet = _BULLET
        elif tag == "pre":
            self._preformatted = True

    def handle_endtag(self, tag: str) -> None:
        self._end_block(tag)
        if tag == "li":
            self._bullet = ""
        elif tag == "pre":
            self._preformatted = False

    def handle_data(self, data: str) -> None:
        first, *others = data.split("\n") if self._preformatted else [data]
        self._text.append(first)
        for line in others:
            self._flush()
            self._text.append(line)

    def finished(self) -> list[str]:
        self._flush()
        return self._paragraphs

    def _end_block(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()

    def _flush(self) -> None:
        text = _SPACES.sub(" ", "".join(self._text)).strip()
        self._text.clear()
        if text:
            self._paragraphs.append(self._bullet + text)
            self._bullet = ""
