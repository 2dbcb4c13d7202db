"""Lists of a Word file: the number or bullet that Word prints before a paragraph (ECMA-376 part 1, 17.9)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from digest.intake.sources.word.looks import Numbering, value_of
from digest.intake.sources.word.package import W

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_DEEPEST = 8
_PLAIN = re.compile(r"%([1-9])[.)\-:]?")  # "3." and its like: what a numbered list of a mail shows
_PLACE = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_DIGIT = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_LARGEST_ROMAN = 4000
_LETTERS = 26


class ListMark(NamedTuple):
    """What stands before a paragraph of a list. `number` is `None` for a bullet; `label` is what is written out where
    neither a bullet nor a plain number says it: "b)", "2.1", "iv.".
    """

    level: int
    number: int | None = None
    label: str = ""


class _Level(NamedTuple):
    start: int
    form: str
    text: str
    legal: bool
    anew_after: int = _DEEPEST + 1  # it begins anew below each level above this one; 0: it counts on


_UNSAID = _Level(1, "decimal", "", legal=False)


@dataclass(slots=True)
class Lists:
    """All lists of a document, and how far each has counted."""

    levels: Mapping[str, Mapping[int, _Level]] = field(default_factory=dict)  # of each list
    counted_with: Mapping[str, str] = field(default_factory=dict)  # lists of one kind count on in one another
    starts_anew: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    styles: Mapping[str, Numbering] = field(default_factory=dict)  # paragraph styles that a list names
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _met: set[str] = field(default_factory=set)

    def next(self, numbering: Numbering) -> ListMark | None:
        """The mark of the next paragraph of this list; `None` for what is no list."""
        list_id = numbering.list_id
        if list_id is None or list_id not in self.levels:
            return None
        depth = min(numbering.level or 0, _DEEPEST)
        levels, counts = self.levels[list_id], self._counts_of(list_id)
        level = levels.get(depth, _UNSAID)
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [each for each in counts if depth < min(each, levels.get(each, _UNSAID).anew_after)]:
            del counts[deeper]
        if level.form == "bullet":
            return ListMark(depth)
        plain = _PLAIN.fullmatch(level.text)
        if plain and int(plain[1]) == depth + 1 and level.form == "decimal":
            return ListMark(depth, counts[depth])
        label = _PLACE.sub(lambda place: _written(int(place[1]) - 1, levels, counts, legal=level.legal), level.text)
        return ListMark(depth, label=label) if label.strip() else None

    def _counts_of(self, list_id: str) -> dict[int, int]:
        counts = self._counts.setdefault(self.counted_with.get(list_id, list_id), {})
        if list_id not in self._met:
            self._met.add(list_id)
            for depth, start in self.starts_anew.get(list_id, {}).items():
                counts[depth] = start - 1
        return counts


def _written(depth: int, levels: Mapping[int, _Level], counts: Mapping[int, int], *, legal: bool) -> str:
    level = levels.get(depth, _UNSAID)
    return written_number(counts.get(depth, level.start), "decimal" if legal else level.form)


def written_number(number: int, form: str) -> str:
    """A number as Word writes it in this form; in decimal digits where the form is not known."""
    match form:
        case "lowerLetter" | "upperLetter" if number > 0:
            times, letter = divmod(number - 1, _LETTERS)
            written = chr(ord("a") + letter) * (times + 1)
        case "lowerRoman" | "upperRoman" if 0 < number < _LARGEST_ROMAN:
            written = _roman(number)
        case "decimalZero":
            return f"{number:02}"
        case "none":
            return ""
        case _:
            return str(number)
    return written.upper() if form.startswith("upper") else written


def _roman(number: int) -> str:
    written = ""
    for value, sign in (*_ROMAN, *_ROMAN_DIGIT):
        times, number = divmod(number, value)
        written += sign * times
    return written


def read_lists(tree: "Element | None") -> Lists:
    """The part `numbering.xml`."""
    if tree is None:
        return Lists()
    kinds = {each.get(f"{W}abstractNumId", ""): each for each in tree.iterchildren(f"{W}abstractNum")}
    by_style = {
        value_of(each, "styleLink"): name for name, each in kinds.items() if each.find(f"{W}styleLink") is not None
    }
    levels: dict[str, dict[int, _Level]] = {}
    counted_with: dict[str, str] = {}
    starts_anew: dict[str, dict[int, int]] = {}
    styles: dict[str, Numbering] = {}
    for each in tree.iterchildren(f"{W}num"):
        list_id, kind = each.get(f"{W}numId", ""), value_of(each, "abstractNumId") or ""
        if kind in kinds and (link := value_of(kinds[kind], "numStyleLink")) is not None:
            kind = by_style.get(link, kind)
        if kind not in kinds:
            continue
        levels[list_id] = _levels(kinds[kind])
        counted_with[list_id] = kind
        for level in kinds[kind].iterchildren(f"{W}lvl"):
            if (style := value_of(level, "pStyle")) is not None:
                styles.setdefault(style, Numbering(list_id, _whole(level.get(f"{W}ilvl"), 0)))
        for override in each.iterchildren(f"{W}lvlOverride"):
            depth = _whole(override.get(f"{W}ilvl"), 0)
            levels[list_id].update(_levels(override))
            if (start := value_of(override, "startOverride")) is not None:
                starts_anew.setdefault(list_id, {})[depth] = _whole(start, 1)
    return Lists(levels, counted_with, starts_anew, styles)


def _levels(element: "Element") -> dict[int, _Level]:
    return {
        _whole(each.get(f"{W}ilvl"), 0): _Level(
            start=_whole(value_of(each, "start"), 1),
            form=value_of(each, "numFmt") or "decimal",
            text=value_of(each, "lvlText") or "",
            legal=each.find(f"{W}isLgl") is not None,
            anew_after=_whole(value_of(each, "lvlRestart"), _DEEPEST + 1),
        )
        for each in element.iterchildren(f"{W}lvl")
    }


def _whole(text: str | None, fallback: int) -> int:
    return int(text) if text is not None and text.isdecimal() else fallback
