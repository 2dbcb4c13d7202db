"""Retention: how long is kept who somebody was. Whoever left longer ago becomes nobody, and is still not written to.

What was sent long ago stays counted, without the address it went to. Who asked for it and never confirmed is forgotten
after a week, whatever the settings say: they have agreed to nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    cast,
    delete,
    exists,
    insert,
    not_,
    or_,
    select,
    update,
)

from digest.foundation.database import Database, stored
from digest.foundation.schema import (
    allowances,
    deliveries,
    departures,
    editions,
    erasures,
    notices,
    returns,
    subscriber_events,
    subscribers,
    subscriptions,
)
from digest.people.erased_addresses import GONE, KEPT, KEPT_ASKED, hashes, keys_of
from digest.people.erasure import events_forgotten, forget_people
from digest.people.reader_requests import CONFIRMED_WITHIN, left_themselves
from digest.people.store import batches, subscriptions_of

PASSING_FOR = timedelta(days=1)  # what pages remember of mails that left, and of those who may ask for no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """How many people became nobody, how many mails of old lost their address, and how many never confirmed."""

    people: int = 0
    mails: int = 0
    unconfirmed: int = 0

    def __bool__(self) -> bool:
        return bool(self.people or self.mails or self.unconfirmed)


def retain(database: Database, now: datetime, keep: timedelta | None) -> Retained:
    """With nothing to keep by, only the unconfirmed go. Nothing is written where nothing is to be done."""
    before = None if keep is None else stored(now - keep)
    with database.read() as connection:
        asked = stored(now - CONFIRMED_WITHIN)
        unconfirmed = _numbers(connection, _unconfirmed(asked))
        gone = [] if before is None else _numbers(connection, _gone(before))
        old = before is not None and bool(connection.execute(select(exists(_old(before)))).scalar())
        passing = _passing(now)
        is_over = any(connection.execute(select(exists().where(rows))).scalar() for rows in passing.values())
    if is_over:
        with database.write() as connection:
            for table, rows in passing.items():
                connection.execute(delete(table).where(rows))
    if not (unconfirmed or gone or old):
        return Retained()
    with database.write() as connection:
        _forget_unconfirmed(connection, unconfirmed, asked)
        _keep_out(connection, gone, now)
        forget_people(connection, gone, now)
        mails = _forget_addresses(connection, before) if before is not None and old else 0
    database.scrub()
    return Retained(people=len(gone), mails=mails, unconfirmed=len(unconfirmed))


def _passing(now: datetime) -> Mapping[Table, ColumnElement[bool]]:
    """What pages remember of mails that they sent, and of networks that forms came from, and need no more."""
    at = now - PASSING_FOR
    return {
        notices: (notices.c.at < stored(at)) & notices.c.state.in_(("sent", "failed")),
        allowances: allowances.c.full_at < at.timestamp(),
    }


def _numbers(connection: Connection, query: Any) -> list[int]:
    return sorted(set(connection.execute(query).scalars()))


def _unconfirmed(asked: str) -> Any:
    return select(subscriptions.c.subscriber).where(subscriptions.c.unconfirmed_since < asked)


def _gone(before: str) -> Any:
    """Who gets nothing, and left all of it before then. Of old departures nobody knows when they were."""
    here = subscriptions.c.subscriber == subscribers.c.number
    stays = exists().where(here, subscriptions.c.active == 1)
    later = exists().where(here, or_(subscriptions.c.left_at.is_(None), subscriptions.c.left_at >= before))
    return select(subscribers.c.number).where(
        subscribers.c.folded.not_like(f"erased-%@{GONE}"),
        not_(exists().where(here, subscriptions.c.unconfirmed_since.is_not(None))),
        or_(
            subscribers.c.suppressed_at < before,
            and_(subscribers.c.suppressed_at.is_(None), exists().where(here), not_(stays), not_(later)),
        ),
    )


def _old(before: str) -> Any:
    finished = select(editions.c.number).where(editions.c.finished_at < before)
    return select(deliveries.c.subscriber).where(
        deliveries.c.edition.in_(finished), deliveries.c.address.not_like(f"%@{GONE}")
    )


def _forget_unconfirmed(connection: Connection, numbers: Sequence[int], asked: str) -> None:
    """The request goes; and the person, if nothing else is known of them."""
    for some in batches(numbers):
        late = (subscriptions.c.subscriber.in_(some), subscriptions.c.unconfirmed_since < asked)
        connection.execute(delete(subscriptions).where(*late, subscriptions.c.active == 1))
        connection.execute(update(subscriptions).where(*late).values(unconfirmed_since=None))
        known = [
            exists().where(table.c.subscriber == subscribers.c.number)
            for table in (subscriptions, departures, deliveries, returns)
        ]
        alone = subscribers.c.number.in_(some) & not_(or_(*known)) & subscribers.c.suppressed_at.is_(None)
        rest = list(connection.execute(select(subscribers.c.number).where(alone)).scalars())
        with events_forgotten(connection):
            connection.execute(delete(subscriber_events).where(subscriber_events.c.subscriber.in_(rest)))
        connection.execute(delete(subscribers).where(subscribers.c.number.in_(rest)))


def _keep_out(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """They left, and that holds. Who left by their own wish may come back by it."""
    if not numbers:
        return
    keys, known = keys_of(connection), set(connection.execute(select(erasures.c.hash)).scalars())
    for some in batches(numbers):
        for row in connection.execute(select(subscribers).where(subscribers.c.number.in_(some))).all():
            kept = hashes(keys, row.folded)[0]
            if kept not in known:
                by = KEPT_ASKED if _by_wish(connection, row) else KEPT
                connection.execute(insert(erasures).values(hash=kept, at=stored(now), by=by))


def _by_wish(connection: Connection, person: Any) -> bool:
    if person.suppressed_at is not None:
        return left_themselves(connection, person.number, None)
    mine = subscriptions_of(connection, person.number)
    return all(left_themselves(connection, person.number, one.newsletter) for one in mine)


def _forget_addresses(connection: Connection, before: str) -> int:
    finished = select(editions.c.number).where(editions.c.finished_at < before)
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.edition.in_(finished), deliveries.c.address.not_like(f"%@{GONE}"))
        .values(address="erased-" + cast(deliveries.c.subscriber, String) + "@" + GONE, name=None, answer=None)
    ).rowcount
