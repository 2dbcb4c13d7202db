"""Walks through an MJML document and notes what is wrong: tags, attributes, nesting, columns that come and go."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from xml.parsers import expat

from digest.rendering.mjml_tags import NEEDS_ALT, REFUSED, TAGS

_LAYOUT = frozenset(("mj-section", "mj-group"))
_OPENS = re.compile(r"\{%[-+]?\s*(if|for)\b")
_CLOSES = re.compile(r"\{%[-+]?\s*(endif|endfor)\b")
_VALUE = re.compile(r"\{\{")
_SPOILT = frozenset(("Mn", "Cf", "Cc", "Zl", "Zp"))


@dataclass(frozen=True, slots=True)
class Fault:
    """In a line of the document, counted from 1."""

    line: int
    cause: str
    remedy: str


@dataclass(slots=True)
class _Open:
    name: str
    line: int
    conditions: int = 0  # Jinja blocks that are open among its children


class Walk:
    """`tags` are the Jinja tags behind the placeholders of the text."""

    def __init__(self, tags: dict[str, str]) -> None:
        self._tags = tags
        self._open: list[_Open] = []
        self._faults: list[Fault] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def faults(self, text: str) -> list[Fault]:
        try:
            self._parser.Parse(text.strip("\ufeff"), True)  # noqa: FBT003 – expat's own signature
        except expat.ExpatError as error:
            self._faults.append(self._not_well_formed(error))
        return self._faults

    def _not_well_formed(self, error: expat.ExpatError) -> Fault:
        said = expat.errors.messages[error.code]
        if said == "mismatched tag" and self._open:
            opened = self._open[-1]
            cause = f"<{opened.name}>, opened {self._lines_above(opened, error)}, is not closed before another tag is"
            return Fault(error.lineno, cause, f"close it with </{opened.name}>, or correct the closing tag")
        if said == "no element found" and self._open:
            opened = self._open[-1]
            return Fault(opened.line, f"<{opened.name}> is never closed", f"close it with </{opened.name}>")
        return Fault(
            error.lineno, f"this is not well-formed ({said})", "look for Jinja inside a tag, quotes and unclosed tags"
        )

    def _lines_above(self, opened: _Open, error: expat.ExpatError) -> str:
        lines = error.lineno - opened.line
        return "in the same line" if not lines else f"{lines} line{'s' if lines > 1 else ''} above"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        above = self._open[-1] if self._open else None
        in_defaults = any(each.name == "mj-attributes" for each in self._open)
        if name in NEEDS_ALT and "alt" not in attributes and not in_defaults:
            self._note(line, f"<{name}> has no alt", 'say what it shows, or alt="" where it is decoration')
        if name == "mjml" or name.startswith("mj-"):
            if in_defaults:
                self._check_defaults(name, attributes, line)
            else:
                self._check_tag(name, attributes, line, above)
        self._open.append(_Open(name, line))

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, data: str) -> None:
        if not self._open:
            return
        here = self._open[-1]
        layout = self._open[-2] if here.name == "mj-raw" and len(self._open) > 1 else here
        said = [self._tags[char] for char in data if char in self._tags]
        if layout.name in _LAYOUT:
            for tag in said:
                layout.conditions += bool(_OPENS.match(tag)) - bool(_CLOSES.match(tag))
        if layout.name == "mj-wrapper" and layout is not here:
            words = "".join(char for char in data if char not in self._tags).strip()
            if words or any(_VALUE.match(tag) for tag in said):
                self._note(
                    self._parser.CurrentLineNumber,
                    "what an mj-raw directly in an mj-wrapper says is hidden everywhere but in Outlook",
                    "put it into an mj-text; only {% if %} and {% for %} may stand there",
                )

    def _check_tag(self, name: str, attributes: dict[str, str], line: int, above: _Open | None) -> None:
        if name in REFUSED:
            self._note(line, f"<{name}> cannot be used here", REFUSED[name])
            return
        tag = TAGS.get(name)
        if tag is None:
            self._note(line, f"<{name}> is no MJML tag", _nearest(name, TAGS))
            return
        self._check_attributes(name, attributes, tag.attributes, line)
        if above is not None and above.name not in tag.inside:
            places = " or ".join(f"<{each}>" for each in sorted(tag.inside)[:4]) or "nothing else"
            self._note(line, f"<{name}> cannot stand in <{above.name}>", f"it stands in {places}")
        if name == "mj-column" and above is not None and above.conditions > 0:
            self._note(
                line,
                "{% if %} or {% for %} around a column: the other columns keep their width, and the page falls apart",
                "put it around two whole <mj-section>s, one with and one without the column",
            )

    def _check_defaults(self, name: str, attributes: dict[str, str], line: int) -> None:
        if name in ("mj-all", "mj-class"):
            known = frozenset[str]().union(*(each.attributes for each in TAGS.values()), ("name",))
        elif name in TAGS:
            known = TAGS[name].attributes
        else:
            self._note(line, f"<{name}> is no MJML tag", _nearest(name, TAGS))
            return
        self._check_attributes(name, attributes, known, line)

    def _check_attributes(self, name: str, attributes: dict[str, str], known: frozenset[str], line: int) -> None:
        for attribute, value in attributes.items():
            if attribute not in known | {"mj-class"}:
                self._note(line, f"<{name}> has no attribute {attribute!r}", _nearest(attribute, known))
            spoilt = next((char for char in value if _is_spoilt(char)), None)
            if spoilt is not None:
                self._note(
                    line,
                    f"the compiler spoils the character U+{ord(spoilt):04X} in the attribute {attribute!r}",
                    "take it out, or write it as an entity inside an mj-text",
                )

    def _note(self, line: int, cause: str, remedy: str) -> None:
        self._faults.append(Fault(line, cause, remedy))


def _is_spoilt(char: str) -> bool:
    category = unicodedata.category(char)
    return char == "\\" or category in _SPOILT or (category == "Zs" and char != " ")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    return f"did you mean {near[0]!r}?" if near else "see the list of tags in the MJML documentation"
