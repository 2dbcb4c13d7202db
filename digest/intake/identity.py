"""Identity: which found item is which stored one, whatever happened to its file, line, title or text.

The rules are design §4.2: a publisher's own id wins; else source, date, folded title and the ordinal among equals; an
item that replaces a vanished one of the same date with a near-equal title or body is that item, changed. Two rules more
(docs/decisions/0004): the same title *and* body at another date is that item with its date corrected; so is one that
tells the same news in nearly the same words (`likeness`) a few days off. And in a file that nobody has edited since, an
item is known by its place: another reader is no edit.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType

from rapidfuzz import fuzz

from digest.foundation.catalogue import later
from digest.foundation.problems import Problem, Severity
from digest.foundation.words import fingerprint, fold_words
from digest.intake.duplicates import candidates
from digest.intake.item import FoundItem, Item, Text
from digest.intake.likeness import Likeness, likeness

NEAR = 85.0  # of 100: a corrected name or figure stays above, another story of the same day below


@dataclass(slots=True)
class Matching:
    """`pairs` has every found item once, in the order found; `vanished` the live items that nothing replaced. `origins`
    has the stored items from which a better reader split others off: index of the found one → the stored one.
    """

    pairs: list[tuple[FoundItem | Item, Item | None]] = field(default_factory=list)
    vanished: list[Item] = field(default_factory=list)
    origins: dict[int, Item] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def match(
    stored: Sequence[Item],
    found: Sequence[FoundItem | Item],
    unread: AbstractSet[str],
    unedited: Mapping[str, str] = MappingProxyType({}),
) -> Matching:
    """Both of one source. What is found as a stored item is that one. Items of `unread` files may be matched, but never
    vanish. `unedited` files are as they were when another reader read them: name now → name then.
    """
    result = Matching()
    partner: dict[int, Item] = {}
    by_given_id, result.problems = _by_given_id(found)
    free = {item.id: item for item in sorted(stored, key=lambda item: (item.withdrawn, item.position, item.id))}
    for index, item in enumerate(found):
        if isinstance(item, Item):
            partner[index] = free.pop(item.id)
    for old in list(free.values()):
        named = by_given_id.get(old.given_id or "")
        if named is not None and named not in partner:
            partner[named] = free.pop(old.id)
    _pair_equals(found, partner, free, lambda item: (item.published_on, fold_words(item.text.title), _body(item.text)))
    _pair_equals(found, partner, free, lambda item: (item.published_on, fold_words(item.text.title), item.language))
    _pair_equals(found, partner, free, lambda item: (item.published_on, fold_words(item.text.title)))
    _pair_near(found, partner, free)
    _pair_equals(found, partner, free, lambda item: (fold_words(item.text.title), _body(item.text)))
    left = {item.place.file for index, item in enumerate(found) if index not in partner}
    for file in left & unedited.keys():
        here = [item for item in stored if item.place.file == unedited[file] and not item.withdrawn]
        result.origins |= _pair_places(file, found, here, partner, free)
    _pair_corrected(found, partner, free)

    result.pairs = [(item, partner.get(index)) for index, item in enumerate(found)]
    result.vanished = [item for item in free.values() if not item.withdrawn and item.place.file not in unread]
    return result


def new_id(item: FoundItem, taken: Callable[[str], bool], after: dict[tuple[str, ...], int] | None = None) -> str:
    """The id of an item seen for the first time: a function of what names it, unique among those `taken`. `after` keeps
    between calls, while none is given free, how many of one name are: equal items are not counted anew for each.
    """
    after = {} if after is None else after
    by_title = ("item", item.source, item.published_on.isoformat(), fold_words(item.text.title))
    naming = by_title if item.given_id is None else ("given", item.source, item.given_id)
    ordinal = after.get(naming, 0)
    while taken(candidate := fingerprint(*naming, str(ordinal))):
        ordinal += 1
    after[naming] = ordinal + 1
    return candidate


def same_title_and_date(items: Iterable[FoundItem | Item]) -> list[Problem]:
    """Warn where two items of one language share title and date but not their text: only the first is shown."""
    first: dict[tuple[object, str, str], FoundItem | Item] = {}
    told: Counter[tuple[object, str, str]] = Counter()
    problems = []
    for item in items:
        key = (item.published_on, fold_words(item.text.title), item.language)
        other = first.setdefault(key, item)
        if other is not item and _body(other.text) != _body(item.text) and not told[key]:
            told[key] += 1
            problems.append(
                Problem(
                    place=item.place,
                    severity=Severity.WARNING,
                    cause=later(
                        "same title and date as {place}, but another text: readers are shown only the first"
                    ).format(place=str(other.place)),
                    remedy=later("if it is other news, give one of them another title; if not, delete one"),
                )
            )
    return problems


def _by_given_id(found: Sequence[FoundItem | Item]) -> tuple[dict[str, int], list[Problem]]:
    first: dict[str, int] = {}
    problems = []
    for index, item in enumerate(found):
        if item.given_id is None:
            continue
        other = first.setdefault(item.given_id, index)
        if other != index:
            problems.append(
                Problem(
                    place=item.place,
                    severity=Severity.WARNING,
                    cause=later("the id {id!r} stands at {place} already").format(
                        id=item.given_id, place=str(found[other].place)
                    ),
                    remedy=later("give each item an id of its own; until then this one goes by its date and title"),
                )
            )
    return first, problems


def _pair_equals(
    found: Sequence[FoundItem | Item],
    partner: dict[int, Item],
    free: dict[str, Item],
    rule: Callable[[FoundItem | Item], Hashable],
) -> None:
    """Pair what the rule calls equal, in order: that is the ordinal among equals."""
    waiting: defaultdict[Hashable, list[Item]] = defaultdict(list)
    for item in free.values():
        waiting[rule(item)].append(item)
    if not waiting:
        return
    for index, new in enumerate(found):
        if index in partner:
            continue
        candidates = waiting.get(rule(new), [])
        same = next((other for other in candidates if _ids_agree(new, other)), None)
        if same is not None:
            candidates.remove(same)
            partner[index] = free.pop(same.id)


def _pair_near(found: Sequence[FoundItem | Item], partner: dict[int, Item], free: dict[str, Item]) -> None:
    """Pair each left-over found item with the most similar left-over stored one of its date, best pairs first."""
    waiting: defaultdict[Hashable, list[Item]] = defaultdict(list)
    for item in free.values():
        waiting[item.published_on, item.language].append(item)
    scored = [
        (
            max(
                fuzz.ratio(fold_words(item.text.title), fold_words(other.text.title)),
                _body_likeness(item.text, other.text),
            ),
            index,
            n,
        )
        for index, item in enumerate(found)
        if index not in partner
        for n, other in enumerate(waiting.get((item.published_on, item.language), ()))
        if _ids_agree(item, other)
    ]
    for score, index, n in sorted(scored, key=lambda pair: (-pair[0], pair[1], pair[2])):
        other = waiting[found[index].published_on, found[index].language][n]
        if score >= NEAR and index not in partner and other.id in free:
            partner[index] = free.pop(other.id)


def _pair_places(
    file: str,
    found: Sequence[FoundItem | Item],
    stored: Iterable[Item],
    partner: dict[int, Item],
    free: dict[str, Item],
) -> dict[int, Item]:
    """Pair what is left of the file by its line, or in order where nothing else is left; return the stored items of the
    file out of which the rest must have been split.
    """
    here = sorted(stored, key=_line)
    old = [item for item in here if item.id in free]
    new = [index for index, item in enumerate(found) if item.place.file == file and index not in partner]
    by_line = {_line(item): item for item in old}
    pairs = [(index, by_line.pop(_line(found[index]))) for index in new if _line(found[index]) in by_line]
    rest = [index for index in new if index not in dict(pairs)]
    if len(rest) == len(by_line):
        pairs += zip(rest, sorted(by_line.values(), key=_line), strict=True)
        rest = []
    for index, item in pairs:
        partner[index] = free.pop(item.id)
    above = {index: [item for item in here if _line(item) <= _line(found[index])] for index in rest}
    return {index: (above[index] or here)[-1 if above[index] else 0] for index in rest if here}


def _line(item: FoundItem | Item) -> int:
    return item.place.line or 0


def _pair_corrected(found: Sequence[FoundItem | Item], partner: dict[int, Item], free: dict[str, Item]) -> None:
    """Pair what is left over with what tells the same news a few days off: date and wording were corrected."""
    left = {id(item): index for index, item in enumerate(found) if index not in partner}
    if not left or not free:
        return
    both: list[FoundItem | Item] = [*(found[index] for index in left.values()), *free.values()]
    both.sort(key=lambda item: item.published_on)
    for one, other in candidates(both):
        new, old = (one, other) if id(one) in left else (other, one)
        if (
            not isinstance(new, FoundItem)
            or not isinstance(old, Item)
            or old.id not in free
            or left[id(new)] in partner
        ):
            continue
        days = abs((new.published_on - old.published_on).days)
        if _ids_agree(new, old) and likeness(new.text, old.text, days) is Likeness.SAME:
            partner[left[id(new)]] = free.pop(old.id)


def _ids_agree(item: FoundItem | Item, other: Item) -> bool:
    return item.given_id is None or other.given_id is None or item.given_id == other.given_id


def _body(text: Text) -> str:
    return "\n".join(text.paragraphs)


def _body_likeness(text: Text, other: Text) -> float:
    """Empty bodies are not alike: they say nothing."""
    return fuzz.ratio(_body(text), _body(other), score_cutoff=NEAR) if text.paragraphs and other.paragraphs else 0.0
