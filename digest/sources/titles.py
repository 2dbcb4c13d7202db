"""Finds how many lines of what follows a date are its title."""

import re
from typing import NamedTuple

from digest.sources.headers import header
from digest.sources.page import Block, Page
from digest.sources.sentences import ends_like_a_sentence, holds_several_sentences
from digest.sources.wrapping import Wrap, goes_on, joined

_LINES_WITHOUT_EVIDENCE = 2  # a title that a person broke by hand
_SHORT_WORD = 3
_DATELINE = re.compile(r"[^–—.]{2,70}?(?:\.(?=[\s-])|\s?[–—]|-\s)")  # "Costa Rica. With …", "Panama – Fifty …"


class Shape(NamedTuple):
    """What the file as a whole shows: its wrapping, and whether blank lines stand between titles and bodies."""

    wrap: Wrap | None
    separated: bool


class Title(NamedTuple):
    """`lines` is how many lines of the block it takes; `guessed` says that it could as well end elsewhere."""

    lines: int
    text: str
    guessed: bool = False


def find_title(page: Page, block: Block, shape: Shape, *, alone: bool) -> Title:
    """The title at the start of the block; `alone` says that no other block follows."""
    end = _first_header(page, block)
    count = end - block.begin
    headings = _headings(page, Block(block.begin, end))
    if count == 1 or headings:
        return _title(page, block, headings or 1)
    run = _title(page, block, _run(page, Block(block.begin, end), shape.wrap))
    if run.lines == 1:
        by_hand = count == _LINES_WITHOUT_EVIDENCE and not (alone and end == block.end)
        return _title(page, block, count) if by_hand and not ends_like_a_sentence(page.texts[end - 1]) else run
    if shape.separated and run.lines == count:
        return run  # a long title between blank lines, or a whole paragraph under a date inside an item
    if not ends_like_a_sentence(run.text) and not holds_several_sentences(run.text):
        return run
    before_the_body = _up_to_the_body(page, block.begin, run.lines)
    return _title(page, block, before_the_body)._replace(guessed=True) if before_the_body else run


def _title(page: Page, block: Block, lines: int) -> Title:
    return Title(lines, joined(page.texts[block.begin : block.begin + lines]))


def _first_header(page: Page, block: Block) -> int:
    """Where the header lines under a title begin (the first line is the title, whatever it looks like)."""
    for index in range(block.begin + 1, block.end):
        if header(page.texts[index]):
            return index
    return block.end


def _headings(page: Page, block: Block) -> int:
    count = 0
    while block.begin + count < block.end and block.begin + count in page.lines.headings:
        count += 1
    return count


def _run(page: Page, block: Block, wrap: Wrap | None) -> int:
    """How many lines at the start hang together by wrapping."""
    count = 1
    while block.begin + count < block.end and goes_on(page, block, block.begin + count - 1, wrap):
        count += 1
    return count


def _up_to_the_body(page: Page, begin: int, run: int) -> int:
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
