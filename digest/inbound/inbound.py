"""What comes back to us by mail: bounces, complaints, people who want out, and all the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from digest.newsletters.edition import Choice, Edition
from digest.newsletters.period import PeriodKind
from digest.people.subscriber import Suppression

FORWARDED = "X-Bulletin-Forwarded"  # the field that marks what we passed on, so that it is not passed on again


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
    ARRIVED = "arrived"  # in this very mailbox: it is the canary's

    @property
    def is_bounce(self) -> bool:
        """Whether the mail came back."""
        return self in (ReturnKind.HARD, ReturnKind.SOFT, ReturnKind.BLOCKED)


class InboundOutcome(StrEnum):
    """What a message turned out to be for us."""

    HARD = "hard"
    SOFT = "soft"
    BLOCKED = "blocked"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    LEAVING = "leaving"
    CHOOSING = "choosing"  # wants other audiences, or another language
    UNDONE = "undone"  # it was not them who asked to leave
    ARRIVED = "arrived"  # a mail of ours, to the canary
    AUTOMATIC = "automatic"
    UNPROVEN = "unproven"  # it names a delivery or a subscription, and nothing proves that we made the name
    UNKNOWN_LEAVER = "unknown-leaver"  # wants out, and it is not known who that is
    OTHER = "other"

    @property
    def is_for_a_person(self) -> bool:
        return self in (InboundOutcome.UNKNOWN_LEAVER, InboundOutcome.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a message says about one recipient; `address` as it stands there, if it does. `said` is short, without
    addresses and control characters.
    """

    kind: ReturnKind
    address: str | None = None
    status: str | None = None  # RFC 3463, such as 5.1.1
    said: str = ""


@dataclass(frozen=True, slots=True)
class NamedMessage:
    """A Message-ID, perhaps of ours, and the sender in the head where it stands: of that message, or of an answer."""

    identity: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What in a message may prove which delivery, or which subscription, it is about. Nothing of it is believed yet.

    `deliveries` are names out of return paths, `tokens` those of links for leaving.
    """

    deliveries: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    messages: tuple[NamedMessage, ...] = ()


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
    is_forged: bool = False  # our mail server says that its sender is somebody else
    wishes: tuple[str, ...] = ()  # subject and first line, folded, if they may be nothing but a wish
    undo: str | None = None  # the code of a subject that takes a departure back
    identity: str | None = None  # the left part of its own Message-ID, if it looks like one of ours
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
class Scoring:
    """When an address counts as dead. `forget_after` a time without bounces the score begins anew."""

    hard: float = 1.0
    soft: float = 0.5
    threshold: float = 5.0
    forget_after: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants from now on; what is empty stays as it is."""

    subscriber: int
    public_id: str
    newsletter: str
    audiences: frozenset[str] = frozenset()
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """A departure by mail that its person takes back, with the code that only their mailbox got."""

    public_id: str
    left_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEntry:
    """What is written down about one message, in one transaction. `place` and `key` are where it lies."""

    fingerprint: str
    kind: MailKind
    place: str
    key: str
    to_settle: bool  # the message is to be put away afterwards
    to_forward: bool = False
    returned: Returned | None = None
    departure: Suppression | None = None
    wish: Wish | None = None
    undone: Undone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a wish changed, for the mail that says so."""

    address: str
    before: Choice
    after: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an entry changed. A message that was known before changes nothing."""

    is_new: bool
    suppressed: bool = False
    left: bool = False
    to_forward: bool = False
    chosen: Chosen | None = None


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


# -- When an address counts as dead, by Mailman's rule. One bad day harms nobody.
# A hard bounce counts 1, a soft one 0.5, at most one a day, the worse one. After a time without bounces the count
# begins anew, and after an answer from the address itself: whoever answers is alive. That nothing came back in between
# proves nothing. What filters and policies refuse counts nothing.

LEAST_MEMORY = timedelta(days=30)
LONGEST_PERIOD = {
    PeriodKind.DAY: timedelta(days=1),
    PeriodKind.WEEK: timedelta(days=7),
    PeriodKind.MONTH: timedelta(days=31),
    PeriodKind.QUARTER: timedelta(days=92),
    PeriodKind.SINCE_LAST: timedelta(days=31),  # nobody knows; seldom longer
}
_MILDEST_FIRST = (
    ReturnKind.DELIVERED,
    ReturnKind.ANSWERED,
    ReturnKind.DELAYED,
    ReturnKind.BLOCKED,
    ReturnKind.SOFT,
    ReturnKind.HARD,
    ReturnKind.COMPLAINT,
)


def score(returned: Iterable[tuple[datetime, ReturnKind]], now: datetime, scoring: Scoring) -> float:
    """What all that came back for one person adds up to today. The order does not matter."""
    weights = {ReturnKind.HARD: scoring.hard, ReturnKind.SOFT: scoring.soft}
    days: dict[date, float] = {}
    found = list(returned)
    alive_at = max((at for at, kind in found if kind is ReturnKind.ANSWERED), default=None)
    for at, kind in found:
        if kind in weights and (alive_at is None or at > alive_at):
            day = at.astimezone(UTC).date()
            days[day] = max(days.get(day, 0.0), weights[kind])
    total, last = 0.0, None
    for day in sorted(days):
        if last is not None and day - last > scoring.forget_after:
            total = 0.0
        total, last = total + days[day], day
    return total if last is not None and now.astimezone(UTC).date() - last <= scoring.forget_after else 0.0


def is_dead(returned: Iterable[tuple[datetime, ReturnKind]], now: datetime, scoring: Scoring) -> bool:
    return score(returned, now, scoring) >= scoring.threshold


def memory(periods: Iterable[PeriodKind]) -> timedelta:
    """How long bounces are remembered where the settings do not say: thirty days, but never less than two periods of
    the rarest newsletter. A monthly one would else forget each bounce before the next can come.
    """
    return max([LEAST_MEMORY, *(2 * LONGEST_PERIOD[kind] for kind in periods)])


def notice_for(address: str, notices: Sequence[Notice]) -> Notice | None:
    """What is said of this address; else the mildest: where one address leads to several, one that works is enough."""
    own = [one for one in notices if one.address and one.address.lower() == address.lower()]
    return min(own or notices, key=lambda one: _MILDEST_FIRST.index(one.kind), default=None)


def happened_at(dated_at: datetime | None, since: datetime | None, now: datetime) -> datetime:
    """When it came back: as the message says, if that lies between the sending and now."""
    if dated_at is None or dated_at > now or (since is not None and dated_at < since):
        return now
    return dated_at
