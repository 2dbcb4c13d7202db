"""What a warning about an input is about, so that one which a person has accepted is known again."""

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from digest.foundation.problems import Problem, Severity
from digest.foundation.words import fingerprint
from digest.intake.item import Item

_LINE = re.compile(r"(?<=:)\d+")


class Subjects:
    """Of the warnings of one source, whose items these are. A warning is known by what it says and by the item in which
    it stands (above the first: by the file), so that it stays the same when lines move and files are renamed.
    """

    def __init__(self, source: str, items: Iterable[Item]) -> None:
        self._source = source
        self._items: defaultdict[str, list[Item]] = defaultdict(list)
        for item in sorted(items, key=_line):
            self._items[item.place.file].append(item)

    def fingerprint(self, warning: Problem) -> str:
        inside = self._items.get(warning.place.file, [])
        above = bisect(inside, warning.place.line or 0, key=_line)
        about = inside[above - 1].id if above else warning.place.file
        return fingerprint("finding", self._source, about, _LINE.sub("", warning.cause))

    def without(self, accepted: AbstractSet[str], problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Those that are still to be said."""
        return tuple(
            one
            for one in problems
            if one.severity is not Severity.WARNING or not accepted or self.fingerprint(one) not in accepted
        )


def by_fingerprint(found: Iterable[tuple[str, Iterable[Problem]]], items: Sequence[Item]) -> dict[str, Problem]:
    """Warnings, given with the source of each, by what they are about: what a person accepts, or takes back."""
    chosen: dict[str, Problem] = {}
    for source, warnings in found:
        subjects = Subjects(source, [item for item in items if item.source == source])
        chosen |= {subjects.fingerprint(one): one for one in warnings}
    return chosen


def _line(item: Item) -> int:
    return item.place.line or 0
