"""People, what they asked for, and why they get no more mail."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.foundation.catalogue import _
from digest.newsletters.edition import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """When and how somebody agreed to get the mail."""

    on: date | None = None
    how: str | None = None

    @classmethod
    def loaded(cls, on: str | None, how: str | None) -> "Consent":
        return cls(on=date.fromisoformat(on) if on else None, how=how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A person × a newsletter, pointing to one choice. `address` has its domain as A-label; `folded` compares."""

    address: str
    folded: str
    name: str | None
    choice: Choice
    consent: Consent = Consent()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStatus:
    """Whether mail goes to a subscription, and since when, or until when, not."""

    subscription: Subscription
    active: bool
    left_at: datetime | None = None
    suppressed_at: datetime | None = None  # the person, from all newsletters
    unconfirmed_since: datetime | None = None
    resumes_at: datetime | None = None

    @property
    def gets_mail(self) -> bool:
        return self.stays and self.unconfirmed_since is None and self.resumes_at is None

    @property
    def stays(self) -> bool:
        """Whether they have not left, and are not suppressed."""
        return self.active and self.suppressed_at is None


class SubscriberState(StrEnum):
    """How a person stands to a newsletter; only `ACTIVE` gets mail."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"  # asked for it, and has not confirmed
    PAUSED = "paused"  # until a date, and then active again
    UNSUBSCRIBED = "unsubscribed"
    REMOVED = "removed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class SubscriberStep(StrEnum):
    """What people of the office do to a subscriber, and from `ASKED` on what these do themselves."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    SUPPRESSED = "suppressed"
    READMITTED = "readmitted"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    CHOSEN = "chosen"
    PAUSED = "paused"
    RESUMED = "resumed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberEvent:
    """`said` is what a change replaced, or the consent that was given; `newsletter` is `None` for all of them. `how` is
    the door through which they did it themselves, `text` the version of what they agreed to.
    """

    step: SubscriberStep
    newsletter: str | None
    said: str
    by: str
    because: str | None
    at: datetime
    how: str | None = None
    text: str | None = None


class SuppressionCause(StrEnum):
    BOUNCED = "bounced"  # too much came back
    COMPLAINED = "complained"
    ASKED = "asked"  # by mail, or the office in their name
    REMOVED = "removed"  # the office took them off

    @property
    def said(self) -> str:
        """As screens say it."""
        return {
            SuppressionCause.BOUNCED: _("bounced"),
            SuppressionCause.COMPLAINED: _("complained"),
            SuppressionCause.ASKED: _("asked"),
            SuppressionCause.REMOVED: _("removed"),
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Somebody is to get no more mail: of one `newsletter`, or of none at all (`None`)."""

    subscriber: int
    newsletter: str | None
    cause: SuppressionCause
    confirm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Causing:
    """What caused that mail no longer goes to a person: a message, which came `at` and lies in `places` as long as
    nobody tidies there; or, with `at_once`, an answer of a server. `edition` is what it was about, `said` in its words.
    """

    at: datetime
    at_once: bool = False
    edition: str | None = None
    said: str = ""
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyGone:
    """Why mail no longer goes to a person. `newsletter` is `None` when it is all. `bounces` counts what came back
    before they were given up, `status` is the last one. `by` is `None` where no mail caused it.
    """

    newsletter: str | None
    cause: SuppressionCause
    at: datetime
    bounces: int = 0
    status: str | None = None
    by: Causing | None = None


def state_of(*, stays: bool, unconfirmed: bool, paused: bool, cause: SuppressionCause | None) -> SubscriberState:
    """`cause` is that of the last departure, if one is known; those of old are not."""
    if stays:
        rests = SubscriberState.PAUSED if paused else SubscriberState.ACTIVE
        return SubscriberState.UNCONFIRMED if unconfirmed else rests
    match cause:
        case SuppressionCause.BOUNCED:
            return SubscriberState.BOUNCED
        case SuppressionCause.COMPLAINED:
            return SubscriberState.COMPLAINED
        case SuppressionCause.REMOVED:
            return SubscriberState.REMOVED
        case _:
            return SubscriberState.UNSUBSCRIBED
