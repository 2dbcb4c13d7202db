"""The lines of a text: numbered, clean, in blocks between blank ones; and how a sentence ends."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from digest.foundation.words import INVISIBLE
from digest.intake.sources.cleaning import clean
from digest.intake.sources.formatted import Format

_OTHER_BREAKS = ("\x0b", "\x0c", "\x85", "\u2028")  # end a line, but editors do not count them
_PARAGRAPH_BREAK = "\u2029"
# How sentences end, in English, Spanish, French and Portuguese.
_CLOSERS = "”\"»’')]"
_UNFINISHED_BEFORE = (".", "!", "?", ":", "…", "”", '"', "»")
_ABBREVIATION = re.compile(
    r"(?:(?:\b[^\W\d_]\. ?){2,}"  # U.S., D. C., S.A., p.m.
    r"|\b([A-Z])\1\. ?([A-Z])\2\."  # EE. UU., FF.AA.
    r"|\b(?:Bros|Cía|Co|Corp|Dept|Dr|Dra|Inc|Jr|Ltd|Ltda|No|Sr|Sra|St|Sta|Sto)\.)$"
)
_INNER_BREAK = re.compile(r"[.!?…][”\"»’')\]]*\s+[¿¡“\"«(]?[A-ZÀ-Þ0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines as written, with their indentation. `numbers` are those of an editor (Word: of the paragraph);
    `headings` are the indices of lines in a heading style; `formats`, one for each line, where there are any; `edges`
    are what stands at the edges of the pages.
    """

    texts: Sequence[str]
    numbers: Sequence[int]
    headings: frozenset[int] = frozenset()
    formats: Sequence[Format] = ()
    edges: Sequence[str] = ()

    def is_block(self, index: int) -> bool:
        """Whether it is a table: no date, no title and no header, whatever its cells say."""
        return bool(self.formats) and self.formats[index].block


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


class Block(NamedTuple):
    """Lines without a blank one between them, as a half-open range of indices."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPage:
    """`texts` are the lines, clean and stripped; `removed` says what cleaning took out of which line."""

    texts: list[str]
    lines: Lines
    removed: dict[int, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Lines) -> "TextPage":
        removed: dict[int, Counter[str]] = {}
        texts = [
            text.strip() if text.isascii() and text.isprintable() else _cleaned(text, index, removed)
            for index, text in enumerate(lines.texts)
        ]
        return cls(texts=texts, lines=lines, removed=removed)

    def blank(self, index: int) -> None:
        """Take a line out that was read for itself."""
        self.texts[index] = ""

    def number(self, index: int) -> int:
        return self.lines.numbers[index]

    def indentation(self, index: int) -> int:
        text = self.lines.texts[index]
        return len(text) - len(text.lstrip())

    def removed_between(self, begin: int, end: int) -> Counter[str]:
        if not self.removed:
            return Counter()
        return sum((self.removed[index] for index in range(begin, end) if index in self.removed), Counter())

    def blocks(self, begin: int, end: int) -> Iterator[Block]:
        first = None
        for index in range(begin, end):
            if not self.texts[index]:
                if first is not None:
                    yield Block(first, index)
                first = None
            elif first is None:
                first = index
        if first is not None:
            yield Block(first, end)


def _cleaned(text: str, index: int, removed: dict[int, Counter[str]]) -> str:
    found: Counter[str] = Counter()
    cleaned = clean(text, found).strip()
    if found:
        removed[index] = found
    return cleaned if cleaned.strip(INVISIBLE) else ""


def ends_like_a_sentence(text: str) -> bool:
    """Whether the text ends with a full stop (quotes and brackets may follow) that is not an abbreviation's."""
    bare = text.rstrip(_CLOSERS)
    return bare.endswith(".") and _ABBREVIATION.search(bare[-12:]) is None


def is_unfinished(line: str) -> bool:
    """Whether a line that ends so breaks off inside a sentence (or is a title)."""
    return not line.endswith(_UNFINISHED_BEFORE)


def holds_several_sentences(text: str) -> bool:
    return _INNER_BREAK.search(text) is not None
