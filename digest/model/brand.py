"""What a publisher's mails look like: colour, typeface, logo, a line of their own."""

from dataclasses import dataclass
from enum import StrEnum

from digest.model.audience import Localised


class Typeface(StrEnum):
    """Of the titles. Running text has no serifs: it is read on small screens."""

    SERIF = "serif"
    SANS = "sans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """`width` is in pixels, as readers see it; `alt` is what is read where no image is shown."""

    url: str
    width: int
    alt: Localised


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The standard look, where nothing else is said. Colours are `#rrggbb`, legible on the page and its foot: `accent`
    in light, `accent_dark` in dark mode. `footer` is a line at the foot of every mail.
    """

    accent: str = "#0b5a64"
    accent_dark: str = "#84cdd2"
    font: Typeface = Typeface.SERIF
    logo: Logo | None = None
    footer: Localised | None = None
