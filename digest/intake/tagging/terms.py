"""Terms: how they are written in the taxonomy, and where they occur in a text.

A text is cut into tokens that compare equal however they are spelled: any case, with or without accents, NFC or NFD.
A token is a word or one mark that ends a phrase (full stop, comma, bracket, dash …). Hyphens inside words,
apostrophes and Markdown's stars only separate, so "Guatemala-Honduras" and "Mexico’s" are two tokens each. Terms are
a trie of tokens, where the longest term wins and uses up its tokens.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from digest.foundation.catalogue import _
from digest.intake.item import TagKind

# A word is whatever is neither white space nor punctuation. So combining marks and soft hyphens stay inside it.
_WORD = r"[^\s!-/:-@\[-`{-~\xa1-\xac\xae-\xbf\u2010-\u2027\u2030-\u205e]+"
# All punctuation but - ' * _ ` ´ ‐ ‑ ‘ ’
_MARK = r"[!-&()+,./:-@\[-^{-~\xa1-\xac\xae-\xb3\xb5-\xbf\u2012-\u2017\u201a-\u2027\u2030-\u205e]"
_TOKEN = re.compile(rf"({_WORD}|-(?=\s)|{_MARK})")
_RUN = re.compile(r"\S+")
STEM_LETTERS = 4  # a stem needs as many letters; they are also its index
_KNOWN_WORDS = 32_768  # a language has about as many that are used
_STAR_INSIDE = re.compile(r"\*\w")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text in pieces: `pieces` alternate between separator and token and join to the text; `keys` are the tokens,
    folded; `capitals` says that the whole text is in capitals.
    """

    pieces: list[str]
    keys: list[str]
    capitals: bool

    @classmethod
    def of(cls, text: str) -> "Tokens":
        """Web and mail addresses are no words: they are blanked out."""
        if "@" in text or "://" in text or "www." in text:
            text = _RUN.sub(_blank_address, text)
        pieces = _TOKEN.split(text)
        tokens = pieces[1::2]
        keys = " ".join(tokens).lower().split()  # no token holds a space
        if not text.isascii():
            for at, token in enumerate(tokens):
                if not token.isascii():
                    keys[at] = _fold_token(token)
        return cls(pieces, keys, text.isupper())

    def token(self, at: int) -> str:
        return self.pieces[2 * at + 1]

    def text(self, start: int, end: int) -> str:
        """The tokens from `start` up to `end`, as they stand in the text."""
        return "".join(self.pieces[2 * start + 1 : 2 * end])


@lru_cache(maxsize=_KNOWN_WORDS)
def _fold_token(token: str) -> str:
    """The token without case, accents and invisible characters; a mark stays as it is."""
    letters = unicodedata.normalize("NFKD", token).casefold()
    return "".join(filter(str.isalnum, letters)).translate(_LIGATURES) or token


def _blank_address(run: re.Match[str]) -> str:
    word = run[0]
    return " " * len(word) if "@" in word or "://" in word or word.startswith("www.") else word


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
        raise ValueError(_("a star may only stand at the end of a word"))
    words = [
        Word(key, stem, _case(tokens.token(at))) for at, (key, stem) in enumerate(zip(tokens.keys, stems, strict=True))
    ]
    while words and words[-1].key == ".":
        words.pop()
    if not any(word.key.isalnum() for word in words):
        raise ValueError(_("a term needs letters"))
    if any(word.stem and len(word.key) < STEM_LETTERS for word in words):
        raise ValueError(_("a star needs at least {least} letters before it").format(least=STEM_LETTERS))
    return tuple(words)


def _case(token: str) -> Case:
    if len(token) > 1 and token.isupper():
        return Case.CAPITALS
    return Case.INITIAL if token[0].isupper() else Case.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a term stands for. `name`: a person may write it for the value; `guess`: it is evidence in a text;
    `title_strong`: strong evidence in a title; `title_only`: none elsewhere.
    """

    kind: TagKind
    value: str
    name: bool = False
    guess: bool = True
    title_strong: bool = True
    title_only: bool = False


class Match(NamedTuple):
    """The tokens `[start, end)` of a text and what they stand for; nothing, when they only swallow what they hold."""

    start: int
    end: int
    meanings: tuple[Meaning, ...]


@dataclass(slots=True)
class _Ending:
    """A term that ends at a node. `cases` is empty when any spelling will do."""

    cases: tuple[Case, ...]
    meanings: tuple[Meaning, ...]


@dataclass(slots=True)
class _Node:
    following: dict[str, "_Node"] = field(default_factory=dict)
    stems: dict[str, list[tuple[str, "_Node"]]] = field(default_factory=dict)  # by their first letters
    endings: list[_Ending] = field(default_factory=list)

    def child(self, word: Word) -> "_Node":
        if not word.stem:
            return self.following.setdefault(word.key, _Node())
        stems = self.stems.setdefault(word.key[:STEM_LETTERS], [])
        for stem, node in stems:
            if stem == word.key:
                return node
        node = _Node()
        stems.append((word.key, node))
        stems.sort(key=lambda pair: -len(pair[0]))
        return node

    def children(self, key: str) -> Iterator["_Node"]:
        """The nodes to which a token leads: without a star first, then by the longest stem."""
        if key in self.following:
            yield self.following[key]
        yield from (node for stem, node in self.stems.get(key[:STEM_LETTERS], ()) if key.startswith(stem))


class _Beginnings(dict[str, tuple[_Node, ...]]):
    """Word → where the terms that may begin with it go on."""

    def __init__(self, root: _Node) -> None:
        super().__init__()
        self._root = root

    def __missing__(self, key: str) -> tuple[_Node, ...]:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        found = self[key] = tuple(self._root.children(key))
        return found


class Terms:
    def __init__(self) -> None:
        self._root = _Node()
        self._beginnings = _Beginnings(self._root)

    def add(self, words: tuple[Word, ...], meanings: tuple[Meaning, ...]) -> tuple[Meaning, ...] | None:
        """Add meanings; none says that the term means nothing. Return what it meant before: `None` if it is new."""
        self._beginnings.clear()
        node = self._root
        for word in words:
            node = node.child(word)
        cases = tuple(word.case for word in words)
        cases = cases if any(cases) else ()
        for ending in node.endings:
            if ending.cases == cases:
                before = ending.meanings
                ending.meanings = tuple(dict.fromkeys((*before, *meanings)))
                return before
        node.endings.append(_Ending(cases, meanings))
        return None

    def find(self, tokens: Tokens) -> Iterator[Match]:
        """The matches from left to right; they do not overlap."""
        used = 0
        for start, nodes in enumerate(map(self._beginnings.__getitem__, tokens.keys)):
            if nodes and start >= used:
                match = _longest(nodes, tokens, start, start + 1)
                if match is not None:
                    used = match.end
                    yield match

    def meanings_of(self, text: str) -> tuple[Meaning, ...]:
        """What the whole text stands for, in any case."""
        nodes = [self._root]
        for key in Tokens.of(text.strip().rstrip(".")).keys:
            nodes = [child for node in nodes for child in node.children(key)]
        return tuple(meaning for node in nodes for ending in node.endings for meaning in ending.meanings)


def _longest(nodes: Iterable[_Node], tokens: Tokens, start: int, end: int) -> Match | None:
    """The longest of the terms from `start` on, of which the nodes are reached at `end`. Of equally long ones the one
    without a star wins, then the one with the longer stem.
    """
    best: Match | None = None
    key = tokens.keys[end] if end < len(tokens.keys) else ""
    for node in nodes:
        match = None
        if node.stems:
            match = _longest(node.children(key), tokens, start, end + 1)
        elif key in node.following:
            match = _longest((node.following[key],), tokens, start, end + 1)
        if match is None and node.endings:
            match = _ending(node.endings, tokens, start, end)
        if match is not None and (best is None or match.end > best.end):
            best = match
    return best


def _ending(endings: Sequence[_Ending], tokens: Tokens, start: int, end: int) -> Match | None:
    found = [ending.meanings for ending in endings if not ending.cases or _fits(ending.cases, tokens, start)]
    if not found:
        return None
    return Match(start, end, found[0] if len(found) == 1 else tuple(dict.fromkeys(chain(*found))))


def _fits(cases: tuple[Case, ...], tokens: Tokens, start: int) -> bool:
    for token, case in zip(tokens.pieces[2 * start + 1 : 2 * (start + len(cases)) : 2], cases, strict=True):
        if case is Case.INITIAL and not token[0].isupper():
            return False
        if case is Case.CAPITALS and (tokens.capitals or not token.isupper()):
            return False
    return True
