"""Single deliveries, looked up by what people ask for. However many there are, a few thousand are in memory at a time.

The ledger knows deliveries as sums.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from digest.delivery.delivery import Decision, DecisionRecord, DeliveryRecord, DeliveryState, DoubtRecord, Wanted
from digest.editions.edition_rows import edition_from
from digest.errors import UsageError
from digest.foundation.addresses import folded_address
from digest.foundation.catalogue import _
from digest.foundation.database import Database, loaded
from digest.foundation.schema import decisions, deliveries, doubts, editions, subscribers, subscriptions, variants
from digest.newsletters.edition import Edition
from digest.people.store import gets_mail

AT_ONCE = 1_000
_ADDRESSES_AT_ONCE = 500


def records(database: Database, edition: Edition, wanted: Wanted) -> Iterator[DeliveryRecord]:
    """In the order of the ledger. Each group of rows is read on its own: nobody waits for a slow reader."""
    last = -1
    while True:
        query = (
            select(deliveries, variants.c.name.label("variant_name"))
            .outerjoin(variants, deliveries.c.variant == variants.c.number)
            .where(fits(edition, wanted), deliveries.c.subscriber > last)
            .order_by(deliveries.c.subscriber)
            .limit(AT_ONCE)
        )
        with database.read() as connection:
            rows = connection.execute(query).all()
            told = _told(connection, edition, [int(row.subscriber) for row in rows])
        for row in rows:
            yield _record(row, *told[int(row.subscriber)])
        if len(rows) < AT_ONCE:
            return
        last = int(rows[-1].subscriber)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What one person was, or is to be, sent.

    `state` is the delivery's, since `changed_at`. Without a variant nothing in the edition concerned the choice.
    `welcomed_at`: they were new, and it had gone out already.
    """

    edition: str
    variant: str | None
    state: str
    changed_at: datetime | None = None
    subject: str | None = None
    story_ids: tuple[str, ...] = ()
    welcomed_at: datetime | None = None


def received(database: Database, folded: str) -> Sequence[Received]:
    """All that a person was sent, or was to be sent."""
    query = (
        select(
            editions,
            variants.c.name.label("variant"),
            variants.c.subject,
            variants.c.stories,
            deliveries.c.state.label("delivery_state"),
            deliveries.c.changed_at,
            deliveries.c.welcomed_at,
        )
        .join(deliveries, deliveries.c.edition == editions.c.number)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .outerjoin(variants, deliveries.c.variant == variants.c.number)
        .where(subscribers.c.folded == folded)
        .order_by(editions.c.newsletter, editions.c.period, editions.c.revision)
    )
    with database.read() as connection:
        return [
            Received(
                edition=edition_from(row._mapping).name,
                variant=row.variant,
                state=row.delivery_state,
                changed_at=loaded(row.changed_at),
                subject=row.subject,
                story_ids=tuple(json.loads(row.stories or "[]")),
                welcomed_at=loaded(row.welcomed_at),
            )
            for row in connection.execute(query)
        ]


def resent(database: Database, edition: Edition) -> int:
    """How many people may have a second copy because somebody decided so."""
    query = select(func.count(decisions.c.subscriber.distinct())).where(
        decisions.c.edition == edition.number,
        decisions.c.step == Decision.RESEND.value,
        decisions.c.before == DeliveryState.HELD.value,
    )
    with database.read() as connection:
        return int(connection.execute(query).scalar_one())


def folded_addresses(addresses: Iterable[str]) -> list[str]:
    """As they are compared, each once. Raise `UsageError` for what cannot be an address."""
    return list(dict.fromkeys(folded_address(address) for address in addresses))


def refuse_unknown(database: Database, edition: Edition, addresses: Sequence[str]) -> None:
    """Raise `UsageError` for those of the folded addresses to whom the edition does not go."""
    known: set[str] = set()
    with database.read() as connection:
        for start in range(0, len(addresses), _ADDRESSES_AT_ONCE):
            some = frozenset(addresses[start : start + _ADDRESSES_AT_ONCE])
            query = (
                select(subscribers.c.folded)
                .join(deliveries, deliveries.c.subscriber == subscribers.c.number)
                .where(fits(edition, Wanted(addresses=some)))
            )
            known.update(connection.execute(query).scalars())
    if unknown := [address for address in addresses if address not in known]:
        raise UsageError(
            ", ".join(unknown),
            _("{edition} has no delivery to them").format(edition=edition.name),
            _("look at: digest deliveries {key}").format(key=edition.key),
        )


def fits(edition: Edition, wanted: Wanted) -> ColumnElement[bool]:
    """The condition on `deliveries`."""
    conditions: list[ColumnElement[bool]] = [deliveries.c.edition == edition.number]
    if wanted.states:
        conditions.append(deliveries.c.state.in_(sorted(wanted.states)))
    if wanted.addresses:
        known = select(subscribers.c.number).where(subscribers.c.folded.in_(sorted(wanted.addresses)))
        conditions.append(deliveries.c.subscriber.in_(known))
    if wanted.doubtful:
        ever = select(doubts.c.subscriber).where(doubts.c.edition == edition.number)
        conditions.append(deliveries.c.subscriber.in_(ever))
    return and_(*conditions)


def candidates(edition: Edition, wanted: Wanted) -> Any:
    """With whether each person still wants the mail."""
    still = case((and_(*gets_mail()), 1), else_=0)
    return (
        select(
            deliveries.c.subscriber,
            deliveries.c.address,
            deliveries.c.state,
            subscribers.c.public_id,
            still.label("is_wanted"),
        )
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .outerjoin(
            subscriptions,
            and_(
                subscriptions.c.subscriber == deliveries.c.subscriber,
                subscriptions.c.newsletter == edition.newsletter,
            ),
        )
        .where(fits(edition, wanted))
        .order_by(deliveries.c.subscriber)
    )


def _told(
    connection: Connection, edition: Edition, rows: Sequence[int]
) -> defaultdict[int, tuple[list[DoubtRecord], list[DecisionRecord]]]:
    """By subscriber: the doubts and the decisions."""
    found: defaultdict[int, tuple[list[DoubtRecord], list[DecisionRecord]]] = defaultdict(lambda: ([], []))
    if not rows:
        return found
    for row in connection.execute(_between(doubts, edition, rows)):
        found[int(row.subscriber)][0].append(
            DoubtRecord(at=datetime.fromisoformat(row.at), cause=row.cause, said=row.said, remedy=row.remedy)
        )
    for row in connection.execute(_between(decisions, edition, rows)):
        found[int(row.subscriber)][1].append(
            DecisionRecord(
                at=datetime.fromisoformat(row.at),
                by=row.by,
                step=Decision(row.step),
                before=DeliveryState(row.before),
                because=row.because,
            )
        )
    return found


def _between(table: Any, edition: Edition, rows: Sequence[int]) -> Any:
    return (
        select(table)
        .where(table.c.edition == edition.number, table.c.subscriber.between(rows[0], rows[-1]))
        .order_by(table.c.number)
    )


def _record(row: Any, doubted: Sequence[DoubtRecord], decided: Sequence[DecisionRecord]) -> DeliveryRecord:
    return DeliveryRecord(
        address=row.address,
        variant=row.variant_name,
        state=DeliveryState(row.state),
        changed_at=datetime.fromisoformat(row.changed_at),
        attempts=int(row.attempts),
        next_attempt_at=loaded(row.next_attempt_at),
        answer=row.answer,
        why=row.why,
        welcomed_at=loaded(row.welcomed_at),
        doubts=tuple(doubted),
        decisions=tuple(decided),
    )
