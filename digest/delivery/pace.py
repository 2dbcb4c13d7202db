"""Pace: which rows of the ledger may go now, where some domains are to be spared or a day has its quota. How fast one
after the other goes is a matter of `rates`.

A domain that is throttled waits by itself: the rows behind it are looked for further down the ledger. Its messages come
when it is their turn; only when nobody else is left do transports wait for them.
"""

import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all

from digest.delivery.delivery import DeliveryState
from digest.delivery.outgoing import Found, Mark, Outcome, OutgoingMessage
from digest.delivery.rates import RateLimits, Rates
from digest.delivery.rows import OutboxRows, Trace
from digest.foundation.database import Database, loaded, stored
from digest.foundation.schema import deliveries, doubts, editions
from digest.mail.message import Recipient

DAY = timedelta(days=1)
HELD_BACK_MOST = 10_000  # rows; behind so many of throttled domains others wait as well
_LOOK_AT = 200  # rows at a time
_AT_ONCE = 0.001  # seconds that are no wait
Count = Callable[[datetime], int]  # messages that left, or may have, since then
Allot = Callable[[int, datetime], int]  # so many are under way; so many more may leave from here


class PacedRows:
    """Rows around other rows. `daily` is the most in any 24 hours; `count` asks the ledger. Where several hosts send,
    `allot` says how many more may leave from here for now, when so many are under way.
    """

    def __init__(
        self,
        rows: OutboxRows,
        rates: Rates,
        daily: int | None,
        count: Count,
        *,
        clock: Callable[[], float] = time.monotonic,
        allot: Allot | None = None,
    ) -> None:
        self._rows, self._daily, self._count, self._clock = rows, daily, count, clock
        self._allot = allot or self._all_that_is_left
        spared = replace(rates, overall=None)
        self._limits = RateLimits(spared, clock, guess=True) if spared.limit_domains else None
        self._held_back: list[tuple[float, int, Recipient]] = []  # a heap, by the time from which they may go
        self._taken = 0
        self._under_way: set[int] = set()
        self._left = 0  # of the day's quota
        self.is_used_up = False  # the quota, and somebody waits

    def recover(self, connections: int, at: datetime, trace: Trace) -> Mapping[Found, int]:
        return self._rows.recover(connections, at, trace)

    def fetch(self, most: int, at: datetime) -> Sequence[Recipient]:
        allowed = self._allowed(most, at)
        if not allowed:
            self.is_used_up = bool(self._held_back or self._rows.fetch(1, at))
            return ()
        found = self._rows.fetch(allowed, at) if self._limits is None else self._paced(allowed, at, self._limits)
        if self._daily is not None:
            self._left -= len(found)
            self._under_way.update(recipient.row for recipient in found)
        return found

    def start_over(self) -> None:
        self._rows.start_over()

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        granted = self._rows.settle(results, wanted, at)
        self._under_way.difference_update(result.message.row for result in results)
        self._under_way.difference_update(message.row for message in wanted if message.row not in granted)
        return granted

    def mark(self, row: int, mark: Mark) -> None:
        self._rows.mark(row, mark)

    def _allowed(self, most: int, at: datetime) -> int:
        """The quota is reckoned anew whenever it seems used up: some may not have left, and hours may have passed."""
        if self._daily is None:
            return most
        if self._left <= 0:
            self._left = self._allot(len(self._under_way), at)
        return max(0, min(most, self._left))

    def _all_that_is_left(self, under_way: int, at: datetime) -> int:
        return (self._daily or 0) - self._count(at - DAY) - under_way

    def _paced(self, most: int, at: datetime, limits: RateLimits) -> Sequence[Recipient]:
        found = self._due(most)
        while len(found) < most and len(self._held_back) < HELD_BACK_MOST:
            rows = self._rows.fetch(_LOOK_AT if self._held_back else most - len(found), at)
            if not rows:
                break
            found += self._sorted_out(rows, limits)
        surplus, found = found[most:], found[:most]
        for recipient in surplus:
            self._hold_back(0.0, recipient)
        if not found and self._held_back:
            found.append(heapq.heappop(self._held_back)[2])  # the transport waits until it may go
        return found

    def _due(self, most: int) -> list[Recipient]:
        now, found = self._clock(), list[Recipient]()
        while self._held_back and len(found) < most and self._held_back[0][0] <= now:
            found.append(heapq.heappop(self._held_back)[2])
        return found

    def _sorted_out(self, rows: Sequence[Recipient], limits: RateLimits) -> list[Recipient]:
        found = []
        for recipient in rows:
            wait = limits.reserve(recipient.address)
            if wait > _AT_ONCE:
                self._hold_back(self._clock() + wait, recipient)
            else:
                found.append(recipient)
        return found

    def _hold_back(self, due: float, recipient: Recipient) -> None:
        self._taken += 1
        heapq.heappush(self._held_back, (due, self._taken, recipient))


# -- Quota: what left within some time, over all editions, and when room comes again.


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
