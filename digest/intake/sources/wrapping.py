"""Wrapping: whether the lines of a text were wrapped, at what width, and which of them belong together.

It was wrapped at the width of its longest line if, where lines end inside a sentence, the next word would not have
fitted. Lines that break off although it would have fitted speak against it, unless the next line goes on in lower case.

In a wrapped text a break is joined when the next word would not have fitted, or when the next line goes on in lower
case (some programs leave lines shorter than they need be); every other line break begins a paragraph. In a text that
was not wrapped each line is a paragraph of its own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from digest.intake.sources.draft import header
from digest.intake.sources.lines import Block, TextPage, is_unfinished

_BULLETS = ("• ", "* ", "◦ ", "▪ ", "· ", "•\u00a0", "•\t")
_TIGHT_END = re.compile(r"\w-{1,2}$|\w[–—]$")
_TIGHT_START = re.compile(r"--\w")
_SUSPENDED = re.compile(r"(?:and|or|to|y|o|e|u|et|ou)\b", re.IGNORECASE)  # "short- and long-term"
_WIDTHS = range(30, 121)  # nobody wraps outside; longer lines are whole paragraphs
_MOST_BREAKS = 2000  # looked at: more would not change the finding
_MOST_WIDTHS = 8
_QUOTES = ("”", '"', "»")
_PROSE = 50  # characters of a line; shorter ones may be a list


@dataclass(frozen=True, slots=True)
class Wrap:
    """The longest line is `width` long; the width that was set is that or more, but not above `widest`. `indented`
    says whether the indentation counts towards it.
    """

    width: int
    widest: int
    indented: bool


def find_wrap(page: TextPage, breaks: Iterable[int], *, strict: bool = False) -> Wrap | None:
    """The width at which the text was wrapped, told by the line breaks inside its bodies (each the index of the line
    before). `strict` allows no break that contradicts it.
    """
    looked_at = list(islice(breaks, _MOST_BREAKS))
    if not looked_at:
        return None
    measures = (True, False) if any(page.indentation(index) for index in looked_at) else (False,)
    found = [finding for indented in measures for finding in _findings(page, looked_at, indented=indented)]
    best = max(found, key=lambda finding: finding[0], default=None)
    if best is None or (strict and best[1]):
        return None
    return best[2]


def body_breaks(page: TextPage, blocks: Iterable[Block]) -> Iterator[int]:
    """The line breaks inside the bodies of an item, each as the index of the line before: none after its first line
    (the title) and none at header lines.
    """
    for number, block in enumerate(blocks):
        for index in range(block.begin + (number == 0), block.end - 1):
            if not header(page.texts[index]) and not header(page.texts[index + 1]):
                yield index


def paragraphs(page: TextPage, block: Block, wrap: Wrap | None) -> list[Sequence[int]]:
    """The paragraphs of a block of body text, each as the indices of its lines."""
    if wrap is None or block.end - block.begin == 1:
        return [(index,) for index in range(block.begin, block.end)]
    found: list[list[int]] = [[block.begin]]
    for index in range(block.begin, block.end - 1):
        if goes_on(page, block, index, wrap) or _was_edited(page, index, wrap):
            found[-1].append(index + 1)
        else:
            found.append([index + 1])
    return [tuple(lines) for lines in found]


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


def goes_on(page: TextPage, block: Block, index: int, wrap: Wrap | None) -> bool:
    """Whether the line after `index`, in the same block, continues it."""
    if wrap is None:
        return False
    text, following = page.texts[index], page.texts[index + 1]
    if following.startswith(_BULLETS):
        return False
    full = fills_its_line(page, index, wrap)
    if _begins_indented(page, block, index + 1) and not (full and is_unfinished(text)):
        return False
    long_enough = 2 * _line_length(page, index, indented=wrap.indented) >= wrap.width
    return full or (is_unfinished(text) and following[0].islower() and long_enough)


def fills_its_line(page: TextPage, index: int, wrap: Wrap) -> bool:
    """Whether the first word of the next line would not have fitted behind this one."""
    length = _line_length(page, index, indented=wrap.indented)
    gap = 1 if is_unfinished(page.texts[index]) else 2  # some people type two spaces after a full stop
    return length <= wrap.widest and wrap.width < length + gap + _first_word(page.texts[index + 1])


@dataclass(frozen=True, slots=True)
class _Break:
    length: int
    next_word: int
    unfinished: bool
    goes_on: bool  # the next line begins in lower case, or a hyphen breaks a word
    several_words: bool
    to_a_sentence: bool  # the next line ends like one

    def fills(self, width: int) -> bool:
        return self.length <= width < self.length + 1 + self.next_word


def _findings(page: TextPage, breaks: list[int], *, indented: bool) -> list[tuple[float, int, Wrap]]:
    """For every width that may be meant: how much speaks for it, how many breaks against it."""
    rows = [_break(page, index, indented=indented) for index in breaks]
    lengths = {row.length for row in rows if row.several_words}
    lengths |= {_line_length(page, index + 1, indented=indented) for index in breaks if " " in page.texts[index + 1]}
    widths = sorted((length for length in lengths if length in _WIDTHS), reverse=True)[:_MOST_WIDTHS]
    findings = []
    for width in widths:
        full = sum(row.unfinished and row.fills(width) for row in rows)
        certain = sum(row.unfinished and row.goes_on and width // 2 <= row.length <= width for row in rows)
        ragged = sum(
            row.unfinished and row.length <= width and not row.fills(width) and not row.goes_on for row in rows
        )
        against = ragged + sum(row.length > width and row.several_words for row in rows)
        prose = rows[-1].to_a_sentence and all(row.length >= _PROSE and row.fills(width) for row in rows)
        settled = full > 1 or certain or prose
        if full > against and settled:
            widest = min(row.length + row.next_word for row in rows if row.unfinished and row.fills(width))
            findings.append((full + certain / 2 - against, against, Wrap(width, widest, indented)))
    return findings


def _break(page: TextPage, index: int, *, indented: bool) -> _Break:
    text, following = page.texts[index], page.texts[index + 1]
    return _Break(
        length=_line_length(page, index, indented=indented),
        next_word=_first_word(following),
        unfinished=is_unfinished(text) or (text.endswith(_QUOTES) and following[0].islower()),
        goes_on=following[0].islower() or (text.endswith("-") and text[-2:-1].isalpha()),
        several_words=" " in text,
        to_a_sentence=not is_unfinished(following),
    )


def _was_edited(page: TextPage, index: int, wrap: Wrap) -> bool:
    """Whether a line of a body breaks off beyond the width: somebody added words after the wrapping."""
    return _line_length(page, index, indented=wrap.indented) > wrap.widest and is_unfinished(page.texts[index])


def _begins_indented(page: TextPage, block: Block, index: int) -> bool:
    """A first line that stands deeper than the lines around it; under a bullet a deeper line goes on."""
    depth = page.indentation(index)
    if depth <= page.indentation(index - 1) or page.texts[index - 1].startswith(("-", *_BULLETS)):
        return False
    if index + 1 < block.end:
        return page.indentation(index + 1) < depth
    # The last line: is it a paragraph of one line, or the second line of one whose lines hang?
    return any(page.indentation(line) == depth > page.indentation(line + 1) for line in range(block.begin, index - 1))


def _is_tight(line: str, following: str) -> bool:
    if _TIGHT_START.match(following):
        return True
    return _TIGHT_END.search(line[-3:]) is not None and not _SUSPENDED.match(following)


def _line_length(page: TextPage, index: int, *, indented: bool) -> int:
    return len(page.texts[index]) + (page.indentation(index) if indented else 0)


def _first_word(text: str) -> int:
    # Not str.split: a no-break space does not break.
    return len(text.partition(" ")[0])
