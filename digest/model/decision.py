"""Single deliveries as people look at them, and what they decide about those that nobody else can settle."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.delivery import DeliveryState


class Decision(StrEnum):
    RESEND = "resend"  # let it leave (again): the same message, byte for byte
    MARK_SENT = "mark-sent"  # it has arrived
    MARK_FAILED = "mark-failed"  # it will never arrive


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
    """One row of the ledger with all that is known about it. `answer` is the server's last one."""

    address: str
    variant: str | None
    state: DeliveryState
    changed_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    answer: str | None
    why: str | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of a decision: how many rows changed, and why others did not (reason → addresses)."""

    changed: int
    refused: dict[str, list[str]]
