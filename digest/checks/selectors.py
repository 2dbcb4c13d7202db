"""CSS selectors as far as style sheets of mails use them, and the elements they take."""

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.checks.tree import Element

# Outlook.com and the Outlook apps put these on a page that they have darkened.
OUTLOOK_DARK = ("[data-ogsc]", "[data-ogsb]")

_SIMPLE = re.compile(r"\*|[a-zA-Z][\w-]*|#[\w-]+|\.[\w-]+|\[[^\]]*\]|:root|:link")
_COMPOUND = re.compile(rf"(?:{_SIMPLE.pattern})+")
_ATTRIBUTE = re.compile(r"""\[\s*([\w:-]+)\s*(?:([~^$*|]?)=\s*["']?([^"'\]]*?)["']?\s*(?:\s[is])?)?\]""")


@dataclass(frozen=True, slots=True)
class Compound:
    """What one element must be. `nearby` says that the next compound must be its very parent."""

    tag: str
    id: str
    classes: frozenset[str]
    attributes: tuple[tuple[str, str, str], ...]
    nearby: bool

    def fits(self, element: Element) -> bool:
        return (
            (not self.tag or self.tag == element.tag)
            and self.classes <= element.classes
            and (not self.id or self.id == element.get("id"))
            and all(_holds(element, *each) for each in self.attributes)
        )


@dataclass(frozen=True, slots=True)
class Selector:
    """`compounds` go from the element itself upwards. `outlook_dark`: it counts in Outlook's own dark mode only."""

    compounds: tuple[Compound, ...]
    weight: tuple[int, int, int]
    outlook_dark: bool

    def takes(self, element: Element) -> bool:
        """Whether it selects the element; the nearest fitting ancestor is taken each time."""
        own, *above = self.compounds
        if not own.fits(element):
            return False
        below, now = own, element.parent
        for compound in above:
            while now is not None and not compound.fits(now):
                if below.nearby:
                    return False
                now = now.parent
            if now is None:
                return False
            below, now = compound, now.parent
        return True


@lru_cache(maxsize=1024)
def selector(text: str) -> Selector | None:
    """`None` for what depends on something a mail at rest does not have (`:hover`) or mail programs do not know."""
    pieces = re.sub(r"\s*>\s*", " > ", text.strip()).split()
    outlook_dark = any(piece in OUTLOOK_DARK for piece in pieces)
    if outlook_dark:
        pieces = [piece for piece in pieces if piece not in OUTLOOK_DARK]
    compounds: list[Compound] = []
    weights = [(0, 1, 0)] if outlook_dark else []
    nearby = False
    for piece in pieces:
        if piece == ">":
            nearby = True
            continue
        if not _COMPOUND.fullmatch(piece):
            return None
        compound, weight = _compound(_SIMPLE.findall(piece), nearby=nearby)
        compounds.append(compound)
        weights.append(weight)
        nearby = False
    if not compounds or nearby:
        return None
    ids, classes, tags = (sum(column) for column in zip(*weights, strict=True))
    return Selector(tuple(reversed(compounds)), (ids, classes, tags), outlook_dark)


def _compound(pieces: list[str], *, nearby: bool) -> tuple[Compound, tuple[int, int, int]]:
    tag = identity = ""
    classes, attributes = set[str](), list[tuple[str, str, str]]()
    for piece in pieces:
        match piece[0]:
            case "*":
                pass
            case "#":
                identity = piece[1:]
            case ".":
                classes.add(piece[1:])
            case "[":
                found = _ATTRIBUTE.fullmatch(piece)
                attributes.append((found[1].lower(), found[2] or "", found[3] or "") if found else ("", "", ""))
            case ":":
                tag = {":root": "html", ":link": "a"}[piece]
            case _:
                tag = piece.lower()
    weight = (int(bool(identity)), len(classes) + len(attributes), int(bool(tag)))
    return Compound(tag, identity, frozenset(classes), tuple(attributes), nearby), weight


def _holds(element: Element, name: str, operator: str, wanted: str) -> bool:
    if name not in element.attributes:
        return False
    value = element.attributes[name]
    match operator:
        case "~":
            return wanted in value.split()
        case "^":
            return value.startswith(wanted)
        case "$":
            return value.endswith(wanted)
        case "*":
            return wanted in value
        case _:
            return not wanted or value == wanted
