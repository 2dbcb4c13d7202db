"""Deliveries: the ledger's rows, edition × subscriber. Together they are the truth about who got what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One open row with all that its message needs. `subscriber` is the random public id, never a row number."""

    row: int  # identifies the subscriber in the store only
    subscriber: str
    address: str
    name: str | None
    variant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message on its way. `stem` is a file name that is unique in the edition and safe on every file system;
    `delivery` names it in return paths and reports: the subscriber's public id, and what proves that we made it.
    `pieces` together are the message; what it shares with others is the same object in all of them.
    """

    edition: str
    recipient: str
    stem: str
    pieces: tuple[bytes, ...]
    delivery: str = ""

    @property
    def message(self) -> bytes:
        return b"".join(self.pieces)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """When an edition's sending began: the `Date` of all its messages, set once. Aware, UTC."""

    edition: str
    began_at: datetime
