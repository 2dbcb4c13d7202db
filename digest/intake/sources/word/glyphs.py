"""Signs that Word draws in ways of its own: letters of symbol fonts, and formulas, as plain text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# -- Fonts of symbols: in Wingdings, Symbol and their like a letter stands for a sign that other fonts have elsewhere.

_PRIVATE = range(0xF000, 0xF100)  # where Word puts the signs of such fonts
_PLAIN = range(0x20, 0x100)
_FONTS = ("symbol", "webdings", "wingdings", "wingdings 2", "wingdings 3")
# Signs that phones lack, as ones that look alike and that every phone has.
_USUAL = {0x1F5F4: "✗", 0x1F5F5: "☒", 0x1F5F6: "✗", 0x1F5F7: "☒", 0x1F5F8: "✓", 0x1F5F9: "☑", 0x1F78D: "✦"}


class Signs(NamedTuple):
    text: str
    unknown: bool  # whether a sign was there that nothing else can show


def shown(text: str, font: str) -> Signs:
    """The text as this font shows it, in signs that every font has."""
    if font.lower() not in _FONTS and not any(ord(character) in _PRIVATE for character in text):
        return Signs(text, unknown=False)
    signs = [_sign(character, font) for character in text]
    return Signs("".join(sign or "" for sign in signs), unknown=None in signs)


def _sign(character: str, font: str) -> str | None:
    from mammoth.docx.dingbats import dingbats  # a table of 1,000 signs, only where one is met

    code = ord(character)
    if code in _PRIVATE:
        code -= _PRIVATE.start
    elif code not in _PLAIN or font.lower() not in _FONTS:
        return character
    found = dingbats.get((font.title(), code))
    if found is not None:
        return _USUAL.get(found, chr(found))
    return " " if character.isspace() else None


# -- Formulas (OMML) on one line: what is raised stays raised, fractions get a stroke.

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"


class FormulaSign(NamedTuple):
    text: str
    raised: str = ""  # superscript, subscript or nothing


def formula(element: "Element") -> list[FormulaSign]:
    """The formula as it is read aloud, each sign of it once; an element that is not known is read by what it holds."""
    return list(_terms(element, ""))


def is_phantom(element: "Element") -> bool:
    """Whether it only keeps the place of what it holds: nothing is seen there."""
    return _is_off(element.find(f"{element.tag}Pr/{M}show"))


def is_struck(element: "Element") -> bool:
    """Whether a line goes through all that stands in this box."""
    lines = [element.find(f"{element.tag}Pr/{M}{name}") for name in ("strikeH", "strikeBLTR", "strikeTLBR")]
    return any(line is not None and not _is_off(line) for line in lines)


def _is_off(switch: "Element | None") -> bool:
    return switch is not None and switch.get(f"{M}val", "1") in ("0", "false", "off")


def _terms(element: "Element", raised: str) -> Iterator[FormulaSign]:
    match element.tag.removeprefix(M):
        case "t":
            yield FormulaSign(element.text or "", raised)
        case "f":
            yield from _in_brackets(element, "num", raised)
            yield FormulaSign("/", raised)
            yield from _in_brackets(element, "den", raised)
        case "rad":
            yield from _part(element, "deg", "superscript")
            yield FormulaSign("√", raised)
            yield from _in_brackets(element, "e", raised)
        case "d" | "acc":
            yield from _delimited(element, raised)
        case "nary":
            yield FormulaSign(_property(element, "chr", "∫"), raised)
            yield from _part(element, "sub", "subscript")
            yield from _part(element, "sup", "superscript")
            yield from _part(element, "e", raised)
        case "sSup" | "sSub" | "sSubSup" | "sPre" | "limLow" | "limUpp":
            for child in element:
                name = child.tag.removeprefix(M)
                below = "subscript" if element.tag == f"{M}limLow" else "superscript"
                yield from _inside(child, {"sup": "superscript", "sub": "subscript", "lim": below}.get(name, raised))
        case "mr" | "eqArr":
            for number, child in enumerate(child for child in element if child.tag == f"{M}e"):
                yield from [FormulaSign(" ; ", raised)] if number else []
                yield from _inside(child, raised)
        case _:
            yield from _of_any(element, raised)


def _of_any(element: "Element", raised: str) -> Iterator[FormulaSign]:
    if element.text and not len(element):
        yield FormulaSign(element.text, raised)
    yield from _inside(element, raised)


def _inside(element: "Element", raised: str) -> Iterator[FormulaSign]:
    for child in element:
        if not child.tag.endswith("Pr"):  # properties hold no text
            yield from _terms(child, raised)


def _part(element: "Element", name: str, raised: str) -> Iterator[FormulaSign]:
    for child in element.iterchildren(f"{M}{name}"):
        yield from _inside(child, raised)


def _in_brackets(element: "Element", name: str, raised: str) -> Iterator[FormulaSign]:
    terms = list(_part(element, name, raised))
    simple = len(terms) <= 1 and all(each.text.strip().isalnum() for each in terms)
    yield from terms if simple else [FormulaSign("(", raised), *terms, FormulaSign(")", raised)]


def _delimited(element: "Element", raised: str) -> Iterator[FormulaSign]:
    """Brackets around terms, or an accent on one."""
    if element.tag == f"{M}acc":
        yield from _part(element, "e", raised)
        yield FormulaSign(_property(element, "chr", "\u0302"), raised)
        return
    yield FormulaSign(_property(element, "begChr", "("), raised)
    for number, child in enumerate(element.iterchildren(f"{M}e")):
        yield from [FormulaSign(_property(element, "sepChr", "|"), raised)] if number else []
        yield from _inside(child, raised)
    yield FormulaSign(_property(element, "endChr", ")"), raised)


def _property(element: "Element", name: str, fallback: str) -> str:
    found = element.find(f"{element.tag}Pr/{M}{name}")
    return fallback if found is None else found.get(f"{M}val", "")
