"""A specimen, read once for all checks."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from urllib.parse import urlsplit

from digest.foundation.catalogue import _
from digest.mail.checks.cascade import LIGHT, ComputedStyle, Setting, Styling, stylings
from digest.mail.checks.css import Declaration, StyleRule, StyleSheet, sheet
from digest.mail.checks.fields import Mail, read_mail
from digest.mail.checks.rule import Specimen
from digest.mail.checks.tree import HEADINGS, Element, ParsedPage, is_blank, parse, quoted, squeezed

_BLOCKS = ("p", "li", "td", "div", "blockquote")
_OPENING = re.compile(r"<!--\[if ([^\]>]*)\]>(<!-->)?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[[^\]]*\]>", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Document:
    """`page` is the HTML as everybody sees it. `markup` is it without comments, `outlook_markup` as Outlook for Windows
    reads it, comments opened.
    """

    specimen: Specimen
    mail: Mail
    markup: str
    outlook_markup: str
    page: ParsedPage
    sheets: tuple[StyleSheet, ...]

    @cached_property
    def rules(self) -> tuple[StyleRule, ...]:
        return tuple(rule for sheet in self.sheets for rule in sheet.rules)

    @cached_property
    def looks(self) -> list[ComputedStyle]:
        """By element, in the light setting."""
        return self.looks_in(LIGHT)

    def looks_in(self, setting: Setting) -> list[ComputedStyle]:
        return setting.looks(self.page, self._stylings)

    @cached_property
    def _stylings(self) -> list[tuple[Styling, ...]]:
        return stylings(self.page, self.rules)

    @cached_property
    def styles(self) -> dict[tuple[Declaration, ...], Element]:
        """Every different style attribute, with the first element that has it."""
        written: dict[str, Element] = {}
        for element in self.page.elements:
            if element.style:
                written.setdefault(element.attributes["style"], element)
        return {element.style: element for element in reversed(written.values())}

    @cached_property
    def preheader(self) -> Element | None:
        """The hidden element with text that stands before all text that is seen."""
        for run in self.page.runs:
            if not run.seen or is_blank(run.text):
                continue
            around = [each for each in run.owner.upwards() if is_hidden(each)]
            return around[-1] if around else None
        return None

    @cached_property
    def seen(self) -> str:
        """All that a reader of the HTML sees, on one line."""
        return self.page.seen(self.preheader)

    @cached_property
    def links(self) -> tuple[Element, ...]:
        return tuple(each for each in self.page.all("a") if "href" in each.attributes)

    @cached_property
    def ids(self) -> Counter[str]:
        """How often each id stands on the page."""
        return Counter(each.get("id") for each in self.page.elements if "id" in each.attributes)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """The names of empty anchors."""
        named = (each for each in self.page.all("a") if "name" in each.attributes)
        return frozenset(each.get("name") for each in named if not self.page.text(each))

    @property
    def public_root(self) -> str | None:
        return None if self.specimen.public_url is None else self.specimen.public_url.rstrip("/")

    def where(self, element: Element) -> str:
        """In plain words: what it is and after which title of a story or a section."""
        above = bisect_left(self._headings, element.index, key=lambda heading: heading[0])
        place = _("before the first heading")
        if above:
            place = _("after {title}").format(title=quoted(self._headings[above - 1][1]))
        return _("HTML, {element}, {place}").format(element=self._named(element), place=place)

    @cached_property
    def left_to_archive(self) -> int:
        """How many stories stand in the archive alone, as the mail says where it links there: “+12 more”."""
        names = [self.page.name(link) for link in self.links if link.get("href") == self.specimen.archive]
        return max((int(said[1]) for name in names if (said := re.match(r"\+(\d+)\b", name))), default=0)

    @cached_property
    def _headings(self) -> list[tuple[int, str]]:
        found = [(heading, self.page.text(heading)) for heading in self.page.all(*HEADINGS)]
        titles = {squeezed(title) for title in self.specimen.story_titles}
        return [(heading.index, name) for heading, name in found if name and (name in titles or heading.tag < "h3")]

    def _named(self, element: Element) -> str:
        match element.tag:
            case "a":
                name = self.page.name(element)
                if name:
                    return _("link {name}").format(name=quoted(name))
                return _("link to {address}").format(address=quoted(element.get("href")))
            case "img":
                return _("image {name}").format(name=quoted(element.get("alt") or element.get("src")))
        name = self.page.text(element) if element.tag in (*HEADINGS, *_BLOCKS) else ""
        return f"<{element.tag}> {quoted(name)}" if name else f"<{element.tag}>"


def read(specimen: Specimen) -> Document:
    """Never fails, whatever the bytes are."""
    page = parse(specimen.html)
    return Document(
        specimen=specimen,
        mail=read_mail(specimen.message),
        markup=for_everybody(specimen.html),
        outlook_markup=for_outlook(specimen.html),
        page=page,
        sheets=tuple(
            sheet("".join(run.text for run in page.runs_of(style)), style.get("media")) for style in page.all("style")
        ),
    )


def is_hidden(element: Element) -> bool:
    """Whether its own style attribute hides it."""
    return element.styled("display") == "none" or element.styled("visibility") == "hidden"


def host_of(url: str) -> str:
    """In small letters; empty when the URL has none or cannot be read."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


# -- The two readings of one HTML: Outlook for Windows opens conditional comments, everybody else skips them.


class ShownTo(Enum):
    """Who reads a piece of the HTML."""

    ALL = 0
    OUTLOOK = 1
    OTHERS = 2


def for_everybody(html: str) -> str:
    """The HTML without any comment."""
    return _COMMENT.sub("", html)


def for_outlook(html: str) -> str:
    """The HTML with the comments for Outlook opened, and without what is for all others."""
    return _COMMENT.sub("", "".join(piece for readers, piece in _pieces(html) if readers is not ShownTo.OTHERS))


def only_for_outlook(html: str) -> str:
    """What the comments for Outlook hold."""
    return "".join(piece for readers, piece in _pieces(html) if readers is ShownTo.OUTLOOK)


def _pieces(html: str) -> Iterator[tuple[ShownTo, str]]:
    place = 0
    for opening in _OPENING.finditer(html):
        if opening.start() < place:
            continue
        not_for_outlook, revealed = "!mso" in opening[1].replace(" ", "").lower(), bool(opening[2])
        closing = "<!--<![endif]-->" if revealed else "<![endif]-->"
        end = html.find(closing, opening.end())
        if end < 0:
            break
        yield ShownTo.ALL, html[place : opening.start()]
        if not_for_outlook:
            yield ShownTo.OTHERS, html[opening.end() : end]
        else:
            yield ShownTo.ALL if revealed else ShownTo.OUTLOOK, html[opening.end() : end]
        place = end + len(closing)
    yield ShownTo.ALL, html[place:]
