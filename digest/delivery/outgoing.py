"""Outgoing messages: what every transport is, what it takes from an outbox and what it tells of each message.

A durable intent comes before the point from which a message may count as accepted; see docs/decisions/0016.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from digest.delivery.answers import AnswerMeaning
from digest.errors import BusyError


class Sign(Protocol):
    def __call__(self, variant: str, pieces: Sequence[bytes], at: datetime | None = None) -> Future[Sequence[bytes]]:
        """The pieces, signed. `at` is the Date of the message; left out: when the sending began."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One person's message on its way. `row` is the recipient's in the store and marker; `delivery` names the delivery
    outside and is unique; `sender` is the envelope's return path, empty for mail to which nothing shall return.
    `pieces` together are the message, now or as soon as they are signed; `dated_at` is their Date. `file` is a relative
    path, without an ending, that is safe on every file system and the same at every attempt.
    """

    row: int
    delivery: str
    sender: str
    recipient: str
    pieces: Sequence[bytes] | Future[Sequence[bytes]]
    file: str = ""
    dated_at: datetime | None = None


class OutcomeKind(StrEnum):
    """What became of a message, as far as its transport knows."""

    SENT = "sent"  # accepted for good: a 250 was read, a file was synced and renamed
    FAILED = "failed"  # refused for good
    UNDECIDED = "undecided"  # refused for what is ours, as it seems: it stays pending, and a person says whose it was
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


class Rejection(StrEnum):
    """Why a message was refused for good."""

    DEAD_MAILBOX = "dead-mailbox"  # the address is no (more) mailbox
    FULL_MAILBOX = "full-mailbox"
    ADDRESS = "address"  # it cannot stand in a command, or needs SMTPUTF8, which the server lacks
    POLICY = "policy"  # a block, a filter, a missing right: it says nothing about the mailbox
    SENDER = "sender"  # our envelope sender is not accepted
    TOO_LARGE = "too-large"
    CONTENT = "content"  # the message; also when it would break the protocol or needs what the server lacks
    PROTOCOL = "protocol"  # the server does not understand us
    OTHER = "other"


REJECTIONS: Mapping[AnswerMeaning, Rejection] = {
    AnswerMeaning.GONE: Rejection.DEAD_MAILBOX,
    AnswerMeaning.FULL: Rejection.FULL_MAILBOX,
    AnswerMeaning.TOO_BIG: Rejection.TOO_LARGE,
    AnswerMeaning.TOO_LARGE: Rejection.TOO_LARGE,
    AnswerMeaning.CONTENT: Rejection.CONTENT,
    AnswerMeaning.SENDER: Rejection.SENDER,
    AnswerMeaning.NAME: Rejection.POLICY,
    AnswerMeaning.AUTHENTICATION: Rejection.POLICY,
    AnswerMeaning.REPUTATION: Rejection.POLICY,
    AnswerMeaning.RATE: Rejection.POLICY,
    AnswerMeaning.QUOTA: Rejection.POLICY,
    AnswerMeaning.POLICY: Rejection.POLICY,
    AnswerMeaning.ROUTING: Rejection.OTHER,
    AnswerMeaning.PROTOCOL: Rejection.PROTOCOL,
    AnswerMeaning.PASSING: Rejection.OTHER,
    AnswerMeaning.UNKNOWN: Rejection.OTHER,
}


class WithheldError(BusyError):
    """Whether an intent still holds is not sure enough for a final dot."""


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


class Outbox(Protocol):
    """What a transport takes messages from, and tells what became of them; for one thread."""

    def fetch(self, most: int) -> Sequence[OutgoingMessage]:
        """Messages to be sent, in their order; none: there are no more for now."""
        ...

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage]) -> frozenset[int]:
        """Durable when this returns: what became of messages, and the intents of those wanted. The rows that may go."""
        ...

    def mark(self, row: int, mark: Mark) -> None:
        """From any thread. Raise `WithheldError` right before a dot that must not follow; then it stays away, which is
        settled like every other result.
        """
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

        Raise `CircuitBrokenError` when too many messages in a row came to the same bad end, or when what is ours was
        refused, and `SendingLimitError` when no more may be sent for now.
        """
        ...

    def trace(self, message: OutgoingMessage) -> Found | None:
        """What can be seen now of a message that a dead process may have sent; `None`: nothing can be. Its pieces are
        not looked at.
        """
        ...
