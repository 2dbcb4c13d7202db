"""What the style of an element keeps out of sight: CSS that hides it, moves it off the page, makes it tiny, or draws
its letters in the colour of their ground.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import tinycss2
from tinycss2.color3 import parse_color

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|pc|r?em|ex|ch|vw|vh|in|cm|mm|%)?")
_PIXELS = {
    "px": 1.0,
    "pt": 1.33,
    "pc": 16.0,
    "vw": 8.0,
    "vh": 8.0,
    "in": 96.0,
    "cm": 38.0,
    "mm": 3.8,
    "": 1.0,
    "%": 0.16,
}
_LETTER = 16.0  # pixels of an em
_OFF_THE_PAGE = -500.0  # pixels
_TOO_SMALL = 1.0
_FAINT = 0.1  # of 1: nobody reads what is fainter
_ALIKE = 24 / 255  # of each of three colours: nobody tells them apart
_WHITE = (1.0, 1.0, 1.0)
_SIDES = ("left", "right", "top", "bottom", "margin-left", "margin-right", "margin-top")
_ZERO_SCALE = re.compile(r"scale[xy3d]*\(0(?:\.0+)?[,)]|translate[xy3d]*\([^)]*-\d{3,}")
_CLIPPED = re.compile(r"rect\((?:[01](?:px)?[, ]*){4}\)|inset\((?:100|[5-9]\d)%|circle\(0|polygon\(00?,")
_HIDING_CLASSES = frozenset([
    *("hidden", "hide", "is-hidden", "d-none", "display-none", "u-hidden", "invisible", "oculto", "content-hidden"),
    *("sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "screen-reader-only"),
])  # fmt: skip
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?((?:[.#][\w-]+)*)", re.IGNORECASE)


def style_of(attributes: Mapping[str, str]) -> Mapping[str, str]:
    return _declared(attributes.get("style", ""))


@lru_cache(maxsize=256)
def _declared(text: str) -> Mapping[str, str]:
    if not text:
        return {}
    declarations = tinycss2.parse_declaration_list(text, skip_comments=True, skip_whitespace=True)
    return {
        one.lower_name: "".join(part.serialize() for part in one.value if part.type != "comment").strip().lower()
        for one in declarations
        if one.type == "declaration"
    }


def is_hidden(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether nobody sees the element, by itself."""
    if "hidden" in attributes or "popover" in attributes or (tag == "dialog" and "open" not in attributes):
        return True
    style = style_of(attributes)
    return bool(style) and (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("content-visibility") == "hidden"
        or style.get("mso-hide") == "all"
        or style.get("color") == "transparent"
        or _is_faint(style)
        or _is_tiny(style)
        or _is_elsewhere(style)
    )


def is_of_hiding_class(attributes: Mapping[str, str]) -> bool:
    """Whether the author's own pages hide it, as the usual names of classes say."""
    return not _HIDING_CLASSES.isdisjoint(attributes.get("class", "").lower().split())


def _is_faint(style: Mapping[str, str]) -> bool:
    opacity = style.get("opacity", "") or style.get("filter", "").removeprefix("opacity(").removesuffix(")")
    found = _NUMBER.fullmatch(opacity)
    return found is not None and float(found[1]) / (100 if found[2] == "%" else 1) < _FAINT


def _is_tiny(style: Mapping[str, str]) -> bool:
    letters = style.get("font-size") or next(iter(style.get("font", "").split("/")[0].split()[-1:]), "")
    if (size := _pixels(letters)) is not None and size <= _TOO_SMALL:
        return True
    cut = style.get("overflow", "").startswith(("hidden", "clip"))
    sides = ("max-height", *(("height", "width", "max-width") if cut else ()))
    return any(
        (size := _pixels(style.get(side, ""))) is not None and size <= (_TOO_SMALL if cut else 0) for side in sides
    )


def _is_elsewhere(style: Mapping[str, str]) -> bool:
    if (indent := _pixels(style.get("text-indent", ""))) is not None and indent <= _OFF_THE_PAGE:
        return True
    if _ZERO_SCALE.search(style.get("transform", "").replace(" ", "")):
        return True
    if _CLIPPED.search(f"{style.get('clip', '')} {style.get('clip-path', '')}".replace(" ", "")):
        return True
    if style.get("position") not in ("absolute", "fixed") and "margin-left" not in style and "margin-top" not in style:
        return False
    return any((at := _pixels(style.get(side, ""))) is not None and at <= _OFF_THE_PAGE for side in _SIDES)


def _pixels(value: str) -> float | None:
    found = _NUMBER.fullmatch(value.removesuffix("!important").strip())
    return None if found is None else float(found[1]) * _PIXELS.get(found[2] or "", _LETTER)


# -- Colours.

_Colour = tuple[float, float, float]


class Ink(NamedTuple):
    """The colour of letters and of what is behind them, as far as anything says; a picture is no colour."""

    letters: _Colour | None = None
    ground: _Colour | None = _WHITE
    gone: bool = False  # drawn with no colour at all

    @property
    def is_unseen(self) -> bool:
        if self.gone or self.letters is None or self.ground is None:
            return self.gone
        return all(abs(one - other) <= _ALIKE for one, other in zip(self.letters, self.ground, strict=True))


def ink_in(attributes: Mapping[str, str], around: Ink) -> Ink:
    """Inside an element."""
    style = style_of(attributes)
    behind = style.get("background-color") or style.get("background") or attributes.get("bgcolor", "")
    if behind or style.get("background-image", "none") != "none":
        around = around._replace(ground=_ground(behind, around.ground))
    said = style.get("color") or attributes.get("color", "")
    if not said:
        return around
    found = parse_color(said)
    if found is None or isinstance(found, str):  # currentColor
        return around
    return around._replace(letters=(found.red, found.green, found.blue), gone=found.alpha < _FAINT)


def _ground(said: str, around: _Colour | None) -> _Colour | None:
    if "(" in said and not said.startswith(("rgb", "hsl")):  # a picture, or one colour running into another
        return None
    for word in (said, *said.split()):
        found = parse_color(word)
        if found is not None and not isinstance(found, str):
            return (found.red, found.green, found.blue) if found.alpha >= _FAINT else around
    return None if said else around


# -- Sheets of style, which stand in the text: rules for elements, classes and ids; what a browser does with others
# (elements inside others, states, widths of screens) is not followed.


class _Rule(NamedTuple):
    tag: str
    marks: frozenset[str]  # ".class" and "#id"
    declarations: str


class StyleRules:
    def __init__(self, css: Sequence[str]) -> None:
        self._rules = [rule for each in css for rule in _rules(each)]

    def applied(self, tag: str, attributes: Mapping[str, str]) -> Mapping[str, str]:
        """The attributes, with what the sheet says of this element in its style."""
        if not self._rules:
            return attributes
        marks = {f".{name}" for name in attributes.get("class", "").split()} | {f"#{attributes.get('id', '')}"}
        said = [rule.declarations for rule in self._rules if rule.tag in ("", tag) and rule.marks <= marks]
        return {**attributes, "style": ";".join([*said, attributes.get("style", "")])} if said else attributes


def _rules(css: str) -> Iterator[_Rule]:
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type != "qualified-rule":
            continue
        declarations = tinycss2.serialize(rule.content)
        for selector in tinycss2.serialize(rule.prelude).split(","):
            found = _SELECTOR.fullmatch(selector.strip())
            if found is not None and found[0]:
                yield _Rule((found[1] or "").lower(), frozenset(re.findall(r"[.#][\w-]+", found[2])), declarations)
