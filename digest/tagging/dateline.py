"""Recognises a dateline: the place, and perhaps the date, with which the first paragraph of a news item begins."""

from digest.tagging.tokens import Tokens

_LONGEST = 20  # tokens
_SHORTEST_LAST_WORD = 3  # a full stop after fewer letters belongs to an abbreviation
_DASHES = frozenset("-‒–—―")
_MARKS = frozenset(",.()/")
_SMALL = (
    "a and au aux d de del des du e el en et in l la las le los of the y "
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre "
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"
)
_SMALL_WORDS = frozenset(_SMALL.split())


def dateline_end(tokens: Tokens) -> int:
    """How many tokens at the beginning are a dateline; 0 when there is none.

    Names, numbers, months and small words between them, up to a dash that is followed by a space, or else up to the
    first full stop: "San José, Costa Rica. ", "Petén, Guatemala. April 27-28, 2018. – ", "Belmopan — ".
    """
    stop = 0
    for at, key in enumerate(tokens.keys[:_LONGEST]):
        if key in _DASHES:
            return at
        if key == "." and not stop and at and len(tokens.keys[at - 1]) >= _SHORTEST_LAST_WORD:
            stop = at
        if key in _MARKS or key in _SMALL_WORDS:
            continue
        initial = tokens.token(at)[0]
        if not (initial.isupper() or initial.isdigit()):
            break
    return stop
