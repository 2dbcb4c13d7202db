"""Outlooks: who is still to be sent an edition, and who will not, as sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select

from digest.model.decision import Wanted
from digest.model.delivery import DeliveryState
from digest.model.edition import Edition
from digest.store.connection import Database
from digest.store.deliveries import candidates
from digest.store.schema import deliveries, subscribers, subscriptions, variants
from digest.store.times import stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """So many people are to be sent a variant. `wanted`: they still want it. `due`: it may go now."""

    variant: str
    wanted: bool
    due: bool
    people: int


class Outlooks:
    """Nothing here changes anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, edition: Edition, at: datetime) -> Sequence[Waiting]:
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
                Waiting(variant=row.name, wanted=bool(row.is_wanted), due=bool(row.is_due), people=int(row.people))
                for row in connection.execute(query)
            ]

    def not_subscribed(self, newsletter: str) -> tuple[int, int]:
        """How many have left the newsletter, and how many of the others get no mail at all."""
        is_suppressed = subscribers.c.suppressed_at.is_not(None)
        query = (
            select(
                func.coalesce(func.sum(case((subscriptions.c.active == 0, 1), else_=0)), 0).label("left"),
                func.coalesce(func.sum(case((and_(subscriptions.c.active == 1, is_suppressed), 1), else_=0)), 0).label(
                    "suppressed"
                ),
            )
            .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
            .where(subscriptions.c.newsletter == newsletter)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one()
        return int(row.left), int(row.suppressed)
