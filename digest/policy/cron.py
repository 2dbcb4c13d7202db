"""Cron lines: the dates and the time of day on which one fires. cronsim reads the fields and matches single dates.

As in Debian's cron: 0 and 7 are Sunday; when both day fields are restricted, a date that fits either will do.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cronsim import CronSim

FIELDS = 5
_CRON_START = re.compile(r"[0-9*/,-]+\s+[0-9*/,-]+\s.*")


def is_cron_line(text: str) -> bool:
    """Whether somebody meant a cron line, right or wrong: it begins with two fields of numbers and signs."""
    return _CRON_START.fullmatch(text.strip()) is not None


def cron_time(line: str) -> time:
    """Raise `ValueError` for a line that cannot be read, never fires, or fires more than once a day."""
    cron = _read(line)
    if len(cron.minutes) != 1 or len(cron.hours) != 1:
        raise ValueError("fires more than once a day, and a mail covers whole days: give one minute and one hour")
    return time(min(cron.hours), min(cron.minutes))


def cron_dates(line: str, first: date, last: date) -> Iterator[date]:
    """The dates from `first` to `last`, both included, in order."""
    cron = _read(line)
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        if month % 12 + 1 in cron.months:
            start = max(first, date(month // 12, month % 12 + 1, 1)).toordinal()
            for ordinal in range(start, last.toordinal() + 1):
                day = date.fromordinal(ordinal)
                if day.month != month % 12 + 1:
                    break
                if cron.match_day(day):
                    yield day


@lru_cache(maxsize=64)
def _read(line: str) -> "CronSim":
    from cronsim import CronSim, CronSimError

    fields = line.split()
    if len(fields) != FIELDS:
        raise ValueError(
            f"has {len(fields)} fields, and a cron line has five: minute, hour, day, month, day of the week"
        )
    try:
        cron = CronSim(line, datetime(2000, 1, 1))  # noqa: DTZ001 – only its fields are used
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise ValueError(f"is no cron line, or one that never fires: look at its {field}") from error
    return cron
