"""Every zone of the IANA database and every change of its clocks from 2020 to 2035: one sending per local day.

`make torture` takes them all, `make test` every third zone and `make quick` every tenth.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from doses import TASTE, dose

from digest.newsletters.days import change_of_clocks, instant
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import EveryDay, Schedule
from digest.newsletters.timetable import Timetable

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2035, 12, 31, tzinfo=UTC)
CLOCKS = (time(0), time(1, 30), time(2), time(2, 30), time(3))
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
DAYS = [FIRST + n * DAY for n in range((LAST - FIRST).days)]
EVERY = 10 if TASTE else dose(3, 1)

Change = tuple[datetime, timedelta, timedelta]  # the first minute after it in UTC, the offsets before and after


def offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def changes(zone: ZoneInfo) -> Iterator[Change]:
    """Found from UTC alone, by looking at every day and then closer."""
    offsets = [day.astimezone(zone).utcoffset() or timedelta(0) for day in DAYS]
    for number, (old, new) in enumerate(pairwise(offsets)):
        if old != new:
            low, high = DAYS[number], DAYS[number + 1]
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                low, high = (low, middle) if offset(middle, zone) != old else (middle, high)
            yield high, old, new


@lru_cache(maxsize=1)
def zones_that_differ() -> dict[tuple[Change, ...], str]:
    """One zone for each way in which clocks change; hundreds of names are the same clocks."""
    found: dict[tuple[Change, ...], str] = {}
    for name in sorted(available_timezones())[::EVERY]:
        zone = ZoneInfo(name)
        found.setdefault((*changes(zone), (FIRST, offset(FIRST, zone), offset(LAST, zone))), name)
    return found


def first_showing(day: date, clock: time, change: Change) -> datetime:
    """The first instant, around one change, at which the clocks show that time or a later one."""
    at, old, new = change
    wanted = datetime.combine(day, clock, UTC)
    if wanted - old < at:
        return wanted - old
    return max(at, wanted - new)


def test_a_sending_goes_out_when_the_clocks_first_show_its_time_or_later():
    checked = 0
    for told, name in zones_that_differ().items():
        zone = ZoneInfo(name)
        for change in told[:-1]:
            local = (change[0] + change[1]).date()
            for day in (local - DAY, local, local + DAY):
                for clock in CLOCKS:
                    expected = first_showing(day, clock, change)
                    assert instant(day, clock, zone).astimezone(UTC) == expected, (name, day, clock)
                    checked += 1
    assert checked > 10_000 // EVERY


def test_every_local_day_around_a_change_has_its_sending_once():
    for told, name in zones_that_differ().items():
        zone = ZoneInfo(name)
        for clock in (time(0), time(2, 30)):
            daily = Timetable(Schedule(kind=PeriodKind.DAY, zone=zone, days=EveryDay(), time=clock))
            for at, old, _ in told[:-1]:
                local = (at + old).date()
                span = [Period.containing(PeriodKind.DAY, local + n * DAY) for n in range(-2, 2)]
                start, end = (datetime.combine(local + n * DAY, time(12), UTC) for n in (-3, 4))
                sent = daily.windows_sent_between(start, end)
                assert [sum(period == one for _, period in sent) for one in span] == [1, 1, 1, 1], (name, local)
                instants = [one.astimezone(UTC) for one, _ in sent]
                assert instants == sorted(set(instants)), (name, local)


def shown(day: str, clock: str, name: str) -> str:
    return instant(date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(name)).isoformat()


@pytest.mark.parametrize(
    ("name", "day", "clock", "expected"),
    [
        ("America/New_York", "2024-03-10", "02:30", "2024-03-10T03:00:00-04:00"),
        ("America/New_York", "2024-03-10", "01:59", "2024-03-10T01:59:00-05:00"),
        ("America/New_York", "2024-11-03", "01:30", "2024-11-03T01:30:00-04:00"),
        ("Australia/Lord_Howe", "2024-10-06", "02:15", "2024-10-06T02:30:00+11:00"),  # half an hour is left out
        ("Australia/Lord_Howe", "2024-04-07", "01:45", "2024-04-07T01:45:00+11:00"),
        ("Africa/Cairo", "2024-04-26", "00:00", "2024-04-26T01:00:00+03:00"),  # the day begins at one
        ("Africa/Cairo", "2024-10-31", "23:30", "2024-10-31T23:30:00+03:00"),
        ("Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15T02:30:00+01:00"),  # back for Ramadan
        ("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22T03:00:00+01:00"),
        ("America/Nuuk", "2024-03-30", "23:30", "2024-03-31T00:00:00-01:00"),  # the last hour of a day
        ("Pacific/Apia", "2011-12-29", "09:00", "2011-12-29T09:00:00-10:00"),
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-31T00:00:00+14:00"),  # a whole date is left out
        ("Pacific/Apia", "2011-12-31", "09:00", "2011-12-31T09:00:00+14:00"),
        ("Pacific/Kwajalein", "1993-08-21", "00:00", "1993-08-22T00:00:00+12:00"),
        ("Pacific/Kwajalein", "1993-08-21", "23:59", "1993-08-22T00:00:00+12:00"),
        ("Antarctica/Troll", "2024-03-31", "01:30", "2024-03-31T03:00:00+02:00"),  # two hours at once
        ("Africa/Monrovia", "1972-01-07", "00:10", "1972-01-07T00:45:00+00:00"),  # 44 minutes and 30 seconds
        ("Asia/Kathmandu", "2024-01-01", "00:00", "2024-01-01T00:00:00+05:45"),
    ],
)
def test_known_changes_of_clocks(name, day, clock, expected):
    assert shown(day, clock, name) == expected


@pytest.mark.parametrize(
    ("name", "left_out"), [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))]
)
def test_a_date_that_a_zone_left_out_still_has_a_sending_of_its_own(name, left_out):
    daily = Timetable(Schedule(kind=PeriodKind.DAY, zone=ZoneInfo(name), days=EveryDay(), time=time(9)))
    start, end = (datetime.combine(left_out + n * DAY, time(0), UTC) for n in (-4, 4))
    sent = daily.windows_sent_between(start, end)
    assert len({period for _, period in sent}) == len(sent)
    assert {left_out - DAY, left_out} <= {period.start for _, period in sent}
    instants = [at.astimezone(UTC) for at, _ in sent]
    assert instants == sorted(set(instants))


def test_how_much_the_clocks_leave_out_is_told():
    apia, new_york = ZoneInfo("Pacific/Apia"), ZoneInfo("America/New_York")
    assert change_of_clocks(date(2011, 12, 30), time(9), apia) == DAY
    assert change_of_clocks(date(2024, 11, 3), time(1, 30), new_york) == timedelta(hours=-1)
    assert change_of_clocks(date(2024, 11, 3), time(3, 30), new_york) == timedelta(0)


@pytest.mark.parametrize("name", ["America/Costa_Rica", "Asia/Tokyo"])
@pytest.mark.parametrize(("day", "clock"), [(date.min, time(0)), (date.max, time(23, 59))])
def test_an_instant_that_has_no_date_in_utc_overflows(name, day, clock):
    zone = ZoneInfo(name)
    early, behind = day == date.min, name == "America/Costa_Rica"
    if early != behind:
        with pytest.raises(OverflowError):
            instant(day, clock, zone)
    else:
        assert instant(day, clock, zone).date() == day
