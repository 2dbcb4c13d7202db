"""Decides which date lines begin an item, and which are a date inside one.

What follows decides: a title does, a sentence does not (unless titles in this file generally end like sentences), a
heading or header lines do. Further signs are counted, and it takes the more of them the clearer a title is: a date that
breaks the newest-first order which later ones restore, a form of date or a layout that is not usual in the file, a line
before that breaks off, no text under the title, a very long title, a date to come.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from typing import TypeVar

from digest.sources.openings import Kind, Opening, Stretch, opening_of
from digest.sources.page import Page
from digest.sources.sentences import is_unfinished
from digest.sources.titles import Shape
from digest.sources.wrapping import fills_its_line

_SIGNS_NEEDED = {Kind.TITLE: 3, Kind.UNCLEAR: 2, Kind.SENTENCE: 2}
_USUAL = 0.8  # of the other sure starts, and at least two of them: then it is a habit of the file
_FEWEST_FOR_A_HABIT = 2
_Trait = TypeVar("_Trait")


def starts(page: Page, stretches: Sequence[Stretch], shape: Shape, today: date) -> list[bool]:
    """For each date line, in order, whether an item begins there. One that nothing follows begins an empty item."""
    openings = [opening_of(page, stretch, shape) for stretch in stretches]
    habits = _Habits(stretches, openings)
    first = next((index for index, opening in enumerate(openings) if opening is not None), len(stretches))
    decided = [True] * len(stretches)
    for index in range(len(stretches) - 1, first, -1):
        opening, stretch = openings[index], stretches[index]
        if stretch.day is None:
            continue  # a date that cannot be is an error, whatever follows: it must not be swallowed
        if opening is None:
            decided[index] = index + 1 == len(stretches) or decided[index + 1]
        elif opening.kind is Kind.SENTENCE and not habits.titles_end_like_sentences:
            decided[index] = False
        elif opening.kind is not Kind.SURE:
            signs = habits.signs_against(index, opening, stretch.day)
            signs += (stretch.day > today) + _breaks_off(page, stretch, shape)
            decided[index] = signs < _SIGNS_NEEDED[opening.kind]
    return decided


def _breaks_off(page: Page, stretch: Stretch, shape: Shape) -> bool:
    """Whether the line before, in a wrapped text, is full and not the end of a sentence."""
    if shape.wrap is None or not stretch.attached:
        return False
    return is_unfinished(page.texts[stretch.at - 1]) and fills_its_line(page, stretch.at - 1, shape.wrap)


class _Habits:
    """What the sure starts of a file have in common, and what tells another date line from them."""

    def __init__(self, stretches: Sequence[Stretch], openings: Sequence[Opening | None]) -> None:
        told = [opening for opening in openings if opening is not None]
        sentences = sum(opening.kind is Kind.SENTENCE and not opening.bodiless for opening in told)
        # Of the others: the one that is asked about is no witness for itself.
        self.titles_end_like_sentences = (sentences - 1) * 2 > len(told) - 1
        self._stretches = stretches
        self._days = [
            stretch.day if opening is not None and opening.kind in (Kind.SURE, Kind.TITLE) else None
            for stretch, opening in zip(stretches, openings, strict=True)
        ]
        sure = [index for index, day in enumerate(self._days) if day is not None]
        self._forms = Counter(stretches[index].form for index in sure)
        self._attached = Counter(stretches[index].attached for index in sure)
        self._headings = Counter(opening.heading for index in sure if (opening := openings[index]) is not None)
        self._before = _lowest_before(self._days)
        self._after = _lowest_before(self._days[::-1])[::-1]
        self._in_order = Counter(self._is_in_order(index) for index in sure)

    def signs_against(self, index: int, opening: Opening, day: date) -> int:
        stretch, sure = self._stretches[index], self._days[index] is not None
        restored = self._after[index] <= self._before[index] < day < date.max
        usual_form = _habit(self._forms, stretch.form if sure else None)
        return (
            (restored and _habit(self._in_order, self._is_in_order(index) if sure else None) is True)
            + (usual_form not in (None, stretch.form))
            + (stretch.attached and _habit(self._attached, True if sure else None) is False)
            + (not opening.heading and _habit(self._headings, False if sure else None) is True)
            + opening.bodiless
            + opening.long
        )

    def _is_in_order(self, index: int) -> bool:
        day = self._days[index]
        return day is not None and day <= self._before[index]


def _lowest_before(days: Sequence[date | None]) -> list[date]:
    return list(accumulate((day or date.max for day in days[:-1]), min, initial=date.max))


def _habit(seen: Counter[_Trait], own: _Trait | None) -> _Trait | None:
    """What nearly all sure starts have in common, leaving out the one that is asked about."""
    others = seen.total() - (own is not None)
    for trait, count in seen.items():
        count_of_others = count - (trait == own)
        if count_of_others >= _FEWEST_FOR_A_HABIT and count_of_others >= _USUAL * others:
            return trait
    return None
