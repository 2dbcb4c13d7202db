"""Timetables: the windows of a schedule, when each goes out, and what is to be said about it. Pure arithmetic.

With `previous`, windows are the calendar's days, weeks, months or quarters, and the sending that the rule names inside
one covers the one before it. With `since-last`, windows reach from one sending date to the next.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush

from digest.foundation.catalogue import _
from digest.foundation.words import day as day_in_words
from digest.foundation.words import month, weekday
from digest.newsletters.days import (
    DAY,
    MOST_DAYS_MOVED,
    block_around,
    change_of_clocks,
    dates_between,
    holiday_on,
    instant,
    planned_date,
)
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import DayRule, DaysOf, ReviewTime, Schedule

YEARS_TO_FIRE_IN = 40
_LOOKING_BACK = (40, 400, 4000)  # days
_MOST_SKIPPED = 24  # periods in a row of which nothing is said any more


class Timetable:
    """Made by `timetable(schedule)`, which keeps it, and what it has worked out."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.since_last = schedule.kind is PeriodKind.SINCE_LAST
        self._planned: dict[int, list[date]] = {}  # by year
        self._dates: dict[Period, tuple[date | None, date | None]] = {}

    def containing(self, day: date) -> Period:
        """The window that holds this date of news. Raise `OverflowError` at the ends of the calendar."""
        if not self.since_last:
            return Period.containing(self.schedule.kind, day)
        return Period(self._last_until(day), self._first_after(day), PeriodKind.SINCE_LAST)

    def next(self, period: Period) -> Period:
        return self.containing(period.end)

    def previous(self, period: Period) -> Period:
        return self.containing(period.start - DAY)

    def steps(self, earlier: Period, later: Period) -> int:
        """How many windows later; negative: earlier."""
        if not self.since_last:
            return earlier.steps_to(later)
        if later.end < earlier.end:
            return -self.steps(later, earlier)
        years = range(earlier.end.year, later.end.year + 1)
        return sum(earlier.end < day <= later.end for year in years for day in self._planned_in(year))

    def from_key(self, key: str) -> Period:
        """Raise `ValueError` when it names no window."""
        if not self.since_last:
            return Period.from_key(self.schedule.kind, key)
        day = Period.from_key(PeriodKind.DAY, key).start
        if day not in self._planned_in(day.year) or day == date.min:
            raise ValueError(f"nothing goes out on {key}")
        return self.containing(day - DAY)

    def sending_on(self, period: Period) -> date | None:
        """The date for which its sending is planned; `None`: nothing goes out by itself. Raise `OverflowError` at the
        end of the calendar.
        """
        if self.schedule.days is None or period.kind is not self.schedule.kind or not period.has_window:
            return None
        if self.since_last:
            return period.end
        return self._of_calendar(period)[1]

    def named(self, period: Period) -> date | None:
        """The date that the rule names for a calendar period's sending, be it a holiday or not."""
        return self._of_calendar(period)[0]

    def sending_at(self, period: Period) -> datetime | None:
        """Aware, in the schedule's zone. `None`: nothing goes out by itself, also at the end of the calendar.

        Compare it for equality in UTC only: a time that the clocks show twice equals no instant of another zone.
        """
        try:
            day = self.sending_on(period)
            return None if day is None else instant(day, self.schedule.time, self.schedule.zone)
        except OverflowError:
            return None

    def review_at(self, period: Period) -> datetime | None:
        """When reviewers are asked."""
        return self._before_sending(self.schedule.review, period) if self.schedule.review else None

    def reminders_at(self, period: Period) -> list[datetime]:
        """When staff are reminded of what waits for them, the earliest first."""
        found = {self._before_sending(each, period) for each in self.schedule.reminders}
        return sorted((at for at in found if at is not None), key=_utc)

    def _before_sending(self, review: ReviewTime, period: Period) -> datetime | None:
        """The last such time before the sending, but not before the window has ended."""
        at = self.sending_at(period)
        if at is None:
            return None
        for margin in _LOOKING_BACK:
            days = list(_dates(self.schedule, review.days, _back(at.date(), margin), at.date()))
            times = (instant(day, review.time, self.schedule.zone) for day in reversed(days))
            if (found := next((one for one in times if one < at), None)) is not None:
                return max(found, instant(period.end, time(0), self.schedule.zone), key=_utc)
        return None

    def sendings(self, after: date) -> Iterator[tuple[datetime, Period]]:
        """Coming sendings in order of instant, from the first whose local date is `after` or later; ends quietly at
        the end of the calendar.
        """
        if self.schedule.days is None:
            return
        waiting: list[tuple[datetime, Period]] = []
        try:
            period = self.containing(_back(after, MOST_DAYS_MOVED + 1))
            period = self.containing(_back(period.start, 1))
            while True:
                if (at := self.sending_at(period)) is not None and at.date() >= after:
                    heappush(waiting, (at, period))
                period = self.next(period)
                while waiting and waiting[0][0].date() < period.end:  # no later window goes out before its end
                    yield heappop(waiting)
        except OverflowError:
            pass
        while waiting:
            yield heappop(waiting)

    def windows_sent_between(self, start: datetime, end: datetime) -> list[tuple[datetime, Period]]:
        """All with `start < at <= end`, in order; both are aware."""
        found = []
        for at, period in self.sendings(_back(start.astimezone(self.schedule.zone).date(), 1)):
            if at.astimezone(UTC) > end:
                break
            if at.astimezone(UTC) > start:
                found.append((at, period))
        return found

    def ever_fires(self, since: date) -> bool:
        """Whether anything goes out in the 40 years that follow."""
        if self.schedule.days is None:
            return True
        years = range(since.year, min(since.year + YEARS_TO_FIRE_IN, date.max.year) + 1)
        return any(day >= since for year in years for day in self._planned_in(year))

    def named_between(self, first: date, last: date) -> Iterator[date]:
        """The dates that the rule names, both ends included, be they holidays or not."""
        return iter(()) if self.schedule.days is None else _dates(self.schedule, self.schedule.days, first, last)

    def _of_calendar(self, period: Period) -> tuple[date | None, date | None]:
        """The date that the rule names for the sending of a calendar period, and the one for which it is planned."""
        if period not in self._dates:
            target = period.next()
            named = next(self.named_between(target.start, target.last_day), None)
            planned = None if named is None else planned_date(self.schedule, named, not_before=period.end)
            self._dates[period] = named, planned
        return self._dates[period]

    def _planned_in(self, year: int) -> list[date]:
        """The sending dates of a year, in order, each once."""
        if year not in self._planned:
            first, last = date(year, 1, 1), date(year, 12, 31)
            margin = MOST_DAYS_MOVED if self.schedule.holidays else 0
            named = self.named_between(_back(first, margin), _forth(last, margin))
            planned = {planned_date(self.schedule, day) for day in named}
            self._planned[year] = sorted(day for day in planned if day is not None and first <= day <= last)
        return self._planned[year]

    def _first_after(self, day: date) -> date:
        for year in range(day.year, date.max.year + 1):
            planned = self._planned_in(year)
            if planned and planned[-1] > day:
                return planned[bisect_right(planned, day)]
        raise OverflowError("nothing goes out later in the calendar")

    def _last_until(self, day: date) -> date:
        for year in range(day.year, date.min.year - 1, -1):
            planned = self._planned_in(year)
            if planned and planned[0] <= day:
                return planned[bisect_right(planned, day) - 1]
        raise OverflowError("nothing goes out earlier in the calendar")


@lru_cache(maxsize=256)
def timetable(schedule: Schedule) -> Timetable:
    return Timetable(schedule)


def after_next_periods(schedules: Iterable[Schedule], today: date) -> date:
    """The first date that lies beyond the next window of each of them; news of that date is written too early."""
    ends = [date.min]
    for schedule in schedules:
        times = timetable(schedule)
        try:
            ends.append(times.next(times.containing(today)).end)
        except OverflowError:  # the calendar ends, or nothing goes out any more
            ends.append(date.max)
    return max(ends)


def longest_period(schedules: Iterable[Schedule], today: date) -> timedelta:
    """Of those in which the day lies."""
    periods = [timetable(schedule).containing(today) for schedule in schedules]
    return max(period.end - period.start for period in periods)


def remarks(times: Timetable, period: Period) -> list[str]:
    """What is out of the ordinary about the sending of `period`, in plain words, and about what is left out between the
    one before and this one.
    """
    schedule, day = times.schedule, times.sending_on(period)
    if day is None or schedule.days is None:
        return []
    named = list(_named_for(times, period, day))
    return [
        *(
            _("moved from {day}: {holiday}").format(day=_said(one), holiday=holiday_on(schedule, one))
            for one in named
            if one != day
        ),
        *(remark for one in named if (remark := _shortened(schedule, one))),
        *_clocks(schedule, day),
        *(
            _("nothing on {day}: {reason}").format(day=_said(one), reason=_why_skipped(schedule, one))
            for one in _skipped(times, period)
        ),
    ]


def _named_for(times: Timetable, period: Period, day: date) -> Iterator[date]:
    """The dates by the rule whose sendings fall together into this one."""
    if not times.since_last:
        named = times.named(period)
        if named is not None:
            yield named
        return
    margin = MOST_DAYS_MOVED if times.schedule.holidays else 0
    for named in times.named_between(_back(day, margin), _forth(day, margin)):
        if planned_date(times.schedule, named) == day:
            yield named


def _shortened(schedule: Schedule, day: date) -> str | None:
    if not isinstance(schedule.days, DaysOf):
        return None
    for one in schedule.days.days:
        months = 1 if one.first_month else schedule.days.months
        first, last = block_around(day, months)
        if day == last and one.plain and one.number > (last - first).days + 1:
            block = month(first) if months == 1 else _("the quarter")
            return _("the last day, as {block} has no day {number}").format(block=block, number=one.number)
    return None


def _clocks(schedule: Schedule, day: date) -> Iterator[str]:
    left_out = change_of_clocks(day, schedule.time, schedule.zone)
    if left_out > timedelta(0):
        yield _("the clocks change: {day} has no {time:%H:%M}").format(day=_said(day), time=schedule.time)
    elif left_out < timedelta(0):
        yield _("the clocks change: {time:%H:%M} comes twice, this is the first").format(time=schedule.time)


def _skipped(times: Timetable, period: Period) -> list[date]:
    if times.since_last:
        named = times.named_between(period.start + DAY, period.end)
        return [day for day in named if planned_date(times.schedule, day) is None]
    found: list[date] = []
    earlier = times.previous(period)
    while len(found) < _MOST_SKIPPED and (day := times.named(earlier)) and times.sending_on(earlier) is None:
        found.insert(0, day)
        earlier = times.previous(earlier)
    return found


def _why_skipped(schedule: Schedule, day: date) -> str:
    return holiday_on(schedule, day) or _("it is to be skipped")


def _said(day: date) -> str:
    return f"{weekday(day)} {day_in_words(day, with_year=False)}"


def _dates(schedule: Schedule, rule: DayRule, first: date, last: date) -> Iterator[date]:
    return dates_between(rule, first, last, lambda day: holiday_on(schedule, day) is not None)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _back(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, date.min.toordinal()))


def _forth(day: date, days: int) -> date:
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))
