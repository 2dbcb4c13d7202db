"""Translations: which items of two languages tell the same news, by what a translator leaves as it is.

Names and numbers that few others of those days have, countries and topics, words of one origin, and addresses that
differ only in their language. What contradicts is no translation, and where two could be meant none is taken.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from digest.intake.duplicates import Pair
from digest.intake.item import Item, TagKind
from digest.intake.likeness import Likeness, ToldText, told_text

DAYS = 3  # a translation that comes later is asked about
_SURE = 5.0
_SURE_LATER = 7.0  # of another date
_ASKED = 3.0
_ADDRESS = 4.0  # as much as so many names
_COGNATES = 0.2
_MANY_COGNATES = 0.3  # where one of them leaves out a number
_AHEAD = 1.5  # times the next best
_STEM = 5  # letters in which words of one origin begin alike
_LONG_WORD = 7
_MOST_ALIKE = 20  # items of one language and time that share a name: more say nothing
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)$")
_LONGEST_NUMBER = 10
_LANGUAGE_PART = re.compile(r"(?i)(?<=[/._=-])(?:en|es|fr|pt|ht|eng|esp|english|espanol|spanish)(?=[/._&-]|$)")


class _Facts(NamedTuple):
    """What a translation has as well."""

    names: frozenset[str]
    numbers: frozenset[str]
    stems: frozenset[str]
    countries: frozenset[str]
    topics: frozenset[str]
    place: str  # its address or file without the language


def translations(items: Iterable[Item]) -> Iterator[Pair]:
    """The pairs of two languages, at most one for an item and a language."""
    live = sorted((item for item in items if not item.withdrawn), key=lambda item: (item.published_on, item.id))
    if len({item.language for item in live}) < 2:  # noqa: PLR2004
        return
    facts = {item.id: _facts(item) for item in live}
    scores = _scores(live, facts)
    best: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for (one, other), score in scores.items():
        best[one.id, other.language].append(score)
        best[other.id, one.language].append(score)
    for ranked in best.values():
        ranked.sort(reverse=True)
    for (one, other), score in scores.items():
        ranks = best[one.id, other.language], best[other.id, one.language]
        if any(score < ranked[0] for ranked in ranks):
            continue
        is_clear = all(len(ranked) == 1 or score >= _AHEAD * ranked[1] for ranked in ranks)
        is_sure = is_clear and score >= (_SURE if one.published_on == other.published_on else _SURE_LATER)
        is_sure = is_sure and _is_word_for_word(facts[one.id], facts[other.id])
        yield Pair(one, other, Likeness.SAME if is_sure else Likeness.DOUBTFUL)


def _is_word_for_word(one: _Facts, other: _Facts) -> bool:
    same_place = bool(one.place) and one.place == other.place
    return same_place or _cognates(one, other) >= (_COGNATES if one.numbers == other.numbers else _MANY_COGNATES)


def _scores(items: Sequence[Item], facts: Mapping[str, _Facts]) -> dict[tuple[Item, Item], float]:
    """Of those pairs that are worth a question."""
    by_fact: defaultdict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        for fact in (*facts[item.id].names, *facts[item.id].numbers, facts[item.id].place):
            by_fact[fact].append(place)
    found: defaultdict[tuple[int, int], float] = defaultdict(float)
    for fact, having in by_fact.items():
        for one, other in _near(having, items) if fact else ():
            found[one, other] += _weight(fact, [items[place] for place in having], items[one], items[other])
    scored = (
        ((items[one], items[other]), weight * _agreement(facts[items[one].id], facts[items[other].id]))
        for (one, other), weight in found.items()
    )
    return {pair: score for pair, score in scored if score >= _ASKED}


def _near(having: Sequence[int], items: Sequence[Item]) -> Iterator[tuple[int, int]]:
    """Those of two languages inside the window."""
    days = [items[place].published_on.toordinal() for place in having]
    for at, place in enumerate(having):
        first = bisect_left(days, days[at] - DAYS, 0, at)
        if at - first <= _MOST_ALIKE:
            yield from ((one, place) for one in having[first:at] if items[one].language != items[place].language)


def _weight(fact: str, having: Sequence[Item], one: Item, other: Item) -> float:
    """More where few share it."""
    near = Counter(item.language for item in having if abs((item.published_on - one.published_on).days) <= DAYS)
    return (_ADDRESS if "/" in fact else 1.0) / max(near[one.language], near[other.language])


def _agreement(one: _Facts, other: _Facts) -> float:
    """0 where they contradict each other."""
    if one.numbers - other.numbers and other.numbers - one.numbers:
        return 0.0
    if one.countries and other.countries and one.countries.isdisjoint(other.countries):
        return 0.0
    if one.topics and other.topics and one.topics.isdisjoint(other.topics):
        return 0.0
    return 0.5 + 4.0 * _cognates(one, other)


def _cognates(one: _Facts, other: _Facts) -> float:
    """The share of long words that begin alike: few in texts of which neither is a translation."""
    return len(one.stems & other.stems) / (min(len(one.stems), len(other.stems)) or 1)


def _facts(item: Item) -> _Facts:
    text = told_text(item.text)
    words = {*text.title_words, *text.lead}
    return _Facts(
        names=frozenset(mark for word, mark in text.marks.items() if mark.startswith("name ")),
        numbers=_numbers(text),
        stems=frozenset(word[:_STEM] for word in words if len(word) >= _LONG_WORD and word.isalpha()),
        countries=item.values(TagKind.COUNTRY),
        topics=item.values(TagKind.TOPIC),
        place=_place(item),
    )


def _numbers(text: ToldText) -> frozenset[str]:
    """As digits: `27th` is 27; places in an order are left to the other evidence."""
    digits = (_ORDINAL.sub("", mark) for mark in text.marks.values() if mark[0].isdigit())
    return frozenset(number for number in digits if len(number) <= _LONGEST_NUMBER)


def _place(item: Item) -> str:
    """Its address without the language; empty where it has none, or a mere home page."""
    where = (item.text.link or "").partition("://")[2]
    path = where.partition("/")[2]
    return _LANGUAGE_PART.sub("", where) if _LANGUAGE_PART.sub("", f"/{path}").strip("/") else ""
