"""Pausing: what `digest pause` and `digest resume` do, and the words for it."""

from datetime import tzinfo
from typing import TYPE_CHECKING

from digest.errors import PersonNeededError
from digest.model.edition import Edition
from digest.model.pause import Pause, PauseKind
from digest.policy.pausing import PAUSABLE
from digest.web.wording import moment

if TYPE_CHECKING:
    from digest.app.workspace import Workspace


def pause(workspace: "Workspace", edition: Edition, by: str, because: str) -> Pause:
    """Let no message of the edition begin, also while another process sends it. Return the pause that holds: an earlier
    one by a person stays. Raise `PersonNeededError` unless it is sealed or being sent.
    """
    return workspace.pauses.pause(
        edition, Pause(kind=PauseKind.PERSON, at=workspace.clock.now(), by=by, because=because)
    )


def resume(workspace: "Workspace", edition: Edition, by: str) -> Pause:
    """Raise `PersonNeededError` for an edition that is not paused."""
    lifted = workspace.pauses.lift(edition, workspace.clock.now(), by)
    if lifted is None:
        raise PersonNeededError(edition.name, "it is not paused", "look at `digest status`")
    return lifted


def holding(workspace: "Workspace", edition: Edition) -> Pause | None:
    """The pause of an edition that would go on without it."""
    return workspace.pauses.of(edition) if edition.state in PAUSABLE else None


def said(pause: Pause, zone: tzinfo) -> str:
    """`paused by Marta on 5 August 2018, 09:00 CST: a wrong link`."""
    at = moment(pause.at, zone)
    match pause.kind:
        case PauseKind.PERSON:
            return f"paused by {pause.by} on {at}{f': {pause.because}' if pause.because else ''}"
        case PauseKind.SLICE:
            return f"paused on {at}, after {pause.because}"
        case PauseKind.SERVER:
            return f"paused on {at}, because of the server: {pause.because}"
