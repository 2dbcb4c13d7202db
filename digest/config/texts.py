"""Rules for single texts, whichever file they stand in. Each raises `ValueError` with words that follow the key."""

import re
import unicodedata
from datetime import date

from digest.foundation.names import LONGEST_SLUG, SLUG, nearest_slug
from digest.foundation.words import plain, quoted

LONGEST_LINE = 200
FIRST_YEAR, LAST_YEAR = 1900, 2199

# Control characters, surrogates, line separators and bidi overrides: they break headers, or lie about what is read.
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The text in NFC without the spaces around it: neither empty nor more than one line, nor longer than allowed."""
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text:
        raise ValueError("is empty")
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    if found := _NOT_IN_A_LINE.search(text):
        if found[0] in "\n\r\x85\u2028\u2029":
            raise ValueError("must stand in one line; there is a line break in it")
        raise ValueError(f"holds the control character U+{ord(found[0]):04X}; take it out")
    return text


def several_lines(text: str) -> str:
    """Lines joined with commas, as a postal address in one line."""
    return one_line(", ".join(line.strip().rstrip(",") for line in text.splitlines() if line.strip()))


def slug(text: str) -> str:
    """Small letters a–z, digits and dashes, at most 40."""
    if len(text) > LONGEST_SLUG:
        raise ValueError(f"is longer than {LONGEST_SLUG} characters")
    if SLUG.fullmatch(text) is None:
        nearest = nearest_slug(text)
        example = f", such as {quoted(nearest)}" if nearest else ""
        raise ValueError(f"must consist of small letters a–z, digits and dashes{example}")
    return text


def calendar_date(text: str) -> date:
    """A date written year-month-day."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"must be a date written year-month-day, such as 2018-04-01, not {quoted(text)}")
    year, month, day = map(int, found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(f"there is no day {plain(text)} in the calendar") from error
