"""Returns: when an address counts as dead, by Mailman's rule. One bad day harms nobody.

A hard bounce counts 1, a soft one 0.5, at most one a day, the worse one. What was delivered in between does not matter.
After a time without bounces the count begins anew. What filters and policies refuse counts nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from digest.model.period import PeriodKind
from digest.model.returns import Notice, ReturnKind, Scoring

LEAST_MEMORY = timedelta(days=30)
LONGEST_PERIOD = {
    PeriodKind.DAY: timedelta(days=1),
    PeriodKind.WEEK: timedelta(days=7),
    PeriodKind.MONTH: timedelta(days=31),
    PeriodKind.QUARTER: timedelta(days=92),
    PeriodKind.SINCE_LAST: timedelta(days=31),  # nobody knows; seldom longer
}
_MILDEST_FIRST = (
    ReturnKind.DELIVERED,
    ReturnKind.ANSWERED,
    ReturnKind.DELAYED,
    ReturnKind.BLOCKED,
    ReturnKind.SOFT,
    ReturnKind.HARD,
    ReturnKind.COMPLAINT,
)


def score(returned: Iterable[tuple[datetime, ReturnKind]], now: datetime, scoring: Scoring) -> float:
    """What all that came back for one person adds up to today. The order does not matter."""
    weights = {ReturnKind.HARD: scoring.hard, ReturnKind.SOFT: scoring.soft}
    days: dict[date, float] = {}
    for at, kind in returned:
        if kind in weights:
            day = at.astimezone(UTC).date()
            days[day] = max(days.get(day, 0.0), weights[kind])
    total, last = 0.0, None
    for day in sorted(days):
        if last is not None and day - last > scoring.forget_after:
            total = 0.0
        total, last = total + days[day], day
    return total if last is not None and now.astimezone(UTC).date() - last <= scoring.forget_after else 0.0


def is_dead(returned: Iterable[tuple[datetime, ReturnKind]], now: datetime, scoring: Scoring) -> bool:
    return score(returned, now, scoring) >= scoring.threshold


def memory(periods: Iterable[PeriodKind]) -> timedelta:
    """How long bounces are remembered where the settings do not say: thirty days, but never less than two periods of
    the rarest newsletter. A monthly one would else forget each bounce before the next can come.
    """
    return max([LEAST_MEMORY, *(2 * LONGEST_PERIOD[kind] for kind in periods)])


def notice_for(address: str, notices: Sequence[Notice]) -> Notice | None:
    """What is said of this address; else the mildest: where one address leads to several, one that works is enough."""
    own = [one for one in notices if one.address and one.address.lower() == address.lower()]
    return min(own or notices, key=lambda one: _MILDEST_FIRST.index(one.kind), default=None)


def happened_at(dated_at: datetime | None, since: datetime | None, now: datetime) -> datetime:
    """When it came back: as the message says, if that lies between the sending and now."""
    if dated_at is None or dated_at > now or (since is not None and dated_at < since):
        return now
    return dated_at
