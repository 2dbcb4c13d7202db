"""The balance of a reading: what a person sees in a file = what its items hold + what its findings name.

Each reader accounts for every text that it takes or names (`Findings.account`, `Findings.left_out`) and then hands over
what there was to see. What is in neither becomes a finding here: so a reader need not know a thing to notice it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple
from unicodedata import normalize

from digest.foundation.catalogue import later, plural_later
from digest.intake.sources.draft import Findings

_WORD = re.compile(r"\w+|[^\w\s]")
_SOFT_HYPHEN = "\u00ad"  # goes when a wrapped word is joined again
_MOST_NAMED = 5
_MOST_COMPARED = 100_000_000  # characters, a tenth of a second


class Seen(NamedTuple):
    """A text of the file as a person sees it, and the line where it stands."""

    line: int | None
    text: str


def balance(seen: Sequence[Seen], findings: Findings) -> None:
    """Name whatever was seen and not accounted for, with its line."""
    accounted = findings.accounted
    told = _squeezed(accounted)
    if _squeezed(piece.text for piece in seen) == told:
        return
    missing = _words(piece.text for piece in seen)
    missing.subtract(_words(accounted))
    missing = +missing
    if not missing:
        return
    suspects = [piece for piece in seen if any(missing[word] > 0 for word in _WORD.findall(_whole(piece.text)))]
    if len(suspects) * len(told) < _MOST_COMPARED:
        # First what stands nowhere as a whole, then what has only its words in common with the loss.
        suspects.sort(key=lambda piece: _squeezed([piece.text]) in told)
    lost = [Seen(piece.line, text) for piece in suspects if (text := _lost(piece.text, missing))]
    lost.sort(key=lambda piece: piece.line or 0)
    for piece in lost[:_MOST_NAMED]:
        findings.left_out(
            piece.line, piece.text, later("nothing here can carry this; left out"), later("Write it in another way.")
        )
    if more := lost[_MOST_NAMED:]:
        rest = " ".join(piece.text for piece in more)
        findings.left_out(
            more[0].line,
            rest,
            plural_later(
                "{count} more text is left out, from here on",
                "{count} more texts are left out, from here on",
                len(more),
            ),
            later("Look at the file."),
        )


def _squeezed(texts: Iterable[str]) -> str:
    text = "".join(texts)
    return _whole(text.replace(" ", "") if text.isprintable() else "".join(text.split()))


def _words(texts: Iterable[str]) -> Counter[str]:
    return Counter(chain.from_iterable(_WORD.findall(_whole(text)) for text in texts))


def _whole(text: str) -> str:
    """One form for what readers write in two ways: raised figures, joined words."""
    text = text.replace(_SOFT_HYPHEN, "")
    return text if text.isascii() else normalize("NFKC", text)


def _lost(text: str, missing: Counter[str]) -> str:
    """The words of the text that are still missing, each counted once."""
    lost = []
    for word in _WORD.findall(_whole(text)):
        if missing[word] > 0:
            missing[word] -= 1
            lost.append(word)
    return " ".join(lost)
