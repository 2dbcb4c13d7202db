"""Codes: six characters that stand for the exact content of a part, or of a draft, made to be read aloud and typed.

They are made with the workspace's secret. So whoever knows what an edition says, or its fingerprint, has no code before
it was shown to them.
"""

import hashlib
from collections.abc import Mapping, Sequence

from digest.foundation.catalogue import later
from digest.mail.tokens import Keyring

ANOTHER_PART = later("that is the code of another part: {title}")
MISTYPED = later("it is mistyped, or it comes from an older mail and the part has changed since")
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 and O, no 1, I and L, no U
LENGTH = 6
_IGNORED = str.maketrans("", "", " -\u2010\u2011\u2012\u2013\u2014\u00a0\t")


class Codes:
    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def of(self, fingerprint: str) -> str:
        """The same code for the same content; one in 729 million others shares it."""
        return self._all(fingerprint)[0]

    def fits(self, text: str, fingerprint: str) -> bool:
        """Also a code that was given out before the secret became another."""
        return as_typed(text) in self._all(fingerprint)

    def why_wrong(self, text: str, fingerprint: str, others: Mapping[str, str], earlier: Sequence[str]) -> str:
        """What is wrong with a code that does not fit the part's `fingerprint`; the right one is never in the sentence.

        `others` maps the titles of the edition's other parts to their fingerprints; `earlier` are contents which this
        part is known to have had.
        """
        typed = as_typed(text)
        if any(self.fits(typed, one) for one in earlier if one != fingerprint):
            return later("the part has changed since that code was given out")
        for title, other in others.items():
            if self.fits(typed, other):
                return ANOTHER_PART.format(title=title)
        if any(typed == _without_secret(one) for one in (fingerprint, *others.values(), *earlier)):
            return later("an older version of digest gave out that code, and codes of today are others")
        return _mistyped(typed, self.of(fingerprint))

    def _all(self, fingerprint: str) -> list[str]:
        return [_in_characters(int(proof, 16)) for proof in self._keyring.contents(fingerprint)]


def as_typed(text: str) -> str:
    """What a person typed, without what does not count: case, spaces, dashes."""
    return text.translate(_IGNORED).upper()


def _mistyped(typed: str, right: str) -> str:
    strange = sorted(set(typed) - set(ALPHABET))
    if strange:
        return later("it looks mistyped: no code has {signs} in it").format(signs=", ".join(strange))
    if len(typed) != LENGTH:
        return later("it looks mistyped: a code has {length} characters, this one {count}").format(
            length=LENGTH, count=len(typed)
        )
    if sorted(typed) == sorted(right) or sum(a != b for a, b in zip(typed, right, strict=True)) == 1:
        return later("it looks mistyped")
    return MISTYPED


def _without_secret(fingerprint: str) -> str:
    """What stood for it until codes were made with the secret: it opens nothing."""
    return _in_characters(int.from_bytes(hashlib.sha256(b"review code\0" + fingerprint.encode()).digest(), "big"))


def _in_characters(number: int) -> str:
    characters = []
    for _ in range(LENGTH):
        number, position = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[position])
    return "".join(characters)
