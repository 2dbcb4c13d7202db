"""People and what they asked for."""

from dataclasses import dataclass
from datetime import date, datetime

from digest.model.edition import Choice


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
class SubscriptionStanding:
    """How a subscription stands: whether mail goes to it, and since when not."""

    subscription: Subscription
    active: bool
    left_at: datetime | None = None
    suppressed_at: datetime | None = None  # the person, from all newsletters

    @property
    def gets_mail(self) -> bool:
        return self.active and self.suppressed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What one person was, or is to be, sent: for `explain ADDRESS`.

    `state` is the delivery's, since `changed_at`. Without a variant nothing in the edition concerned the choice.
    """

    edition: str
    variant: str | None
    state: str
    changed_at: datetime | None = None
    subject: str | None = None
    story_ids: tuple[str, ...] = ()
