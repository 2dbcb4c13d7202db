"""The steps that an edition may take. Whatever is not in this table is refused (design §2, §5)."""

from collections.abc import Mapping
from enum import StrEnum

from digest.newsletters.edition import EditionState


class Step(StrEnum):
    BUILD = "built"  # a draft is made or replaced
    FIND_EMPTY = "found empty"  # a draft would have no story
    SEAL = "sealed"  # approved, or its newsletter asks for no approval
    BEGIN = "begun"  # its recipients are frozen
    FINISH = "finished"  # every delivery has an end
    SKIP = "skipped"  # its sending time has passed: there was nothing to say, or nothing was meant to go out
    MISS = "missed"  # it did not go out in its time
    EXPIRE = "expired"  # it was sealed, and nobody sent it in time; its stories are released
    REOPEN = "reopened"  # a person takes it back; its stories are released
    REISSUE = "reissued"  # a new revision is made beside it
    TAKE_UP = "taken up again"  # a person lets mails leave that had failed


_D, _SE, _SD, _F = EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED
_SK, _P, _X = EditionState.SKIPPED, EditionState.MISSED, EditionState.EXPIRED
# From (`None`: there is no such edition yet) → step → to. A reissued edition stays as it is: the new one is a draft.
STEPS: Mapping[EditionState | None, Mapping[Step, EditionState]] = {
    None: {Step.BUILD: _D, Step.FIND_EMPTY: _SK, Step.SKIP: _SK, Step.MISS: _P},
    _D: {Step.BUILD: _D, Step.FIND_EMPTY: _SK, Step.SEAL: _SE, Step.SKIP: _SK, Step.MISS: _P},
    _SK: {Step.BUILD: _D, Step.FIND_EMPTY: _SK, Step.SKIP: _SK, Step.MISS: _P},
    _SE: {Step.BEGIN: _SD, Step.EXPIRE: _X, Step.REOPEN: _D},
    _SD: {Step.FINISH: _F},
    _F: {Step.REISSUE: _F, Step.TAKE_UP: _SD},
    _P: {Step.REOPEN: _D},
    _X: {Step.REOPEN: _D},
}
# Of an edition that is skipped, once its sending time has passed; above stands what it may do before.
ONCE_SKIPPED: Mapping[Step, EditionState] = {Step.REOPEN: _D}


def after(state: EditionState | None, step: Step, *, is_over: bool = False) -> EditionState | None:
    """The state after the step; `None` when an edition in `state` may not take it."""
    steps = ONCE_SKIPPED if is_over and state is _SK else STEPS[state]
    return steps.get(step)


def before(step: Step) -> tuple[EditionState, ...]:
    """The states in which an edition may take the step."""
    return tuple(state for state, steps in STEPS.items() if state is not None and step in steps)
