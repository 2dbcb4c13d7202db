"""Tells titles from sentences by how they end, in English, Spanish, French and Portuguese."""

import re

_CLOSERS = "”\"»’')]"
_UNFINISHED_BEFORE = (".", "!", "?", ":", "…", "”", '"', "»")
_ABBREVIATION = re.compile(
    r"(?:(?:\b[^\W\d_]\. ?){2,}"  # U.S., D. C., S.A., p.m.
    r"|\b([A-Z])\1\. ?([A-Z])\2\."  # EE. UU., FF.AA.
    r"|\b(?:Bros|Cía|Co|Corp|Dept|Dr|Dra|Inc|Jr|Ltd|Ltda|No|Sr|Sra|St|Sta|Sto)\.)$"
)
_INNER_BREAK = re.compile(r"[.!?…][”\"»’')\]]*\s+[¿¡“\"«(]?[A-ZÀ-Þ0-9]")


def ends_like_a_sentence(text: str) -> bool:
    """Whether the text ends with a full stop (quotes and brackets may follow) that is not an abbreviation's."""
    bare = text.rstrip(_CLOSERS)
    return bare.endswith(".") and _ABBREVIATION.search(bare[-12:]) is None


def is_unfinished(line: str) -> bool:
    """Whether a line that ends so breaks off inside a sentence (or is a title)."""
    return not line.endswith(_UNFINISHED_BEFORE)


def holds_several_sentences(text: str) -> bool:
    return _INNER_BREAK.search(text) is not None
