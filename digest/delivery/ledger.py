"""The ledger: all deliveries, the truth about who got what (design §7)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, case, func, insert, literal, or_, select, update

from digest.delivery.addressees import addressees
from digest.delivery.batches import defer, living
from digest.delivery.delivery import DeliveryState, Tally, Wanted
from digest.delivery.doubt import LONGEST_PAUSE
from digest.delivery.lease import is_living
from digest.delivery.lookup import candidates
from digest.delivery.pauses import forbidden
from digest.editions.edition_rows import edition_from, stored_route
from digest.editions.states import Step
from digest.editions.store import serve, take
from digest.errors import BusyError, IntegrityError
from digest.foundation.catalogue import _, plural
from digest.foundation.database import Database, is_among, loaded, stored
from digest.foundation.processes import is_alive, own_name
from digest.foundation.schema import (
    choices,
    deliveries,
    doubts,
    editions,
    servings,
    subscribers,
    subscriptions,
    variants,
    workers,
)
from digest.foundation.workspace import LOCK
from digest.mail.message import Recipient
from digest.newsletters.edition import Choice, Edition, EditionState
from digest.people.store import choice_from, end_pauses, gets_mail


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPeople:
    """So many people are to be sent a variant. `wanted`: they still want it. `due`: it may go now."""

    variant: str
    wanted: bool
    due: bool
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMailed:
    """How many have left, get no mail at all, have not confirmed yet, or paused."""

    left: int = 0
    suppressed: int = 0
    unconfirmed: int = 0
    paused: int = 0


class Ledger:
    """The deliveries of a database, as sums; single ones are for `lookup`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def hold(self, edition: Edition) -> Iterator[None]:
        """Mark this process as the edition's sender until the block ends; the mark of a dead process counts nothing.

        Raise `BusyError` while another living process has it. The place has a lock, too: each alone is enough.
        """
        own = own_name()
        with self._database.write() as connection:
            sender = connection.execute(select(editions.c.sender).where(editions.c.number == edition.number)).scalar()
            if sender not in (None, own) and is_alive(sender):
                raise BusyError(edition.name, _("another digest process is sending it"), _("wait for it to end"))
            connection.execute(update(editions).where(editions.c.number == edition.number).values(sender=own))
        try:
            yield
        finally:
            with self._database.write() as connection:
                connection.execute(
                    update(editions)
                    .where(editions.c.number == edition.number, editions.c.sender == own)
                    .values(sender=None)
                )

    def is_held(self, edition: Edition) -> bool:
        """Whether a living process is sending it now; workers send whatever is to leave."""
        query = select(editions.c.sender).where(editions.c.number == edition.number)
        with self._database.read() as connection:
            sender = connection.execute(query).scalar()
        is_sent = sender is not None and (is_alive(sender) or self._database.holder(LOCK) is not None)
        return is_sent or living(self._database) > 0 or self.host_under_way(edition) is not None

    def host_under_way(self, edition: Edition) -> str | None:
        """One whose process has messages of it under way: its lease holds, whatever this machine knows of it."""
        if not self._database.is_shared:
            return None
        query = (
            select(workers.c.host)
            .join(deliveries, (workers.c.fence == deliveries.c.fence) & (workers.c.id == deliveries.c.worker))
            .where(
                deliveries.c.edition == edition.number,
                deliveries.c.state == DeliveryState.INTENT.value,
                is_living(),
            )
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).scalar()

    def refuse_under_way(self, edition: Edition) -> None:
        """Raise `BusyError` while a host has messages of it under way. With the lock of all who run: workers send
        without it.
        """
        host = self.host_under_way(edition)
        if host is not None:
            said = _("{host} has messages of it under way").format(host=host)
            raise BusyError(edition.name, said, _("wait for it, or end the workers: `digest workers` says where"))

    def unserved_choices(self, edition: Edition) -> Sequence[Choice]:
        """Choices of active subscriptions that the sealed edition does not know."""
        known = select(servings.c.choice).where(servings.c.edition == edition.number)
        query = (
            select(choices)
            .where(
                choices.c.number.in_(
                    select(subscriptions.c.choice).where(
                        subscriptions.c.newsletter == edition.newsletter,
                        subscriptions.c.active == 1,
                        subscriptions.c.unconfirmed_since.is_(None),
                    )
                ),
                choices.c.number.not_in(known),
            )
            .order_by(choices.c.number)
        )
        with self._database.read() as connection:
            return [choice_from(row._mapping) for row in connection.execute(query)]

    def begin(
        self,
        edition: Edition,
        at: datetime,
        late_choices: Mapping[Choice, str | None],
        route: Mapping[str, str] | None = None,
    ) -> Edition:
        """Freeze the recipients, one row each, set the edition to sending, and tell the workers, if there are any; a
        second call changes nothing. `late_choices` serve the subscriptions made after the seal; `route` is how the
        mails are to leave.
        """
        with self._database.write() as connection:
            state = connection.execute(select(editions.c.state).where(editions.c.number == edition.number)).scalar_one()
            if state != EditionState.SENDING.value:
                take(connection, edition, Step.BEGIN, sending_at=stored(at), route=stored_route(route or {}))
                numbers = {
                    row.name: int(row.number)
                    for row in connection.execute(
                        select(variants.c.name, variants.c.number).where(variants.c.edition == edition.number)
                    )
                }
                serve(
                    connection,
                    edition.number or 0,
                    {choice: numbers.get(name or "") for choice, name in late_choices.items()},
                )
                end_pauses(connection, at)
                (freeze_supplement if edition.supplements else freeze)(connection, edition, at)
                self._database.look_over(connection, deliveries, subscriptions, subscribers)
                defer(connection, edition)
            row = connection.execute(select(editions).where(editions.c.number == edition.number)).one()
            return edition_from(row._mapping)

    def note_route(self, edition: Edition, route: Mapping[str, str]) -> None:
        """From now on its mails leave another way."""
        with self._database.write() as connection:
            values = {"route": stored_route(route)}
            connection.execute(update(editions).where(editions.c.number == edition.number).values(values))

    def forget_impossible_attempts(self, edition: Edition, now: datetime) -> None:
        """No attempt is ever planned so late: by a clock that was ahead it was. Its time has come."""
        latest = stored(now + LONGEST_PAUSE)
        ahead = (deliveries.c.edition == edition.number, deliveries.c.next_attempt_at > latest)
        with self._database.write() as connection:
            connection.execute(update(deliveries).where(*ahead).values(next_attempt_at=None))

    def finish(self, edition: Edition, at: datetime) -> Edition:
        """Raise `IntegrityError` unless no row is open and the sum adds up. Of several senders one is the last."""
        with self._database.write() as connection:
            row = connection.execute(select(editions).where(editions.c.number == edition.number)).one()
            if row.state == EditionState.FINISHED.value:
                return edition_from(row._mapping)
            tally = _tally(connection, edition)
            if tally.open:
                raise IntegrityError(
                    edition.name,
                    plural("{count} delivery is still open", "{count} deliveries are still open", tally.open),
                    _("run `digest send` again"),
                )
            take(connection, edition, Step.FINISH, finished_at=stored(at))
            row = connection.execute(select(editions).where(editions.c.number == edition.number)).one()
            return edition_from(row._mapping)

    def tally(self, edition: Edition) -> Tally:
        with self._database.read() as connection:
            return _tally(connection, edition)

    def people(self, edition: Edition) -> dict[str, int]:
        """Variant → number of frozen recipients."""
        query = (
            select(variants.c.name, func.count())
            .join(deliveries, deliveries.c.variant == variants.c.number)
            .where(deliveries.c.edition == edition.number)
            .group_by(variants.c.name)
        )
        with self._database.read() as connection:
            return {name: int(count) for name, count in connection.execute(query)}

    def doubts(self, edition: Edition) -> Mapping[str, int]:
        """How often nobody could know whether a message was accepted, by what was done about it."""
        query = (
            select(doubts.c.remedy, func.count()).where(doubts.c.edition == edition.number).group_by(doubts.c.remedy)
        )
        with self._database.read() as connection:
            return {remedy: int(count) for remedy, count in connection.execute(query)}

    def received_together(self, newsletter: str) -> set[frozenset[tuple[str, str]]]:
        """The distinct sets of (edition, variant) that people of the newsletter were sent."""
        name = editions.c.newsletter + "/" + editions.c.period
        query = (
            select(deliveries.c.subscriber, name, variants.c.name)
            .join(editions, deliveries.c.edition == editions.c.number)
            .join(variants, deliveries.c.variant == variants.c.number)
            .where(
                editions.c.newsletter == newsletter,
                editions.c.revision == 1,
                deliveries.c.state == DeliveryState.SENT.value,
            )
            .order_by(deliveries.c.subscriber)
        )
        found = set()
        with self._database.read() as connection:
            for _, rows in groupby(connection.execute(query), key=itemgetter(0)):
                found.add(frozenset((row[1], row[2]) for row in rows))
        return found

    def by_variant(self, edition: Edition) -> Mapping[str | None, Tally]:
        """What became of each variant's recipients; `None`: those whom no variant serves."""
        query = (
            select(variants.c.name, deliveries.c.state, func.count())
            .select_from(deliveries)
            .outerjoin(variants, deliveries.c.variant == variants.c.number)
            .where(deliveries.c.edition == edition.number)
            .group_by(variants.c.name, deliveries.c.state)
        )
        with self._database.read() as connection:
            return _tallies(connection, query)

    def tallies(self, newsletter: str) -> Mapping[int, Tally]:
        """Edition number → its tally, of the editions that have recipients."""
        query = (
            select(deliveries.c.edition, deliveries.c.state, func.count())
            .where(deliveries.c.edition.in_(select(editions.c.number).where(editions.c.newsletter == newsletter)))
            .group_by(deliveries.c.edition, deliveries.c.state)
        )
        with self._database.read() as connection:
            return _tallies(connection, query)

    def waiting(self, edition: Edition, at: datetime) -> Sequence[WaitingPeople]:
        """Those that are still to leave."""
        is_due = case(
            (or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= stored(at)), 1), else_=0
        )
        rows = candidates(edition, Wanted(states=frozenset([DeliveryState.PENDING]))).add_columns(
            deliveries.c.variant, is_due.label("is_due")
        )
        each = rows.order_by(None).subquery()
        query = (
            select(variants.c.name, each.c.is_wanted, each.c.is_due, func.count().label("people"))
            .join(variants, each.c.variant == variants.c.number)
            .group_by(variants.c.name, each.c.is_wanted, each.c.is_due)
        )
        with self._database.read() as connection:
            return [
                WaitingPeople(
                    variant=row.name, wanted=bool(row.is_wanted), due=bool(row.is_due), people=int(row.people)
                )
                for row in connection.execute(query)
            ]

    def not_mailed(self, newsletter: str) -> NotMailed:
        """Of a newsletter's people, those to whom no mail goes, each once."""
        why = case(
            (subscriptions.c.active == 0, "left"),
            (subscribers.c.suppressed_at.is_not(None), "suppressed"),
            (subscriptions.c.unconfirmed_since.is_not(None), "unconfirmed"),
            (subscriptions.c.resumes_at.is_not(None), "paused"),
        )
        query = (
            select(why, func.count())
            .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
            .where(subscriptions.c.newsletter == newsletter, why.is_not(None))
            .group_by(why)
        )
        with self._database.read() as connection:
            return NotMailed(**{name: int(count) for name, count in connection.execute(query)})


def freeze(connection: Connection, edition: Edition, at: datetime) -> None:
    """One row per subscription to which mail goes, in one statement: subscription → choice → variant."""
    connection.execute(
        insert(deliveries).from_select(
            ["edition", "subscriber", "variant", "address", "name", "state", "changed_at"],
            select(
                literal(edition.number),
                subscriptions.c.subscriber,
                servings.c.variant,
                subscribers.c.address,
                subscribers.c.name,
                case((servings.c.variant.is_(None), DeliveryState.NO_VARIANT.value), else_=DeliveryState.PENDING.value),
                literal(stored(at)),
            )
            .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
            .join(servings, (servings.c.choice == subscriptions.c.choice) & (servings.c.edition == edition.number))
            .where(
                subscriptions.c.newsletter == edition.newsletter,
                *gets_mail(),
            ),
        )
    )


def freeze_supplement(connection: Connection, edition: Edition, at: datetime) -> None:
    """One row per addressee."""
    each = addressees(connection, edition).subquery()
    pending, now = literal(DeliveryState.PENDING.value), literal(stored(at))
    columns = each.c.subscriber, each.c.variant, each.c.address, each.c.name
    connection.execute(
        insert(deliveries).from_select(
            ["edition", "subscriber", "variant", "address", "name", "state", "changed_at"],
            select(literal(edition.number), *columns, pending, now),
        )
    )


def pending_query(edition: Edition, most: int | BindParameter[int]) -> Select[Any]:
    """The next pending rows, none while the edition is paused."""
    return _recipients(edition, DeliveryState.PENDING).where(~forbidden(edition)).limit(most)


def claimed_query(edition: Edition) -> Select[Any]:
    """The pending ones of those whose numbers are given as `rows`."""
    return _recipients(edition, DeliveryState.PENDING).where(is_among(deliveries.c.subscriber, "rows"))


def intents_query(edition: Edition) -> Select[Any]:
    return _recipients(edition, DeliveryState.INTENT)


def _recipients(edition: Edition, state: DeliveryState) -> Select[Any]:
    return (
        select(
            deliveries.c.subscriber,
            deliveries.c.address,
            deliveries.c.name,
            deliveries.c.dated_at,
            subscribers.c.public_id,
            variants.c.name.label("variant"),
        )
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .join(variants, deliveries.c.variant == variants.c.number)
        .where(deliveries.c.edition == edition.number, deliveries.c.state == state.value)
        .order_by(deliveries.c.subscriber)
    )


def recipient_from(row: Any) -> Recipient:
    return Recipient(
        row=int(row.subscriber),
        subscriber=row.public_id,
        address=row.address,
        name=row.name,
        variant=row.variant,
        dated_at=loaded(row.dated_at),
    )


def _tally(connection: Connection, edition: Edition) -> Tally:
    query = (
        select(deliveries.c.state, func.count())
        .where(deliveries.c.edition == edition.number)
        .group_by(deliveries.c.state)
    )
    return Tally({DeliveryState(state): int(count) for state, count in connection.execute(query)})


def _tallies(connection: Connection, query: Select[Any]) -> dict[Any, Tally]:
    """By what stands first in the query's rows, before a state and a number."""
    counts: dict[Any, dict[DeliveryState, int]] = {}
    for key, state, count in connection.execute(query):
        counts.setdefault(key, {})[DeliveryState(state)] = int(count)
    return {key: Tally(states) for key, states in counts.items()}
