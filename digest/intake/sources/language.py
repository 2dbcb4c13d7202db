"""The language of a text: by the code or name that people give, by its script, or by counting function words."""

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
_OTHERS = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el eo et
eu fa ff fi fj fo fy ga gd gl gn gu gv ha he hi ho hr hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl
km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny
oc oj om or os pa pi pl ps qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk
tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_ISO_639 = frozenset(_OTHERS.split())
_TAG = re.compile(r"([a-z]{2})(?:[-_][A-Za-z0-9]{1,8})*", re.IGNORECASE)
# Scripts that are hardly written in another language than these.
_SCRIPTS = {
    "ar": "\u0600-\u06ff\u0750-\u077f",
    "he": "\u0590-\u05ff",
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af\u1100-\u11ff",
    "zh": "\u4e00-\u9fff",
    "ru": "\u0400-\u04ff",
    "el": "\u0370-\u03ff",
    "hi": "\u0900-\u097f",
    "th": "\u0e00-\u0e7f",
}
_OF_SCRIPT = {code: re.compile(f"[{letters}]") for code, letters in _SCRIPTS.items()}
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\ud7af]")
_HALF = 2
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
    found = _CODES.get(words[0]) or _CODES.get(words[-1])
    if found is None and (tag := _TAG.fullmatch(text.strip())) and tag[1].lower() in _ISO_639:
        return tag[1].lower()
    return found


def language_of_script(texts: Iterable[str]) -> str | None:
    """The language whose script most of the letters belong to; `None` for Latin letters."""
    said = "".join(texts)
    if len(_OTHER_SCRIPT.findall(said)) * _HALF <= sum(map(str.isalpha, said)):
        return None
    hits = {code: len(letters.findall(said)) for code, letters in _OF_SCRIPT.items()}
    if hits["ja"]:
        return "ja"  # Japanese has Chinese letters too, Chinese no kana
    return max(hits, key=lambda code: hits[code]) if any(hits.values()) else None


def function_words(texts: Iterable[str]) -> Counter[str]:
    """How many function words of each language the texts hold."""
    words = " ".join(texts).lower().replace("’", "'").replace("'", "' ").split()
    hits = Counter(map(_LANGUAGE_OF_WORD.get, words))
    return Counter({language: count for language, count in hits.items() if language is not None})


def certain_language(hits: Counter[str]) -> str | None:
    """The language that leads clearly: at least three hits, and twice as many as the next."""
    first, second = [*hits.most_common(2), ("", 0), ("", 0)][:2]
    return first[0] if first[1] >= max(_FEWEST_HITS, _LEAD * second[1]) else None
