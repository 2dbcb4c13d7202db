"""Deliveries: the ledger's rows, edition × subscriber. Together they are the truth about who got what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.foundation.catalogue import later


class DeliveryState(StrEnum):
    PENDING = "pending"  # to be sent
    INTENT = "intent"  # durably meant to leave now; whether it left is for the recovery to find out
    SENT = "sent"  # accepted: fsync and rename for files, a 250 for SMTP
    FAILED = "failed"  # refused for good
    HELD = "held"  # it may have been accepted; a person decides
    NO_VARIANT = "no-variant"  # nothing in this edition fits the choice, or no story concerns it
    LEFT = "left"  # unsubscribed or suppressed after the recipients were frozen

    @property
    def is_open(self) -> bool:
        return self in (DeliveryState.PENDING, DeliveryState.INTENT, DeliveryState.HELD)


@dataclass(frozen=True, slots=True)
class Tally:
    """The ledger of an edition as a sum: `frozen` must equal the sum over the states."""

    states: dict[DeliveryState, int]

    @property
    def frozen(self) -> int:
        return sum(self.states.values())

    def __getitem__(self, state: DeliveryState) -> int:
        return self.states.get(state, 0)

    @property
    def open(self) -> int:
        return sum(count for state, count in self.states.items() if state.is_open)

    @property
    def waiting(self) -> int:
        """Still to leave, without a person's word."""
        return self[DeliveryState.PENDING] + self[DeliveryState.INTENT]


class Decision(StrEnum):
    """What a person says of a delivery that nobody else can settle."""

    RESEND = "resend"  # let it leave (again): the same message, byte for byte
    MARK_SENT = "mark-sent"  # it has arrived
    MARK_FAILED = "mark-failed"  # it will never arrive


_PENDING, _SENT, _FAILED = DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.FAILED
# From → decision → to. What was accepted is never sent once more: its receiver may hide the copy, or count it twice.
# Whatever is not in this table is refused, with the reason.
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
    DeliveryState.PENDING: later("is still to be sent"),
    DeliveryState.INTENT: later("is leaving now, or was when the program died: `digest send` finds out"),
    DeliveryState.SENT: later("was sent: the server has accepted it, or somebody said so"),
    DeliveryState.FAILED: later("has failed already"),
    DeliveryState.HELD: later("is in doubt"),
    DeliveryState.NO_VARIANT: later("gets nothing of this edition"),
    DeliveryState.LEFT: later("has left"),
}


def after(state: DeliveryState, decision: Decision) -> DeliveryState | None:
    """The state after the decision; `None` when it may not be made."""
    return STEPS[state].get(decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRecord:
    """When nobody could know whether a message was accepted, why, and what was done about it."""

    at: datetime
    cause: str
    said: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """Who decided what about a delivery that was in the state `before`."""

    at: datetime
    by: str
    step: Decision
    before: DeliveryState
    because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One row of the ledger with all that is known about it. `answer` is the server's last one. `welcomed_at`: its
    person was new, and the edition had gone out already.
    """

    address: str
    variant: str | None
    state: DeliveryState
    changed_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    answer: str | None
    why: str | None
    welcomed_at: datetime | None = None
    doubts: tuple[DoubtRecord, ...] = ()
    decisions: tuple[DecisionRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deliveries: those in one of the `states`, of one of the `addresses` (folded); empty means all. `doubtful`:
    those that were in doubt at least once.
    """

    states: frozenset[DeliveryState] = frozenset()
    addresses: frozenset[str] = frozenset()
    doubtful: bool = False
