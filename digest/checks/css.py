"""Reads style sheets and style attributes as far as mail needs it: rules, media, declarations, mistakes."""

import re
from dataclasses import dataclass
from functools import lru_cache

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BETWEEN_SEMICOLONS = re.compile(r"""(?:"[^"]*"|'[^']*'|\([^()]*\)|[^;])+""")
_BETWEEN_COMMAS = re.compile(r"""(?:"[^"]*"|'[^']*'|\([^()]*\)|\[[^\]]*\]|[^,])+""")
_IMPORTANT = re.compile(r"\s*!\s*important\s*\Z", re.IGNORECASE)
_PUNCTUATION = re.compile(r"""\"[^"]*"|'[^']*'|[{};]""")
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
class Sheet:
    """`at_rules` are all other rules that begin with @, by name and with what follows; `mistakes` are pieces that
    cannot be read.
    """

    rules: tuple[StyleRule, ...]
    at_rules: tuple[tuple[str, str], ...]
    mistakes: tuple[str, ...]


@lru_cache(maxsize=4096)  # a page repeats few styles many times
def declarations(style: str) -> tuple[Declaration, ...]:
    """What cannot be read is left out."""
    return _declarations(_COMMENT.sub("", style))[0]


@lru_cache(maxsize=64)  # the variants of an edition share their sheets
def sheet(text: str, media: str = "") -> Sheet:
    """`media` is the condition that the whole sheet stands under."""
    return _Reader(_COMMENT.sub(" ", text), media.lower().strip()).read()


def _declarations(style: str) -> tuple[tuple[Declaration, ...], list[str]]:
    found, mistakes = [], []
    for piece in _BETWEEN_SEMICOLONS.findall(style):
        if not piece.strip():
            continue
        name, colon, value = piece.partition(":")
        plain = _IMPORTANT.sub("", value)
        if colon and name.strip() and plain.strip():
            found.append(Declaration(name.strip().lower(), plain.strip(), plain != value))
        else:
            mistakes.append(piece.strip())
    return tuple(found), mistakes


class _Reader:
    """Walks from brace to brace; `_open` are the preludes of the blocks that are open."""

    def __init__(self, text: str, media: str) -> None:
        self._text = text
        self._media = media
        self._open: list[str] = []
        self._start = 0
        self._rules: list[StyleRule] = []
        self._at_rules: list[tuple[str, str]] = []
        self._mistakes: list[str] = []

    def read(self) -> Sheet:
        for found in _PUNCTUATION.finditer(self._text):
            match found[0]:
                case "{":
                    self._open.append(self._taken(found))
                case "}":
                    self._close(self._taken(found))
                case ";" if not self._open or self._open[-1].startswith(_GROUPS):
                    self._at_rule(self._taken(found))
        if self._open:
            self._mistakes.append(f"{self._open[-1]} {{ is never closed")
        if rest := self._text[self._start :].strip():
            self._mistakes.append(rest)
        return Sheet(tuple(self._rules), tuple(self._at_rules), tuple(self._mistakes))

    def _taken(self, found: re.Match[str]) -> str:
        piece = self._text[self._start : found.start()].strip()
        self._start = found.end()
        return piece

    def _close(self, body: str) -> None:
        if not self._open:
            self._mistakes.append(f"{body} }} closes nothing")
            return
        prelude = self._open.pop()
        if prelude.startswith(_GROUPS):
            if body:
                self._mistakes.append(body)
            if not prelude.startswith("@media"):
                self._at_rule(prelude)
        elif prelude.startswith("@"):
            self._at_rule(f"{prelude} {body}")
        else:
            self._rule(prelude, body)

    def _rule(self, prelude: str, body: str) -> None:
        found, mistakes = _declarations(body)
        self._mistakes += mistakes
        conditions = [self._media, *(each.removeprefix("@media").strip().lower() for each in self._open)]
        media = " and ".join(filter(None, conditions))
        selectors = [each.strip() for each in _BETWEEN_COMMAS.findall(prelude)]
        if not all(selectors) or not selectors:
            self._mistakes.append(f"{prelude} {{…}}")
        self._rules += [StyleRule(media, selector, found) for selector in selectors if selector]

    def _at_rule(self, said: str) -> None:
        name, _, rest = said.partition(" ")
        if name.startswith("@"):
            self._at_rules.append((name.lower(), rest.strip()))
        elif said:
            self._mistakes.append(said)
