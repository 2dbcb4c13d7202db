"""What came back, in the database: messages that were read, what they said, who left because of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from digest.delivery.answers import statuses_in
from digest.delivery.delivery import DeliveryState
from digest.delivery.lease import is_held
from digest.delivery.outgoing import Rejection
from digest.editions.edition_rows import edition_from
from digest.foundation.database import Database, stored, upsert
from digest.foundation.failpoints import reach
from digest.foundation.processes import is_alive
from digest.foundation.schema import deliveries, departures, editions, incoming, incoming_places, returns, subscribers
from digest.foundation.workspace import LOCK
from digest.inbound.inbound import (
    Chosen,
    Confirmation,
    Correspondent,
    InboundEntry,
    Returned,
    ReturnKind,
    Scoring,
    Wish,
    Written,
    is_dead,
)
from digest.newsletters.edition import Edition, EditionState
from digest.people.reader_requests import BY_MAIL, Answer, Request, choose, told_by_mail, undo
from digest.people.store import choice_of, subscription_of
from digest.people.subscriber import Causing, Suppression, SuppressionCause, WhyGone
from digest.people.suppression import TOLD_AGAIN_AFTER, left_by, newsletters_of, suppress

T = TypeVar("T")
ROWS_AT_ONCE = 500
TOLD_WITHIN = timedelta(days=7)  # of a request: later, a confirmation would only astonish
_OPEN = [state.value for state in DeliveryState if state.is_open]


class InboundMail:
    """What was read, and what it said of deliveries and people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, place: str) -> Mapping[str, bool]:
        """Key → whether its message was put away, of all that were read there."""
        query = select(incoming_places.c.key, incoming_places.c.settled).where(incoming_places.c.place == place)
        with self._database.read() as connection:
            return {row.key: bool(row.settled) for row in connection.execute(query)}

    def forget(self, place: str, keys: Collection[str]) -> None:
        """Of messages that are gone."""
        for some in _batches(list(keys)):
            with self._database.write() as connection:
                connection.execute(
                    delete(incoming_places).where(incoming_places.c.place == place, incoming_places.c.key.in_(some))
                )

    def correspondents(
        self, public_ids: Collection[str], folded: Collection[str]
    ) -> Sequence[tuple[Correspondent, Sequence[Edition]]]:
        """The people with these ids or addresses, each with the editions in whose ledger they stand."""
        wanted = or_(subscribers.c.public_id.in_(public_ids), subscribers.c.folded.in_(folded))
        with self._database.read() as connection:
            rows = connection.execute(select(subscribers).where(wanted).order_by(subscribers.c.number)).all()
            return [(_correspondent(connection, row), _editions(connection, int(row.number))) for row in rows]

    def write(self, entry: InboundEntry, scoring: Scoring, now: datetime) -> Written:
        with self._database.write() as connection:
            known = connection.execute(
                select(incoming.c.forward).where(incoming.c.fingerprint == entry.fingerprint)
            ).first()
            if known is None:
                connection.execute(
                    insert(incoming).values(
                        fingerprint=entry.fingerprint,
                        kind=entry.kind.value,
                        read_at=stored(now),
                        forward="due" if entry.to_forward else None,
                    )
                )
            _place(connection, entry)
            if known is not None:
                return Written(is_new=False, to_forward=known.forward == "due")
            written = Written(
                is_new=True,
                suppressed=entry.returned is not None
                and _write_return(connection, entry.fingerprint, entry.returned, scoring, now),
                left=entry.departure is not None and suppress(connection, entry.departure, now),
                to_forward=entry.to_forward,
                chosen=None if entry.wish is None else _choose(connection, entry.wish, now),
            )
            if written.suppressed or written.left:
                _note_cause(connection, entry, now)
            if entry.undone is not None:
                undo(connection, Request(at=now, how=BY_MAIL), entry.undone.public_id, entry.undone.left_at)
            reach("mailbox.before-commit")
        reach("mailbox.committed")
        return written

    def note_settled(self, place: str, keys: Sequence[str]) -> None:
        for some in _batches(keys):
            with self._database.write() as connection:
                connection.execute(
                    update(incoming_places)
                    .where(incoming_places.c.place == place, incoming_places.c.key.in_(some))
                    .values(settled=1)
                )

    def note_forwarded(self, fingerprint: str) -> None:
        with self._database.write() as connection:
            connection.execute(update(incoming).where(incoming.c.fingerprint == fingerprint).values(forward="sent"))

    def confirmations(self, now: datetime) -> Sequence[Confirmation]:
        """Those to be sent now. Older ones are given up: they would come as a surprise."""
        due = departures.c.confirmation == "due"
        with self._database.read() as connection:
            rows = connection.execute(
                select(departures, subscribers.c.public_id, subscribers.c.address)
                .join(subscribers, departures.c.subscriber == subscribers.c.number)
                .where(due)
                .order_by(departures.c.number)
            ).all()
            found = [
                Confirmation(
                    number=int(row.number),
                    public_id=row.public_id,
                    address=row.address,
                    newsletter=row.newsletter,
                    language=row.language,
                    remaining=tuple(newsletters_of(connection, int(row.subscriber))),
                    at=datetime.fromisoformat(row.at),
                )
                for row in rows
            ]
        late = [one.number for one in found if now - one.at > TOLD_WITHIN]
        if late:
            with self._database.write() as connection:
                connection.execute(
                    update(departures).where(departures.c.number.in_(late), due).values(confirmation="given-up")
                )
        return [one for one in found if one.number not in late]

    def begin_confirmation(self, number: int) -> bool:
        """Whether it is ours to send; never `True` twice, unless it was put back."""
        return self._confirm(number, "due", "begun")

    def end_confirmation(self, number: int, *, went: bool) -> None:
        """`went`: it left, or may have left. Else it is put back."""
        self._confirm(number, "begun", "sent" if went else "due")

    def _confirm(self, number: int, old: str, new: str) -> bool:
        with self._database.write() as connection:
            changed = connection.execute(
                update(departures)
                .where(departures.c.number == number, departures.c.confirmation == old)
                .values(confirmation=new)
            )
            return changed.rowcount == 1

    def close_doubts(self, now: datetime) -> int:
        """Mark as sent what was open and came back, but nothing that a living process, on whichever host, is sending;
        return its number.
        """
        came_back = tuple_(deliveries.c.edition, deliveries.c.subscriber).in_(
            select(returns.c.edition, returns.c.subscriber).where(returns.c.edition.is_not(None))
        )
        is_open: ColumnElement[bool] = deliveries.c.state.in_(_OPEN)
        if self._database.is_shared:
            is_open &= ~is_held()
        with self._database.read() as connection:
            sending = connection.execute(
                select(editions.c.number).where(editions.c.state == EditionState.SENDING.value)
            ).scalars()
            numbers = [
                number
                for number in sending
                if connection.execute(
                    select(deliveries.c.edition).where(deliveries.c.edition == number, is_open, came_back).limit(1)
                ).first()
            ]
        if not numbers:
            return 0
        with self._database.write() as connection:
            senders = connection.execute(
                select(editions.c.number, editions.c.sender).where(editions.c.number.in_(numbers))
            ).all()
            others = self._database.holder(LOCK) is not None
            free = [int(row.number) for row in senders if row.sender is None or not (others or is_alive(row.sender))]
            changed = connection.execute(
                update(deliveries)
                .where(deliveries.c.edition.in_(free), is_open, came_back)
                .values(state=DeliveryState.SENT.value, changed_at=stored(now), answer="it came back")
            )
            return changed.rowcount

    def counts(self, edition: Edition) -> Mapping[ReturnKind, int]:
        """People about whose delivery something came back, by what was said last."""
        query = (
            select(returns.c.subscriber, returns.c.kind)
            .where(returns.c.edition == edition.number, returns.c.kind != ReturnKind.ARRIVED.value)
            .order_by(returns.c.at, returns.c.number)
        )
        with self._database.read() as connection:
            last = {row.subscriber: ReturnKind(row.kind) for row in connection.execute(query)}
        counts: dict[ReturnKind, int] = {}
        for kind in last.values():
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def count_refusals(self, edition: Edition, scoring: Scoring, now: datetime) -> int:
        """Give up those whose mailbox was refused at once so often that it is dead; return their number."""
        refused = (
            select(deliveries.c.subscriber)
            .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
            .where(
                deliveries.c.edition == edition.number,
                deliveries.c.state == DeliveryState.FAILED.value,
                deliveries.c.why.in_(_AT_ONCE),
                subscribers.c.suppressed_at.is_(None),
            )
        )
        with self._database.read() as connection:
            people = list(connection.execute(refused).scalars())
        given_up = 0
        for some in _batches(people):
            with self._database.write() as connection:
                given_up += sum(_give_up_dead(connection, int(one), scoring, now) for one in some)
        return given_up

    def why_gone(self, folded: str) -> Sequence[WhyGone]:
        with self._database.read() as connection:
            rows = connection.execute(
                select(departures)
                .join(subscribers, departures.c.subscriber == subscribers.c.number)
                .where(subscribers.c.folded == folded)
                .order_by(departures.c.number)
            ).all()
            return [_why(connection, row) for row in rows]


def _batches(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(keys), ROWS_AT_ONCE):
        yield keys[start : start + ROWS_AT_ONCE]


def _correspondent(connection: Connection, row: Any) -> Correspondent:
    return Correspondent(
        row=int(row.number),
        public_id=row.public_id,
        address=row.address,
        newsletters=newsletters_of(connection, int(row.number)),
        left=left_by(connection, int(row.number)),
    )


def _editions(connection: Connection, subscriber: int) -> list[Edition]:
    """The latest first: most bounces are about it."""
    query = (
        select(editions)
        .join(deliveries, deliveries.c.edition == editions.c.number)
        .where(deliveries.c.subscriber == subscriber)
        .order_by(editions.c.sending_at.desc(), editions.c.number.desc())
    )
    return [edition_from(row._mapping) for row in connection.execute(query)]


def _place(connection: Connection, entry: InboundEntry) -> None:
    row = {"fingerprint": entry.fingerprint, "settled": int(not entry.to_settle)}
    connection.execute(
        upsert(incoming_places)
        .values(place=entry.place, key=entry.key, **row)
        .on_conflict_do_update(index_elements=["place", "key"], set_=row)
    )


def _note_cause(connection: Connection, entry: InboundEntry, now: datetime) -> None:
    """Who left just now left because of this message."""
    gone = [one.subscriber for one in (entry.returned, entry.departure) if one is not None]
    connection.execute(
        update(departures)
        .where(departures.c.subscriber.in_(gone), departures.c.at == stored(now), departures.c.message.is_(None))
        .values(message=entry.fingerprint)
    )


def _write_return(
    connection: Connection, fingerprint: str, returned: Returned, scoring: Scoring, now: datetime
) -> bool:
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
        return suppress(
            connection,
            Suppression(subscriber=returned.subscriber, newsletter=None, cause=SuppressionCause.COMPLAINED),
            now,
        )
    if returned.kind not in (ReturnKind.HARD, ReturnKind.SOFT):
        return False
    return _give_up_dead(connection, returned.subscriber, scoring, now)


def _choose(connection: Connection, wish: Wish, now: datetime) -> Chosen | None:
    """What it changed, if they are to be told: once in thirty days."""
    row = subscription_of(connection, wish.subscriber, wish.newsletter)
    before = choice_of(connection, row.choice)
    after = replace(before, audiences=wish.audiences or before.audiences, language=wish.language or before.language)
    told = told_by_mail(connection, wish.subscriber, now - TOLD_AGAIN_AFTER)
    if choose(connection, Request(at=now, how=BY_MAIL), wish.public_id, after) is not Answer.DONE or told:
        return None
    person = select(subscribers.c.address).where(subscribers.c.number == wish.subscriber)
    return Chosen(address=connection.execute(person).scalar_one(), before=before, after=after)


def _give_up_dead(connection: Connection, subscriber: int, scoring: Scoring, now: datetime) -> bool:
    """What came back before a person was given up, and brought back by hand, does not count a second time."""
    last = connection.execute(
        select(func.max(departures.c.at)).where(
            departures.c.subscriber == subscriber, departures.c.cause == SuppressionCause.BOUNCED.value
        )
    ).scalar()
    each = _history(subscriber).subquery()
    rows = connection.execute(select(each.c.at, each.c.kind).where(each.c.at > (last or "")))
    history = [(datetime.fromisoformat(row.at), ReturnKind(row.kind)) for row in rows]
    return is_dead(history, now, scoring) and suppress(
        connection, Suppression(subscriber=subscriber, newsletter=None, cause=SuppressionCause.BOUNCED), now
    )


_AT_ONCE = {Rejection.DEAD_MAILBOX.value: ReturnKind.HARD.value, Rejection.FULL_MAILBOX.value: ReturnKind.SOFT.value}


def _history(subscriber: int) -> CompoundSelect[Any]:
    """What came back by mail, and what was refused at once: the same words, a minute earlier."""
    by_mail = select(returns.c.at, returns.c.kind, returns.c.status, returns.c.number).where(
        returns.c.subscriber == subscriber
    )
    at_once = select(
        deliveries.c.changed_at.label("at"),
        case(_AT_ONCE, value=deliveries.c.why).label("kind"),
        deliveries.c.answer.label("status"),
        literal(0).label("number"),
    ).where(
        deliveries.c.subscriber == subscriber,
        deliveries.c.state == DeliveryState.FAILED.value,
        deliveries.c.why.in_(_AT_ONCE),
    )
    return union_all(by_mail, at_once)


def _why(connection: Connection, row: Any) -> WhyGone:
    statuses: list[str | None] = []
    if row.cause == SuppressionCause.BOUNCED.value:
        each = _history(row.subscriber).subquery()
        bounces = select(each.c.status).where(
            each.c.kind.in_([ReturnKind.HARD.value, ReturnKind.SOFT.value]), each.c.at <= row.at
        )
        found = connection.execute(bounces.order_by(each.c.at, each.c.number)).scalars()
        statuses = [_code_of(status) for status in found]
    return WhyGone(
        newsletter=row.newsletter,
        cause=SuppressionCause(row.cause),
        at=datetime.fromisoformat(row.at),
        bounces=len(statuses),
        status=statuses[-1] if statuses else None,
        by=_causing(connection, row),
    )


_TOLD = {
    SuppressionCause.BOUNCED.value: (ReturnKind.HARD.value, ReturnKind.SOFT.value),
    SuppressionCause.COMPLAINED.value: (ReturnKind.COMPLAINT.value,),
}


def _causing(connection: Connection, row: Any) -> Causing | None:
    """What was noted with the departure; of earlier versions, what came last before it."""
    asked = select(incoming.c.fingerprint, incoming.c.read_at).where(incoming.c.fingerprint == row.message)
    mail = connection.execute(asked).first()
    told = (
        select(returns.c.fingerprint, returns.c.said, returns.c.at, returns.c.edition)
        .where(returns.c.subscriber == row.subscriber, returns.c.at <= row.at)
        .order_by(returns.c.at.desc(), returns.c.number.desc())
    )
    if mail is not None:
        last = connection.execute(told.where(returns.c.fingerprint == row.message)).first()
        at, fingerprint = mail.read_at, mail.fingerprint
    else:
        last = connection.execute(told.where(returns.c.kind.in_(_TOLD.get(row.cause, ())))).first()
        refused = _refused_at_once(connection, row) if row.cause == SuppressionCause.BOUNCED.value else None
        if refused is not None and (last is None or last.at < stored(refused.at)):
            return refused
        if last is None:
            return None
        at, fingerprint = last.at, last.fingerprint
    lies = select(incoming_places).where(incoming_places.c.fingerprint == fingerprint).order_by(incoming_places.c.place)
    return Causing(
        at=datetime.fromisoformat(at),
        edition=_name(connection, last.edition) if last else None,
        said=last.said if last else "",
        places=tuple(f"{one.place}, {one.key}" for one in connection.execute(lies)),
    )


def _refused_at_once(connection: Connection, row: Any) -> Causing | None:
    query = (
        select(deliveries.c.changed_at, deliveries.c.answer, deliveries.c.edition)
        .where(
            deliveries.c.subscriber == row.subscriber,
            deliveries.c.state == DeliveryState.FAILED.value,
            deliveries.c.why.in_(_AT_ONCE),
            deliveries.c.changed_at <= row.at,
        )
        .order_by(deliveries.c.changed_at.desc())
    )
    last = connection.execute(query).first()
    if last is None:
        return None
    at = datetime.fromisoformat(last.changed_at)
    return Causing(at=at, at_once=True, edition=_name(connection, last.edition), said=last.answer or "")


def _name(connection: Connection, edition: int | None) -> str | None:
    row = connection.execute(select(editions).where(editions.c.number == edition)).first()
    return None if row is None else edition_from(row._mapping).name


def _code_of(said: str | None) -> str | None:
    """The enhanced code of an answer; of a status that was read already, itself."""
    found = statuses_in(said or "")
    return "{}.{}.{}".format(*found[0]) if found else None
