"""Deciding: what a person may make of a delivery. Whatever is not in this table is refused, with the reason."""

from collections.abc import Mapping

from digest.model.decision import Decision
from digest.model.delivery import DeliveryState

_PENDING, _SENT, _FAILED = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.FAILED

# From → decision → to. What was accepted is never sent once more: its receiver may hide the copy, or count it twice.
STEPS: Mapping[DeliveryState, Mapping[Decision, DeliveryState]] = {
    DeliveryState.PENDING: {},
    DeliveryState.INTENT: {},
    DeliveryState.SENT: {},
    DeliveryState.FAILED: {Decision.RESEND: _PENDING, Decision.MARK_SENT: _SENT},
    DeliveryState.HELD: {Decision.RESEND: _PENDING, Decision.MARK_SENT: _SENT, Decision.MARK_FAILED: _FAILED},
    DeliveryState.NO_VARIANT: {},
    DeliveryState.LEFT: {},
}

REFUSALS: Mapping[DeliveryState, str] = {
    DeliveryState.PENDING: "is still to be sent",
    DeliveryState.INTENT: "is leaving now, or was when the program died: digest send finds out",
    DeliveryState.SENT: "was sent: the server has accepted it, or somebody said so",
    DeliveryState.FAILED: "has failed already",
    DeliveryState.HELD: "is in doubt",
    DeliveryState.NO_VARIANT: "gets nothing of this edition",
    DeliveryState.LEFT: "has left",
}


def after(state: DeliveryState, decision: Decision) -> DeliveryState | None:
    """The state after the decision; `None` when it may not be made."""
    return STEPS[state].get(decision)


def before(decision: Decision) -> tuple[DeliveryState, ...]:
    """The states in which it may be made."""
    return tuple(state for state, steps in STEPS.items() if decision in steps)
