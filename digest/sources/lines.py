"""Splits text into lines and keeps for each the number under which people find it."""

from collections.abc import Sequence
from dataclasses import dataclass

_OTHER_BREAKS = ("\x0b", "\x0c", "\x85", "\u2028")  # end a line, but editors do not count them
_PARAGRAPH_BREAK = "\u2029"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines as written, with their indentation. `numbers` are those of an editor (Word: of the paragraph);
    `headings` are the indices of lines in a heading style.
    """

    texts: Sequence[str]
    numbers: Sequence[int]
    headings: frozenset[int] = frozenset()


def split_lines(text: str) -> Lines:
    """Split at every kind of line end, mixed or not: nothing but the line ends is lost."""
    texts = with_newlines(text).split("\n")
    if not any(mark in text for mark in (*_OTHER_BREAKS, _PARAGRAPH_BREAK)):
        return Lines(texts=texts, numbers=range(1, len(texts) + 1))
    pieces = [(number, piece) for number, line in enumerate(texts, 1) for piece in _pieces(line)]
    return Lines(texts=[piece for _, piece in pieces], numbers=[number for number, _ in pieces])


def with_newlines(text: str) -> str:
    """The text with the line ends of every editor as newlines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _pieces(line: str) -> list[str]:
    line = line.replace(_PARAGRAPH_BREAK, "\n\n")
    for mark in _OTHER_BREAKS:
        line = line.replace(mark, "\n")
    return line.split("\n")
