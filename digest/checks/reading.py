"""How text is compared and quoted: as a person reads it, not as it is typed."""

import re

# What takes no room in a line, or only white room: it fills the end of a preheader.
FILLER = "\u200b\u200c\u200d\u2060\ufeff\u034f\u00ad\u00a0\u2007\u2009\u200a\u202f \t\r\n"
BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")

_QUOTED_MOST = 50
_UNSEEN = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u034f\u00ad\u200e\u200f]")


def squeezed(text: str) -> str:
    """Every run of white space, no-break spaces included, as one space."""
    return " ".join(text.split())


def folded(text: str) -> str:
    """For comparing what two texts say: without case, white space and characters that nobody sees."""
    return squeezed(_UNSEEN.sub("", text)).casefold()


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
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(values[:most]) + more
