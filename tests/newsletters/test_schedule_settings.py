"""From the schedule keys of a newsletter to a schedule, or to the line that says what clashes."""

from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from digest.newsletters.period import PeriodKind
from digest.newsletters.schedule import CatchUp, Covers, CronDays, EveryDay, Holidays, Shift, Weekdays
from digest.newsletters.timetable import timetable
from digest.settings.settings import Settings

Load = Callable[..., Settings]
Refused = Callable[..., list[str]]

EVERY = "    every: month\n"


def keys(**written: str) -> tuple[str, str]:
    return EVERY, "".join(f"    {key}: {value}\n" for key, value in written.items())


def test_every_key_of_a_schedule_arrives(load: Load) -> None:
    schedule = (
        load(
            keys(
                every="month",
                send="last working day at 17:00",
                timezone="Europe/Madrid",
                skip="[2026-12-25, 2027-01-01]",
                holidays="{country: es, region: AN, shift: before}",
                catch_up="all",
                catch_up_for="10 days",
                not_after="36 Hours",
                review_at="day 3 at 9:00",
            )
        )
        .newsletters[0]
        .schedule
    )
    assert (schedule.kind, schedule.covers, schedule.time) == (PeriodKind.MONTH, Covers.PREVIOUS, time(17))
    assert schedule.zone == ZoneInfo("Europe/Madrid")
    assert schedule.skip == {date(2026, 12, 25), date(2027, 1, 1)}
    assert schedule.holidays == Holidays(country="ES", region="AN", shift=Shift.BEFORE)
    assert (schedule.catch_up, schedule.catch_up_for) == (CatchUp.ALL, timedelta(days=10))
    assert schedule.not_after == timedelta(hours=36)
    assert schedule.review is not None
    assert (schedule.review.time, schedule.review.text) == (time(9), "day 3 at 9:00")


def test_a_country_alone_moves_to_the_working_day_after(load: Load) -> None:
    schedule = (
        load(keys(every="month", send="day 25 at 09:00", holidays="CR", skip="2026-12-28")).newsletters[0].schedule
    )
    assert schedule.holidays == Holidays(country="CR", shift=Shift.AFTER)
    assert schedule.skip == {date(2026, 12, 28)}


def test_without_keys_of_its_own_a_schedule_takes_the_publishers_zone_and_the_defaults(load: Load) -> None:
    schedule = load().newsletters[0].schedule
    assert schedule.zone == ZoneInfo("America/Costa_Rica")
    assert (schedule.catch_up, schedule.catch_up_for, schedule.not_after) == (None, None, None)
    assert (schedule.review, schedule.holidays, schedule.skip) == (None, None, frozenset())


@pytest.mark.parametrize(
    "written",
    [
        {"every": "0 9 5 * *"},
        {"send": "0 9 5 * *"},
        {"every": "' 0  9 5 * * '"},
    ],
)
def test_a_cron_line_may_stand_in_either_key(load: Load, written: dict[str, str]) -> None:
    schedule = load(keys(**written)).newsletters[0].schedule
    assert (schedule.kind, schedule.days, schedule.time) == (
        PeriodKind.SINCE_LAST,
        CronDays(line="0 9 5 * *"),
        time(9),
    )


@pytest.mark.parametrize(
    "written",
    [
        {"every": "2 weeks", "send": "tuesday at 07:30"},
        {"every": "2 Weeks", "send": "every 2 weeks on Tuesday at 7:30"},
        {"send": "every 2 weeks on tuesday at 07:30"},
        {"send": "every other week on tue at 07:30"},
    ],
)
def test_every_two_weeks_counts_from_the_week_of_the_start_or_from_that_of_2018(
    load: Load, written: dict[str, str]
) -> None:
    schedule = load(keys(**written)).newsletters[0].schedule
    assert (schedule.kind, schedule.time) == (PeriodKind.SINCE_LAST, time(7, 30))
    assert schedule.days == Weekdays(days=(1,), every=2, anchor=date(2018, 1, 1))
    started = load(keys(**written, starts_on="2018-07-13")).newsletters[0].schedule
    sent = [at.date() for at, _ in islice(timetable(started).sendings(date(2018, 7, 9)), 2)]
    assert sent == [date(2018, 7, 10), date(2018, 7, 24)]


def test_a_review_without_a_day_is_daily(load: Load) -> None:
    review = load(keys(every="quarter", send="day 5 at 09:00", review_at="at 16:00")).newsletters[0].schedule.review
    assert review is not None
    assert review.days == EveryDay()


CLASHES = [
    ({"send": "'day 5 at 09:00'"}, "newsletters.monthly.every: is missing: write day, week, month or quarter"),
    ({"send": "monday at 09:00"}, "newsletters.monthly.every: is missing: write 'every: week'"),
    ({}, "13:3: newsletters.monthly.every: is missing: write day, week, month or quarter"),
    ({"every": "week", "send": "first monday at 08:00"}, "17:11: newsletters.monthly.send: does not say the day"),
    ({"every": "month", "send": "monday at 08:00"}, "for every month: write 'day 5 at 09:00'"),
    ({"every": "month", "send": "0 9 5 * *"}, "16:12: newsletters.monthly.every: clashes with the cron line in 'send'"),
    ({"every": "0 9 5 * *", "send": "day 5 at 09:00"}, "send: clashes with the cron line in 'every'"),
    ({"every": "0 9 30 2 *"}, "every: is no cron line, or one that never fires: look at its day-of-month"),
    ({"every": "0 9,17 * * *"}, "every: fires more than once a day, and a mail covers whole days"),
    ({"send": "'*/5 * * * *'"}, "send: fires more than once a day"),
    ({"every": "0 9 5 * * 2018"}, "every: has 6 fields, and a cron line has five"),
    ({"every": "0 9 5 13 *"}, "look at its month"),
    ({"every": "0 9 5 * *", "covers": "previous"}, "17:13: newsletters.monthly.covers: 'previous' needs exactly one"),
    ({"every": "week", "send": "tuesday and friday at 08:00", "covers": "previous"}, "'previous' needs exactly one"),
    ({"every": "2 weeks", "send": "tuesday at 08:00", "covers": "previous"}, "'previous' needs exactly one"),
    ({"every": "month", "covers": "since-last"}, "send: is needed with 'covers: since-last'"),
    ({"every": "month", "covers": "next"}, "covers: must be one of previous or since-last, not 'next'"),
    ({"every": "2 weeks"}, "send: is needed with 'every: 2 weeks', such as 'tuesday at 07:30'"),
    ({"every": "0 weeks", "send": "monday at 9:00"}, "every: the number of weeks runs from 1 to 52"),
    ({"every": "3 weeks", "send": "every 2 weeks on monday at 9:00"}, "says every 2 weeks, and 'every' says 3 weeks"),
    ({"every": "week", "send": "every 2 weeks on monday at 9:00"}, "and 'every' says week: take 'every' out"),
    ({"every": "2 weeks", "send": "day 5 at 09:00"}, "for every 2 weeks: write 'tuesday at 07:30'"),
    ({"every": "month", "send": "fifth monday at 08:00"}, "the Mondays of a month run from 1 to 4; write 'last'"),
    ({"every": "month", "send": "day 32 at 08:00"}, "the days of a month run from 1 to 31"),
    ({"every": "month", "send": "day 1 and 0 at 08:00"}, "the days of a month run from 1 to 31"),
    ({"every": "month", "send": "24th working day at 08:00"}, "the working days of a month run from 1 to 23"),
    ({"every": "month", "timezone": "Costa Rica"}, "timezone: there is no time zone 'Costa Rica', did you mean 'Amer"),
    ({"every": "month", "skip": "25 December"}, "skip: must be a date written year-month-day"),
    ({"every": "month", "skip": "[2026-12-25, 2026-02-30]"}, "17:24: newsletters.monthly.skip: there is no day"),
    ({"every": "month", "holidays": "XX"}, "17:15: newsletters.monthly.holidays: no holidays are known of a country"),
    ({"every": "month", "holidays": "Costa Rica"}, "of a country 'Costa Rica', did you mean 'CR'?"),
    ({"every": "month", "holidays": "{country: Alemania}"}, "17:25: newsletters.monthly.holidays.country: no holidays"),
    ({"every": "month", "holidays": "{country: MX, region: JAL}"}, "the holidays of MX are the same everywhere"),
    (
        {"every": "month", "holidays": "{country: DE, region: BAY}"},
        "no region 'BAY' of DE is known, did you mean 'BY'?",
    ),
    ({"every": "month", "holidays": "{country: DE, shift: later}"}, "shift: must be one of before, after or skip"),
    ({"every": "month", "holidays": "{region: BY}"}, "newsletters.monthly.holidays.country: is missing"),
    ({"every": "month", "holidays": "{land: DE, country: DE}"}, "newsletters.monthly.holidays.land: unknown key"),
    ({"every": "0 9 25 12 *", "holidays": "{country: CR, shift: skip}"}, "every: never goes out: every date it names"),
    ({"every": "month", "catch_up": "last"}, "catch_up: must be one of latest, all or none, did you mean 'latest'?"),
    ({"every": "month", "catch_up_for": "10"}, "catch_up_for: must be text"),
    ({"every": "month", "catch_up_for": "a while"}, "must be a length of time such as '36 hours', '10 days' or"),
    ({"every": "month", "not_after": "0 days"}, "not_after: must be at least one hour and at most ten years"),
    ({"every": "month", "review_at": "soon"}, "review_at: does not say the day and the time for every month"),
    ({"every": "month", "review_at": "day 40 at 9:00"}, "review_at: the days of a month run from 1 to 31"),
]


@pytest.mark.parametrize(("written", "answer"), CLASHES, ids=[str(written) for written, _ in CLASHES])
def test_a_clash_is_answered_once_at_its_place(refused: Refused, written: dict[str, str], answer: str) -> None:
    (line,) = refused(keys(**written))
    assert answer in line
