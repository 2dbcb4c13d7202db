"""A text listing as its grammar sees it: clean lines, and runs of lines between blank ones."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from digest.sources.cleaning import clean
from digest.sources.lines import Lines

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"


class Block(NamedTuple):
    """Lines without a blank one between them, as a half-open range of indices."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`texts` are the lines, clean and stripped; `removed` says what cleaning took out of which line."""

    texts: Sequence[str]
    lines: Lines
    removed: dict[int, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Lines) -> "Page":
        removed: dict[int, Counter[str]] = {}
        texts = [
            text.strip() if text.isascii() and text.isprintable() else _cleaned(text, index, removed)
            for index, text in enumerate(lines.texts)
        ]
        return cls(texts=texts, lines=lines, removed=removed)

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
    return cleaned if cleaned.strip(_INVISIBLE) else ""
