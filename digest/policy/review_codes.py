"""Codes: six characters that stand for the exact content of a part, made to be read aloud and typed."""

import hashlib
from collections.abc import Mapping, Sequence

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 and O, no 1, I and L, no U
LENGTH = 6

_IGNORED = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\u2014\u00a0\t")


def code_of(fingerprint: str) -> str:
    """The same code for the same content; one in 729 million others shares it."""
    number = int.from_bytes(hashlib.sha256(b"review code\0" + fingerprint.encode()).digest(), "big")
    characters = []
    for _ in range(LENGTH):
        number, position = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[position])
    return "".join(characters)


def as_typed(text: str) -> str:
    """What a person typed, without what does not count: case, spaces, dashes."""
    return text.translate(_IGNORED).upper()


def fits(text: str, fingerprint: str) -> bool:
    return as_typed(text) == code_of(fingerprint)


def why_wrong(text: str, fingerprint: str, others: Mapping[str, str], earlier: Sequence[str]) -> str:
    """What is wrong with a code that does not fit the part's `fingerprint`; the right one is never in the sentence.

    `others` maps the titles of the edition's other parts to their fingerprints; `earlier` are contents which this part
    is known to have had.
    """
    typed, right = as_typed(text), code_of(fingerprint)
    if any(typed == code_of(one) for one in earlier if one != fingerprint):
        return "the part has changed since that code was given out"
    for title, other in others.items():
        if typed == code_of(other):
            return f"that is the code of another part: {title}"
    strange = sorted(set(typed) - set(ALPHABET))
    if strange:
        return f"it looks mistyped: no code has {', '.join(strange)} in it"
    if len(typed) != LENGTH:
        return f"it looks mistyped: a code has {LENGTH} characters, this one {len(typed)}"
    if sorted(typed) == sorted(right) or sum(a != b for a, b in zip(typed, right, strict=True)) == 1:
        return "it looks mistyped"
    return "it is mistyped, or it comes from an older mail and the part has changed since"
