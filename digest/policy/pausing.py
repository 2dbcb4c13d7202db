"""Pausing: which editions can be halted, and which pauses a sending respects. A pause is a flag beside the state: what
an edition is does not change because somebody stops it.
"""

from digest.model.edition import EditionState
from digest.model.pause import Pause, PauseKind

PAUSABLE = (EditionState.SEALED, EditionState.SENDING)


def forbids(pause: Pause, *, asked: bool) -> bool:
    """Whether a sending must not begin. `asked`: a person said so just now, which is enough after a first slice or a
    server's refusals, and never against another person's word.
    """
    return pause.kind is PauseKind.PERSON or not asked


def replaces(new: PauseKind, old: PauseKind) -> bool:
    """Whether a pause takes the place of one that holds: a person's word stands above the program's."""
    return old is not PauseKind.PERSON or new is PauseKind.PERSON
