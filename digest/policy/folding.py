"""Folding: texts that a reader would call the same become equal."""

import hashlib
import re
import unicodedata

_MARKS = re.compile(r"[\u0300-\u036f]+")
_NOT_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Case, accents, punctuation and the kind and number of spaces do not count: `San José –` becomes `san jose`.

    A text of symbols alone (an emoji title) is folded to itself, so that two different ones stay different.
    """
    plain = text.lower() if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return _NOT_WORDS.sub(" ", plain).strip() or text.strip()


def fingerprint(*parts: str) -> str:
    """16 hex characters; parts cannot run into each other."""
    data = "\x00".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(data.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
