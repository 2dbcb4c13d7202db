"""Pauses: why an edition whose sending has begun, or may begin, does not go on by itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.newsletters.edition import EditionState


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


# -- Pausing: which editions can be halted, and which pauses a sending respects. A pause is a flag beside the state: what
# an edition is does not change because somebody stops it.

PAUSABLE = (EditionState.SEALED, EditionState.SENDING)


def forbids(pause: Pause, *, asked: bool) -> bool:
    """Whether a sending must not begin. `asked`: a person said so just now, which is enough after a first slice or a
    server's refusals, and never against another person's word.
    """
    return pause.kind is PauseKind.PERSON or not asked


def replaces(new: PauseKind, old: PauseKind) -> bool:
    """Whether a pause takes the place of one that holds: a person's word stands above the program's."""
    return old is not PauseKind.PERSON or new is PauseKind.PERSON
