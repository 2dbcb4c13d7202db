"""What comes back to us by mail: bounces, complaints, people who want out, and all the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from digest.model.edition import Edition


class MailKind(StrEnum):
    """What one message is."""

    REPORT = "report"  # about a message of somebody's: it bounced, is late, or has arrived
    COMPLAINT = "complaint"  # a provider tells that a person pressed “this is spam” (RFC 5965)
    AUTOMATIC = "automatic"  # a machine answers: absent, read, received
    LEAVING = "leaving"  # somebody wants out
    OTHER = "other"


class ReturnKind(StrEnum):
    """What a message says about one delivery."""

    HARD = "hard"  # there is no such mailbox
    SOFT = "soft"  # it did not work, but may another day
    BLOCKED = "blocked"  # the message or its sender was not wanted there; the mailbox is alive
    DELAYED = "delayed"  # it is still being tried
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    ANSWERED = "answered"  # by a machine


class LeavingCause(StrEnum):
    BOUNCED = "bounced"  # too much came back
    COMPLAINED = "complained"
    ASKED = "asked"  # by mail


class Outcome(StrEnum):
    """What a message turned out to be for us."""

    HARD = "hard"
    SOFT = "soft"
    BLOCKED = "blocked"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    LEAVING = "leaving"
    AUTOMATIC = "automatic"
    UNPROVEN = "unproven"  # it names a delivery or a subscription, and nothing proves that we made the name
    UNKNOWN_LEAVER = "unknown-leaver"  # wants out, and it is not known who that is
    OTHER = "other"

    @property
    def is_for_a_person(self) -> bool:
        return self in (Outcome.UNKNOWN_LEAVER, Outcome.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a message says about one recipient; `address` as it stands there, if it does. `said` is short, without
    addresses and control characters.
    """

    kind: ReturnKind
    address: str | None = None
    status: str | None = None  # RFC 3463, such as 5.1.1
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What in a message may prove which delivery, or which subscription, it is about. Nothing of it is believed yet.

    `deliveries` are names out of return paths, `tokens` those of links for leaving, `identities` the left part of
    Message-IDs.
    """

    deliveries: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """One message, classed. Everything in it was written by strangers.

    `fingerprint` is the same for every copy of the message. `sender` is who claims to have written it, `written_to` are
    all addresses it was written to. `asked` is the token of a subject that asks to leave; `from_all` says that
    everything is meant. `may_be_answered`: a person wrote it, not a machine or a list.
    """

    fingerprint: str
    kind: MailKind
    clues: Clues = Clues()
    notices: tuple[Notice, ...] = ()
    sender: str | None = None
    written_to: tuple[str, ...] = ()
    asked: str | None = None
    from_all: bool = False
    may_be_answered: bool = False
    is_own: bool = False  # we forwarded it ourselves
    subject: str = ""
    dated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondent:
    """A subscriber as the mailbox needs them. `row` identifies them in the store only; `newsletters` are those they get
    now, with the language of each, and `left` those they got once.
    """

    row: int
    public_id: str
    address: str
    newsletters: Mapping[str, str] = field(default_factory=dict)
    left: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One delivery about which something came back. Without `edition` only the person is known."""

    subscriber: int
    edition: Edition | None
    kind: ReturnKind
    status: str | None
    said: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Somebody is to get no more mail: of one `newsletter`, or of none at all (`None`)."""

    subscriber: int
    newsletter: str | None
    cause: LeavingCause
    confirm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """When an address counts as dead. `forget_after` a time without bounces the score begins anew."""

    hard: float = 1.0
    soft: float = 0.5
    threshold: float = 5.0
    forget_after: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is written down about one message, in one transaction. `place` and `key` are where it lies."""

    fingerprint: str
    kind: MailKind
    place: str
    key: str
    to_settle: bool  # the message is to be put away afterwards
    to_forward: bool = False
    returned: Returned | None = None
    departure: Departure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an entry changed. A message that was known before changes nothing."""

    is_new: bool
    suppressed: bool = False
    left: bool = False
    to_forward: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A departure that its person is still to be told of. `remaining` are the newsletters they go on getting."""

    number: int
    public_id: str
    address: str
    newsletter: str | None
    language: str | None
    remaining: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyGone:
    """Why mail no longer goes to a person. `newsletter` is `None` when it is all. `bounces` counts what came back
    before they were given up, `status` is the last one.
    """

    newsletter: str | None
    cause: LeavingCause
    at: datetime
    bounces: int = 0
    status: str | None = None
