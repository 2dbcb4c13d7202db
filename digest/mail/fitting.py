"""One line about a story: its summary, else its first sentence, without the dateline that reporters put before it."""

import re
from collections.abc import Sequence
from itertools import chain

from babel.dates import get_month_names

# "GUATEMALA CITY, 26 July 2018 (IOM) – " and its like, up to a dash with spaces around it.
_DATELINE = re.compile(r"(?P<place>[^.!?–—]{2,80}?)\s*(?:[–—]|\s-|\.-)\s+")
_SENTENCE_END = re.compile(r"(?P<last>\S*[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«¿¡(\[]*[^\W\d_a-záéíóúñü])")
_SMALL_WORDS = frozenset(
    ("a", "and", "at", "by", "de", "del", "el", "en", "for", "in", "la", "las", "los", "of", "on", "the", "y")
)
_MONTHS = frozenset(
    name.lower() for language in ("en", "es") for name in get_month_names("wide", locale=language).values()
)
_ABBREVIATION_MOST = 4  # "Dr.", "No.", "Sra.", "U.S."
_DATELINE_WORDS = 12


def line_of(summary: str | None, paragraphs: Sequence[str], most: int) -> str:
    """At most `most` characters, cut at a word; empty for a story without text."""
    said = one_line(summary) if summary else _first_sentence(paragraphs)
    return shorten(said, most)


def _first_sentence(paragraphs: Sequence[str]) -> str:
    for sentence in chain.from_iterable(map(_sentences, paragraphs)):
        if not _is_dateline(sentence):
            return sentence
    return ""


def _sentences(paragraph: str) -> list[str]:
    text = one_line(paragraph)
    found = _DATELINE.match(text)
    if found and _is_dateline(found["place"]):
        text = text[found.end() :]
    sentences, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        last = end["last"]
        if last.endswith(".") and len(last) <= _ABBREVIATION_MOST and last[0].isupper():
            continue
        sentences.append(text[start : end.end()].strip())
        start = end.end()
    return [*sentences, text[start:]]


def _is_dateline(text: str) -> bool:
    """Nothing but names, numbers and the small words between them, few enough."""
    words = [word.strip("().,;:-") for word in text.split()]
    return len(words) <= _DATELINE_WORDS and all(
        not word or word[0].isupper() or word[0].isdigit() or word.lower() in _SMALL_WORDS | _MONTHS for word in words
    )


# -- Cutting text: to one line, at a word, into columns.

ELLIPSIS = "…"
# What separates lines or words anywhere, and the controls that no text may carry into a header.
_GAPS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ENDS = " ,;:.–—-…"


def one_line(text: str) -> str:
    """Every run of white space, no-break spaces and control characters included, as one space."""
    return _GAPS.sub(" ", text).strip()


def shorten(text: str, most: int) -> str:
    """At most `most` characters, cut after a whole word, with an ellipsis when something was left out. Only a first
    word that is too long itself is cut inside.
    """
    if len(text) <= most:
        return text
    room = text[:most]
    head, space, _ = room.rpartition(" ")
    kept = (head if space else room[:-1]).rstrip(_ENDS)
    return f"{kept or room[:-1]}{ELLIPSIS}"


def wrap(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Lines of at most `width` columns, broken at spaces alone: a URL and words joined by a no-break space stay
    whole. `first` stands before the first line, `rest`, as wide as it, before the others.
    """
    text = _single_spaces(text)
    width -= len(first)
    lines = []
    start = 0
    while len(text) - start > width:
        end = text.rfind(" ", start, start + width + 1)
        if end < 0:
            end = text.find(" ", start)
        if end < 0:
            break
        lines.append(text[start:end])
        start = end + 1
    lines.append(text[start:])
    return first + f"\n{rest}".join(lines)


def _single_spaces(text: str) -> str:
    for gap in "\t\r\n":
        text = text.replace(gap, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")
