"""How a run of a Word file looks: hidden, struck out, raised, bold, by itself or by the styles that it stands in.

ECMA-376 part 1, 17.7: what stands at the run counts; else each kind of style (of the table, the paragraph, the
characters) says it through the styles it is based on. Of the *toggles* (17.7.3) two kinds of style undo each other.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from digest.intake.sources.word.package import W
from digest.intake.sources.word.table_style import Cell

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_OFF = ("0", "false", "off", "none")
_TOGGLES = ("vanish", "strike", "b", "i")
_SWITCHES = (*_TOGGLES, "dstrike", "specVanish")
_SEEN_AS_MOVED = 4  # half points
_READABLE = 5  # half points: below, nobody can read it
_WHITE = 0xF5  # of each of the three colours: on paper nobody sees it
_MOST_PARENTS = 20  # Word allows eleven; a circle ends here
_TITLES = ("heading", "title")
_NO_GROUND = ("AUTO", "FFFFFF")
_HIGHLIGHTS = {
    "black": "000000",
    "blue": "0000FF",
    "cyan": "00FFFF",
    "green": "00FF00",
    "magenta": "FF00FF",
    "red": "FF0000",
    "yellow": "FFFF00",
    "white": "FFFFFF",
    "darkBlue": "000080",
    "darkCyan": "008080",
    "darkGreen": "008000",
    "darkMagenta": "800080",
    "darkRed": "800000",
    "darkYellow": "808000",
    "darkGray": "808080",
    "lightGray": "C0C0C0",
}
_PAPER = "background1"
_NO_PATTERN = ("clear", "nil", None)
_MARKS = ("highlight", "outline", "shadow", "emboss", "imprint", "textFill", "textOutline", "glow")
_PROPERTIES = tuple(f"{W}{name}" for name in ("rPr", "pPr", "tcPr", "tblPr"))
_SHAPES = (f"{W}txbxContent", f"{W}drawing", f"{W}pict", f"{W}object")


class RunLook(NamedTuple):
    hidden: bool = False
    struck: bool = False
    bold: bool = False
    italic: bool = False
    raised: str = ""  # superscript, subscript or nothing
    font: str = ""
    moved: str = ""  # by hand, above or below the line, which for a figure means the same as raised
    white: bool = False  # which nobody sees, but on a ground of another colour
    tiny: bool = False


class Numbering(NamedTuple):
    """Of which list a paragraph is, and how deep in it, as far as anything says so."""

    list_id: str | None = None
    level: int | None = None


class _Said(NamedTuple):
    """What one style, or a run itself, says."""

    switches: Mapping[str, bool]
    raised: str | None
    font: str
    moved: str | None = None
    white: bool | None = None
    tiny: bool | None = None


_NOTHING = _Said({}, None, "")


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    based_on: str
    said: _Said
    numbering: Numbering
    level: str | None  # in the outline: "0" to "8" are headings
    parts: Mapping[str, _Said]  # of a table: what is said of its first row and the like
    shaded: bool


@dataclass(frozen=True, slots=True)
class Styles:
    styles: Mapping[str, _Style] = field(default_factory=dict)
    usual_paragraph: str = ""
    usual: _Said = _NOTHING
    _looks: dict[tuple[object, ...], RunLook] = field(default_factory=dict, compare=False)
    _headings: dict[str, bool] = field(default_factory=dict, compare=False)

    def is_heading(self, style: str) -> bool:
        """Names of styles are English, whatever the language of Word."""
        if style not in self._headings:
            chain = self._chain(style)
            level = next((each.level for each in chain if each.level is not None), "9")
            self._headings[style] = level != "9" or any(each.name.lower().startswith(_TITLES) for each in chain)
        return self._headings[style]

    def numbering(self, style: str) -> Numbering:
        list_id = level = None
        for each in self._chain(style):
            list_id = list_id if list_id is not None else each.numbering.list_id
            level = level if level is not None else each.numbering.level
        return Numbering(list_id, level)

    def look(self, properties: "Element | None", paragraph_style: str, cell: Cell) -> RunLook:
        """How a run with these properties looks. A heading is bold as a whole: that says nothing about its words."""
        own, style = _NOTHING, ""
        if properties is not None and len(properties):
            own, style = _said(properties), value_of(properties, "rStyle") or ""
        key = (*own.switches.items(), *own[1:], style, paragraph_style, cell)
        if key not in self._looks:
            self._looks[key] = self._look(own, style, paragraph_style, cell)
        return self._looks[key]

    def _look(self, own: _Said, style: str, paragraph_style: str, cell: Cell) -> RunLook:
        around = self._chain(cell.style)
        of_parts = [each.parts[part] for part in cell.parts for each in around if part in each.parts]
        levels = [
            *(_merged(each.said for each in self._chain(name)) for name in (style, paragraph_style)),
            _merged((*of_parts, *(each.said for each in around))),
        ]
        on = {name: self._is_on(name, own, levels) for name in _SWITCHES}
        heading = self.is_heading(paragraph_style)
        return RunLook(
            hidden=on["vanish"] or on["specVanish"],
            struck=on["strike"] or on["dstrike"],
            bold=on["b"] and not heading,
            italic=on["i"] and not heading,
            raised=next((each.raised for each in (own, *levels) if each.raised is not None), ""),
            font=next((each.font for each in (own, *levels, self.usual) if each.font), ""),
            moved=next((each.moved for each in (own, *levels) if each.moved is not None), ""),
            white=next((each.white for each in (own, *levels, self.usual) if each.white is not None), False),
            tiny=next((each.tiny for each in (own, *levels, self.usual) if each.tiny is not None), False),
        )

    def stands_on_white(self, run: "Element", paragraph_style: str, cell: Cell) -> bool:
        """Whether nothing around the run has a colour, as far as the file says: no shape, cell, paragraph or mark."""
        own = run.find(f"{W}rPr/{W}rStyle")
        styles = (paragraph_style, cell.style, "" if own is None else own.get(f"{W}val", ""))
        if any(each.shaded for name in styles for each in self._chain(name)):
            return False
        return not any(_is_coloured(each) for each in (run, *run.iterancestors()))

    def _is_on(self, name: str, own: _Said, levels: Sequence[_Said]) -> bool:
        if name in own.switches:
            return own.switches[name]
        said = [level.switches[name] for level in levels if name in level.switches]
        if name not in _TOGGLES:
            return said[0] if said else self.usual.switches.get(name, False)
        return sum(said) % 2 == 1 or self.usual.switches.get(name, False)

    def _chain(self, style: str) -> list[_Style]:
        found: list[_Style] = []
        while style in self.styles and len(found) < _MOST_PARENTS:
            found.append(self.styles[style])
            style = found[-1].based_on
        return found


def _is_coloured(element: "Element") -> bool:
    if element.tag in _SHAPES:
        return True
    if element.tag == f"{W}document":
        return element.find(f"{W}background") is not None
    says = element.find(f"{element.tag}Pr")
    return says is not None and says.tag in _PROPERTIES and _shades(says)


def _shades(properties: "Element") -> bool:
    """Whether they give a ground, a line around the letters or an effect."""
    for each in properties:
        if each.tag.rpartition("}")[2] in _MARKS:
            return True
        if each.tag == f"{W}shd":
            ground, pattern = each.get(f"{W}fill", "auto").upper(), each.get(f"{W}val")
            themed = each.get(f"{W}themeFill", _PAPER) != _PAPER
            if ground not in _NO_GROUND or pattern not in _NO_PATTERN or themed:
                return True
    return False


def is_blacked_out(run: "Element") -> bool:
    """Whether its letters have the colour that it gives to their ground: nobody sees them."""
    properties = run.find(f"{W}rPr")
    letters = None if properties is None else value_of(properties, "color")
    if properties is None or letters is None:
        return False
    marked, shading = value_of(properties, "highlight"), properties.find(f"{W}shd")
    fill = _HIGHLIGHTS.get(marked) if marked else None if shading is None else shading.get(f"{W}fill")
    return fill is not None and fill.upper() == letters.upper() != "AUTO"


def read_styles(tree: "Element | None") -> Styles:
    """The part `styles.xml`. Of two styles with one id the first counts (17.7.4.17)."""
    if tree is None:
        return Styles()
    styles: dict[str, _Style] = {}
    usual_paragraph = ""
    for each in tree.iterchildren(f"{W}style"):
        name = each.get(f"{W}styleId", "")
        styles.setdefault(name, _style(each))
        if each.get(f"{W}type") == "paragraph" and each.get(f"{W}default") in ("1", "true", "on"):
            usual_paragraph = usual_paragraph or name
    usual = tree.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
    return Styles(styles, usual_paragraph, _NOTHING if usual is None else _said(usual))


def is_on(element: "Element | None") -> bool:
    """Whether a switch such as `<w:vanish/>` is there and not said to be off."""
    return element is not None and element.get(f"{W}val", "1") not in _OFF


def numbering_of(properties: "Element | None") -> Numbering:
    """What the properties of a paragraph say themselves."""
    found = None if properties is None else properties.find(f"{W}numPr")
    if found is None:
        return Numbering()
    level = value_of(found, "ilvl")
    return Numbering(value_of(found, "numId"), int(level) if level and level.isdecimal() else None)


def value_of(element: "Element", name: str) -> str | None:
    found = element.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val")


def _style(element: "Element") -> _Style:
    properties, run = element.find(f"{W}pPr"), element.find(f"{W}rPr")
    return _Style(
        name=value_of(element, "name") or "",
        based_on=value_of(element, "basedOn") or "",
        said=_NOTHING if run is None else _said(run),
        numbering=numbering_of(properties),
        level=None if properties is None else value_of(properties, "outlineLvl"),
        parts={
            part.get(f"{W}type", ""): _said(says)
            for part in element.iterchildren(f"{W}tblStylePr")
            if (says := part.find(f"{W}rPr")) is not None
        },
        shaded=any(_shades(says) for says in element.iter(*_PROPERTIES)),
    )


def _said(properties: "Element") -> _Said:
    switches: dict[str, bool] = {}
    raised, font, moved, white, tiny = None, "", None, None, None
    for each in properties:
        name = each.tag.rpartition("}")[2]
        if name in _SWITCHES:
            switches[name] = is_on(each)
        elif name == "vertAlign":
            value = each.get(f"{W}val", "")
            raised = value if value in ("superscript", "subscript") else ""
        elif name == "position":
            moved = _moved(each.get(f"{W}val", ""))
        elif name == "color":
            white = _is_white(each.get(f"{W}val", ""))
        elif name == "sz":
            tiny = (size := each.get(f"{W}val", "")).isdecimal() and int(size) < _READABLE
        elif name == "rFonts":
            themed = each.get(f"{W}asciiTheme")  # it wins, and no theme has a font of signs
            font = themed or each.get(f"{W}ascii", "") or each.get(f"{W}hAnsi", "")
    return _Said(switches, raised, font, moved, white, tiny)


def _is_white(colour: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{6}", colour) is not None and min(bytes.fromhex(colour)) >= _WHITE


def _moved(half_points: str) -> str:
    if not half_points.lstrip("-").isdecimal() or abs(int(half_points)) < _SEEN_AS_MOVED:
        return ""
    return "subscript" if half_points.startswith("-") else "superscript"


def _merged(said: Iterable[_Said]) -> _Said:
    """The first word of each kind in a chain of styles."""
    switches: dict[str, bool] = {}
    raised, font, moved, white, tiny = None, "", None, None, None
    for each in said:
        switches = {**each.switches, **switches}
        raised = each.raised if raised is None else raised
        font = font or each.font
        moved = each.moved if moved is None else moved
        white = each.white if white is None else white
        tiny = each.tiny if tiny is None else tiny
    return _Said(switches, raised, font, moved, white, tiny)
