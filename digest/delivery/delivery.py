"""Deliveries: the ledger's rows, edition × subscriber. Together they are the truth about who got what."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from digest.mail.message import Recipient


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """When an edition's sending began: the `Date` of all its messages, set once. Aware, UTC."""

    edition: str
    began_at: datetime


# -- Dispatch: what is handed to a transport, one message after the other, and what it tells of each.


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One person's message on its way. `row` is the recipient's in the store and marker; `delivery` names the delivery
    outside and is unique; `sender` is the envelope's return path, empty for mail to which nothing shall return.
    `pieces` together are the message, now or as soon as they are signed. `file` is a relative path, without an ending,
    that is safe on every file system and the same at every attempt.
    """

    row: int
    delivery: str
    sender: str
    recipient: str
    pieces: Sequence[bytes] | Future[Sequence[bytes]]
    file: str = ""


class OutcomeKind(StrEnum):
    """What became of a message, as far as its transport knows."""

    SENT = "sent"  # accepted for good: a 250 was read, a file was synced and renamed
    FAILED = "failed"  # refused for good
    DEFERRED = "deferred"  # the server said: not now
    KEPT = "kept"  # it did not leave, for a reason that is not about it
    IN_DOUBT = "in-doubt"  # it may have been accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`answer` is the server's, or a plain sentence; `why` the class of a refusal or the cause of a doubt."""

    message: OutgoingMessage
    kind: OutcomeKind
    answer: str
    why: str | None = None


class Mark(StrEnum):
    """One byte per recipient in shared memory: it survives the process, not the machine."""

    NOTHING = "nothing"  # the dot was not written
    DOT = "dot"  # the dot was about to be written
    ACCEPTED = "accepted"  # a reply of 250 was read


class Found(StrEnum):
    """What the recovery makes of an intent that a dead process left behind."""

    PENDING = "pending"  # it did not leave
    SENT = "sent"
    IN_DOUBT = "in-doubt"


# -- What reads, makes and hands out: the ports around the pipeline that store nothing of their own.


class Outbox(Protocol):
    """What a transport takes messages from, and tells what became of them; for one thread."""

    def fetch(self, most: int) -> Sequence[OutgoingMessage]:
        """Messages to be sent, in their order; none: there are no more for now."""
        ...

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage]) -> frozenset[int]:
        """Durable when this returns: what became of messages, and the intents of those wanted. The rows that may go."""
        ...

    def mark(self, row: int, mark: Mark) -> None:
        """From any thread."""
        ...


class Transport(Protocol):
    """How messages leave, one by one: files, Maildir, sendmail and SMTP alike. `name` is what people are told of it."""

    @property
    def name(self) -> str: ...

    @property
    def connections(self) -> int:
        """How many messages may be under way when the process dies, at most."""
        ...

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        """Return when the outbox has no more messages, or `stop` says so. No message comes to the point from which it
        may count as accepted (a final dot, a rename) before its intent is durable; every result is told before this
        returns or raises.

        Raise `CircuitBrokenError` when too many messages in a row came to the same bad end.
        """
        ...

    def trace(self, message: OutgoingMessage) -> Found | None:
        """What can be seen now of a message that a dead process may have sent; `None`: nothing can be. Its pieces are
        not looked at.
        """
        ...


class Progress(Protocol):
    """Who wants to know how far a sending is. From any thread, and at once back: it holds up what is told of."""

    def begin(self, letters: int) -> None:
        """So many are to leave, at most."""
        ...

    def add(self, letters: int) -> None:
        """So many more came to an end, whichever."""
        ...


Trace = Callable[[Sequence[Recipient]], Mapping[int, Found]]  # what can be seen of messages at their end, by row


class OutboxRows(Protocol):
    """The ledger's rows behind an outbox, while an edition leaves; for one process and one thread."""

    def recover(self, connections: int, at: datetime, trace: Trace) -> Mapping[Found, int]:
        """Find out what a dead process left behind, before any final dot is written. `trace` is asked about those of
        whom the marks say nothing certain.
        """
        ...

    def fetch(self, most: int, at: datetime) -> Sequence[Recipient]:
        """The next pending rows whose time has come, each once. Nothing is written."""
        ...

    def start_over(self) -> None:
        """Fetch from the first row again."""
        ...

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        """In one transaction, durable when this returns: the results, and the intents of the letters wanted.

        Return the rows that may go: those whose people still want the mail. The others are marked as left.
        """
        ...

    def mark(self, row: int, mark: Mark) -> None:
        """Note in memory that outlives the process; from any thread."""
        ...


# -- Single deliveries as people look at them, and what they decide about those that nobody else can settle.


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


def before(decision: Decision) -> tuple[DeliveryState, ...]:
    """The states in which it may be made."""
    return tuple(state for state, steps in STEPS.items() if decision in steps)


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


# -- Deciding: what a person may make of a delivery. Whatever is not in this table is refused, with the reason.

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
