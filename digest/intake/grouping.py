"""Grouping: which items tell the same story.

Two items are one story when one is named as the other's translation, or when folded title, date and language are equal.
A story is named after one of its items (its founder), so a split or a merge never needs a new kind of name.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from digest.foundation.problems import Problem, Severity
from digest.foundation.words import fold_words
from digest.intake.item import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """`story_of` names the story of every item. What was settled for `inherited[i][1]` is settled for `[i][0]`."""

    story_of: Mapping[str, str]
    inherited: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]


def group(items: Sequence[Item], current: Mapping[str, str], settled: AbstractSet[str]) -> Grouping:
    """`current` is the story of each item so far; `settled` are stories that an edition has taken."""
    sets = _Sets(item.id for item in items)
    equal: dict[tuple[object, str, str], str] = {}
    for item in items:
        key = (item.published_on, fold_words(item.text.title), item.language)
        sets.unite(item.id, equal.setdefault(key, item.id))
    problems = _unite_translations(items, sets)

    by_id = {item.id: item for item in items}
    story_of: dict[str, str] = {}
    inherited: set[tuple[str, str]] = set()
    for members in sets.all():
        name = min(
            members,
            key=lambda id_: (
                id_ not in settled or current.get(id_) != id_,
                current.get(id_) != id_,
                by_id[id_].published_on,
                id_,
            ),
        )
        for id_ in members:
            story_of[id_] = name
            if (before := current.get(id_, name)) != name:
                inherited.add((name, before))
    return Grouping(story_of=story_of, inherited=tuple(sorted(inherited)), problems=tuple(problems))


def _unite_translations(items: Sequence[Item], sets: "_Sets") -> list[Problem]:
    by_given_id: defaultdict[str, list[Item]] = defaultdict(list)
    by_title: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.given_id is not None:
            by_given_id[item.given_id].append(item)
        by_title[fold_words(item.text.title)].append(item)
    problems = []
    for item in items:
        if item.translation_of is None or item.withdrawn:
            continue
        named = by_given_id.get(item.translation_of) or by_title.get(fold_words(item.translation_of)) or []
        others = [other for other in named if other.id != item.id]
        if others:
            sets.unite(item.id, _nearest(item, others).id)
            continue
        problems.append(
            Problem(
                place=item.place,
                severity=Severity.WARNING,
                cause=f"'Translation of: {item.translation_of}' names no item that was collected",
                remedy="write the other item's Id or its exact title; until then the two are separate stories",
            )
        )
    return problems


def _nearest(item: Item, others: Iterable[Item]) -> Item:
    return min(
        others,
        key=lambda other: (
            other.withdrawn,
            other.language == item.language,
            other.source != item.source,
            abs((other.published_on - item.published_on).days),
            other.id,
        ),
    )


class _Sets:
    """Disjoint sets with path halving."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._parent = {id_: id_ for id_ in ids}

    def _root(self, id_: str) -> str:
        parent = self._parent
        while parent[id_] != id_:
            parent[id_] = parent[parent[id_]]
            id_ = parent[id_]
        return id_

    def unite(self, one: str, other: str) -> None:
        self._parent[self._root(one)] = self._root(other)

    def all(self) -> Iterable[list[str]]:
        members: defaultdict[str, list[str]] = defaultdict(list)
        for id_ in self._parent:
            members[self._root(id_)].append(id_)
        return members.values()
