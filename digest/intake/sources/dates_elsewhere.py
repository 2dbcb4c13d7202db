"""Dates in other scripts and languages: brought into signs that `dates` reads, or told apart from other text.

The names of months are those of CLDR (Babel). What is not understood is still seen: a line with a day, a year and
little else, of which one word is a month somewhere, or none is in Latin letters.
"""

import re
import unicodedata
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Literal

from digest.foundation.words import fold_letters

_READ = ("ar", "ar_LB", "ar_MA", "ar_DZ", "he", "ru", "uk", "bg", "sr", "el", "hi", "bn", "ka", "hy", "am", "th")
_SEEN = (  # in Latin letters
    *("pl", "cs", "sk", "hu", "ro", "hr", "sl", "sq", "lt", "lv", "et", "fi", "sv", "nb", "da", "is", "nl", "de", "it"),
    *("ca", "eu", "cy", "tr", "az", "vi", "id", "sw", "af"),
)
_OTHER_SIGNS = re.compile(r"[^\W\d_a-zA-Z\u00aa-\u024f]|[^\x00-\x7f]\d|[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]")
_NOT_LATIN = re.compile(r"[^\x00-\u024f\u1e00-\u1eff\u2000-\u206f]")
_THAI = re.compile(r"[\u0e00-\u0e7f]")
_THAI_SIGNS = re.compile(r"วันที่|พ\.?ศ\.?|ค\.?ศ\.?|เดือน")
_OF_BUDDHA = re.compile(r"(?<!\d)2[45]\d\d(?!\d)")
_YEARS_OF_BUDDHA = 543
_EAST_ASIAN = (
    re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일号]?"),
    re.compile(r"(?P<month>\d{1,2}) ?[月월] ?(?P<day>\d{1,2}) ?[日일号]?,? (?P<year>\d{4})[年년]?"),
)
_DAY_OF_EAST_ASIA = re.compile(r"[年년月월].{1,4}[日일号](?!本)")
_LONGEST_OF_EAST_ASIA = 30
_WORD = re.compile(r"[^\s\d,/()–-]+")
_YEAR_SIGN = re.compile(r"(?<=\d) ?(?:г|года|р|року|rok|roku|r|god(?:ine)?|g)\.?$")
_DIRECTION = re.compile(r"[\u200e\u200f\u061c]")
_NUMBER = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_THREE_NUMBERS = re.compile(r"\d+ ?[./-] ?\d+ ?[./-] ?\d+")
_YEARS, _DAYS = range(1300, 2650), range(1, 32)  # of any calendar
_NUMBERS_OF_A_DATE = 3
_MOST_WORDS = 4
_MOST_IN_LATIN = 2  # beside three numbers
_BEGINNING = 5  # letters
_SHORTEST_MONTH = 3
_ENDING = 3  # letters, of a case
_DAY_WORD_YEAR = re.compile(
    r"[^\x00-\u024f]* ?\d{1,2}(?:\.? [^\x00-\u024f]+(?: [^\x00-\u024f]+)?|\. [^\W\d_]+) ?\d{4}[^\x00-\u024f]*"
)
_ENGLISH = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)


def in_known_signs(line: str) -> str:
    """`٥ أغسطس ٢٠١٨` becomes `5 august 2018`; a line in Latin letters keeps them."""
    if line.isascii():
        return _YEAR_SIGN.sub("", line)
    if not _OTHER_SIGNS.search(line):
        return line
    line = _DIRECTION.sub("", line.replace("،", ","))
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in line)
    if _THAI.search(digits):
        digits = _THAI_SIGNS.sub(" ", digits).strip()
        digits = _OF_BUDDHA.sub(lambda year: str(int(year[0]) - _YEARS_OF_BUDDHA), digits)
    year_first, month_first = _EAST_ASIAN
    digits = month_first.sub(r"\g<year>-\g<month>-\g<day>", year_first.sub(r"\1-\2-\3", digits))
    return _WORD.sub(_in_english, _YEAR_SIGN.sub("", digits))


def _in_english(word: re.Match[str]) -> str:
    bare = word[0].strip(".")
    return word[0].replace(bare, _months().get(bare.casefold(), bare)) if bare else word[0]


def resembles_date(line: str, known: Container[str]) -> bool:
    """Whether the line is a date that nobody here can read: a day, a year, little else. `known` months say nothing."""
    if len(line) <= _LONGEST_OF_EAST_ASIA and _DAY_OF_EAST_ASIA.search(line):
        return True
    numbers = [int(number) for number in _NUMBER.findall(line)]
    years = sum(number in _YEARS for number in numbers)
    others = sum(number in _DAYS for number in numbers)
    words = _LETTERS.findall(fold_letters(line))
    if years != 1 or not 0 < others < _NUMBERS_OF_A_DATE or years + others != len(numbers) or len(words) > _MOST_WORDS:
        return False
    if _NOT_LATIN.search(line):
        return len(numbers) == _NUMBERS_OF_A_DATE or _DAY_WORD_YEAR.fullmatch(line) is not None
    if len(words) <= _MOST_IN_LATIN and _THREE_NUMBERS.search(line):
        return True
    is_a_sentence = line.endswith(".") and sum(len(word) > 1 for word in words) > _MOST_IN_LATIN
    return not is_a_sentence and any(_is_a_month_somewhere(word) for word in words if word not in known)


def _is_a_month_somewhere(word: str) -> bool:
    names = _months_anywhere()
    return word in names or any(abs(len(word) - len(name)) <= _ENDING for name in names.get(word[:_BEGINNING], ()))


@lru_cache(maxsize=1)
def _months() -> dict[str, str]:
    return {
        name.strip(".").casefold(): _ENGLISH[number - 1]
        for locale in _READ
        for width in ("abbreviated", "wide")
        for context in ("stand-alone", "format")
        for number, name in _names(width, context, locale).items()
    }


@lru_cache(maxsize=1)
def _months_anywhere() -> dict[str, frozenset[str]]:
    """Each name, folded, and what the long ones begin with, with those that begin so."""
    names = {
        word
        for locale in _SEEN
        for name in _names("wide", "format", locale).values()
        for word in _LETTERS.findall(fold_letters(name))
        if len(word) >= _SHORTEST_MONTH
    }
    beginnings = {name[:_BEGINNING] for name in names if len(name) > _BEGINNING}
    return dict.fromkeys(names, frozenset[str]()) | {
        beginning: frozenset(name for name in names if name.startswith(beginning)) for beginning in beginnings
    }


def _names(
    width: Literal["abbreviated", "wide"], context: Literal["format", "stand-alone"], locale: str
) -> Mapping[int, str]:
    from babel.dates import get_month_names  # 40 ms with sixteen locales, 300 with all: only for such lines

    return get_month_names(width, context, locale)
