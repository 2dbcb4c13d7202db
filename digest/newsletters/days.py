"""Days: those that a rule names, where holidays move them, and the instant that a time of day is on them.

Pure arithmetic. Public holidays are those that the `holidays` library knows, up to the year 2100.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.foundation.catalogue import spoken
from digest.newsletters.schedule import CronDays, DayOf, DayRule, DaysOf, EveryDay, Holidays, Schedule, Shift, Weekdays
from digest.newsletters.sentences import cron_dates

DAY = timedelta(days=1)
DAYS_IN_A_WEEK = 7
FRIDAY = 4
MOST_DAYS_MOVED = 31
_MINUTE = timedelta(minutes=1)
IsHoliday = Callable[[date], bool]


def dates_between(rule: DayRule, first: date, last: date, is_holiday: IsHoliday) -> Iterator[date]:
    """The dates from `first` to `last`, both included, in order, each once. Dates beyond the calendar are none."""
    match rule:
        case EveryDay():
            yield from _every(first, last, 1)
        case Weekdays():
            yield from _weekdays(rule, first, last)
        case DaysOf():
            for start, end in _blocks(first, last, rule.months):
                days = {day_of(one, start, end, is_holiday) for one in rule.days}
                yield from sorted(day for day in days if day is not None and first <= day <= last)
        case CronDays():
            yield from cron_dates(rule.line, first, last)


def day_of(rule: DayOf, first: date, last: date, is_holiday: IsHoliday) -> date | None:
    """The day that the rule names among those from `first` to `last`; beyond the last such day, that one. `None` when
    there is no such day at all, as in a month without a working day.
    """
    if rule.first_month:
        last = block_around(first, 1)[1]
    if rule.plain:
        length = (last - first).days + 1
        return first + (min(rule.number, length) - 1 if rule.number > 0 else max(length + rule.number, 0)) * DAY
    if rule.working:
        days = [day for day in _every(first, last, 1) if is_working(day, is_holiday)]
    else:
        days = [day for day in _every(first, last, 1) if day.weekday() == rule.weekday]
    if not days:
        return None
    return days[min(rule.number, len(days)) - 1] if rule.number > 0 else days[max(rule.number, -len(days))]


def is_working(day: date, is_holiday: IsHoliday) -> bool:
    """Monday to Friday, and no holiday."""
    return day.weekday() <= FRIDAY and not is_holiday(day)


def _every(first: date, last: date, step: int) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1, step):
        yield date.fromordinal(ordinal)


def _weekdays(rule: Weekdays, first: date, last: date) -> Iterator[date]:
    """Counted in days since the year 1, which began on a Monday; so weeks are counted from it as well."""
    anchor = (rule.anchor.toordinal() - 1) // DAYS_IN_A_WEEK
    week = (first.toordinal() - 1) // DAYS_IN_A_WEEK
    week += (anchor - week) % rule.every
    while (monday := week * DAYS_IN_A_WEEK + 1) <= last.toordinal():
        for weekday in sorted(set(rule.days)):
            if first.toordinal() <= monday + weekday <= last.toordinal():
                yield date.fromordinal(monday + weekday)
        week += rule.every


def block_around(day: date, months: int) -> tuple[date, date]:
    """First and last day of its month (1) or quarter (3)."""
    return next(_blocks(day, day, months))


def _blocks(first: date, last: date, months: int) -> Iterator[tuple[date, date]]:
    """First and last day of each month (or quarter) that has days from `first` to `last`."""
    index = (first.year * 12 + first.month - 1) // months * months
    while index <= last.year * 12 + last.month - 1:
        after = index + months
        end = date(after // 12, after % 12 + 1, 1) - DAY if after // 12 <= date.max.year else date.max
        yield date(index // 12, index % 12 + 1, 1), end
        index = after


def holiday_on(schedule: Schedule, day: date) -> str | None:
    """Its name."""
    return None if schedule.holidays is None else holiday_name(schedule.holidays, day)


def planned_date(schedule: Schedule, day: date, not_before: date = date.min) -> date | None:
    """The date on which the sending goes out that the rule names for `day`; `None`: it does not go out.

    From a holiday it moves to the nearest working day (Monday to Friday, no holiday, not skipped) in the direction that
    the settings give; where that would be earlier than `not_before`, to the nearest one after. One that would move by
    more than 31 days does not go out. From a weekend nothing moves.
    """
    if schedule.holidays is None or holiday_on(schedule, day) is None:
        return None if day in schedule.skip else day
    if schedule.holidays.shift is Shift.SKIP:
        return None
    if schedule.holidays.shift is Shift.BEFORE:
        earlier = _nearest_working(schedule, day, -DAY)
        if earlier is not None and earlier >= not_before:
            return earlier
    return _nearest_working(schedule, day, DAY)


def _nearest_working(schedule: Schedule, day: date, step: timedelta) -> date | None:
    for count in range(1, MOST_DAYS_MOVED + 1):
        try:
            other = day + count * step
        except OverflowError:
            return None
        if other not in schedule.skip and is_working(other, lambda one: holiday_on(schedule, one) is not None):
            return other
    return None


def holiday_name(holidays: Holidays, day: date) -> str | None:
    """In the language of staff where it is known in that; `None` when it is none. Days on which a holiday is observed
    instead of a Sunday count.
    """
    language = "en_US" if spoken() == "en" else spoken().partition("-")[0]
    return _names(holidays.country, holidays.region, day.year, language).get(day)


@lru_cache(maxsize=1)
def known_countries() -> frozenset[str]:
    """Codes of ISO 3166-1 with two letters."""
    from holidays.registry import COUNTRIES  # 60 ms: only where a schedule names a country

    return frozenset(names[1] for names in COUNTRIES.values())


def known_regions(country: str) -> Sequence[str]:
    """Codes as in ISO 3166-2, without the country. `country` is one of `known_countries`."""
    from holidays import country_holidays  # 60 ms

    return tuple(country_holidays(country).subdivisions)


@lru_cache(maxsize=2048)
def _names(country: str, region: str | None, year: int, language: str) -> Mapping[date, str]:
    from holidays import country_holidays  # 60 ms

    return dict(country_holidays(country, subdiv=region, years=year, expand=False, language=language))


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
