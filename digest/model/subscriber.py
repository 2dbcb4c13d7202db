"""People and what they asked for."""

from dataclasses import dataclass
from datetime import date

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
class Received:
    """What one person was, or is to be, sent: for `explain ADDRESS`."""

    edition: str
    variant: str | None
    state: str
