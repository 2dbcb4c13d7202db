"""Pauses: why an edition whose sending has begun, or may begin, does not go on by itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PauseKind(StrEnum):
    PERSON = "person"  # somebody said stop: nothing more leaves
    SLICE = "slice"  # only a first slice of the readers was asked for
    SERVER = "server"  # the server refused us, or did not say what it has


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """`by` is `None` when the program halted itself. `because` is a plain sentence part, empty when nobody said why."""

    kind: PauseKind
    at: datetime
    by: str | None
    because: str
