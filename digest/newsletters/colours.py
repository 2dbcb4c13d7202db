"""Colours as CSS writes them, and how well one can be read on another (WCAG 2.2, SC 1.4.3)."""

import colorsys
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

LEGIBLE = 4.5  # AA, for text of any size
COMFORTABLE = 7.0  # AAA
# The page and its foot, in the shipped template sets.
LIGHT = ("#fffefb", "#f3f0e8")
DARK = ("#15191b", "#1e2426")

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)", re.IGNORECASE)
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(%|deg)?")
_PIECES = re.compile(r"#[0-9a-z]+|[a-z-]+\([^()]*\)|[a-z]+", re.IGNORECASE)
_NAMES = """
aqua=00ffff beige=f5f5dc black=000000 blue=0000ff brown=a52a2a coral=ff7f50 crimson=dc143c cyan=00ffff darkblue=00008b
darkgray=a9a9a9 darkgreen=006400 darkgrey=a9a9a9 darkorange=ff8c00 darkred=8b0000 dimgray=696969 dimgrey=696969
firebrick=b22222 fuchsia=ff00ff gainsboro=dcdcdc ghostwhite=f8f8ff gold=ffd700 gray=808080 green=008000 grey=808080
indigo=4b0082 ivory=fffff0 khaki=f0e68c lavender=e6e6fa lightblue=add8e6 lightgray=d3d3d3 lightgreen=90ee90
lightgrey=d3d3d3 lightyellow=ffffe0 lime=00ff00 linen=faf0e6 magenta=ff00ff maroon=800000 midnightblue=191970
mintcream=f5fffa navy=000080 olive=808000 orange=ffa500 orangered=ff4500 pink=ffc0cb plum=dda0dd purple=800080
red=ff0000 royalblue=4169e1 salmon=fa8072 seagreen=2e8b57 seashell=fff5ee silver=c0c0c0 skyblue=87ceeb
slateblue=6a5acd slategray=708090 slategrey=708090 snow=fffafa steelblue=4682b4 tan=d2b48c teal=008080 tomato=ff6347
turquoise=40e0d0 violet=ee82ee wheat=f5deb3 white=ffffff whitesmoke=f5f5f5 yellow=ffff00 rebeccapurple=663399
darkslategray=2f4f4f darkslategrey=2f4f4f cornflowerblue=6495ed aliceblue=f0f8ff
"""
_NAMED = {name: f"#{code}" for name, code in (pair.split("=") for pair in _NAMES.split())}
_BYTE = 255
_SHORT = 4  # digits after the # of the short forms, at most
_OPAQUE_PARTS = 3


@dataclass(frozen=True, slots=True)
class Colour:
    """Parts from 0 to 1; `alpha` 0 is nothing to be seen."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, below: "Colour") -> "Colour":
        """What is seen when it lies on an opaque colour."""
        if self.alpha >= 1:
            return self
        if not self.alpha:
            return below
        parts = ((self.red, below.red), (self.green, below.green), (self.blue, below.blue))
        return Colour(*(upper * self.alpha + lower * (1 - self.alpha) for upper, lower in parts))

    def __str__(self) -> str:
        return "#" + "".join(f"{round(part * _BYTE):02x}" for part in (self.red, self.green, self.blue))


BLACK, WHITE = Colour(0, 0, 0), Colour(1, 1, 1)
TRANSPARENT = Colour(0, 0, 0, 0)


@lru_cache(maxsize=1024)
def colour(value: str) -> Colour | None:
    """`None` for what is no colour, or none that can be judged."""
    said = value.strip().lower()
    if said == "transparent":
        return TRANSPARENT
    said = _NAMED.get(said, said)
    if _HEX.fullmatch(said):
        digits = said[1:]
        if len(digits) <= _SHORT:
            digits = "".join(2 * digit for digit in digits)
        return Colour(*(int(digits[place : place + 2], 16) / _BYTE for place in range(0, len(digits), 2)))
    if found := _FUNCTION.fullmatch(said):
        return _of_function(found[1], _NUMBER.findall(found[2]))
    return None


@lru_cache(maxsize=1024)
def colour_in(shorthand: str) -> Colour | None:
    """The colour in a value such as `#fff url(paper.png) repeat-x`; `None` when there is none."""
    if shorthand.strip().lower() == "none":
        return TRANSPARENT
    found = (colour(piece) for piece in _PIECES.findall(shorthand))
    return next((each for each in found if each is not None), None)


@lru_cache(maxsize=1024)
def contrast(first: Colour, second: Colour) -> float:
    """The ratio of WCAG 2.2, from 1 to 21, of two opaque colours."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(written: str, backgrounds: Sequence[str]) -> float:
    """The ratio on the background where it is worst; all are written `#rrggbb`."""
    return min(contrast(_opaque(written), _opaque(background)) for background in backgrounds)


def nearest_darker(written: str, backgrounds: Sequence[str], wanted: float = LEGIBLE) -> str:
    """The colour itself if it has the contrast, else mixed with as little black as gives it."""
    return _mixed(written, BLACK, backgrounds, wanted)


def nearest_lighter(written: str, backgrounds: Sequence[str], wanted: float = LEGIBLE) -> str:
    """The colour itself if it has the contrast, else mixed with as little white as gives it."""
    return _mixed(written, WHITE, backgrounds, wanted)


def _mixed(written: str, end: Colour, backgrounds: Sequence[str], wanted: float) -> str:
    for step in range(_BYTE + 1):
        mixed = str(replace(end, alpha=step / _BYTE).over(_opaque(written)))
        if least_contrast(mixed, backgrounds) >= wanted:
            break
    return mixed


def _opaque(written: str) -> Colour:
    seen = colour(written)
    if seen is None:
        raise ValueError(f"{written!r} is no colour")
    return seen


def _of_function(name: str, numbers: list[tuple[str, str]]) -> Colour | None:
    if not _OPAQUE_PARTS <= len(numbers) <= _OPAQUE_PARTS + 1:
        return None
    most = (360.0, 100.0, 100.0) if name == "hsl" else (_BYTE,) * _OPAQUE_PARTS
    parts = [
        min(max(float(number) / (100 if unit == "%" else limit), 0), 1)
        for (number, unit), limit in zip(numbers, (*most, 1.0), strict=False)
    ]
    if name == "hsl":
        hue, saturation, lightness = parts[:_OPAQUE_PARTS]
        parts[:_OPAQUE_PARTS] = colorsys.hls_to_rgb(hue, lightness, saturation)
    return Colour(*parts)


def _luminance(seen: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 – the formula of sRGB
        for part in (seen.red, seen.green, seen.blue)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
