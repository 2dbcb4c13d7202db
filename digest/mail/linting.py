"""What is wrong in a template set: faults that the compiler accepts silently and readers then suffer from."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from html import unescape
from xml.parsers import expat

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _, later, plural
from digest.foundation.problems import Place, Problem, Severity
from digest.mail.templates import EDITION, TemplateSet

MOST_TOLD = 20
_LAYOUT = frozenset(("mj-section", "mj-group"))
_OPENS = re.compile(r"\{%[-+]?\s*(if|for)\b")
_CLOSES = re.compile(r"\{%[-+]?\s*(endif|endfor)\b")
_VALUE = re.compile(r"\{\{")
_SPOILT = frozenset(("Mn", "Cf", "Cc", "Zl", "Zp"))


def faults_of(template_set: TemplateSet) -> tuple[Problem, ...]:
    """In the order of the template, each with its file and line; the parts are seen where they are included."""
    source = template_set.source(EDITION)
    found = sorted({*_in_jinja(source.text), *_in_markup(source.text)}, key=lambda fault: (fault.line, fault.cause))
    problems = []
    for fault in found:
        place = source.place(fault.line)
        problems.append(
            Problem(
                place=Place(str(template_set.path(place.file)), place.line),
                severity=Severity.ERROR,
                cause=fault.cause,
                remedy=fault.remedy,
            )
        )
    return tuple(problems)


def refuse_faults(template_set: TemplateSet) -> None:
    """Raise `ConfigurationError` that names all faults."""
    problems = faults_of(template_set)
    if not problems:
        return
    first, *others = problems[:MOST_TOLD]
    told = [f"{first.cause}; {first.remedy}", *(f"{each.place}: {each.cause}; {each.remedy}" for each in others)]
    if len(problems) > MOST_TOLD:
        more = len(problems) - MOST_TOLD
        told.append(plural("and {count} more fault", "and {count} more faults", more))
    raise ConfigurationError(str(first.place), "\n".join(told), _("see `digest help your-own-templates`"))


@dataclass(frozen=True, slots=True)
class Fault:
    """In a line of the document, counted from 1."""

    line: int
    cause: str
    remedy: str


def _in_jinja(text: str) -> Iterator[Fault]:
    for found in JINJA.finditer(text):
        if "<" in found[0]:
            place = found.start() + found[0].index("<")
            remedy = _("use 'lt', turn the comparison round ('>'), or move the markup out of the tag")
            yield Fault(
                text.count("\n", 0, place) + 1, _("'<' inside Jinja, which the compiler takes for a tag"), remedy
            )


def _in_markup(text: str) -> list[Fault]:
    plain, tags = with_placeholders(text)
    return MarkupWalk(tags).faults(plain)


# -- The walk through an MJML document: tags, attributes, nesting, columns that come and go.


@dataclass(slots=True)
class _Open:
    name: str
    line: int
    conditions: int = 0  # Jinja blocks that are open among its children


class MarkupWalk:
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
            cause = _("<{name}>, opened {where}, is not closed before another tag is")
            cause = cause.format(name=opened.name, where=_lines_above(error.lineno - opened.line))
            remedy = _("close it with </{name}>, or correct the closing tag").format(name=opened.name)
            return Fault(error.lineno, cause, remedy)
        if said == "no element found" and self._open:
            opened = self._open[-1]
            return Fault(
                opened.line,
                _("<{name}> is never closed").format(name=opened.name),
                _("close it with </{name}>").format(name=opened.name),
            )
        return Fault(
            error.lineno,
            _("this is not well-formed ({said})").format(said=said),
            _("look for Jinja inside a tag, quotes and unclosed tags"),
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        above = self._open[-1] if self._open else None
        in_defaults = any(each.name == "mj-attributes" for each in self._open)
        if name in NEEDS_ALT and "alt" not in attributes and not in_defaults:
            self._note(
                line,
                _("<{name}> has no alt").format(name=name),
                _('say what it shows, or alt="" where it is decoration'),
            )
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
                    _("what an mj-raw directly in an mj-wrapper says is hidden everywhere but in Outlook"),
                    _("put it into an mj-text; only {% if %} and {% for %} may stand there"),
                )

    def _check_tag(self, name: str, attributes: dict[str, str], line: int, above: _Open | None) -> None:
        if name in REFUSED:
            self._note(line, _("<{name}> cannot be used here").format(name=name), _(REFUSED[name]))
            return
        tag = TAGS.get(name)
        if tag is None:
            self._note(line, _("<{name}> is no MJML tag").format(name=name), _nearest(name, TAGS))
            return
        self._check_attributes(name, attributes, tag.attributes, line)
        if above is not None and above.name not in tag.inside:
            places = _(" or ").join(f"<{each}>" for each in sorted(tag.inside)[:4]) or _("nothing else")
            cause = _("<{name}> cannot stand in <{above}>").format(name=name, above=above.name)
            self._note(line, cause, _("it stands in {places}").format(places=places))
        if name == "mj-column" and above is not None and above.conditions > 0:
            self._note(
                line,
                _(
                    "{% if %} or {% for %} around a column: the other columns keep their width, "
                    "and the page falls apart"
                ),
                _("put it around two whole <mj-section>s, one with and one without the column"),
            )

    def _check_defaults(self, name: str, attributes: dict[str, str], line: int) -> None:
        if name in ("mj-all", "mj-class"):
            known = frozenset[str]().union(*(each.attributes for each in TAGS.values()), ("name",))
        elif name in TAGS:
            known = TAGS[name].attributes
        else:
            self._note(line, _("<{name}> is no MJML tag").format(name=name), _nearest(name, TAGS))
            return
        self._check_attributes(name, attributes, known, line)

    def _check_attributes(self, name: str, attributes: dict[str, str], known: frozenset[str], line: int) -> None:
        for attribute, value in attributes.items():
            if attribute not in known | {"mj-class"}:
                self._note(
                    line,
                    _("<{name}> has no attribute {attribute!r}").format(name=name, attribute=attribute),
                    _nearest(attribute, known),
                )
            spoilt = next((char for char in value if _is_spoilt(char)), None)
            if spoilt is not None:
                self._note(
                    line,
                    _("the compiler spoils the character U+{code:04X} in the attribute {attribute!r}").format(
                        code=ord(spoilt), attribute=attribute
                    ),
                    _("take it out, or write it as an entity inside an mj-text"),
                )

    def _note(self, line: int, cause: str, remedy: str) -> None:
        self._faults.append(Fault(line, cause, remedy))


def _lines_above(lines: int) -> str:
    return plural("{count} line above", "{count} lines above", lines) if lines else _("in the same line")


def _is_spoilt(char: str) -> bool:
    category = unicodedata.category(char)
    return char == "\\" or category in _SPOILT or (category == "Zs" and char != " ")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), 1)
    return (
        _("did you mean {name!r}?").format(name=near[0])
        if near
        else _("see the list of tags in the MJML documentation")
    )


# -- XML of a template: Jinja tags become single characters, so that an XML parser can read the rest.

JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
FIRST = 0xF0000  # the first of the characters that stand for Jinja tags: private use, in no template
LAST = 0xFFFFD
_ENTITY = re.compile(r"&(#?\w+;)?")
_VOID = re.compile(
    r"<(br|hr|img|meta|input|link|col|wbr|area)\b((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)\s*/?>", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def with_placeholders(text: str) -> tuple[str, dict[str, str]]:
    """The text with as many lines as before, and the Jinja tag that each placeholder stands for."""
    tags: dict[str, str] = {}

    def placed(found: re.Match[str]) -> str:
        char = chr(min(FIRST + len(tags), LAST))
        tags[char] = found[0]
        return char + "\n" * found[0].count("\n")

    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), JINJA.sub(placed, text))
    return _VOID.sub(r"<\1\2/>", _ENTITY.sub(_known, text)), tags


def _known(found: re.Match[str]) -> str:
    """Any character serves for an entity; a bare ampersand is one, as everywhere in HTML."""
    return "x" if found[1] is None or unescape(found[0]) != found[0] else "&amp;"


# -- Which MJML tags there are, where each may stand, and which attributes it has, as far as the compiler honours them.


@dataclass(frozen=True, slots=True)
class MjmlTag:
    """`inside` are the tags it may stand in. `html` says that it holds HTML, and no further MJML tag."""

    inside: frozenset[str]
    attributes: frozenset[str]
    html: bool = False


def _tag(inside: str, attributes: str = "", *, html: bool = False) -> MjmlTag:
    return MjmlTag(frozenset(inside.split()), frozenset(attributes.split()), html)


_CONTENT = "mj-column mj-hero"
_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDER = "border border-top border-right border-bottom border-left border-radius"
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-decoration text-transform"
_BACKGROUND = (
    "background-color background-url background-size background-repeat background-position background-position-x "
    "background-position-y"
)
_BLOCK = f"css-class container-background-color {_PADDING}"
_SECTION = f"css-class direction full-width text-align {_BACKGROUND} {_BORDER} {_PADDING}"
_INNER = f"inner-background-color inner-{' inner-'.join(_BORDER.split())}"
TAGS = {
    "mjml": _tag("", "lang dir owa"),
    "mj-head": _tag("mjml"),
    "mj-body": _tag("mjml", "width background-color css-class id"),
    "mj-attributes": _tag("mj-head"),
    "mj-breakpoint": _tag("mj-head", "width"),
    "mj-font": _tag("mj-head", "name href"),
    "mj-preview": _tag("mj-head", html=True),
    "mj-style": _tag("mj-head", html=True),
    "mj-title": _tag("mj-head", html=True),
    "mj-raw": _tag(
        "mj-head mj-body mj-wrapper mj-section mj-group mj-column mj-hero mj-navbar mj-social mj-accordion mj-carousel",
        html=True,
    ),
    "mj-wrapper": _tag("mj-body", f"{_SECTION} gap"),
    "mj-section": _tag("mj-body mj-wrapper", _SECTION),
    "mj-group": _tag("mj-section", "css-class background-color direction vertical-align width"),
    "mj-column": _tag(
        "mj-section mj-group",
        f"css-class background-color direction vertical-align width {_BORDER} {_PADDING} {_INNER}",
    ),
    "mj-hero": _tag(
        "mj-body mj-wrapper",
        f"css-class mode height width background-height background-width vertical-align border-radius {_BACKGROUND} "
        f"container-background-color inner-background-color {_PADDING}",
    ),
    "mj-text": _tag(_CONTENT, f"align height {_FONT} {_BLOCK}", html=True),
    "mj-image": _tag(
        _CONTENT,
        "align alt fluid-on-mobile font-size height href max-height name rel src srcset sizes target title usemap "
        f"width {_BORDER} {_BLOCK}",
    ),
    "mj-button": _tag(
        _CONTENT,
        f"align background-color height href inner-padding name rel target text-align title vertical-align width "
        f"{_FONT} {_BORDER} {_BLOCK}",
        html=True,
    ),
    "mj-divider": _tag(_CONTENT, f"align border-color border-style border-width width {_BLOCK}"),
    "mj-spacer": _tag(_CONTENT, f"height {_BLOCK}"),
    "mj-table": _tag(
        _CONTENT, f"align border cellpadding cellspacing role table-layout width {_FONT} {_BLOCK}", html=True
    ),
    "mj-social": _tag(
        _CONTENT,
        f"align border-radius icon-height icon-padding icon-size inner-padding mode table-layout text-padding {_FONT} "
        f"{_BLOCK}",
    ),
    "mj-social-element": _tag(
        "mj-social",
        "align alt background-color border-radius css-class href icon-height icon-padding icon-size name rel src "
        f"srcset sizes target text-padding title vertical-align {_FONT} {_PADDING}",
        html=True,
    ),
    "mj-navbar": _tag(
        _CONTENT,
        "css-class align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size "
        "ico-line-height ico-open ico-padding ico-text-decoration ico-text-transform " + _PADDING,
    ),
    "mj-navbar-link": _tag("mj-navbar", f"css-class href name rel target {_FONT} {_PADDING}", html=True),
    "mj-accordion": _tag(
        _CONTENT,
        f"border font-family icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width "
        f"icon-wrapped-alt icon-wrapped-url {_BLOCK}",
    ),
    "mj-accordion-element": _tag("mj-accordion", "css-class background-color border font-family icon-align"),
    "mj-accordion-title": _tag("mj-accordion-element", f"css-class background-color {_FONT} {_PADDING}", html=True),
    "mj-accordion-text": _tag("mj-accordion-element", f"css-class background-color {_FONT} {_PADDING}", html=True),
    "mj-carousel": _tag(
        _CONTENT,
        f"align border-radius icon-width left-icon right-icon tb-border tb-border-radius tb-hover-border-color "
        f"tb-selected-border-color tb-width thumbnails {_BLOCK}",
    ),
    "mj-carousel-image": _tag(
        "mj-carousel", "alt css-class href rel src target thumbnails-src title border-radius tb-border"
    ),
}
NEEDS_ALT = frozenset(("mj-image", "mj-carousel-image", "img"))
# What the reference compiler knows and ours refuses or ignores.
REFUSED = {
    "mj-html-attributes": later("the compiler does not know it; write the attributes into the HTML of an mj-text"),
    "mj-include": later('write it in one line, as <mj-include path="part.mjml" />'),
}
