"""Where in the inputs something stands, and what is wrong there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from digest.foundation.catalogue import _

_PARTICULAR = re.compile(r"“[^”]*”|'[^']*'|\S*/\S*|\b[\w.,:-]*\d[\w.,:-]*")


@dataclass(frozen=True, slots=True)
class Place:
    """A file, counted from 1: line and column, as far as they are known."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class Severity(StrEnum):
    ERROR = "error"  # something is left out
    WARNING = "warning"  # taken, but look at it
    NOTE = "note"  # good to know


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding about an input: what, where, why and what to do. It never stops the other inputs."""

    place: Place
    severity: Severity
    cause: str
    remedy: str = ""

    def __str__(self) -> str:
        said = f"{self.place}: {self.severity}: {_(self.cause)}"
        return f"{said}\n  → {_(self.remedy)}" if self.remedy else said


def by_kind(problems: Iterable[Problem]) -> Sequence[Sequence[Problem]]:
    """Those of one kind together, errors first: they say the same of different texts, numbers and files."""
    kinds: dict[tuple[Severity, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.severity, _PARTICULAR.sub("…", problem.cause)), []).append(problem)
    order = [*Severity]
    return sorted(kinds.values(), key=lambda alike: order.index(alike[0].severity))
