"""Reads style sheets and style attributes as far as mail needs it: rules, media, declarations, mistakes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import tinycss2
from tinycss2.ast import Node

from digest.foundation.catalogue import _

_LINE_END = re.compile(r"[\r\n\f]")
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_GROUPS = ("@media", "@supports", "@layer", "@container", "@document")


@dataclass(frozen=True, slots=True)
class Declaration:
    """`name` is in small letters, `value` as written."""

    name: str
    value: str
    important: bool = False


@dataclass(frozen=True, slots=True)
class StyleRule:
    """One selector and what it declares; `media` is the condition around it in small letters, empty when there is
    none.
    """

    media: str
    selector: str
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """`at_rules` are all other rules that begin with @, by name and with what follows; `mistakes` are pieces that
    cannot be read.
    """

    rules: tuple[StyleRule, ...]
    at_rules: tuple[tuple[str, str], ...]
    mistakes: tuple[str, ...]


@lru_cache(maxsize=4096)  # a page repeats few styles many times
def declarations(style: str) -> tuple[Declaration, ...]:
    """What cannot be read is left out."""
    return tuple(filter(None, (_declaration(said) for said, _ in _Level.of(style).pieces(";"))))


@lru_cache(maxsize=64)  # the variants of an edition share their sheets
def sheet(text: str, media: str = "") -> StyleSheet:
    """`media` is the condition that the whole sheet stands under."""
    reader = _Reader()
    try:
        reader.read(_Level.of(text), media.lower().strip())
    except RecursionError:
        reader.mistakes.append(_("a block inside hundreds of blocks"))
    return StyleSheet(tuple(reader.rules), tuple(reader.at_rules), tuple(reader.mistakes))


def _declaration(said: str) -> Declaration | None:
    name, _, value = said.partition(":")
    plain = _IMPORTANT.sub("", value)
    return Declaration(name.strip().lower(), plain.strip(), plain != value) if name.strip() and plain.strip() else None


@dataclass(frozen=True, slots=True)
class _Level:
    """Tokens that stand side by side, the last until `end`. Findings quote what was written, which a token no longer
    knows; so each is taken for the text from its column to the next one's.
    """

    text: str
    tokens: list[Node]
    end: int

    @classmethod
    def of(cls, text: str) -> "_Level":
        text = _LINE_END.sub(" ", text) + " "  # one line; only a block that is never closed holds its last space
        return cls(text, tinycss2.parse_component_value_list(text), len(text))

    def pieces(self, separator: str, *, blocks: bool = False) -> "Iterator[tuple[str, _Level | None]]":
        """What stands between separators, without comments. `blocks`: a block in braces ends a piece too."""
        piece = ""
        starts = (token.source_column - 1 for token in self.tokens)
        for token, (start, end) in zip(self.tokens, pairwise((*starts, self.end)), strict=True):
            block = None
            if blocks and token.type == "{} block":
                block = _Level(self.text, token.content, end - (end < len(self.text)))
            elif blocks and token.type == "error" and token.kind == "}":
                piece = _("{written} }} closes nothing").format(written=piece)
            elif token != separator:
                piece += "" if token.type == "comment" else self.text[start:end]
                continue
            yield piece.strip(), block
            piece = ""
        yield piece.strip(), None


@dataclass(slots=True)
class _Reader:
    rules: list[StyleRule] = field(default_factory=list)
    at_rules: list[tuple[str, str]] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    is_unclosed: bool = False

    def read(self, level: _Level, media: str, *, in_rule: bool = False) -> tuple[Declaration, ...]:
        found = []
        for said, block in level.pieces(";", blocks=True):
            if block is not None:
                self._block(said, block, media)
            elif said.startswith("@"):
                self._at_rule(said)
            elif in_rule and (declaration := _declaration(said)):
                found.append(declaration)
            elif said:
                self.mistakes.append(said)
        return tuple(found)

    def _block(self, prelude: str, block: _Level, media: str) -> None:
        lowered = prelude.lower()
        if lowered.startswith(_GROUPS):
            self.read(block, " and ".join(filter(None, (media, lowered.removeprefix("@media").strip()))))
            if not lowered.startswith("@media"):
                self._at_rule(prelude)
        elif prelude.startswith("@"):
            self._at_rule(f"{prelude} {next(block.pieces(''))[0]}")
        else:
            found = self.read(block, media, in_rule=True)
            selectors = [said for said, _ in _Level.of(prelude).pieces(",")]
            if not all(selectors):
                self.mistakes.append(f"{prelude} {{…}}")
            self.rules += [StyleRule(media, selector, found) for selector in selectors if selector]
        if block.end == len(block.text) and not self.is_unclosed:
            self.is_unclosed = True
            self.mistakes.append(_("{written} {{ is never closed").format(written=prelude))

    def _at_rule(self, said: str) -> None:
        name, _, rest = said.partition(" ")
        self.at_rules.append((name.lower(), rest.strip()))
