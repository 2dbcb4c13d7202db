"""Pausing: what a sending does about the pauses of its edition, and which it makes itself."""

from datetime import datetime

from digest.errors import CircuitBrokenError, PersonNeededError
from digest.model.edition import Edition
from digest.model.pause import Pause, PauseKind
from digest.policy.pausing import forbids
from digest.ports import PauseStore


def refuse_paused(pauses: PauseStore, edition: Edition, *, asked: bool) -> None:
    """Raise `PersonNeededError` when the edition is paused. `asked`: a person said that it shall be sent."""
    pause = pauses.of(edition)
    if pause is not None and forbids(pause, asked=asked):
        raise PersonNeededError(edition.name, said(pause), remedy(pause, edition))


def renew(pauses: PauseStore, edition: Edition, at: datetime, limit: int | None) -> None:
    """Lift what a person's `send` lifts; with a limit, halt beforehand what comes after the slice, so that a crash in
    the middle of it lets nobody send the rest.
    """
    if limit is not None:
        pauses.pause(edition, Pause(kind=PauseKind.SLICE, at=at, by=None, because=f"a first slice of {limit:,}"))
        return
    pauses.lift(edition, at, None, [kind for kind in PauseKind if kind is not PauseKind.PERSON])


def halt(pauses: PauseStore, edition: Edition, at: datetime, error: CircuitBrokenError) -> None:
    """What the server said to so many keeps the rest from being tried."""
    because = f"{error.thing}: {error.cause}"
    pauses.pause(edition, Pause(kind=PauseKind.SERVER, at=at, by=None, because=because))


def said(pause: Pause) -> str:
    """Part of a sentence, without the time."""
    match pause.kind:
        case PauseKind.PERSON:
            return f"it is paused by {pause.by}{f': {pause.because}' if pause.because else ''}"
        case PauseKind.SLICE:
            return f"it is paused after {pause.because}"
        case PauseKind.SERVER:
            return f"it is paused, because of the server: {pause.because}"


def remedy(pause: Pause, edition: Edition) -> str:
    if pause.kind is PauseKind.PERSON:
        return f"to let it go on: digest resume {edition.key}"
    return f"to go on: digest send {edition.key}, or digest resume {edition.key} for the next run"
