"""The ledger: all deliveries, the truth about who got what (design §7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, insert, literal, select, update

from digest.errors import IntegrityError
from digest.model.delivery import DeliveryState, Recipient, Tally
from digest.model.edition import Choice, Edition, EditionState
from digest.store.choices import choice_from
from digest.store.connection import Database
from digest.store.editions import edition_from, serve
from digest.store.schema import choices, deliveries, editions, servings, subscribers, subscriptions, variants
from digest.store.times import stored


class Deliveries:
    """Implements `digest.ports.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unserved_choices(self, edition: Edition) -> Sequence[Choice]:
        known = select(servings.c.choice).where(servings.c.edition == edition.number)
        query = (
            select(choices)
            .where(
                choices.c.number.in_(
                    select(subscriptions.c.choice).where(
                        subscriptions.c.newsletter == edition.newsletter, subscriptions.c.active == 1
                    )
                ),
                choices.c.number.not_in(known),
            )
            .order_by(choices.c.number)
        )
        with self._database.read() as connection:
            return [choice_from(row._mapping) for row in connection.execute(query)]

    def begin(self, edition: Edition, at: datetime, late_choices: Mapping[Choice, str | None]) -> Edition:
        with self._database.write() as connection:
            begun = connection.execute(
                update(editions)
                .where(editions.c.number == edition.number, editions.c.state == EditionState.SEALED.value)
                .values(state=EditionState.SENDING.value, sending_at=stored(at))
            )
            if begun.rowcount == 1:
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
                freeze(connection, edition, at)
            row = connection.execute(select(editions).where(editions.c.number == edition.number)).one()
            return edition_from(row._mapping)

    def claim(self, edition: Edition, most: int, at: datetime) -> Sequence[Recipient]:
        with self._database.write() as connection:
            while rows := connection.execute(_pending(edition, most)).all():
                left = [int(row.subscriber) for row in rows if not row.wanted]
                meant = [row for row in rows if row.wanted]
                _move(connection, edition, left, DeliveryState.PENDING, DeliveryState.LEFT, at)
                if meant:
                    going = [int(row.subscriber) for row in meant]
                    _move(connection, edition, going, DeliveryState.PENDING, DeliveryState.INTENT, at)
                    return [_recipient(row) for row in meant]
            return []

    def return_intents(self, edition: Edition, at: datetime) -> int:
        with self._database.write() as connection:
            result = connection.execute(
                update(deliveries)
                .where(deliveries.c.edition == edition.number, deliveries.c.state == DeliveryState.INTENT.value)
                .values(state=DeliveryState.PENDING.value, changed_at=stored(at))
            )
            return result.rowcount

    def record(self, edition: Edition, recipients: Sequence[Recipient], state: DeliveryState, at: datetime) -> None:
        with self._database.write() as connection:
            rows = [recipient.row for recipient in recipients]
            if _move(connection, edition, rows, DeliveryState.INTENT, state, at) != len(rows):
                raise IntegrityError(
                    edition.name, "a delivery changed while it was under way", "look at `digest status`"
                )

    def tally(self, edition: Edition) -> Tally:
        with self._database.read() as connection:
            return _tally(connection, edition)

    def people(self, edition: Edition) -> dict[str, int]:
        query = (
            select(variants.c.name, func.count())
            .join(deliveries, deliveries.c.variant == variants.c.number)
            .where(deliveries.c.edition == edition.number)
            .group_by(variants.c.name)
        )
        with self._database.read() as connection:
            return {name: int(count) for name, count in connection.execute(query)}

    def finish(self, edition: Edition, at: datetime) -> Edition:
        with self._database.write() as connection:
            tally = _tally(connection, edition)
            if tally.open:
                raise IntegrityError(edition.name, f"{tally.open} deliveries are still open", "run `digest send` again")
            connection.execute(
                update(editions)
                .where(editions.c.number == edition.number, editions.c.state == EditionState.SENDING.value)
                .values(state=EditionState.FINISHED.value, finished_at=stored(at))
            )
            row = connection.execute(select(editions).where(editions.c.number == edition.number)).one()
            return edition_from(row._mapping)


def freeze(connection: Connection, edition: Edition, at: datetime) -> None:
    """One row per active subscription, in one statement: subscription → choice → variant."""
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
                subscriptions.c.active == 1,
                subscribers.c.suppressed_at.is_(None),
            ),
        )
    )


def _pending(edition: Edition, most: int) -> Select[Any]:
    """The next pending rows, each with whether its person still wants the mail."""
    still = func.coalesce(subscriptions.c.active, 0) * case((subscribers.c.suppressed_at.is_(None), 1), else_=0)
    return (
        select(
            deliveries.c.subscriber,
            deliveries.c.address,
            deliveries.c.name,
            subscribers.c.public_id,
            variants.c.name.label("variant"),
            still.label("wanted"),
        )
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .join(variants, deliveries.c.variant == variants.c.number)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber == deliveries.c.subscriber)
            & (subscriptions.c.newsletter == edition.newsletter),
        )
        .where(deliveries.c.edition == edition.number, deliveries.c.state == DeliveryState.PENDING.value)
        .order_by(deliveries.c.subscriber)
        .limit(most)
    )


def _recipient(row: Any) -> Recipient:
    return Recipient(
        row=int(row.subscriber), subscriber=row.public_id, address=row.address, name=row.name, variant=row.variant
    )


def _move(
    connection: Connection, edition: Edition, rows: Sequence[int], old: DeliveryState, new: DeliveryState, at: datetime
) -> int:
    if not rows:
        return 0
    result = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.edition == edition.number,
            deliveries.c.subscriber.in_(rows),
            deliveries.c.state == old.value,
        )
        .values(state=new.value, changed_at=stored(at))
    )
    return result.rowcount


def _tally(connection: Connection, edition: Edition) -> Tally:
    query = (
        select(deliveries.c.state, func.count())
        .where(deliveries.c.edition == edition.number)
        .group_by(deliveries.c.state)
    )
    return Tally({DeliveryState(state): int(count) for state, count in connection.execute(query)})
