"""The body of an item of a Word file as HTML: paragraphs, headings, lists with their numbers, tables, footnotes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from digest.intake.sources.html import sanitise


class Format(NamedTuple):
    """How a line of a Word file looks. `html` is what stands in it; a `block` (a table) stands by itself and is nothing
    else than that. `level`: of the list whose point it is, with `number`, a bullet, or a `label` that is written out
    ("b)", "2.1"). `link`: where all of it leads. As HTML: `notes`, texts of footnotes, and `pictures` after it.
    """

    html: str = ""
    block: bool = False
    level: int | None = None
    number: int | None = None
    label: str = ""
    link: str | None = None
    notes: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


class Formatted(NamedTuple):
    """A paragraph, or one line of it; `number` is that of the paragraph, `text` what is left without formatting."""

    text: str
    html: str
    number: int
    heading: bool
    format: Format
    pictures: Sequence[str] = ()


class _Open(NamedTuple):
    """A list whose last point is not closed yet."""

    level: int
    tag: str
    number: int


def formatted_body(lines: Iterable[Formatted], notes: Iterable[str], pictures: Iterable[str] = ()) -> str | None:
    """The `pictures`, the lines, then the `notes`, as sanitised HTML. `None` when the plain texts are all there is."""
    body = _Body()
    body.show(pictures)
    before = None
    for line in lines:
        body.is_plain &= line.html == escape(line.text)
        if line.number == before and not line.format.block:
            body.go_on(line.html)
        else:
            body.add(line)
        body.show(line.pictures)
        before = None if line.format.block or line.pictures else line.number
    body.close_lists()
    noted = [f"<p>{note}</p>" for note in notes]
    return None if body.is_plain and not noted else sanitise("".join([*body.parts, *noted]), Counter())


class _Body:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.is_plain = True
        self._lists: list[_Open] = []
        self._end = ""  # of the last paragraph

    def add(self, line: Formatted) -> None:
        """A paragraph, or a table."""
        html, format_ = line.html, line.format
        self.is_plain &= not line.heading and format_.level is None and not format_.block
        if format_.level is not None and not format_.label:
            self._point(format_.level, format_.number, html)
            return
        # A paragraph of a list that is deeper than the point above stands inside that point.
        self.close_lists(-1 if format_.level is None else format_.level - 1)
        if format_.label:
            html = f"{escape(format_.label)} {html}"
        tag = "h4" if line.heading else "p"
        self._end = "" if format_.block else f"</{tag}>"
        self.parts.append(html if format_.block else f"<{tag}>{html}{self._end}")

    def show(self, pictures: Iterable[str]) -> None:
        for picture in pictures:
            self.is_plain = False
            self.close_lists()
            self.parts.append(f"<p>{picture}</p>")

    def go_on(self, html: str) -> None:
        """A line of the same paragraph."""
        self.is_plain = False
        self.parts[-1] = f"{self.parts[-1].removesuffix(self._end)}<br>{html}{self._end}"

    def close_lists(self, down_to: int = -1) -> None:
        while self._lists and self._lists[-1].level > down_to:
            self.parts.append(f"</li></{self._lists.pop().tag}>")

    def _point(self, level: int, number: int | None, html: str) -> None:
        tag = "ul" if number is None else "ol"
        self.close_lists(level)
        last = self._lists[-1] if self._lists and self._lists[-1].level == level else None
        if last is not None and last.tag == tag and number in (None, last.number + 1):
            self.parts.append("</li>")
            self._lists.pop()
        else:
            self.close_lists(level - 1)
            self.parts.append(f"<{tag}>" if number in (None, 1) else f'<{tag} start="{number}">')
        self._lists.append(_Open(level, tag, number or 0))
        self._end = ""
        self.parts.append(f"<li>{html}")
