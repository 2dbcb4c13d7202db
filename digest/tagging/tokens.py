"""Cuts a text into tokens that compare equal however they are spelled: any case, with or without accents, NFC or NFD.

A token is a word or one mark that ends a phrase (full stop, comma, bracket, dash …). Hyphens inside words, apostrophes
and Markdown's stars only separate, so "Guatemala-Honduras" and "Mexico’s" are two tokens each.
"""

import re
import unicodedata
from dataclasses import dataclass

# A word is whatever is neither white space nor punctuation. So combining marks and soft hyphens stay inside it.
_WORD = r"[^\s!-/:-@\[-`{-~\xa1-\xac\xae-\xbf\u2010-\u2027\u2030-\u205e]+"
# All punctuation but - ' * _ ` ´ ‐ ‑ ‘ ’
_MARK = r"[!-&()+,./:-@\[-^{-~\xa1-\xac\xae-\xb3\xb5-\xbf\u2012-\u2017\u201a-\u2027\u2030-\u205e]"
_TOKEN = re.compile(rf"({_WORD}|-(?=\s)|{_MARK})")
_RUN = re.compile(r"\S+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


def fold(token: str) -> str:
    """The token without case, accents and invisible characters; a mark stays as it is."""
    letters = unicodedata.normalize("NFKD", token).casefold()
    return "".join(filter(str.isalnum, letters)).translate(_LIGATURES) or token


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
        keys = [token.lower() if token.isascii() else fold(token) for token in pieces[1::2]]
        return cls(pieces, keys, text.isupper())

    def token(self, at: int) -> str:
        return self.pieces[2 * at + 1]

    def text(self, start: int, end: int) -> str:
        """The tokens from `start` up to `end`, as they stand in the text."""
        return "".join(self.pieces[2 * start + 1 : 2 * end])


def _blank_address(run: re.Match[str]) -> str:
    word = run[0]
    return " " * len(word) if "@" in word or "://" in word or word.startswith("www.") else word
