"""Openings: which date lines begin an item, which are a date inside one, and where the title that follows ends.

What follows a date decides: a title does, a sentence does not (unless titles in this file generally end like
sentences), a heading or header lines do. Further signs are counted, and it takes the more of them the clearer a title
is: a date that breaks the newest-first order which later ones restore, a form of date or a layout that is not usual in
the file, a line before that breaks off, no text under the title, a very long title, a date to come.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from enum import Enum
from itertools import accumulate
from typing import NamedTuple, TypeVar

from digest.intake.sources.draft import header
from digest.intake.sources.lines import Block, TextPage, ends_like_a_sentence, holds_several_sentences, is_unfinished
from digest.intake.sources.wrapping import Wrap, fills_its_line, goes_on, joined

_LONG_TITLE = 300
_LINES_WITHOUT_EVIDENCE = 2  # a title that a person broke by hand
_SHORT_WORD = 3
_DATELINE = re.compile(r"[^–—.]{2,70}?(?:\.(?=[\s-])|\s?[–—]|-\s)")  # "Costa Rica. With …", "Panama – Fifty …"
_USUAL = 0.8  # of the other sure starts, and at least two of them: then it is a habit of the file
_FEWEST_FOR_A_HABIT = 2
_Trait = TypeVar("_Trait")


class TitleShape(NamedTuple):
    """What the file as a whole shows: its wrapping, and whether blank lines stand between titles and bodies."""

    wrap: Wrap | None
    separated: bool


class Stretch(NamedTuple):
    """A date line and the blocks up to the next one. `day` is `None` for a date that cannot be."""

    at: int
    attached: bool  # no blank line before it
    form: str
    day: date | None
    blocks: Sequence[Block]


class Title(NamedTuple):
    """`lines` is how many lines of the block it takes; `guessed` says that it could as well end elsewhere."""

    lines: int
    text: str
    guessed: bool = False


class OpeningKind(Enum):
    SURE = "a heading, or header lines follow"
    TITLE = "ends like a title"
    UNCLEAR = "ends like a title, but is long or holds several sentences"
    SENTENCE = "ends like a sentence"


class Opening(NamedTuple):
    """What stands where the title would. `bodiless`: there is no more before the next date."""

    kind: OpeningKind
    bodiless: bool
    long: bool
    heading: bool


_SIGNS_NEEDED = {OpeningKind.TITLE: 3, OpeningKind.UNCLEAR: 2, OpeningKind.SENTENCE: 2}


def starts(page: TextPage, stretches: Sequence[Stretch], shape: TitleShape, today: date) -> list[bool]:
    """For each date line, in order, whether an item begins there. One that nothing follows begins an empty item."""
    openings = [_opening(page, stretch, shape) for stretch in stretches]
    habits = _Habits(stretches, openings)
    first = next((index for index, opening in enumerate(openings) if opening is not None), len(stretches))
    decided = [True] * len(stretches)
    for index in range(len(stretches) - 1, first, -1):
        opening, stretch = openings[index], stretches[index]
        if stretch.day is None:
            continue  # a date that cannot be is an error, whatever follows: it must not be swallowed
        if opening is None:
            decided[index] = (index + 1 == len(stretches) or decided[index + 1]) and not habits.is_unusual(stretch)
        elif opening.kind is OpeningKind.SENTENCE and not habits.titles_end_like_sentences:
            decided[index] = False
        elif opening.kind is not OpeningKind.SURE:
            signs = habits.signs_against(index, opening, stretch.day)
            signs += (stretch.day > today) + _breaks_off(page, stretch, shape)
            decided[index] = signs < _SIGNS_NEEDED[opening.kind]
    return decided


def _breaks_off(page: TextPage, stretch: Stretch, shape: TitleShape) -> bool:
    """Whether the line before, in a wrapped text, is full and not the end of a sentence."""
    if shape.wrap is None or not stretch.attached:
        return False
    return is_unfinished(page.texts[stretch.at - 1]) and fills_its_line(page, stretch.at - 1, shape.wrap)


class _Habits:
    """What the sure starts of a file have in common, and what tells another date line from them."""

    def __init__(self, stretches: Sequence[Stretch], openings: Sequence[Opening | None]) -> None:
        told = [opening for opening in openings if opening is not None]
        sentences = sum(opening.kind is OpeningKind.SENTENCE and not opening.bodiless for opening in told)
        # Of the others: the one that is asked about is no witness for itself.
        self.titles_end_like_sentences = (sentences - 1) * 2 > len(told) - 1
        self._stretches = stretches
        self._days = [
            stretch.day if opening is not None and opening.kind in (OpeningKind.SURE, OpeningKind.TITLE) else None
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

    def is_unusual(self, stretch: Stretch) -> bool:
        """Whether the file has a form of date that is another."""
        return _habit(self._forms, None) not in (None, stretch.form)

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


def _opening(page: TextPage, stretch: Stretch, shape: TitleShape) -> Opening | None:
    """`None` when there is nothing before the next date."""
    if not stretch.blocks:
        return None
    block, *others = stretch.blocks
    title = find_title(page, block, shape, alone=not others)
    after = block.begin + title.lines
    if after == block.end:
        after = others[0].begin if others else -1
    heading = block.begin in page.lines.headings
    long = len(title.text) > _LONG_TITLE
    if heading or (after >= 0 and header(page.texts[after])):
        kind = OpeningKind.SURE
    elif ends_like_a_sentence(title.text):
        kind = OpeningKind.SENTENCE
    else:
        kind = OpeningKind.UNCLEAR if long or holds_several_sentences(title.text) else OpeningKind.TITLE
    return Opening(kind, bodiless=after < 0, long=long, heading=heading)


def find_title(page: TextPage, block: Block, shape: TitleShape, *, alone: bool) -> Title:
    """The title at the start of the block; `alone` says that no other block follows."""
    end = _first_header(page, block)
    count = end - block.begin
    headings = _headings(page, Block(block.begin, end))
    if count == 1 or headings:
        return _title(page, block, headings or 1)
    run = _title(page, block, _run(page, Block(block.begin, end), shape.wrap))
    if run.lines == 1:
        by_hand = count == _LINES_WITHOUT_EVIDENCE and not (alone and end == block.end)
        by_hand = by_hand and not _are_paragraphs(page, block.begin)
        return _title(page, block, count) if by_hand and not ends_like_a_sentence(page.texts[end - 1]) else run
    if shape.separated and run.lines == count:
        return run  # a long title between blank lines, or a whole paragraph under a date inside an item
    if not ends_like_a_sentence(run.text) and not holds_several_sentences(run.text):
        return run
    before_the_body = _up_to_the_body(page, block.begin, run.lines)
    return _title(page, block, before_the_body)._replace(guessed=True) if before_the_body else run


def _are_paragraphs(page: TextPage, index: int) -> bool:
    """Whether this line of a Word file and the next one were written as two paragraphs."""
    return bool(page.lines.formats) and page.number(index) != page.number(index + 1)


def _title(page: TextPage, block: Block, lines: int) -> Title:
    return Title(lines, joined(page.texts[block.begin : block.begin + lines]))


def _first_header(page: TextPage, block: Block) -> int:
    """Where the header lines under a title begin (the first line is the title, whatever it looks like)."""
    for index in range(block.begin + 1, block.end):
        if header(page.texts[index]):
            return index
    return block.end


def _headings(page: TextPage, block: Block) -> int:
    count = 0
    while block.begin + count < block.end and block.begin + count in page.lines.headings:
        count += 1
    return count


def _run(page: TextPage, block: Block, wrap: Wrap | None) -> int:
    """How many lines at the start hang together by wrapping."""
    count = 1
    while block.begin + count < block.end and goes_on(page, block, block.begin + count - 1, wrap):
        count += 1
    return count


def _up_to_the_body(page: TextPage, begin: int, run: int) -> int:
    """A title whose last line happens to be full, with a body right below: how many lines stand before the first one
    that could begin a body? None could (0): then all is one paragraph.
    """
    first = page.texts[begin]
    return next((count for count in range(1, run) if not _continues_a_title(first, page.texts[begin + count])), 0)


def _continues_a_title(first: str, following: str) -> bool:
    if following[0].islower():
        return True
    return not _DATELINE.match(following) and _is_title_case(first) and _is_title_case(following)


def _is_title_case(text: str) -> bool:
    words = [word for word in text.split() if len(word) > _SHORT_WORD and word[0].isalpha()]
    return bool(words) and sum(word[0].isupper() for word in words) * 4 >= len(words) * 3
