"""Duplicates: which items of one language may tell the same news, found without comparing each with each."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from rapidfuzz import fuzz

from digest.foundation.words import fold_words
from digest.intake.item import FoundItem, Item
from digest.intake.likeness import DOUBT_DAYS, LEAST, SAME_TEXT_DAYS, Likeness, likeness

_RARE = 3  # words of a title by which others are looked for
_PHRASE = 6  # words
_BEGINNING = 120  # characters of a text in which its first phrases stand
_MOST_ALIKE = 25  # items inside the window that share a word: more say nothing


Dated = TypeVar("Dated", bound=FoundItem | Item)


class Pair(NamedTuple):
    """Two items, the older first, and whether they are one story."""

    one: Item
    other: Item
    likeness: Likeness


def duplicates(items: Iterable[Item]) -> Iterator[Pair]:
    """The pairs of one language inside the window of dates that are the same or doubtful."""
    for one, other in candidates(sorted(items, key=lambda item: (item.published_on, item.id))):
        found = likeness(one.text, other.text, (other.published_on - one.published_on).days)
        if found is not Likeness.OTHER and not _are_told_apart(one, other):
            yield Pair(one, other, found)


def _are_told_apart(one: Item, other: Item) -> bool:
    """By the publisher, who gave each an id of its own."""
    return one.source == other.source and None not in (one.given_id, other.given_id) and one.given_id != other.given_id


def candidates(items: Iterable[Dated]) -> Iterator[tuple[Dated, Dated]]:
    """Of items in the order of their dates, those of one language and near in time that might be alike."""
    by_language: defaultdict[str, list[Dated]] = defaultdict(list)
    for item in items:
        by_language[item.language].append(item)
    for alike in by_language.values():
        yield from _candidates(alike)


def _candidates(items: Sequence[Dated]) -> Iterator[tuple[Dated, Dated]]:
    """Those whose titles are alike and share a rare word, or whose texts begin in the same words."""
    days = [item.published_on.toordinal() for item in items]
    titles = [fold_words(item.text.title) for item in items]
    frequency = Counter(word for title in titles for word in {*title.split()})
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    by_text: defaultdict[str, list[int]] = defaultdict(list)

    def near(before: list[int], place: int, window: int) -> list[int]:
        found = before[bisect_left(before, days[place] - window, key=days.__getitem__) :]
        before.append(place)
        return found if len(found) <= _MOST_ALIKE else []

    for place, item in enumerate(items):
        others = {*near(by_text[titles[place]], place, SAME_TEXT_DAYS)}
        for phrase in _phrases(item):
            others.update(near(by_text[phrase], place, DOUBT_DAYS))
        words = sorted({*titles[place].split()}, key=lambda word: (frequency[word], word))[:_RARE]
        for other in {each for word in words for each in near(by_word[word], place, DOUBT_DAYS)} - others:
            if fuzz.ratio(titles[place], titles[other], score_cutoff=LEAST):
                others.add(other)
        for other in sorted(others):
            yield items[other], item


def _phrases(item: FoundItem | Item) -> Iterator[str]:
    """Two of the first words of its text."""
    if item.text.paragraphs:
        begins = fold_words(item.text.paragraphs[0][:_BEGINNING]).split()
        for first in (0, _PHRASE):
            if len(phrase := begins[first : first + _PHRASE]) == _PHRASE:
                yield " ".join(("-", *phrase))
