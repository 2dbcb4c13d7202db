"""Which colours can be read on which: contrast as WCAG 2.2 (SC 1.4.3) computes it, and the nearest that passes."""

from collections.abc import Sequence

LEGIBLE = 4.5  # AA, for text of any size
COMFORTABLE = 7.0  # AAA

# The page and its foot, in the shipped template sets.
LIGHT = ("#fffefb", "#f3f0e8")
DARK = ("#15191b", "#1e2426")

_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_STEPS = 256


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white), for colours written `#rrggbb`."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def least_contrast(colour: str, backgrounds: Sequence[str]) -> float:
    return min(contrast(colour, background) for background in backgrounds)


def nearest_darker(colour: str, backgrounds: Sequence[str], wanted: float = LEGIBLE) -> str:
    """The colour itself if it has the contrast, else mixed with as little black as gives it."""
    return _mixed(colour, _BLACK, backgrounds, wanted)


def nearest_lighter(colour: str, backgrounds: Sequence[str], wanted: float = LEGIBLE) -> str:
    """The colour itself if it has the contrast, else mixed with as little white as gives it."""
    return _mixed(colour, _WHITE, backgrounds, wanted)


def _mixed(colour: str, end: tuple[int, int, int], backgrounds: Sequence[str], wanted: float) -> str:
    start = _parts(colour)
    for step in range(_STEPS):
        share = step / (_STEPS - 1)
        parts = (round(own + (far - own) * share) for own, far in zip(start, end, strict=True))
        mixed = "#" + "".join(f"{part:02x}" for part in parts)
        if least_contrast(mixed, backgrounds) >= wanted:
            break
    return mixed


def _parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 – the standard's numbers
        for part in (each / 255 for each in _parts(colour))
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
