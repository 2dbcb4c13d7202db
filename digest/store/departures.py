"""Departures: who is to get no more mail because of what came back, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from digest.model.returns import Departure, LeavingCause, Returned, ReturnKind, Scoring, WhyGone
from digest.policy.returns import is_dead
from digest.store.schema import choices, departures, returns, subscribers, subscriptions
from digest.store.times import stored


def newsletters_of(connection: Connection, subscriber: int) -> dict[str, str]:
    """What they get now, each with its language."""
    query = (
        select(subscriptions.c.newsletter, choices.c.language)
        .join(choices, subscriptions.c.choice == choices.c.number)
        .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
        .where(
            subscriptions.c.subscriber == subscriber,
            subscriptions.c.active == 1,
            subscribers.c.suppressed_at.is_(None),
        )
        .order_by(subscriptions.c.newsletter)
    )
    return {row.newsletter: row.language for row in connection.execute(query)}


def left_by(connection: Connection, subscriber: int) -> frozenset[str]:
    query = select(subscriptions.c.newsletter).where(
        subscriptions.c.subscriber == subscriber, subscriptions.c.active == 0
    )
    return frozenset(connection.execute(query).scalars())


def write_return(connection: Connection, fingerprint: str, returned: Returned, scoring: Scoring, now: datetime) -> bool:
    """Whether the person gets no more mail from now on, because of it and of all that came back before."""
    connection.execute(
        insert(returns).values(
            fingerprint=fingerprint,
            subscriber=returned.subscriber,
            edition=returned.edition.number if returned.edition else None,
            kind=returned.kind.value,
            status=returned.status,
            said=returned.said,
            at=stored(returned.at),
        )
    )
    if returned.kind is ReturnKind.COMPLAINT:
        return depart(
            connection,
            Departure(subscriber=returned.subscriber, newsletter=None, cause=LeavingCause.COMPLAINED),
            now,
        )
    if returned.kind not in (ReturnKind.HARD, ReturnKind.SOFT):
        return False
    rows = connection.execute(
        select(returns.c.at, returns.c.kind).where(*_since_given_up(connection, returned.subscriber))
    )
    history = [(datetime.fromisoformat(row.at), ReturnKind(row.kind)) for row in rows]
    return is_dead(history, now, scoring) and depart(
        connection, Departure(subscriber=returned.subscriber, newsletter=None, cause=LeavingCause.BOUNCED), now
    )


def _since_given_up(connection: Connection, subscriber: int) -> list[ColumnElement[bool]]:
    """What came back before a person was given up, and brought back by hand, does not count a second time."""
    last = connection.execute(
        select(func.max(departures.c.at)).where(
            departures.c.subscriber == subscriber, departures.c.cause == LeavingCause.BOUNCED.value
        )
    ).scalar()
    mine: list[ColumnElement[bool]] = [returns.c.subscriber == subscriber]
    return mine if last is None else [*mine, returns.c.at > last]


def depart(connection: Connection, departure: Departure, now: datetime) -> bool:
    """Whether that changed anything: who has left already is not told again."""
    newsletters = newsletters_of(connection, departure.subscriber)
    if departure.newsletter is None:
        changed = connection.execute(
            update(subscribers)
            .where(subscribers.c.number == departure.subscriber, subscribers.c.suppressed_at.is_(None))
            .values(suppressed_at=stored(now))
        )
    else:
        changed = connection.execute(
            update(subscriptions)
            .where(
                subscriptions.c.subscriber == departure.subscriber,
                subscriptions.c.newsletter == departure.newsletter,
                subscriptions.c.active == 1,
            )
            .values(active=0, left_at=stored(now))
        )
    if changed.rowcount != 1:
        return False
    connection.execute(
        insert(departures).values(
            subscriber=departure.subscriber,
            newsletter=departure.newsletter,
            language=newsletters.get(departure.newsletter or "") or next(iter(newsletters.values()), None),
            cause=departure.cause.value,
            at=stored(now),
            confirmation="due" if departure.confirm else "none",
        )
    )
    return True


def why(connection: Connection, row: Any) -> WhyGone:
    statuses: list[str | None] = []
    if row.cause == LeavingCause.BOUNCED.value:
        bounces = select(returns.c.status).where(
            returns.c.subscriber == row.subscriber,
            returns.c.kind.in_([ReturnKind.HARD.value, ReturnKind.SOFT.value]),
            returns.c.at <= row.at,
        )
        statuses = [found.status for found in connection.execute(bounces.order_by(returns.c.at, returns.c.number))]
    return WhyGone(
        newsletter=row.newsletter,
        cause=LeavingCause(row.cause),
        at=datetime.fromisoformat(row.at),
        bounces=len(statuses),
        status=statuses[-1] if statuses else None,
    )
