"""Adoption: what the send journal knows is put into a database that does not, so that nobody gets a second copy.

Nothing that happened elsewhere is ever sent again by itself: what may have left is held for a person.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from digest.model.delivery import DeliveryState
from digest.model.edition import Edition
from digest.policy.doubt import Cause, Remedy
from digest.policy.fencing import Ground
from digest.store.connection import Writer
from digest.store.edition_rows import edition_from
from digest.store.journal import BACK, FAILED, INTENT, SENT, Entry
from digest.store.schema import adoptions, deliveries, doubts, editions, instance, journalled, releases, subscribers
from digest.store.times import stored

AT_ONCE = 5_000
_UNDER_WAY = (DeliveryState.PENDING.value, DeliveryState.INTENT.value)
_OPEN = (*_UNDER_WAY, DeliveryState.HELD.value)
_NOT_SENT = (*_OPEN, DeliveryState.FAILED.value)


@dataclass(slots=True)
class Learnt:
    """By the names of editions: how many messages turned out to have left, to have been refused, or may have left and
    are held; and what the journal tells of editions that are not being sent here. `left`: readers who had left.
    """

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    left: int = 0


def record(connection: Connection, entries: Iterable[Entry]) -> int:
    """Keep the last thing said of each delivery; return the number of the last commit, 0 without an entry."""
    last, left = 0, iter(entries)
    statement = upsert(journalled)
    statement = statement.on_conflict_do_update(
        index_elements=[journalled.c.edition, journalled.c.delivery], set_={"kind": statement.excluded.kind}
    )
    while some := list(islice(left, AT_ONCE)):
        # The last word counts, and one statement must not say two about one delivery.
        words = {(entry.edition, entry.delivery): entry.kind for entry in some}
        connection.execute(
            statement, [{"edition": key[0], "delivery": key[1], "kind": kind} for key, kind in words.items()]
        )
        last = max(last, *(entry.commit for entry in some))
    return last


def learn(connection: Connection, at: datetime) -> Learnt:
    """Bring all editions that have recipients up to what was recorded; what they do not need is kept for `catch_up`."""
    learnt = Learnt()
    query = (
        select(editions)
        .where(select(deliveries.c.subscriber).where(deliveries.c.edition == editions.c.number).exists())
        .order_by(editions.c.number)
    )
    for row in connection.execute(query).all():
        name = edition_from(row._mapping).name
        learnt.sent[name], learnt.failed[name], learnt.held[name] = _apply(connection, row.number, name, at)
        # What was about to leave when the copy was made, and of which the journal says nothing more.
        learnt.held[name] += _hold(connection, row.number, at, deliveries.c.state == DeliveryState.INTENT.value)
        connection.execute(delete(journalled).where(journalled.c.edition == name))
    query = (
        select(journalled.c.edition, func.count())
        .where(journalled.c.kind.in_((SENT, INTENT)))
        .group_by(journalled.c.edition)
    )
    learnt.elsewhere.update({name: int(count) for name, count in connection.execute(query)})
    return learnt


def hold_open(connection: Connection, at: datetime, learnt: Learnt) -> None:
    """Nobody knows what left elsewhere: all that is still to be sent waits for a person."""
    query = select(editions).join(deliveries).where(deliveries.c.state.in_(_UNDER_WAY)).distinct()
    for row in connection.execute(query).all():
        learnt.held[edition_from(row._mapping).name] += _hold(
            connection, row.number, at, deliveries.c.state.in_(_UNDER_WAY)
        )


def catch_up(writer: Writer, edition: Edition, at: datetime) -> None:
    """Before an edition's first message: who got it in another life of this database gets it no more. A reader who was
    added after the copy was made has another id here than there; if one of those got it, all of them are held, and
    everybody where nobody knows who they are.
    """
    with writer.reading() as connection:
        if connection.execute(select(journalled).where(journalled.c.edition == edition.name).limit(1)).first() is None:
            return
    with writer.transaction() as connection:
        number = edition.number or 0
        _apply(connection, number, edition.name, at)
        strangers = (
            select(journalled.c.delivery)
            .outerjoin(subscribers, subscribers.c.public_id == journalled.c.delivery)
            .where(
                journalled.c.edition == edition.name,
                journalled.c.kind.in_((SENT, INTENT)),
                subscribers.c.number.is_(None),
            )
        )
        if connection.execute(strangers.limit(1)).first() is not None:
            known = select(func.min(func.coalesce(adoptions.c.subscribers, -1))).scalar_subquery()
            is_new = (deliveries.c.subscriber > known) & (deliveries.c.state == DeliveryState.PENDING.value)
            _hold(connection, number, at, is_new)
        connection.execute(delete(journalled).where(journalled.c.edition == edition.name))


def note(
    connection: Connection,
    *,
    at: datetime,
    by: str,
    because: str | None,
    before: str,
    ground: Ground,
    unknown_until: date | None,
) -> None:
    connection.execute(
        insert(adoptions).values(
            at=stored(at),
            by=by,
            because=because,
            before=before,
            ground=ground.value,
            unknown_until=unknown_until.isoformat() if unknown_until else None,
            subscribers=select(instance.c.subscribers).scalar_subquery(),
        )
    )


def rename(connection: Connection, *, name: str, commits: int, machine: str | None, place: str, folder: str) -> None:
    """From now on the database is this instance, here, and may send."""
    connection.execute(
        update(instance).values(
            id=name,
            commits=commits,
            machine=machine,
            place=place,
            folder=folder,
            copied_at=None,
            journal_bytes=None,
            journal_fingerprint=None,
            subscribers=None,
        )
    )


def release(connection: Connection, edition: Edition, at: datetime, by: str, because: str | None) -> None:
    values = {"at": stored(at), "by": by, "because": because}
    connection.execute(
        upsert(releases)
        .values(edition=edition.name, **values)
        .on_conflict_do_update(index_elements=[releases.c.edition], set_=values)
    )


def ancestors(connection: Connection) -> Sequence[str]:
    """The instances that this one was before."""
    return [str(before) for before in connection.execute(select(adoptions.c.before)).scalars()]


def _apply(connection: Connection, number: int, name: str, at: datetime) -> tuple[int, int, int]:
    """(sent, failed, held)"""
    failed = _move(connection, number, name, FAILED, _OPEN, DeliveryState.FAILED, at)
    sent = _move(connection, number, name, SENT, _NOT_SENT, DeliveryState.SENT, at)
    _move(connection, number, name, BACK, (DeliveryState.INTENT.value,), DeliveryState.PENDING, at)
    held = _hold(connection, number, at, deliveries.c.state.in_(_UNDER_WAY) & _said(name, INTENT))
    return sent, failed, held


def _move(
    connection: Connection, number: int, name: str, kind: str, old: Sequence[str], new: DeliveryState, at: datetime
) -> int:
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.edition == number, deliveries.c.state.in_(old), _said(name, kind))
        .values(state=new.value, changed_at=stored(at), why="journal", next_attempt_at=None)
    ).rowcount


def _hold(connection: Connection, number: int, at: datetime, rows: ColumnElement[bool]) -> int:
    said = "it may have left after this copy of the database was made"
    connection.execute(
        insert(doubts).from_select(
            ["edition", "subscriber", "at", "cause", "said", "remedy"],
            select(
                deliveries.c.edition,
                deliveries.c.subscriber,
                literal(stored(at)),
                literal(Cause.RESTORE.value),
                literal(said),
                literal(Remedy.HOLD.value),
            ).where(deliveries.c.edition == number, rows),
        )
    )
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.edition == number, rows)
        .values(state=DeliveryState.HELD.value, changed_at=stored(at))
    ).rowcount


def _said(name: str, kind: str) -> ColumnElement[bool]:
    people = (
        select(subscribers.c.number)
        .join(journalled, journalled.c.delivery == subscribers.c.public_id)
        .where(journalled.c.edition == name, journalled.c.kind == kind)
    )
    return deliveries.c.subscriber.in_(people)
