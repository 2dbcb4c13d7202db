"""Grouping: which items tell the same story.

Two items are one story when a person says so; when one is named as the other's translation, or folded title, date and
language are equal; when they are duplicates (`duplicates`) or one is the other's translation by evidence
(`translations`). What a person has split is never put together again. A story is named after one of its items (its
founder), so a split or a merge never needs a new kind of name.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from digest.foundation.catalogue import later
from digest.foundation.problems import Problem, Severity
from digest.foundation.words import excerpt, fold_words
from digest.intake.duplicates import Pair, duplicates
from digest.intake.item import Item
from digest.intake.likeness import SAME_TEXT_DAYS, Likeness, likeness
from digest.intake.translations import translations

_MAY_BE_A_COPY = later("this may be the duplicate of {title}: it counts as a story of its own until you say")
_MAY_BE_A_TRANSLATION = later("this may be the translation of {title}: it counts as a story of its own until you say")


class PairKind(StrEnum):
    DUPLICATE = "duplicate"
    TRANSLATION = "translation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person says of two items: that they tell the same story, or do not. With an empty `by` it was found: that
    counts where nobody looks any more, as once an edition has taken them as one, so that later news cannot part them.
    """

    one: str
    other: str
    same: bool
    by: str

    def __contains__(self, item: object) -> bool:
        return item in (self.one, self.other)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPair:
    """Two items that were found to be alike. `joined`: they are one story; else a person is asked."""

    pair: Pair
    kind: PairKind
    joined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """`story_of` names the story of every item. What was settled for `inherited[i][1]` is settled for `[i][0]`."""

    story_of: Mapping[str, str]
    inherited: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    pairs: tuple[FoundPair, ...] = ()

    def found(self, known: Iterable[Judgement]) -> Iterator[Judgement]:
        """What was put together and is not yet written down."""
        written = {frozenset((one.one, one.other)) for one in known}
        for found in self.pairs:
            both = frozenset((found.pair.one.id, found.pair.other.id))
            if found.joined and both not in written:
                yield Judgement(one=min(both), other=max(both), same=True, by="")


def group(
    items: Sequence[Item],
    current: Mapping[str, str],
    settled: AbstractSet[str],
    judgements: Sequence[Judgement] = (),
    since: date = date.min,
) -> Grouping:
    """`current` is the story of each item so far; `settled` are stories that an edition has taken. What is neither new
    nor awaits an edition, with a date from `since` on, is compared with nothing but what is.
    """
    sets = _Sets((item.id for item in items), [(one.one, one.other) for one in judgements if not one.same])
    open_ = {item.id: item for item in items if _is_open(item, current, settled, since)}
    for one in judgements:
        still = current.get(one.one) == current.get(one.other) and one.one not in open_ and one.other not in open_
        if one.same and (one.by or still):
            sets.unite(one.one, one.other)
    equal: dict[tuple[object, str, str], str] = {}
    for item in items:
        key = (item.published_on, fold_words(item.text.title), item.language)
        sets.unite(item.id, equal.setdefault(key, item.id))
    problems = _unite_translations(items, sets)
    by_id = {item.id: item for item in items}
    found = _alike(_around([*open_.values()], items))
    pairs = _unite_alike(found, by_id, current, settled, judgements, sets)
    story_of: dict[str, str] = {}
    inherited: set[tuple[str, str]] = set()
    for members in sets.all():
        name = (
            members[0]
            if len(members) == 1
            else min(
                members,
                key=lambda id_: (
                    id_ not in settled or current.get(id_) != id_,
                    current.get(id_) != id_,
                    by_id[id_].published_on,
                    id_,
                ),
            )
        )
        for id_ in members:
            story_of[id_] = name
            if (before := current.get(id_, name)) != name:
                inherited.add((name, before))
    told = [one for one in (_told(found, current, settled) for found in pairs) if one is not None]
    return Grouping(
        story_of=story_of,
        inherited=tuple(sorted(inherited)),
        problems=(*problems, *told),
        pairs=tuple(pairs),
    )


def _is_open(item: Item, current: Mapping[str, str], settled: AbstractSet[str], since: date) -> bool:
    story = current.get(item.id)
    return story is None or (story not in settled and item.published_on >= since)


def _around(open_: Sequence[Item], items: Sequence[Item]) -> Sequence[Item]:
    """The items that are near enough in time to one of the open ones to be compared with it."""
    days = sorted({item.published_on.toordinal() for item in open_})
    near = []
    for item in items:
        day = item.published_on.toordinal()
        at = bisect_left(days, day - SAME_TEXT_DAYS)
        if at < len(days) and days[at] <= day + SAME_TEXT_DAYS:
            near.append(item)
    return near


def _alike(items: Sequence[Item]) -> list[tuple[Pair, PairKind]]:
    """The surest first."""
    found = [(pair, PairKind.DUPLICATE) for pair in duplicates(items)]
    found += [(pair, PairKind.TRANSLATION) for pair in translations(items)]
    return sorted(found, key=lambda each: each[0].likeness is not Likeness.SAME)


def _unite_alike(
    found: Iterable[tuple[Pair, PairKind]],
    items: Mapping[str, Item],
    current: Mapping[str, str],
    settled: AbstractSet[str],
    judgements: Sequence[Judgement],
    sets: "_Sets",
) -> list[FoundPair]:
    """Stories that editions have taken each for itself stay apart: what was told so was told."""
    judged = {frozenset((one.one, one.other)) for one in judgements if one.by}
    pairs = []
    for pair, kind in found:
        one, other = pair.one.id, pair.other.id
        if sets.are_one(one, other):
            if not _is_equal(pair):
                pairs.append(FoundPair(pair=pair, kind=kind, joined=True))
            continue
        both_told = current.get(one) != current.get(other) and {current.get(one), current.get(other)} <= settled
        if frozenset((one, other)) in judged or both_told or not sets.may_unite(one, other):
            continue
        joined = pair.likeness is Likeness.SAME and not _is_contradicted(pair, sets, items)
        if joined:
            sets.unite(one, other)
        pairs.append(FoundPair(pair=pair, kind=kind, joined=joined))
    return pairs


def _is_equal(pair: Pair) -> bool:
    """By title and date: it is told elsewhere."""
    return pair.one.published_on == pair.other.published_on and fold_words(pair.one.text.title) == fold_words(
        pair.other.text.title
    )


def _is_contradicted(pair: Pair, sets: "_Sets", items: Mapping[str, Item]) -> bool:
    """Whether others that would come into the same story tell other news."""
    return any(
        likeness(one.text, other.text, abs((one.published_on - other.published_on).days)) is Likeness.OTHER
        for one in map(items.__getitem__, sets.members(pair.one.id))
        for other in map(items.__getitem__, sets.members(pair.other.id))
        if one.language == other.language and not one.withdrawn and not other.withdrawn
    )


def _told(found: FoundPair, current: Mapping[str, str], settled: AbstractSet[str]) -> Problem | None:
    """The newer of two is named with the older: where one stands for both, and where a person is asked."""
    one, other = found.pair.one, found.pair.other
    if other.withdrawn or (one.withdrawn and current.get(one.id) not in settled):
        return None
    title = f"{one.place} ({one.published_on}, “{excerpt(one.text.title)}”)"
    if not found.joined:
        return Problem(
            place=other.place,
            severity=Severity.WARNING,
            cause=(_MAY_BE_A_COPY if found.kind is PairKind.DUPLICATE else _MAY_BE_A_TRANSLATION).format(title=title),
            remedy=later("digest items merge {one} {other}, or digest items split {one} {other}").format(
                one=one.id[:8], other=other.id[:8]
            ),
        )
    if current.get(other.id, "") == current.get(one.id):
        return None  # it was said when they came together
    was_sent = current.get(one.id) in settled or current.get(other.id) in settled
    cause = later("this tells the same as {title}: readers are shown one of them")
    if was_sent:
        cause = later("this tells the same as {title}: an edition has it, so this is not news again")
    is_told = was_sent or found.kind is PairKind.DUPLICATE
    return Problem(
        place=other.place,
        severity=Severity.WARNING if is_told else Severity.NOTE,
        cause=cause.format(title=title),
        remedy=later("if it is other news: digest items split {one} {other}").format(
            one=one.id[:8], other=other.id[:8]
        ),
    )


def _unite_translations(items: Sequence[Item], sets: "_Sets") -> list[Problem]:
    naming = [item for item in items if item.translation_of is not None and not item.withdrawn]
    if not naming:
        return []
    by_given_id: defaultdict[str, list[Item]] = defaultdict(list)
    by_title: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.given_id is not None:
            by_given_id[item.given_id].append(item)
        by_title[fold_words(item.text.title)].append(item)
    problems = []
    for item in naming:
        name = item.translation_of or ""
        named = by_given_id.get(name) or by_title.get(fold_words(name)) or []
        others = [other for other in named if other.id != item.id]
        if others:
            sets.unite(item.id, _nearest(item, others).id)
            continue
        problems.append(
            Problem(
                place=item.place,
                severity=Severity.WARNING,
                cause=later("'Translation of: {name}' names no item that was collected").format(name=name),
                remedy=later("write the other item's Id or its exact title; until then the two are separate stories"),
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
    """Disjoint sets, of which some members are never put together."""

    def __init__(self, ids: Iterable[str], apart: Iterable[tuple[str, str]]) -> None:
        self._set_of = {id_: [id_] for id_ in ids}
        self._apart: defaultdict[str, set[str]] = defaultdict(set)
        for one, other in apart:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def members(self, id_: str) -> Sequence[str]:
        return self._set_of[id_]

    def are_one(self, one: str, other: str) -> bool:
        return self._set_of[one] is self._set_of[other]

    def may_unite(self, one: str, other: str) -> bool:
        if not self._apart:
            return True
        others = set(self._set_of[other])
        return all(self._apart[id_].isdisjoint(others) for id_ in self._set_of[one] if id_ in self._apart)

    def unite(self, one: str, other: str) -> None:
        if one not in self._set_of or other not in self._set_of or self.are_one(one, other):
            return
        if self.may_unite(one, other):
            small, large = sorted((self._set_of[one], self._set_of[other]), key=len)
            large += small
            self._set_of.update(dict.fromkeys(small, large))

    def all(self) -> Iterable[list[str]]:
        return {id(members): members for members in self._set_of.values()}.values()
