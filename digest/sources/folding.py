"""Folds words as people type them, so that accents, case, width and kinds of space make no difference."""

import unicodedata
from functools import lru_cache

# Left over from web pages around dates and names; invisible, and without meaning there.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\u00ad"))


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower case, without accents, compatibility forms resolved, every run of white space one space."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(_INVISIBLE))
        text = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(text.casefold().split())
