"""Local time: the instant that a date and a time name in a zone, whatever its clocks do that day. Pure, on zoneinfo."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Aware, in `zone`. A time that the clocks leave out is the next minute that they show, be it on a later date (some
    zones have left out a whole one); a time that they show twice is the first.

    Raise `OverflowError` for an instant that has no date in UTC, at either end of the calendar.
    """
    local = datetime.combine(day, clock, zone)
    if day.year in (date.min.year, date.max.year):
        local.astimezone(UTC)
    left_out = _left_out(local)
    if left_out <= timedelta(0):
        return local
    before, after = 0, -(-left_out // _MINUTE)  # the clocks do not show `before`, and do show `after`, in minutes
    while after - before > 1:
        middle = (before + after) // 2
        if _left_out(local + middle * _MINUTE) > timedelta(0):
            before = middle
        else:
            after = middle
    return local + after * _MINUTE


def change_of_clocks(day: date, clock: time, zone: ZoneInfo) -> timedelta:
    """How much the clocks leave out around that time, if they do not show it; negative: they show it twice."""
    return _left_out(datetime.combine(day, clock, zone))


def _left_out(local: datetime) -> timedelta:
    """In a gap the offset after the change is greater than the one before it (PEP 495), and in a fold it is smaller."""
    after, before = local.replace(fold=1).utcoffset(), local.replace(fold=0).utcoffset()
    return timedelta(0) if after is None or before is None else after - before
