"""The standing definition of what is published: newsletter and publisher."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.model.audience import Audience, Localised
from digest.model.brand import Brand
from digest.model.schedule import Schedule


class Approval(StrEnum):
    REQUIRED = "required"  # a person approves the very bytes before they go
    NONE = "none"  # sealing happens when sending begins


class Unanswered(StrEnum):
    """What happens at the sending time to a part that its reviewers said nothing about."""

    HOLD = "hold"  # the edition waits for a person
    SEND = "send"  # it goes as it is
    SKIP = "skip"  # the edition does not go; its stories wait for the next
    LEAVE_OUT = "leave-out"  # the edition goes without this part


class SectionsBy(StrEnum):
    COUNTRY = "country"  # exactly one country: that country's section; else Regional, which comes first
    TOPIC = "topic"  # exactly one topic: that topic's section; else General, which comes first
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A display name and an address (ASCII, the domain as A-label)."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who looks at one part (an audience) before it goes, and what their silence means."""

    reviewers: tuple[Mailbox, ...]
    then: Unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    name: Localised
    address: str  # the postal address, printed in every footer
    website: str | None
    timezone: ZoneInfo
    brand: Brand = field(default_factory=Brand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """`languages` and `audiences` are in the order of the settings. `late_for` counts periods. `reviews` is by
    audience; without any, an edition is approved as a whole only.
    """

    name: str
    title: Localised
    sender: Mapping[str, Mailbox]
    reply_to: str | None
    schedule: Schedule
    audiences: tuple[Audience, ...]
    languages: tuple[str, ...]
    approval: Approval
    template: str
    sections: SectionsBy
    late_for: int
    starts_on: date | None
    max_variants: int
    reviews: Mapping[str, Review] = field(default_factory=dict)
    then: Unanswered = Unanswered.HOLD  # for audiences without reviewers of their own

    def audience(self, name: str) -> Audience:
        return next(audience for audience in self.audiences if audience.name == name)
