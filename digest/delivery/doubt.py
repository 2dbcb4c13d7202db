"""Doubt: what to believe about a message that may or may not have been accepted, and when one is tried again.

Between the final dot and the reply no client can know. What can be known: whether the dot was about to be written
(the marker, valid while the machine has not restarted), and what the owner wants done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from digest.delivery.outgoing import Found, Mark


class Cause(StrEnum):
    """Why nobody knows."""

    CRASH = "crash"  # our process died in the gap
    SERVER = "server"  # the server fell silent, or closed, after the dot
    POWER = "power"  # the machine restarted, so the marks are gone
    HOST = "host"  # another machine, or a process that stood still, lost its lease and has not told
    RESTORE = "restore"  # the database is older than the journal


class Remedy(StrEnum):
    RESEND = "resend"  # maybe twice, never lost
    HOLD = "hold"  # a person decides
    ASSUME_SENT = "assume-sent"  # maybe lost, never twice


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtPolicy:
    """What to do about each cause; `resend` where nothing is said."""

    remedies: Mapping[Cause, Remedy] = field(default_factory=dict)

    def remedy(self, cause: Cause) -> Remedy:
        return self.remedies.get(cause, Remedy.RESEND)


def found(mark: Mark, *, same_boot: bool) -> Found:
    """In doubt, too, where only a trace of the message can tell."""
    if not same_boot:
        return Found.IN_DOUBT
    return {Mark.NOTHING: Found.PENDING, Mark.DOT: Found.IN_DOUBT, Mark.ACCEPTED: Found.SENT}[mark]


def is_too_many(doubtful: int, connections: int) -> bool:
    """An ordinary crash leaves one message per connection in doubt. More means a restored database, a copy of the
    machine, or a fault: then everything is held, whatever the policy says.
    """
    return doubtful > max(5, 2 * connections)


MOST_DOUBTS = 3  # of one delivery because of its server: then a person decides, whatever the policy says


# -- Attempts: when a message that the server did not take is tried again, and when nobody tries any more.

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
MOST_ATTEMPTS = 20


def next_attempt_at(now: datetime, attempts: int, not_after: datetime | None) -> datetime | None:
    """After so many `attempts` (at least 1) that the server deferred: five minutes, doubled up to four hours.

    `None`: it is given up, because it was tried too often or would come too late.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    at = now + min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return None if not_after is not None and at > not_after else at
