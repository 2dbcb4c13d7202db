"""Addressees: to whom a supplement goes, told by the ledger and not by what people have chosen since.

An instalment goes to each reader of its audience, without what they hold already: each gets the fullest of its mails in
which no story is old to them. A correction goes to those whose delivery held the story.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, literal, not_, select

from digest.delivery.delivery import DeliveryState
from digest.editions.edition_rows import edition_from
from digest.editions.open_parts import revision_of
from digest.foundation.database import Database
from digest.foundation.schema import choices, deliveries, editions, subscribers, subscriptions, variants
from digest.newsletters.edition import Edition
from digest.people.store import gets_mail

# Whoever is, or was, to be sent a mail counts as having it, also where it failed: a person may let it leave again.
HOLDING = (
    DeliveryState.PENDING,
    DeliveryState.INTENT,
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.HELD,
)
RECEIVED = (DeliveryState.SENT, DeliveryState.HELD)  # one in doubt may have got it: better a needless correction


def addressees(connection: Connection, edition: Edition) -> Select[Any]:
    """Subscriber, address, name and variant of each. Nobody who has left, and nobody twice."""
    mine = _variants(connection, [edition])
    editions_ = [one for one in _editions(connection, edition) if one.number != edition.number]
    if edition.corrects:
        (base,) = (one for one in editions_ if one.key == edition.supplements)
        return _corrected(edition, base, mine, _variants(connection, [base]))
    earlier = [one for one in editions_ if not one.corrects and revision_of(one) >= revision_of(edition)]
    return _instalment(edition, earlier, mine, _variants(connection, earlier))


def prospects(database: Database, edition: Edition) -> Mapping[str, int]:
    """Variant → to how many the supplement would go now."""
    with database.read() as connection:
        each = addressees(connection, edition).subquery()
        query = (
            select(variants.c.name, func.count())
            .join(each, each.c.variant == variants.c.number)
            .group_by(variants.c.name)
        )
        return {name: int(count) for name, count in connection.execute(query)}


def _corrected(edition: Edition, base: Edition, mine: Sequence[Any], theirs: Sequence[Any]) -> Select[Any]:
    """In the language in which they got it, at the address that they have now."""
    by_language = {row.language: row.number for row in mine}
    holding = [row for row in theirs if edition.corrects in _stories(row)]
    to_send = case({row.number: by_language[row.language] for row in holding}, value=deliveries.c.variant)
    return (
        select(deliveries.c.subscriber, subscribers.c.address, subscribers.c.name, to_send.label("variant"))
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .join(
            subscriptions,
            and_(
                subscriptions.c.subscriber == deliveries.c.subscriber,
                subscriptions.c.newsletter == edition.newsletter,
            ),
        )
        .where(
            deliveries.c.edition == base.number,
            deliveries.c.variant.in_([row.number for row in holding]),
            deliveries.c.state.in_(RECEIVED),
            *gets_mail(),
        )
    )


def _instalment(
    edition: Edition, earlier: Sequence[Edition], mine: Sequence[Any], theirs: Sequence[Any]
) -> Select[Any]:
    fullest_first = sorted(mine, key=lambda row: (-len(_stories(row)), row.place))
    news = [(_is_new(earlier, row, theirs), row.number) for row in fullest_first]
    each = (
        select(
            subscriptions.c.subscriber,
            subscribers.c.address,
            subscribers.c.name,
            case(*news).label("variant"),
        )
        .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
        .join(choices, subscriptions.c.choice == choices.c.number)
        .where(
            subscriptions.c.newsletter == edition.newsletter,
            (literal(" ") + choices.c.audiences + " ").contains(f" {edition.instalment} "),
            *gets_mail(),
        )
        .subquery()
    )
    return select(each).where(each.c.variant.is_not(None))


def _is_new(earlier: Iterable[Edition], mine: Any, theirs: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a subscription is to the mail's language, and its reader holds none of its stories."""
    fits: ColumnElement[bool] = choices.c.language == mine.language
    holding = [row.number for row in theirs if _stories(row) & _stories(mine)]
    if not holding:
        return fits
    held = deliveries.alias()
    has_some = exists().where(
        held.c.edition.in_([one.number for one in earlier]),
        held.c.subscriber == subscriptions.c.subscriber,
        held.c.variant.in_(holding),
        held.c.state.in_(HOLDING),
    )
    return and_(fits, not_(has_some))


def _editions(connection: Connection, edition: Edition) -> list[Edition]:
    """Those of the same window, this one too."""
    rows = connection.execute(select(editions).where(editions.c.newsletter == edition.newsletter))
    return [one for one in (edition_from(row._mapping) for row in rows) if one.period.base == edition.period.base]


def _variants(connection: Connection, of: Sequence[Edition]) -> Sequence[Any]:
    columns = variants.c.number, variants.c.place, variants.c.language, variants.c.stories
    return connection.execute(select(*columns).where(variants.c.edition.in_([one.number for one in of]))).all()


def _stories(row: Any) -> frozenset[str]:
    return frozenset(json.loads(row.stories))
