"""Judges what follows a date line: a title, a sentence, or something between the two."""

from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import NamedTuple

from digest.sources.headers import header
from digest.sources.page import Block, Page
from digest.sources.sentences import ends_like_a_sentence, holds_several_sentences
from digest.sources.titles import Shape, find_title

_LONG_TITLE = 300


class Stretch(NamedTuple):
    """A date line and the blocks up to the next one. `day` is `None` for a date that cannot be."""

    at: int
    attached: bool  # no blank line before it
    form: str
    day: date | None
    blocks: Sequence[Block]


class Kind(Enum):
    SURE = "a heading, or header lines follow"
    TITLE = "ends like a title"
    UNCLEAR = "ends like a title, but is long or holds several sentences"
    SENTENCE = "ends like a sentence"


class Opening(NamedTuple):
    """What stands where the title would. `bodiless`: there is no more before the next date."""

    kind: Kind
    bodiless: bool
    long: bool
    heading: bool


def opening_of(page: Page, stretch: Stretch, shape: Shape) -> Opening | None:
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
        kind = Kind.SURE
    elif ends_like_a_sentence(title.text):
        kind = Kind.SENTENCE
    else:
        kind = Kind.UNCLEAR if long or holds_several_sentences(title.text) else Kind.TITLE
    return Opening(kind, bodiless=after < 0, long=long, heading=heading)
