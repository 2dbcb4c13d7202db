"""Windows and sendings of single schedules, with dates that were worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest

from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Covers, DayOf, DaysOf, EveryDay, Holidays, ReviewTime, Schedule, Shift, Weekdays
from digest.newsletters.timetable import Timetable, timetable


def sent(timetable_, since, count):
    return [f"{at:%a %Y-%m-%d %H:%M} {period.key}" for at, period in islice(timetable_.sendings(since), count)]


def test_a_monthly_sending_covers_the_month_before(times):
    monthly = times("month", "day 5 at 09:00")
    july = monthly.from_key("2018-07")
    assert (july.start, july.end) == (date(2018, 7, 1), date(2018, 8, 1))
    assert monthly.sending_at(july).isoformat() == "2018-08-05T09:00:00-06:00"
    assert monthly.containing(date(2018, 7, 31)) == july
    assert monthly.next(july).key == "2018-08"
    assert monthly.previous(july).key == "2018-06"
    assert monthly.steps(july, monthly.from_key("2019-07")) == 12


def test_without_a_sending_time_there_are_windows_and_nothing_goes_out(times):
    quiet = times("month", None)
    assert quiet.containing(date(2018, 7, 3)).key == "2018-07"
    assert quiet.sending_at(quiet.from_key("2018-07")) is None
    assert list(quiet.sendings(date(2018, 1, 1))) == []
    assert quiet.windows_sent_between(datetime(2018, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)) == []


def test_since_last_reaches_from_one_sending_date_to_the_next(times):
    twice = times("month", "15 and last day at 12:00")
    window = twice.containing(date(2018, 7, 14))
    assert (window.start, window.end, window.key) == (date(2018, 6, 30), date(2018, 7, 15), "2018-07-15")
    assert twice.containing(date(2018, 7, 15)).key == "2018-07-31"
    assert twice.sending_at(window).isoformat() == "2018-07-15T12:00:00-06:00"
    assert twice.from_key("2018-07-31").start == date(2018, 7, 15)


@pytest.mark.parametrize("key", ["2018-07-14", "2018-07", "2018-07-32", "july", "", "2018-W28", "0001-01-01"])
def test_a_key_of_since_last_is_a_date_on_which_something_goes_out(times, key):
    with pytest.raises(ValueError, match=r"."):
        times("month", "15 and last day at 12:00").from_key(key)


def test_weeks_around_the_turn_of_the_year_are_sent_once_each(times):
    weekly = times("week", "monday at 08:00")
    assert sent(weekly, date(2020, 12, 27), 3) == [
        "Mon 2020-12-28 08:00 2020-W52",
        "Mon 2021-01-04 08:00 2020-W53",
        "Mon 2021-01-11 08:00 2021-W01",
    ]
    assert weekly.containing(date(2018, 12, 30)).key == "2018-W52"
    assert weekly.containing(date(2018, 12, 31)).key == "2019-W01"
    assert weekly.containing(date(2018, 1, 1)).key == "2018-W01"
    assert weekly.containing(date(2024, 12, 30)).key == "2025-W01"


def test_leap_days_have_their_sendings(times):
    daily = times("day", "at 07:00")
    assert sent(daily, date(2024, 2, 28), 3) == [
        "Wed 2024-02-28 07:00 2024-02-27",
        "Thu 2024-02-29 07:00 2024-02-28",
        "Fri 2024-03-01 07:00 2024-02-29",
    ]
    last = times("month", "day 30 at 09:00")
    assert sent(last, date(2024, 2, 1), 2) == ["Thu 2024-02-29 09:00 2024-01", "Sat 2024-03-30 09:00 2024-02"]
    assert sent(last, date(2023, 2, 1), 1) == ["Tue 2023-02-28 09:00 2023-01"]
    leap = times("0 9 29 2 *", None)
    assert sent(leap, date(2097, 1, 1), 1) == ["Fri 2104-02-29 09:00 2104-02-29"]
    assert leap.containing(date(2100, 2, 28)).start == date(2096, 2, 29)


CHRISTMAS = [
    (Shift.BEFORE, "Thu 2026-12-24 09:00 2026-11"),
    (Shift.AFTER, "Mon 2026-12-28 09:00 2026-11"),
    (Shift.SKIP, "Mon 2027-01-25 09:00 2026-12"),
]


@pytest.mark.parametrize(("shift", "expected"), CHRISTMAS)
def test_a_sending_on_a_holiday_moves_or_is_left_out(times, shift, expected):
    moved = times("month", "day 25 at 09:00", holidays=Holidays(country="CR", shift=shift))
    assert sent(moved, date(2026, 12, 1), 1) == [expected]


def test_a_sending_moves_past_skipped_dates_and_weekends(times):
    holidays = Holidays(country="CR")
    skip = frozenset({date(2026, 12, 28), date(2026, 12, 29)})
    moved = times("month", "day 25 at 09:00", holidays=holidays, skip=skip)
    assert sent(moved, date(2026, 12, 1), 1) == ["Wed 2026-12-30 09:00 2026-11"]


def test_before_never_goes_out_while_the_window_is_open(times):
    """The 1st of January is a holiday, and December's news is not complete before it."""
    moved = times("month", "day 1 at 09:00", holidays=Holidays(country="CR", shift=Shift.BEFORE))
    assert sent(moved, date(2026, 12, 15), 1) == ["Mon 2027-01-04 09:00 2026-12"]


def test_a_skipped_date_hits_the_date_on_which_it_would_go_out(times):
    on_the_holiday = frozenset({date(2026, 12, 25)})
    moved = times("month", "day 25 at 09:00", holidays=Holidays(country="CR"), skip=on_the_holiday)
    assert sent(moved, date(2026, 12, 1), 1) == ["Mon 2026-12-28 09:00 2026-11"]
    without_holidays = times("month", "day 25 at 09:00", skip=on_the_holiday)
    assert sent(without_holidays, date(2026, 12, 1), 1) == ["Mon 2027-01-25 09:00 2026-12"]
    assert without_holidays.sending_at(without_holidays.from_key("2026-11")) is None


def test_a_weekend_alone_moves_nothing(times):
    moved = times("month", "day 5 at 09:00", holidays=Holidays(country="CR"))
    assert sent(moved, date(2018, 8, 1), 1) == ["Sun 2018-08-05 09:00 2018-07"]


def test_a_skipped_date_widens_the_next_window_since_last(times):
    weekly = times("0 9 * * 5", None, skip=frozenset({date(2026, 12, 25)}))
    window = weekly.containing(date(2026, 12, 24))
    assert (window.start, window.key) == (date(2026, 12, 18), "2027-01-01")


def test_sendings_that_move_to_one_date_become_one_mail_since_last(times):
    """25 and 26 December 2026 are holidays in England, and Monday the 28th in place of the 26th."""
    daily = times("0 9 * * *", None, holidays=Holidays(country="GB", region="ENG"))
    assert [key.split()[-1] for key in sent(daily, date(2026, 12, 24), 4)] == [
        "2026-12-24",
        "2026-12-27",
        "2026-12-29",
        "2026-12-30",
    ]
    assert daily.from_key("2026-12-29").start == date(2026, 12, 27)


def test_a_sending_since_last_may_move_over_the_turn_of_the_year(times):
    """New Year's Day 2027 is a Friday in Costa Rica; that of 2028 is kept in the USA on Friday, 31 December."""
    back = times("0 9 1 1 *", None, holidays=Holidays(country="CR", shift=Shift.BEFORE))
    assert sent(back, date(2026, 2, 1), 1) == ["Thu 2026-12-31 09:00 2026-12-31"]
    forth = times("0 9 31 12 *", None, holidays=Holidays(country="US"))
    assert sent(forth, date(2027, 2, 1), 1) == ["Mon 2028-01-03 09:00 2028-01-03"]


def test_sendings_that_move_to_one_date_stay_mails_of_their_own_with_calendar_periods(times):
    daily = times("day", "at 09:00", holidays=Holidays(country="CR"))
    assert sent(daily, date(2026, 12, 25), 4) == [
        "Sat 2026-12-26 09:00 2026-12-25",
        "Sun 2026-12-27 09:00 2026-12-26",
        "Mon 2026-12-28 09:00 2026-12-24",
        "Mon 2026-12-28 09:00 2026-12-27",
    ]


@pytest.mark.parametrize(
    ("country", "since", "expected"),
    [
        ("CR", date(2026, 4, 1), "Thu 2026-04-30 17:00 2026-03"),
        ("US", date(2027, 12, 1), "Thu 2027-12-30 17:00 2027-11"),  # New Year's Day 2028 is kept on Friday the 31st
        ("DE", date(2027, 10, 1), "Fri 2027-10-29 17:00 2027-09"),
        ("GB", date(2026, 8, 1), "Fri 2026-08-28 17:00 2026-07"),  # the Summer Bank Holiday is in England only
    ],
)
def test_the_last_working_day_is_no_holiday(times, country, since, expected):
    region = "ENG" if country == "GB" else None
    last = times("month", "last working day at 17:00", holidays=Holidays(country=country, region=region))
    assert sent(last, since, 1) == [expected]


def test_the_review_is_the_last_one_before_the_sending_once_the_window_has_ended(times):
    def review(days, hour):
        time = datetime(2018, 1, 1, hour).time()  # noqa: DTZ001 – only its time is used
        return times("month", "day 5 at 09:00", review=ReviewTime(days=days, time=time, text="")).review_at(
            Period.from_key(PeriodKind.MONTH, "2018-07")
        )

    assert review(DaysOf(days=(DayOf(number=3),)), 9).isoformat() == "2018-08-03T09:00:00-06:00"
    assert review(DaysOf(days=(DayOf(number=6),)), 9).isoformat() == "2018-08-01T00:00:00-06:00"
    assert review(EveryDay(), 8).isoformat() == "2018-08-05T08:00:00-06:00"
    assert review(EveryDay(), 9).isoformat() == "2018-08-04T09:00:00-06:00"
    assert review(Weekdays(days=(4,)), 16).isoformat() == "2018-08-03T16:00:00-06:00"
    assert times("month", "day 5 at 09:00").review_at(Period.from_key(PeriodKind.MONTH, "2018-07")) is None


def test_the_windows_sent_in_a_span_are_those_after_its_start_up_to_its_end(times):
    monthly = times("month", "day 5 at 09:00")
    fifth = datetime(2018, 8, 5, 15, tzinfo=UTC)
    second = timedelta(seconds=1)

    def keys(start, end):
        return [period.key for _, period in monthly.windows_sent_between(start, end)]

    assert keys(fifth - second, fifth) == ["2018-07"]
    assert keys(fifth, fifth + second) == []
    assert keys(fifth - timedelta(days=70), fifth) == ["2018-05", "2018-06", "2018-07"]
    assert keys(fifth, fifth - second) == []


def test_a_sending_that_moved_far_is_still_found_and_one_that_moved_farther_is_left_out(times):
    def closed(days):
        skip = frozenset(date(2026, 12, 25) + timedelta(days=n) for n in range(days))
        return times("month", "day 25 at 09:00", holidays=Holidays(country="CR"), skip=skip)

    def keys(found):
        span = datetime(2027, 1, 20, tzinfo=UTC), datetime(2027, 1, 26, 15, tzinfo=UTC)
        return [period.key for _, period in found.windows_sent_between(*span)]

    assert sent(closed(31), date(2026, 12, 1), 2) == ["Mon 2027-01-25 09:00 2026-11", "Mon 2027-01-25 09:00 2026-12"]
    assert keys(closed(31)) == ["2026-11", "2026-12"]
    assert keys(closed(32)) == []


def test_a_schedule_that_never_goes_out_is_found_out(times):
    christmas = times("0 9 25 12 *", None, holidays=Holidays(country="CR", shift=Shift.SKIP))
    assert not christmas.ever_fires(date(2018, 1, 1))
    assert times("0 9 25 12 *", None, holidays=Holidays(country="CR")).ever_fires(date(2018, 1, 1))
    assert times("0 9 29 2 *", None).ever_fires(date(2096, 3, 1))


@pytest.mark.parametrize(
    ("every", "send"),
    [
        ("day", "at 23:59"),
        ("week", "friday at 23:00"),
        ("month", "last day at 12:00"),
        ("quarter", "day 5 at 09:00"),
        ("2 weeks", "tuesday at 07:30"),
        ("month", "15 and last day at 12:00"),
        ("0 9 29 2 *", None),
        ("59 23 31 12 *", None),
    ],
)
def test_the_end_of_the_calendar_is_reached_quietly(times, every, send):
    for zone in ("America/Costa_Rica", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
        found = list(times(every, send, zone=zone).sendings(date(9999, 10, 1)))
        assert all(at.year == 9999 for at, _ in found)
        assert len({period for _, period in found}) == len(found)


def test_windows_that_leave_the_calendar_overflow(times):
    twice = times("month", "15 and last day at 12:00")
    assert twice.containing(date(9999, 12, 30)).end == date(9999, 12, 31)
    for day in (date(9999, 12, 31), date(1, 1, 3)):
        with pytest.raises(OverflowError):
            twice.containing(day)


def test_a_window_of_an_older_schedule_is_placed_in_the_new_one(times):
    """Editions keep the windows they were made with; the settings may say something else today."""
    old = Period(date(2018, 7, 3), date(2018, 7, 17), PeriodKind.SINCE_LAST)
    new = times(None, "every 2 weeks on wednesday at 09:00")
    assert new.next(old).key == "2018-07-18"
    assert new.previous(old).key == "2018-07-04"
    assert new.sending_at(old).isoformat() == "2018-07-17T09:00:00-06:00"
    assert times("month", "day 5 at 09:00").sending_at(old) is None


def test_covers_may_be_said(times):
    since = times("month", "day 5 at 09:00", Covers.SINCE_LAST)
    window = since.containing(date(2018, 8, 4))
    assert (window.start, window.key) == (date(2018, 7, 5), "2018-08-05")


def test_one_schedule_has_one_timetable(times):
    schedule = times("month", "day 5 at 09:00").schedule
    assert timetable(schedule) is timetable(Schedule(**{name: getattr(schedule, name) for name in schedule.__slots__}))
    assert isinstance(timetable(schedule), Timetable)
