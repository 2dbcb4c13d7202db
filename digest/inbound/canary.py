"""The canary: a subscriber whose mail arrives in the mailbox that the program reads.

That it is there proves an edition's whole way; that it is not, the program says before a reader asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import select

from digest.delivery.delivery import DeliveryState
from digest.editions.edition_rows import edition_from
from digest.foundation.catalogue import _
from digest.foundation.database import Database, loaded
from digest.foundation.schema import deliveries, editions, returns, subscribers, subscriptions
from digest.foundation.words import moment
from digest.inbound.inbound import ReturnKind
from digest.newsletters.edition import Edition
from digest.people.store import gets_mail

ARRIVES_WITHIN = timedelta(hours=2)  # of greylisting, too
LOOKED_FOR = timedelta(days=7)  # later nobody needs to be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The canary's mail of one edition: when the server took it, and when it was found in the mailbox."""

    edition: Edition
    sent_at: datetime
    arrived_at: datetime | None

    def is_missing(self, now: datetime) -> bool:
        return self.arrived_at is None and now - self.sent_at > ARRIVES_WITHIN

    def said(self, now: datetime, zone: tzinfo) -> str:
        left = moment(self.sent_at, zone)
        if self.arrived_at is not None:
            said = _("its mail to the canary left on {left} and was in the mailbox by {arrived}")
            return said.format(left=left, arrived=moment(self.arrived_at, zone))
        if self.is_missing(now):
            said = _("its mail to the canary left on {left} and has not arrived: others may be missing too")
            return said.format(left=left)
        return _("its mail to the canary left on {left} and is waited for").format(left=left)


def sightings(database: Database, folded: str, since: datetime) -> Sequence[Sighting]:
    """Of the editions that left to the canary since then, the oldest first."""
    arrived = (
        select(returns.c.at)
        .where(
            returns.c.edition == deliveries.c.edition,
            returns.c.subscriber == deliveries.c.subscriber,
            returns.c.kind == ReturnKind.ARRIVED.value,
        )
        .order_by(returns.c.number)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(editions, deliveries.c.changed_at, arrived.label("arrived_at"))
        .join(deliveries, deliveries.c.edition == editions.c.number)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .where(subscribers.c.folded == folded, deliveries.c.state == DeliveryState.SENT.value)
        .order_by(deliveries.c.changed_at)
    )
    with database.read() as connection:
        found = [
            Sighting(
                edition=edition_from(row._mapping),
                sent_at=datetime.fromisoformat(row.changed_at),
                arrived_at=loaded(row.arrived_at),
            )
            for row in connection.execute(query)
        ]
    return [one for one in found if one.sent_at >= since]


def without_canary(database: Database, folded: str, newsletters: Sequence[str]) -> Sequence[str]:
    """Those newsletters of which it gets no mail, and which it can prove nothing of."""
    query = (
        select(subscriptions.c.newsletter)
        .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
        .where(subscribers.c.folded == folded, *gets_mail())
    )
    with database.read() as connection:
        theirs = set(connection.execute(query).scalars())
    return [one for one in newsletters if one not in theirs]
