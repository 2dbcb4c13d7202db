"""The language of a text: by the code or name that people give, or by counting function words."""

import re
from collections import Counter
from collections.abc import Iterable

from digest.foundation.words import fold_letters

_LANGUAGE_NAMES = {
    "en": "en eng english ingles anglais",
    "es": "es esp spa spanish espanol castellano espagnol espanhol",
    "fr": "fr fra fre french frances francais",
    "pt": "pt por portuguese portugues portugais",
    "ht": "ht hat kreyol creole criollo haitian",
}
_CODES = {name: code for code, names in _LANGUAGE_NAMES.items() for name in names.split()}
# Frequent words that belong to one of the four languages only: "de", "la", "en", "sur" or "on" prove nothing.
FUNCTION_WORDS = {
    "en": "the of and to in is was were for that with by are from this at an it its be has have which their who will"
    " not they been also into these than there when his her our your about between while",
    "es": "el los las y del una con al lo su sus más fue fueron sin pero muy hasta hacia según también cuando están"
    " han hay esto estos quienes nuestro nuestra",
    "fr": "le les des du et dans est une pour qui avec aux au ce cette ces sont été leur leurs pas ont il elle nous"
    " vous être où d' l' qu' par",
    "pt": "os da das em um uma não ao aos às pelo pela pelos pelas são foi foram seu sua seus suas com na nas também"
    " até já é isso uns umas",
}
_FEWEST_HITS = 3
_LEAD = 2
_LANGUAGE_OF_WORD = {word: code for code, words in FUNCTION_WORDS.items() for word in words.split()}


def language_code(text: str) -> str | None:
    """The ISO 639-1 code that people mean by `es`, `es-CR`, `Spanish` or `español`; `None` when nobody knows it."""
    words = re.split(r"[^a-z]+", fold_letters(text))
    return _CODES.get(words[0]) or _CODES.get(words[-1])


def function_words(texts: Iterable[str]) -> Counter[str]:
    """How many function words of each language the texts hold."""
    words = " ".join(texts).lower().replace("’", "'").replace("'", "' ").split()
    hits = Counter(map(_LANGUAGE_OF_WORD.get, words))
    return Counter({language: count for language, count in hits.items() if language is not None})


def certain_language(hits: Counter[str]) -> str | None:
    """The language that leads clearly: at least three hits, and twice as many as the next."""
    first, second = [*hits.most_common(2), ("", 0), ("", 0)][:2]
    return first[0] if first[1] >= max(_FEWEST_HITS, _LEAD * second[1]) else None
