"""Moving: where a sending goes that would fall on a skipped date or a holiday."""

from datetime import date, timedelta

from digest.model.schedule import Schedule, Shift
from digest.policy.firing import is_working
from digest.policy.public_holidays import holiday_name

MOST_DAYS_MOVED = 31
DAY = timedelta(days=1)


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
