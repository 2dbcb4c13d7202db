"""Quota: what left within some time, over all editions, and when room comes again."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all

from digest.model.delivery import DeliveryState
from digest.store.connection import Database
from digest.store.schema import deliveries, doubts, editions
from digest.store.times import loaded, stored


class Quota:
    """What was sent counts, and every doubt: such a message may have been taken, too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, since: datetime) -> int:
        """How many messages left, or may have, from then on."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(_times(since).subquery())).scalar_one())

    def nth(self, number: int, since: datetime) -> datetime | None:
        """When the one with this number, counted from 0, left."""
        times = _times(since).subquery()
        with self._database.read() as connection:
            return loaded(connection.execute(select(times.c.at).order_by(times.c.at).offset(number).limit(1)).scalar())


def _times(since: datetime) -> "Select[tuple[str]]":
    recent: ColumnElement[bool] = and_(
        editions.c.sending_at.is_not(None),
        or_(editions.c.finished_at.is_(None), editions.c.finished_at >= stored(since)),
    )
    sent = select(deliveries.c.changed_at.label("at")).where(
        deliveries.c.edition.in_(select(editions.c.number).where(recent)),
        deliveries.c.state == DeliveryState.SENT.value,
        deliveries.c.changed_at >= stored(since),
    )
    doubtful = select(doubts.c.at.label("at")).where(doubts.c.at >= stored(since), doubts.c.remedy != "assume-sent")
    return select(union_all(sent, doubtful).subquery().c.at)
