"""Newcomers: who is new to a newsletter, and may be welcomed with the edition that went out last.

New is who confirmed their own subscription, or was added one by one; nobody of a list or of the subscriber file is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, update

from digest.delivery.delivery import DeliveryState
from digest.foundation.database import Database, stored
from digest.foundation.schema import choices, deliveries, editions, subscribers, subscriptions
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter, Welcome
from digest.people.store import gets_mail

NEW_FOR = timedelta(days=7)  # whoever could not be welcomed until then waits for the next edition
_UNDER_WAY = (DeliveryState.PENDING.value, DeliveryState.INTENT.value)
_PEOPLE = subscriptions.join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
_CHOSEN = (choices.c.newsletter, choices.c.audiences, choices.c.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcoming:
    """Whether somebody is to be welcomed, and the editions (by number) of which welcomes are still to leave."""

    has_newcomers: bool = False
    open: frozenset[int] = frozenset()


def welcoming(database: Database, newsletter: Newsletter, now: datetime) -> Welcoming:
    is_due = or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= stored(now))
    still = (
        select(deliveries.c.edition)
        .join(editions, deliveries.c.edition == editions.c.number)
        .where(
            deliveries.c.welcomed_at.is_not(None),
            deliveries.c.state.in_(_UNDER_WAY),
            editions.c.newsletter == newsletter.name,
            is_due,
        )
    )
    with database.read() as connection:
        somebody = exists().select_from(_PEOPLE).where(*_is_new(newsletter, now))
        greets = newsletter.welcome is Welcome.LATEST
        has_newcomers = greets and bool(connection.execute(select(somebody)).scalar())
        return Welcoming(has_newcomers=has_newcomers, open=frozenset(connection.execute(still.distinct()).scalars()))


def welcomed(database: Database, edition: Edition) -> int:
    """How many were sent it because they were new."""
    mine = deliveries.c.edition == edition.number, deliveries.c.welcomed_at.is_not(None)
    query = select(func.count()).select_from(deliveries).where(*mine, deliveries.c.state == DeliveryState.SENT.value)
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def newcomers(newsletter: Newsletter, edition: Edition, now: datetime) -> Select[Any]:
    """Not who was frozen into this edition, whichever revision of it, or into one since they came."""
    has_some = (
        exists()
        .select_from(deliveries.join(editions, deliveries.c.edition == editions.c.number))
        .where(
            deliveries.c.subscriber == subscriptions.c.subscriber,
            editions.c.newsletter == newsletter.name,
            or_(
                editions.c.number == edition.number,
                editions.c.period == edition.period.key,
                editions.c.sending_at >= subscriptions.c.new_since,
            ),
        )
    )
    return (
        select(subscriptions.c.subscriber, subscribers.c.address, subscribers.c.name, *_CHOSEN)
        .select_from(_PEOPLE.join(choices, subscriptions.c.choice == choices.c.number))
        .where(*_is_new(newsletter, now), ~has_some)
        .order_by(subscriptions.c.subscriber)
    )


def forget_newcomers(connection: Connection, newsletter: Newsletter, now: datetime) -> None:
    """Those that get mail were looked at; the others, such as who paused, are new for a while."""
    looked_at = exists().where(subscribers.c.number == subscriptions.c.subscriber, *_is_new(newsletter, now))
    new = subscriptions.c.newsletter == newsletter.name, subscriptions.c.new_since.is_not(None)
    is_over = subscriptions.c.new_since <= stored(now - NEW_FOR)
    connection.execute(update(subscriptions).where(*new, or_(looked_at, is_over)).values(new_since=None))


def _is_new(newsletter: Newsletter, now: datetime) -> Sequence[ColumnElement[bool]]:
    """The conditions on a subscription, and its subscriber."""
    since = subscriptions.c.new_since > stored(now - NEW_FOR)
    return subscriptions.c.newsletter == newsletter.name, since, *gets_mail()
