"""Sending times: the sentence after `send:`, and the instant it names for a period."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from digest.model.period import Period, PeriodKind

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_DAYS = {PeriodKind.MONTH: 31, PeriodKind.QUARTER: 92}

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_NUMBER = re.compile(r"[0-9]{1,3}")
_EXAMPLES = {
    PeriodKind.DAY: "'at 07:00'",
    PeriodKind.WEEK: "'monday at 08:00'",
    PeriodKind.MONTH: "'day 5 at 09:00' or 'last day at 17:00'",
    PeriodKind.QUARTER: "'day 5 at 09:00' or 'last day at 17:00'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingTime:
    """`day` counts from 1 inside the period in which the sending fires; `None` is its last day."""

    kind: PeriodKind
    day: int | None
    time: time

    @classmethod
    def parse(cls, text: str, kind: PeriodKind) -> Self:
        """Raise `ValueError` with a plain sentence for anything but the sentences that `kind` knows.

        Days: `at 07:00`. Weeks: `monday at 08:00`. Months and quarters: `day 5 at 09:00`, `last day at 17:00`, and
        `at 09:00` for the first day.
        """
        words = text.lower().split()
        if len(words) < 2 or words[-2] != "at":  # noqa: PLR2004 – "at" and the time
            raise ValueError(f"is no sending time for every {kind}: write {_EXAMPLES[kind]}")
        clock = _TIME.fullmatch(words[-1])
        if clock is None:
            raise ValueError("needs a time from 00:00 to 23:59 after 'at', such as 'at 09:00'")
        return cls(kind=kind, day=_day(words[:-2], kind), time=time(int(clock[1]), int(clock[2])))

    def at(self, period: Period, zone: ZoneInfo) -> datetime:
        """When the edition of `period` goes out: inside the period that follows it, in local time, aware.

        A day the following period does not have is its last day. A local time that a change of the clocks leaves out
        is the next minute that exists; one that comes twice is the first. Raise `OverflowError` at the end of the
        calendar.
        """
        target = period.next()
        day = target.last_day
        if self.day is not None and self.day <= (target.end - target.start).days:
            day = target.start + timedelta(days=self.day - 1)
        local = datetime.combine(day, self.time)
        while not _exists(local, zone):
            local += timedelta(minutes=1)
        return local.replace(tzinfo=zone)


def _day(words: Sequence[str], kind: PeriodKind) -> int | None:
    match kind, words:
        case PeriodKind.WEEK, [weekday] if weekday in WEEKDAYS:
            return WEEKDAYS.index(weekday) + 1
        case ((PeriodKind.DAY | PeriodKind.MONTH | PeriodKind.QUARTER), []):
            return 1
        case ((PeriodKind.MONTH | PeriodKind.QUARTER), ["last", "day"]):
            return None
        case ((PeriodKind.MONTH | PeriodKind.QUARTER), ["day", number]) if _NUMBER.fullmatch(number):
            if not 1 <= int(number) <= MOST_DAYS[kind]:
                raise ValueError(f"the days of a {kind} run from 1 to {MOST_DAYS[kind]}")
            return int(number)
        case _:
            raise ValueError(f"does not say the day for every {kind}: write {_EXAMPLES[kind]}")


def _exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of the zone show this time at all."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
