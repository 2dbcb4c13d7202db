"""Finds out whether a text was wrapped, and at what width.

It was wrapped at the width of its longest line if, where lines end inside a sentence, the next word would not have
fitted. Lines that break off although it would have fitted speak against it, unless the next line goes on in lower case.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from digest.sources.headers import header
from digest.sources.page import Block, Page
from digest.sources.sentences import is_unfinished
from digest.sources.wrapping import Wrap, first_word, line_length

_WIDTHS = range(30, 121)  # nobody wraps outside; longer lines are whole paragraphs
_MOST_BREAKS = 2000  # looked at: more would not change the finding
_MOST_WIDTHS = 8
_QUOTES = ("”", '"', "»")
_PROSE = 50  # characters of a line; shorter ones may be a list


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


def body_breaks(page: Page, blocks: Iterable[Block]) -> Iterator[int]:
    """The line breaks inside the bodies of an item, each as the index of the line before: none after its first line
    (the title) and none at header lines.
    """
    for number, block in enumerate(blocks):
        for index in range(block.begin + (number == 0), block.end - 1):
            if not header(page.texts[index]) and not header(page.texts[index + 1]):
                yield index


def find_wrap(page: Page, breaks: Iterable[int], *, strict: bool = False) -> Wrap | None:
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


def _findings(page: Page, breaks: list[int], *, indented: bool) -> list[tuple[float, int, Wrap]]:
    """For every width that may be meant: how much speaks for it, how many breaks against it."""
    rows = [_break(page, index, indented=indented) for index in breaks]
    lengths = {row.length for row in rows if row.several_words}
    lengths |= {line_length(page, index + 1, indented=indented) for index in breaks if " " in page.texts[index + 1]}
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


def _break(page: Page, index: int, *, indented: bool) -> _Break:
    text, following = page.texts[index], page.texts[index + 1]
    return _Break(
        length=line_length(page, index, indented=indented),
        next_word=first_word(following),
        unfinished=is_unfinished(text) or (text.endswith(_QUOTES) and following[0].islower()),
        goes_on=following[0].islower() or (text.endswith("-") and text[-2:-1].isalpha()),
        several_words=" " in text,
        to_a_sentence=not is_unfinished(following),
    )
