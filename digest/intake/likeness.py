"""Likeness: whether two texts of one language tell the same news.

Alike are title and lead, by rapidfuzz. However alike, texts are other news when a number, a date, a name or the
direction of what is told differs, or a subject that stands in title and lead: series are written from one template.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from digest.intake.item import Text
from digest.intake.telling_words import DATE_ONLY_AS_NAME, DATES, DENIALS, DIRECTIONS, NUMBERS

NEAR_DAYS = 5  # a text of another date and with another word is a correction
DOUBT_DAYS = 31
SAME_TEXT_DAYS = 92  # the very same text
NEAR = 85.0  # of 100
LEAST = 60.0
SAME_TITLE = 70.0  # of the lead under the very same title
_LEAD = 60  # words
_READ = 700  # characters
_FEWEST = 8  # words that make a lead
_LONG = 20
_SLIP_LENGTH = 7  # in shorter words one letter makes another word
_VERY_NEAR = 97.0
_ALIKE = 90.0
_SHORT = 3  # a word that says little

_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_SENTENCE_ENDS = frozenset('.!?:…“"«¿¡(•\n–—')
_DATELINE = re.compile(r"[^\n–—.]{2,60}?(?:\.(?=\s)|\s?[–—]|\s-\s)")
_SEPARATORS = re.compile(r"[.,'’](?=\d)")


class Likeness(StrEnum):
    SAME = "same"
    DOUBTFUL = "doubtful"  # a person is asked
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ToldText:
    """A text taken apart. Words are folded; `marks` says what a word fixes: a number, a date, or itself as a name.
    `figures` are what the numbers of the title fix, and `fixed` what all words do.
    """

    title: str
    title_words: frozenset[str]
    capitals: frozenset[str]  # words of the title that may be names
    lead: tuple[str, ...]
    body: str
    marks: dict[str, str]
    figures: frozenset[str]
    fixed: frozenset[str]


@lru_cache(maxsize=32_768)
def told_text(text: Text) -> ToldText:
    title, body = _plain(text.title), "\n".join(map(_plain, text.paragraphs))
    beginning = [*_words(body[:_READ])]
    names = {word.lower() for word in _names(beginning)} | _dateline(body)
    title_words = [*_words(title)]
    is_cased = all(word[0].isupper() or not word[0].isalpha() for word, _ in title_words if len(word) > _SHORT)
    if not is_cased:
        names |= {word.lower() for word in _names(title_words)}
    lead = tuple(word.lower() for word, _ in beginning[:_LEAD])
    in_title = tuple(word.lower() for word, _ in title_words)
    marks = {word: mark for word in (*in_title, *lead) if (mark := _mark(word, names)) is not None}
    capitals = frozenset(word.lower() for word, _ in title_words if word[0].isupper())
    return ToldText(
        title=" ".join(in_title),
        title_words=frozenset(in_title),
        capitals=capitals,
        lead=lead,
        body=" ".join(body.lower().split()),
        marks=marks,
        figures=frozenset(marks[word] for word in in_title if word[0].isdigit()),
        fixed=frozenset(marks.values()),
    )


def likeness(one: Text, other: Text, days: int) -> Likeness:
    """`days` lie between their dates."""
    a, b = told_text(one), told_text(other)
    if a.title == b.title and a.body == b.body:
        is_same = days <= (SAME_TEXT_DAYS if a.body else 1)
        return Likeness.SAME if is_same else Likeness.OTHER
    if days > DOUBT_DAYS or not (a.figures <= b.fixed and b.figures <= a.fixed):
        return Likeness.OTHER
    titles = fuzz.ratio(a.title, b.title)
    length = min(len(a.lead), len(b.lead))
    if length < _FEWEST:
        is_alike, is_same = titles >= _ALIKE and days <= 1, titles >= _VERY_NEAR and not (a.lead or b.lead)
    else:
        leads = fuzz.ratio(" ".join(a.lead[:length]), " ".join(b.lead[:length]))
        is_alike = (
            (titles >= NEAR and leads >= LEAST)
            or (titles >= LEAST and leads >= NEAR)
            or (leads >= _ALIKE and length >= _LONG)
        )
        is_same = (
            (titles >= NEAR and leads >= NEAR)
            or (a.title == b.title and leads >= SAME_TITLE)
            or (leads >= _VERY_NEAR and length >= _LONG)
        )
    if not is_alike or _contradict(a, b, length):
        return Likeness.OTHER
    is_reworded = _is_replaced(a.title_words, b.title_words) and _is_replaced({*a.lead[:length]}, {*b.lead[:length]})
    is_renamed = _is_renamed(a, b) and _is_renamed(b, a)
    is_same = is_same and days <= NEAR_DAYS and not is_reworded and not is_renamed
    return Likeness.SAME if is_same else Likeness.DOUBTFUL


def _is_renamed(one: ToldText, other: ToldText) -> bool:
    """Whether its title has a word that may be a name and that the other has nowhere."""
    return any(True for _ in _without_slips(one.capitals - other.title_words - {*other.lead}, other.title_words))


def _is_replaced(one: AbstractSet[str], other: AbstractSet[str]) -> bool:
    """Whether each has a word of weight that the other does not have."""
    return all(
        any(len(word) >= _SHORT for word in _without_slips(mine - its, its - mine))
        for mine, its in ((one, other), (other, one))
    )


def _contradict(a: ToldText, b: ToldText, length: int) -> bool:
    """What only one of them says, and may not be left out or exchanged."""
    said_a, said_b = a.title_words | {*a.lead[:length]}, b.title_words | {*b.lead[:length]}
    only_a = {*_without_slips(said_a - b.title_words - {*b.lead}, said_b - said_a)}
    only_b = {*_without_slips(said_b - a.title_words - {*a.lead}, said_a - said_b)}
    fixed_a, fixed_b = _fixed(only_a, a, b), _fixed(only_b, b, a)
    if (fixed_a and fixed_b) or fixed_a & a.title_words or fixed_b & b.title_words:
        return True
    if (only_a | only_b) & DENIALS or _point_apart(only_a, only_b):
        return True
    return _is_subject(only_a, a, length) and _is_subject(only_b, b, length)


def _fixed(only: set[str], text: ToldText, other: ToldText) -> set[str]:
    """The words that fix what the other does not say in any form."""
    return {word for word in only if word in text.marks and text.marks[word] not in other.fixed}


def _point_apart(one: set[str], other: set[str]) -> bool:
    return any(line == known and side != told for line, side in _sides(one) for known, told in _sides(other))


def _sides(words: Iterable[str]) -> set[tuple[int, int]]:
    return {DIRECTIONS[word] for word in words if word in DIRECTIONS}


def _is_subject(only: set[str], text: ToldText, length: int) -> bool:
    """Whether a word that only this text has stands in its title and in its lead: that is what it is about."""
    return any(len(word) > _SHORT for word in only & text.title_words & {*text.lead[:length]})


def _without_slips(words: AbstractSet[str], others: AbstractSet[str]) -> Iterator[str]:
    """Without those that are the same word with a slip of the pen, or in another form."""
    for word in words:
        if len(word) < _SLIP_LENGTH or word[0].isdigit() or not any(_is_slip(word, other) for other in others):
            yield word


def _is_slip(word: str, other: str) -> bool:
    return len(other) >= _SLIP_LENGTH - 1 and DamerauLevenshtein.distance(word, other, score_cutoff=1) <= 1


def _mark(word: str, names: AbstractSet[str]) -> str | None:
    if (number := NUMBERS.get(word)) is not None:
        return number
    if not word.isalpha() and any(character.isdigit() for character in word):
        return _SEPARATORS.sub("", word)
    if word in DATES and (word in names or word not in DATE_ONLY_AS_NAME):
        return DATES[word]
    return f"name {word}" if word in names else None


def _plain(text: str) -> str:
    """Without accents; capitals stay."""
    return (
        text
        if text.isascii()
        else "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    )


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Each word, and whether a sentence begins with it."""
    end = 0
    for found in _WORD.finditer(text):
        between = text[end : found.start()]
        yield found[0], end == 0 or not _SENTENCE_ENDS.isdisjoint(between)
        end = found.end()


def _names(words: Iterable[tuple[str, bool]]) -> Iterator[str]:
    return (word for word, begins in words if word[0].isupper() and not begins and len(word) > 1)


def _dateline(body: str) -> set[str]:
    """The place before the first dash or full stop, where only capitals stand there."""
    found = _DATELINE.match(body)
    words = _WORD.findall(found[0]) if found else []
    is_place = all(word[0].isupper() or word in ("de", "la", "del", "y", "and", "of", "el") for word in words)
    return {word.lower() for word in words if word[0].isupper()} if is_place else set()
