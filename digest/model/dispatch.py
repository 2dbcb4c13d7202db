"""Dispatch: what is handed to a transport, one message after the other, and what it tells of each."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum


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
