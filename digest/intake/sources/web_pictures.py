"""The pictures of what stands on the web: which of them show news, and how they come into an item.

Whoever reads a document asks nobody: where a picture stands, a mark is left, which is a hash of its address. Later
those that items show are fetched, each once, and the mark is replaced by the picture, or taken out.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64Error
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from digest.intake.item import FoundItem
from digest.intake.picture import WIDEST, Picture
from digest.intake.sources.html import sanitise

TINY = 32  # pixels: an icon, a dot that counts readers, a line
MOST_OF_AN_ENTRY = 10
_LAZY = ("data-src", "data-lazy-src", "data-original")  # what a script puts in the place of an empty picture
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
ATTRIBUTES = frozenset(("src", "alt", "width", "height", *_LAZY, *_SETS))  # that say what an <img> shows
_WIDE_ENOUGH = 2 * WIDEST
_COUNTS_READERS = re.compile(
    r"//(?:[\w.-]*\.)?(?:doubleclick\.net|google-analytics\.com|googletagmanager\.com|feedsportal\.com|statcounter\.com"
    r"|(?:pixel|stats)\.wp\.com|stats\.wordpress\.com|scorecardresearch\.com|quantserve\.com|facebook\.com/tr\b"
    r"|feedburner\.com/~|counter\.theconversation\.com|list-manage\.com/track|blogger\.com/tracker)"
    r"|/(?:pixel|beacon|tracker|spacer|blank|transparent|1x1|__utm|counter)\.(?:gif|png|php|aspx?)(?:$|[?#])"
    r"|/(?:piwik|matomo)\.php",
    re.IGNORECASE,
)
_DRAWING = re.compile(r"\.svgz?(?:$|[?#])|^data:image/svg", re.IGNORECASE)
_PIXELS = re.compile(r"\s*([0-9]{1,5})(?:\.[0-9]*)?\s*(?:px)?\s*", re.IGNORECASE)
_STYLED = re.compile(r"(?:^|[;\s])(width|height)\s*:\s*([^;]+)", re.IGNORECASE)
_CANDIDATE = re.compile(r"([^\s,]\S*[^\s,])(?:\s+([0-9.]+)([wx]))?\s*(?:,|$)")
_OF_A_SIZE = re.compile(r"-[0-9]{2,4}x[0-9]{2,4}(?=\.\w+$)|-scaled(?=\.\w+$)")
_TAG = re.compile(r'<img(?: [a-z]+="[^"]*")*>')
_SAID = re.compile(r' alt="([^"]*)"')
_MARK = re.compile(r' src="cid:([0-9a-f]{32})@')
_FEWEST_ALIKE = 3  # entries with the same picture: it shows none of their news
_LONGEST_SIGN = 4  # characters of “🙂”


class WebPicture(NamedTuple):
    """`alt` is what it shows in words, as its publisher says."""

    address: str
    alt: str = ""

    @property
    def mark(self) -> str:
        return sha256(self.address.encode()).hexdigest()[:32]

    @property
    def same(self) -> str:
        """One for all sizes of a picture."""
        try:
            parts = urlsplit(self.address)
        except ValueError:
            return self.address
        return f"{parts.hostname or ''}{_OF_A_SIZE.sub('', parts.path)}" if parts.hostname else self.address

    @property
    def is_drawing(self) -> bool:
        return _DRAWING.search(self.address) is not None


@dataclass(slots=True)
class Gallery:
    """The pictures that one entry shows in its text, by their marks; `base` is what their addresses are relative to."""

    base: str
    pictures: dict[str, WebPicture] = field(default_factory=dict)
    too_many: int = 0

    def html(self, attributes: Mapping[str, str | None]) -> str:
        """What stands for this `<img>`; nothing where it shows nothing."""
        if sign := _sign(attributes):
            return escape(sign)
        found = picture_in(attributes, self.base)
        if found is None:
            return ""
        if len(self.pictures) == MOST_OF_AN_ENTRY and found.mark not in self.pictures:
            self.too_many += 1
            return ""
        self.pictures.setdefault(found.mark, found)
        return f'<img src="cid:{found.mark}@pictures.invalid" alt="{escape(found.alt)}">'


def picture_in(attributes: Mapping[str, str | None], base: str) -> WebPicture | None:
    """The picture that an `<img>` shows; `None` for one that counts readers, holds a line apart, or is an icon."""
    said = {name: (value or "").strip() for name, value in attributes.items()}
    if shows_nothing(said):
        return None
    plain = said.get("src", "")
    plain = "" if plain == base else plain  # what an empty one leads to
    written = [said[name] for name in _LAZY if said.get(name)]
    best = [one for name in _SETS if (one := _best(said.get(name, "")))]
    candidates = (*written, *best[:1], plain) if plain.startswith("data:") or not plain else (*written, plain)
    for one in candidates:
        address = absolute_picture(one, base)
        if address and not _COUNTS_READERS.search(address):
            return WebPicture(address, " ".join(said.get("alt", "").split()))
    return None


def absolute_picture(written: str, base: str) -> str:
    """Empty where it is no address of the web, nor the picture itself (RFC 2397)."""
    if written[:5].lower() == "data:":
        return written if written[5:11].lower() == "image/" else ""
    try:
        address = urljoin(base, written) if written else ""
    except ValueError:
        return ""
    return address if address.startswith(("https://", "http://")) else ""


def shows_nothing(said: Mapping[str, str]) -> bool:
    """Whether its size, or where it comes from, says so."""
    if _COUNTS_READERS.search(said.get("src", "")) and not any(said.get(name) for name in _LAZY):
        return True
    sizes = {name: said[name] for name in ("width", "height") if said.get(name)}
    sizes |= {name.lower(): value for name, value in _STYLED.findall(said.get("style", ""))}
    pixels = [int(size[1]) for value in sizes.values() if (size := _PIXELS.fullmatch(value))]
    return bool(pixels) and (min(pixels) <= 3 or max(pixels) <= TINY)  # noqa: PLR2004 – a line, in pixels


def _sign(attributes: Mapping[str, str | None]) -> str:
    """“🙂”, of which some programs make a picture."""
    said = (attributes.get("alt") or "").strip()
    is_sign = 0 < len(said) <= _LONGEST_SIGN and not any(map(str.isalnum, said)) and not said.isascii()
    return said if is_sign else ""


def _best(srcset: str) -> str:
    """The smallest that is wide enough, else the largest."""
    found = [(float(size or 1) * (WIDEST if unit == "x" else 1), url) for url, size, unit in _sizes(srcset)]
    wide = [one for one in found if one[0] >= _WIDE_ENOUGH]
    return (min(wide) if wide else max(found, default=(0, "")))[1]


def _sizes(srcset: str) -> Iterable[tuple[str, str, str]]:
    for url, size, unit in _CANDIDATE.findall(srcset):
        yield url, size if size.count(".") <= 1 and size != "." else "", unit


def in_every_entry(entries: Iterable[Iterable[WebPicture]]) -> frozenset[str]:
    """What is shown beside most entries is the sign of the house, and no news."""
    shown = [{one.same for one in pictures} for pictures in entries]
    counts = Counter(one for pictures in shown for one in pictures)
    least = max(_FEWEST_ALIKE, len(shown) // 2 + 1)
    return frozenset(one for one, count in counts.items() if count >= least)


def embedded(address: str) -> bytes:
    """What an address of the kind `data:` holds; nothing where it is broken."""
    head, _, written = address.partition(",")
    raw = unquote_to_bytes(written)
    if not head.lower().endswith(";base64"):
        return raw
    try:
        return b64decode(raw, validate=False)
    except (NotBase64Error, ValueError):
        return b""


def with_pictures(item: FoundItem, lead: WebPicture | None, shown: Mapping[str, Picture]) -> FoundItem:
    """The marks in its text made pictures; those that are not `shown` are taken out."""
    html = item.text.html and _dressed(item.text.html, shown)
    image = lead and shown.get(lead.mark)
    text = replace(item.text, html=html)
    if image is not None and lead is not None and image.address not in (html or ""):
        text = replace(text, image=image.address, image_alt=lead.alt or None)
    return replace(item, text=text)


def _dressed(html: str, shown: Mapping[str, Picture]) -> str | None:
    def picture(tag: re.Match[str]) -> str:
        mark, said = _MARK.search(tag[0]), _SAID.search(tag[0])
        found = shown.get(mark[1]) if mark else None
        return found.html(unescape(said[1]) if said else "") if found else ""

    dressed = _TAG.sub(picture, html)
    return html if dressed == html else sanitise(dressed, Counter()) or None
