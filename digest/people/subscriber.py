"""People, what they asked for, and why they get no more mail."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.newsletters.edition import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """When and how somebody agreed to get the mail."""

    on: date | None = None
    how: str | None = None


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
    """Whether mail goes to a subscription, and since when not."""

    subscription: Subscription
    active: bool
    left_at: datetime | None = None
    suppressed_at: datetime | None = None  # the person, from all newsletters

    @property
    def gets_mail(self) -> bool:
        return self.active and self.suppressed_at is None


class SuppressionCause(StrEnum):
    BOUNCED = "bounced"  # too much came back
    COMPLAINED = "complained"
    ASKED = "asked"  # by mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Somebody is to get no more mail: of one `newsletter`, or of none at all (`None`)."""

    subscriber: int
    newsletter: str | None
    cause: SuppressionCause
    confirm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyGone:
    """Why mail no longer goes to a person. `newsletter` is `None` when it is all. `bounces` counts what came back
    before they were given up, `status` is the last one.
    """

    newsletter: str | None
    cause: SuppressionCause
    at: datetime
    bounces: int = 0
    status: str | None = None
