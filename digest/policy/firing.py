"""Firing: the dates that a rule names, before skipped dates and holidays are looked at."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from digest.model.schedule import CronDays, DayOf, DayRule, DaysOf, EveryDay, Weekdays

DAY = timedelta(days=1)
DAYS_IN_A_WEEK = 7
FRIDAY = 4

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
            from digest.policy.cron import cron_dates

            yield from cron_dates(rule.line, first, last)


def day_of(rule: DayOf, first: date, last: date, is_holiday: IsHoliday) -> date | None:
    """The day that the rule names among those from `first` to `last`; beyond the last such day, that one. `None` when
    there is no such day at all, as in a month without a working day.
    """
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
