"""Finds the taxonomy's terms in a text: a trie of tokens, where the longest term wins and uses up its tokens."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from digest.model.tag import TagKind
from digest.tagging.tokens import Tokens
from digest.tagging.wording import STEM_LETTERS, Case, Word


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


class Terms:
    def __init__(self) -> None:
        self._root = _Node()

    def add(self, words: tuple[Word, ...], meanings: tuple[Meaning, ...]) -> tuple[Meaning, ...] | None:
        """Add meanings; none says that the term means nothing. Return what it meant before: `None` if it is new."""
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
        following, stems = self._root.following, self._root.stems
        keys = tokens.keys
        used = 0
        for start in [at for at, key in enumerate(keys) if key in following or key[:STEM_LETTERS] in stems]:
            if start >= used:
                match = _longest(self._root, tokens, start, start)
                if match is not None:
                    used = match.end
                    yield match

    def meanings_of(self, text: str) -> tuple[Meaning, ...]:
        """What the whole text stands for, in any case."""
        nodes = [self._root]
        for key in Tokens.of(text.strip().rstrip(".")).keys:
            nodes = [child for node in nodes for child in node.children(key)]
        return tuple(meaning for node in nodes for ending in node.endings for meaning in ending.meanings)


def _longest(node: _Node, tokens: Tokens, start: int, end: int) -> Match | None:
    """The longest term from `start` on, of which `node` is reached at `end`. Of equally long ones the one without a
    star wins, then the one with the longer stem.
    """
    best: Match | None = None
    if end < len(tokens.keys):
        key = tokens.keys[end]
        exact = node.following.get(key)
        if exact is not None:
            best = _longest(exact, tokens, start, end + 1)
        if node.stems:
            for stem, child in node.stems.get(key[:STEM_LETTERS], ()):
                if key.startswith(stem):
                    match = _longest(child, tokens, start, end + 1)
                    if match is not None and (best is None or match.end > best.end):
                        best = match
    if best is None and node.endings:
        meanings = [
            ending.meanings for ending in node.endings if not ending.cases or _fits(ending.cases, tokens, start)
        ]
        if meanings:
            return Match(start, end, meanings[0] if len(meanings) == 1 else tuple(dict.fromkeys(chain(*meanings))))
    return best


def _fits(cases: tuple[Case, ...], tokens: Tokens, start: int) -> bool:
    for at, case in enumerate(cases, start):
        token = tokens.token(at)
        if case is Case.INITIAL and not token[0].isupper():
            return False
        if case is Case.CAPITALS and (tokens.capitals or not token.isupper()):
            return False
    return True
