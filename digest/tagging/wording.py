"""How a term is written in the taxonomy: words, the capitals that they need, and stars for any ending."""

import re
from dataclasses import dataclass
from enum import IntEnum

from digest.tagging.tokens import Tokens

STEM_LETTERS = 4  # a stem needs as many letters; they are also its index
_STAR_INSIDE = re.compile(r"\*\w")


class Case(IntEnum):
    """How a word of a term must be written in the text."""

    ANY = 0
    INITIAL = 1  # with a capital at its beginning
    CAPITALS = 2  # wholly in capitals, in a text that is not (so "JOIN US TODAY" names no country)


@dataclass(frozen=True, slots=True)
class Word:
    key: str
    stem: bool
    case: Case


def words_of(term: str) -> tuple[Word, ...]:
    """The term as words; raise `ValueError`, with the cause, when it is none.

    A star at the end of a word stands for any ending. A full stop at the end of the term may be missing in the text.
    """
    tokens = Tokens.of(term)
    stems = [separator.startswith("*") for separator in tokens.pieces[2::2]]
    if sum(stems) != term.count("*") or _STAR_INSIDE.search(term):
        raise ValueError("a star may only stand at the end of a word")
    words = [
        Word(key, stem, _case(tokens.token(at))) for at, (key, stem) in enumerate(zip(tokens.keys, stems, strict=True))
    ]
    while words and words[-1].key == ".":
        words.pop()
    if not any(word.key.isalnum() for word in words):
        raise ValueError("a term needs letters")
    if any(word.stem and len(word.key) < STEM_LETTERS for word in words):
        raise ValueError(f"a star needs at least {STEM_LETTERS} letters before it")
    return tuple(words)


def _case(token: str) -> Case:
    if len(token) > 1 and token.isupper():
        return Case.CAPITALS
    return Case.INITIAL if token[0].isupper() else Case.ANY
