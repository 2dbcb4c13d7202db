"""Remarks: what is out of the ordinary about a sending, in plain words for the people who wait for it."""

from collections.abc import Iterator
from datetime import date, timedelta

from digest.model.period import Period
from digest.model.schedule import DaysOf, Schedule
from digest.policy.firing import block_around
from digest.policy.local_time import change_of_clocks
from digest.policy.moving import DAY, MOST_DAYS_MOVED, holiday_on, planned_date
from digest.policy.timetable import Timetable, back, forth

MOST_SKIPPED = 24  # periods in a row of which nothing is said any more


def remarks(times: Timetable, period: Period) -> list[str]:
    """About the sending of `period`, and about what is left out between the one before and this one."""
    schedule, day = times.schedule, times.sending_on(period)
    if day is None or schedule.days is None:
        return []
    named = list(_named_for(times, period, day))
    return [
        *(f"moved from {_said(one)}: {holiday_on(schedule, one)}" for one in named if one != day),
        *(remark for one in named if (remark := _shortened(schedule, one))),
        *_clocks(schedule, day),
        *(f"nothing on {_said(one)}: {_why_skipped(schedule, one)}" for one in _skipped(times, period)),
    ]


def _named_for(times: Timetable, period: Period, day: date) -> Iterator[date]:
    """The dates by the rule whose sendings fall together into this one."""
    if not times.since_last:
        named = times.named(period)
        if named is not None:
            yield named
        return
    margin = MOST_DAYS_MOVED if times.schedule.holidays else 0
    for named in times.named_between(back(day, margin), forth(day, margin)):
        if planned_date(times.schedule, named) == day:
            yield named


def _shortened(schedule: Schedule, day: date) -> str | None:
    if not isinstance(schedule.days, DaysOf):
        return None
    first, last = block_around(day, schedule.days.months)
    length = (last - first).days + 1
    beyond = [one.number for one in schedule.days.days if one.plain and one.number > length]
    if day != last or not beyond:
        return None
    return f"the last day, as {f'{first:%B}' if schedule.days.months == 1 else 'the quarter'} has no day {beyond[0]}"


def _clocks(schedule: Schedule, day: date) -> Iterator[str]:
    left_out = change_of_clocks(day, schedule.time, schedule.zone)
    if left_out > timedelta(0):
        yield f"the clocks change: {_said(day)} has no {schedule.time:%H:%M}"
    elif left_out < timedelta(0):
        yield f"the clocks change: {schedule.time:%H:%M} comes twice, this is the first"


def _skipped(times: Timetable, period: Period) -> list[date]:
    if times.since_last:
        named = times.named_between(period.start + DAY, period.end)
        return [day for day in named if planned_date(times.schedule, day) is None]
    found: list[date] = []
    earlier = times.previous(period)
    while len(found) < MOST_SKIPPED and (day := times.named(earlier)) and times.sending_on(earlier) is None:
        found.insert(0, day)
        earlier = times.previous(earlier)
    return found


def _why_skipped(schedule: Schedule, day: date) -> str:
    return holiday_on(schedule, day) or "it is to be skipped"


def _said(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
