"""The HTML as mail programs see it: elements and texts in the order of the page, read once."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from xml.etree import ElementTree as ET

from lxml import etree

from digest.foundation.catalogue import _
from digest.mail.checks.css import Declaration, declarations

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_UNSEEN = frozenset(("head", "title", "style", "script", "template", "xml", "noscript"))
_INLINE_TAGS = "a abbr b bdi bdo cite code em font i img q s small span strong sub sup u wbr"  # the others end a line
_INLINE = frozenset(_INLINE_TAGS.split())
# What takes no room in a line, or only white room: it fills the end of a preheader.
FILLER = "\u200b\u200c\u200d\u2060\ufeff\u034f\u00ad\u00a0\u2007\u2009\u200a\u202f \t\r\n"
BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_QUOTED_MOST = 50
_UNSEEN_CHARACTERS = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u034f\u00ad\u200e\u200f]")


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """`index` counts the elements of the page. Names are in small letters, values decoded."""

    index: int
    tag: str
    attributes: Mapping[str, str]
    parent: "Element | None" = field(repr=False)
    style: tuple[Declaration, ...]
    classes: frozenset[str]

    # What else the tests ask for that cssselect2 compiles; its own wrapper takes 2 ms for every page to work it out.
    etree_element: ET.Element = field(repr=False)
    namespace_url: ClassVar[str] = ""
    in_html_document: ClassVar[bool] = True

    @property
    def local_name(self) -> str:
        return self.tag

    @property
    def id(self) -> str | None:
        return self.attributes.get("id")

    def get(self, name: str) -> str:
        """The attribute, stripped; empty when it is missing."""
        return self.attributes.get(name, "").strip()

    def styled(self, name: str) -> str:
        """The value of the last inline declaration of that property in small letters; empty when there is none."""
        return next((each.value.lower() for each in reversed(self.style) if each.name == name), "")

    def upwards(self) -> "Iterator[Element]":
        """The element and all around it."""
        now: Element | None = self
        while now is not None:
            yield now
            now = now.parent


@dataclass(frozen=True, slots=True, eq=False)
class TextRun:
    """A piece of text and the element that directly holds it. `apart`: a line or a cell ended before it."""

    text: str
    owner: Element
    apart: bool
    seen: bool


@dataclass(frozen=True, slots=True, eq=False)
class ParsedPage:
    """All elements and texts in document order. `ends` are, by element, the end of its descendants, the first of its
    runs and the end of its runs.
    """

    elements: tuple[Element, ...]
    runs: tuple[TextRun, ...]
    ends: tuple[tuple[int, int, int], ...]
    by_tag: Mapping[str, tuple[Element, ...]]

    def all(self, *tags: str) -> list[Element]:
        found = [element for tag in tags for element in self.by_tag.get(tag, ())]
        return found if len(tags) == 1 else sorted(found, key=lambda element: element.index)

    def first(self, tag: str) -> Element | None:
        return next(iter(self.by_tag.get(tag, ())), None)

    def within(self, element: Element) -> Sequence[Element]:
        """Its descendants."""
        return self.elements[element.index + 1 : self.ends[element.index][0]]

    def tagged(self, tag: str, element: Element) -> Sequence[Element]:
        """Its descendants of that tag."""
        all_of_it = self.by_tag.get(tag, ())
        start, end = (
            bisect_left(all_of_it, index, key=lambda each: each.index)
            for index in (element.index + 1, self.ends[element.index][0])
        )
        return all_of_it[start:end]

    def children(self, element: Element) -> list[Element]:
        return [each for each in self.within(element) if each.parent is element]

    def runs_of(self, element: Element) -> Sequence[TextRun]:
        _, first, end = self.ends[element.index]
        return self.runs[first:end]

    def text(self, element: Element) -> str:
        """All that the element holds as text, on one line."""
        return said(self.runs_of(element))

    def seen(self, hidden: Element | None = None) -> str:
        """All that a reader sees, on one line, without what `hidden` holds."""
        skipped = range(0) if hidden is None else range(*self.ends[hidden.index][1:])
        return said(run for number, run in enumerate(self.runs) if run.seen and number not in skipped)

    def name(self, element: Element) -> str:
        """What a screen reader calls it: its label, or its text and the texts of its images."""
        if label := element.get("aria-label"):
            return squeezed(label)
        images = [each.get("alt") for each in self.within(element) if each.tag == "img"]
        return squeezed(" ".join([self.text(element), *images]))


def parse(html: str) -> ParsedPage:
    """Never fails: libxml2 mends whatever it is given, as mail programs do."""
    builder = _Builder()
    parser = etree.HTMLParser(encoding="utf-8", target=builder)
    etree.fromstring(html.encode("utf-8", "replace"), parser)
    return builder.page()


@dataclass(slots=True)
class _Builder:
    """A parser's target, as lxml wants it."""

    _elements: list[Element] = field(default_factory=list)
    _runs: list[TextRun] = field(default_factory=list)
    _ends: list[tuple[int, int, int]] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)
    _unseen: int = 0
    _apart: bool = True

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._end_run()
        own = dict(attributes)
        style, classes = own.get("style"), own.get("class")
        element = Element(
            len(self._elements),
            tag,
            own,
            self._open[-1] if self._open else None,
            declarations(style) if style else (),
            frozenset(classes.split()) if classes else frozenset(),
            ET.Element(tag, own),
        )
        self._elements.append(element)
        self._ends.append((0, len(self._runs), 0))
        self._open.append(element)
        self._apart = self._apart or tag not in _INLINE
        self._unseen += tag in _UNSEEN

    def end(self, tag: str) -> None:
        self._end_run()
        element = self._open.pop()
        self._ends[element.index] = (len(self._elements), self._ends[element.index][1], len(self._runs))
        self._apart = self._apart or tag not in _INLINE
        self._unseen -= element.tag in _UNSEEN

    def data(self, text: str) -> None:
        self._said.append(text)

    def close(self) -> None:
        self._end_run()

    def page(self) -> ParsedPage:
        by_tag: dict[str, list[Element]] = {}
        for element in self._elements:
            by_tag.setdefault(element.tag, []).append(element)
        while self._open:
            self.end(self._open[-1].tag)
        return ParsedPage(
            tuple(self._elements),
            tuple(self._runs),
            tuple(self._ends),
            {tag: tuple(elements) for tag, elements in by_tag.items()},
        )

    def _end_run(self) -> None:
        if self._said and self._open:
            self._runs.append(TextRun("".join(self._said), self._open[-1], self._apart, not self._unseen))
            self._apart = False
        self._said.clear()


# -- Texts, compared and quoted as a person reads them, not as they are typed.


def said(runs: Iterable[TextRun]) -> str:
    return squeezed("".join(f" {run.text}" if run.apart else run.text for run in runs))


def squeezed(text: str) -> str:
    """Every run of white space, no-break spaces included, as one space."""
    return " ".join(text.split())


def folded(text: str) -> str:
    """For comparing what two texts say: without case, white space and characters that nobody sees."""
    return squeezed(_UNSEEN_CHARACTERS.sub("", text)).casefold()


def is_blank(text: str) -> bool:
    """Whether nobody sees anything of it."""
    return not text.strip(FILLER)


def quoted(text: str) -> str:
    """The text in quotation marks, on one line and not too long, fit for a finding."""
    said = CONTROLS.sub("�", squeezed(text))
    if len(said) > _QUOTED_MOST:
        said = said[: _QUOTED_MOST - 1].rstrip() + "…"
    return f"“{said}”"


def listed(values: list[str], most: int = 3) -> str:
    """The first few, and how many more there are."""
    first, more = ", ".join(values[:most]), len(values) - most
    return _("{first} and {count} more").format(first=first, count=more) if more > 0 else first


def in_a_story(element: Element) -> bool:
    """Whether it stands in the text of a story."""
    return any("body" in (each.get("class") or "").split() for each in element.upwards())
