"""What the list of coming sendings says about those that are out of the ordinary."""

from datetime import date
from itertools import islice

import pytest

from digest.newsletters.schedule import Holidays, Shift
from digest.newsletters.timetable import remarks


def said(times, since, count=1):
    return [remarks(times, period) for _, period in islice(times.sendings(since), count)]


def test_nothing_is_said_about_an_ordinary_sending(times):
    assert said(times("month", "day 5 at 09:00", holidays=Holidays(country="CR")), date(2018, 7, 1), 3) == [[], [], []]
    assert remarks(times("month", None), times("month", None).from_key("2018-07")) == []


@pytest.mark.parametrize("since_last", [False, True])
def test_a_holiday_is_named(times, since_last):
    holidays = Holidays(country="CR", shift=Shift.BEFORE)
    moved = times(*(("0 9 25 * *", None) if since_last else ("month", "day 25 at 09:00")), holidays=holidays)
    assert said(moved, date(2026, 12, 1)) == [["moved from Friday 25 December: Christmas Day"]]


def test_a_mail_that_stands_for_several_names_those_that_moved(times):
    daily = times("0 9 * * *", None, holidays=Holidays(country="CR"))
    assert said(daily, date(2026, 12, 28)) == [["moved from Friday 25 December: Christmas Day"]]


def test_the_last_day_of_a_short_month_is_explained(times):
    assert said(times("month", "day 31 at 09:00"), date(2026, 1, 1), 3) == [
        [],
        ["the last day, as February has no day 31"],
        [],
    ]
    both = times("month", "day 30 and 31 at 09:00")
    assert said(both, date(2026, 2, 1), 2) == [["the last day, as February has no day 30"], []]
    assert said(times("quarter", "day 92 at 09:00"), date(2026, 1, 1)) == [
        ["the last day, as the quarter has no day 92"]
    ]
    assert said(times("month", "last day at 09:00"), date(2026, 2, 1)) == [[]]


def test_a_quarterly_goes_out_in_the_first_month_of_its_quarter(times):
    by_month = times("quarter", "day 31 at 09:00")
    assert [at.date().isoformat() for at, _ in islice(by_month.sendings(date(2026, 1, 1)), 3)] == [
        "2026-01-31",
        "2026-04-30",
        "2026-07-31",
    ]
    assert said(by_month, date(2026, 1, 1), 3) == [[], ["the last day, as April has no day 31"], []]
    by_quarter = times("quarter", "day 31 of the quarter at 09:00")
    assert [at.date().isoformat() for at, _ in islice(by_quarter.sendings(date(2026, 4, 1)), 1)] == ["2026-05-01"]
    twice = times("quarter", "day 1 and 31 at 09:00")
    assert [at.date().isoformat() for at, _ in islice(twice.sendings(date(2026, 4, 1)), 2)] == [
        "2026-04-01",
        "2026-04-30",
    ]


def test_a_change_of_clocks_is_explained(times):
    new_york = times("day", "at 02:30", zone="America/New_York")
    assert said(new_york, date(2024, 3, 9), 3) == [
        [],
        ["the clocks change: Sunday 10 March has no 02:30"],
        [],
    ]
    assert said(times("day", "at 01:30", zone="America/New_York"), date(2024, 11, 3)) == [
        ["the clocks change: 01:30 comes twice, this is the first"]
    ]


def test_what_was_left_out_before_a_sending_is_said_with_it(times):
    skipping = times("month", "day 25 at 09:00", holidays=Holidays(country="CR", shift=Shift.SKIP))
    assert said(skipping, date(2026, 11, 1), 2) == [[], ["nothing on Friday 25 December: Christmas Day"]]
    twice = times("month", "day 25 at 09:00", skip=frozenset({date(2026, 12, 25), date(2027, 1, 25)}))
    assert said(twice, date(2026, 12, 1)) == [
        ["nothing on Friday 25 December: it is to be skipped", "nothing on Monday 25 January: it is to be skipped"]
    ]
    weekly = times("0 9 * * 5", None, skip=frozenset({date(2026, 12, 25)}))
    assert said(weekly, date(2026, 12, 26)) == [["nothing on Friday 25 December: it is to be skipped"]]
