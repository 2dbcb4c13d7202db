"""Joins lines that were wrapped at a width, and keeps apart those that were not.

In a wrapped text a break is joined when the next word would not have fitted, or when the next line goes on in lower
case (some programs leave lines shorter than they need be); every other line break begins a paragraph. In a text that
was not wrapped each line is a paragraph of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from digest.sources.page import Block, Page
from digest.sources.sentences import is_unfinished

_BULLETS = ("• ", "* ", "◦ ", "▪ ", "· ", "•\u00a0", "•\t")
_TIGHT_END = re.compile(r"\w-{1,2}$|\w[–—]$")
_TIGHT_START = re.compile(r"--\w")
_SUSPENDED = re.compile(r"(?:and|or|to|y|o|e|u|et|ou)\b", re.IGNORECASE)  # "short- and long-term"


@dataclass(frozen=True, slots=True)
class Wrap:
    """The longest line is `width` long; the width that was set is that or more, but not above `widest`. `indented`
    says whether the indentation counts towards it.
    """

    width: int
    widest: int
    indented: bool


def line_length(page: Page, index: int, *, indented: bool) -> int:
    return len(page.texts[index]) + (page.indentation(index) if indented else 0)


def first_word(text: str) -> int:
    # Not str.split: a no-break space does not break.
    return len(text.partition(" ")[0])


def fills_its_line(page: Page, index: int, wrap: Wrap) -> bool:
    """Whether the first word of the next line would not have fitted behind this one."""
    length = line_length(page, index, indented=wrap.indented)
    gap = 1 if is_unfinished(page.texts[index]) else 2  # some people type two spaces after a full stop
    return length <= wrap.widest and wrap.width < length + gap + first_word(page.texts[index + 1])


def goes_on(page: Page, block: Block, index: int, wrap: Wrap | None) -> bool:
    """Whether the line after `index`, in the same block, continues it."""
    if wrap is None:
        return False
    text, following = page.texts[index], page.texts[index + 1]
    if following.startswith(_BULLETS):
        return False
    full = fills_its_line(page, index, wrap)
    if _begins_indented(page, block, index + 1) and not (full and is_unfinished(text)):
        return False
    long_enough = 2 * line_length(page, index, indented=wrap.indented) >= wrap.width
    return full or (is_unfinished(text) and following[0].islower() and long_enough)


def _begins_indented(page: Page, block: Block, index: int) -> bool:
    """A first line that stands deeper than the lines around it; under a bullet a deeper line goes on."""
    depth = page.indentation(index)
    if depth <= page.indentation(index - 1) or page.texts[index - 1].startswith(("-", *_BULLETS)):
        return False
    if index + 1 < block.end:
        return page.indentation(index + 1) < depth
    # The last line: is it a paragraph of one line, or the second line of one whose lines hang?
    return any(page.indentation(line) == depth > page.indentation(line + 1) for line in range(block.begin, index - 1))


def joined(lines: Iterable[str]) -> str:
    """The lines as one: with a space between them, but none after a hyphen at which a compound was broken."""
    parts: list[str] = []
    for line in lines:
        if parts and parts[-1].endswith("\u00ad"):
            parts[-1] = parts[-1][:-1]
        elif parts and not _is_tight(parts[-1], line):
            parts.append(" ")
        parts.append(line)
    return "".join(parts)


def _is_tight(line: str, following: str) -> bool:
    if _TIGHT_START.match(following):
        return True
    return _TIGHT_END.search(line[-3:]) is not None and not _SUSPENDED.match(following)


def _was_edited(page: Page, index: int, wrap: Wrap) -> bool:
    """Whether a line of a body breaks off beyond the width: somebody added words after the wrapping."""
    return line_length(page, index, indented=wrap.indented) > wrap.widest and is_unfinished(page.texts[index])


def paragraphs(page: Page, block: Block, wrap: Wrap | None) -> list[str]:
    """The paragraphs of a block of body text."""
    if wrap is None or block.end - block.begin == 1:
        return list(page.texts[block.begin : block.end])
    found: list[list[str]] = [[page.texts[block.begin]]]
    for index in range(block.begin, block.end - 1):
        if goes_on(page, block, index, wrap) or _was_edited(page, index, wrap):
            found[-1].append(page.texts[index + 1])
        else:
            found.append([page.texts[index + 1]])
    return [joined(lines) for lines in found]
