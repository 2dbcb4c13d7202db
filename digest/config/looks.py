"""Rules for what mails look like: colours that can be read, images that every mail program shows."""

import re

from digest.config.texts import one_line
from digest.foundation.words import quoted
from digest.policy.colours import DARK, LEGIBLE, LIGHT, least_contrast, nearest_darker, nearest_lighter

WIDEST = 552  # pixels: the column of the shipped template sets

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")
_ADDRESS = re.compile(r"https://[^\s<>\"']+")
_NOT_SHOWN = (".svg", ".webp", ".avif")


def colour(text: str) -> str:
    """`#0B5A64`, `0b5a64` or `#abc` as `#rrggbb`."""
    found = _HEX.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"must be a colour such as '#0b5a64', not {quoted(text)}")
    digits = found[1]
    return f"#{digits if len(digits) == 6 else ''.join(2 * digit for digit in digits)}"  # noqa: PLR2004 – rrggbb


def light_accent(text: str) -> str:
    """A colour that can be read on the light page and its foot."""
    read = colour(text)
    return _legible(
        read, LIGHT, "light page", f"the nearest darker colour that passes is '{nearest_darker(read, LIGHT)}'"
    )


def dark_accent(text: str) -> str:
    """A colour that can be read on the dark page and its foot."""
    read = colour(text)
    return _legible(
        read, DARK, "dark page", f"the nearest lighter colour that passes is '{nearest_lighter(read, DARK)}'"
    )


def logo_address(text: str) -> str:
    """An https address of an image that mail programs show."""
    address = one_line(text, longest=500)
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"must be an address that begins with https://, not {quoted(address)}")
    if address.lower().split("?")[0].endswith(_NOT_SHOWN):
        raise ValueError("must be a PNG or JPEG: many mail programs show no SVG, WebP or AVIF")
    return address


def _legible(read: str, backgrounds: tuple[str, ...], where: str, remedy: str) -> str:
    found = least_contrast(read, backgrounds)
    if found < LEGIBLE:
        shown = int(found * 10) / 10  # never rounded up to what would pass
        raise ValueError(
            f"'{read}' is hard to read on the {where}: its contrast is {shown}, and {LEGIBLE} is needed; {remedy}"
        )
    return read
