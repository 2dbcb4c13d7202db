"""The dates of each rule, beside a plain look at every day."""

from calendar import monthrange
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.newsletters.days import dates_between
from digest.newsletters.schedule import DayOf, DaysOf, EveryDay, Weekdays

DAY = timedelta(days=1)
SPANS = st.tuples(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 400)).map(
    lambda pair: (pair[0], pair[0] + pair[1] * DAY)
)


def days(span):
    first, last = span
    return [first + n * DAY for n in range((last - first).days + 1)]


def fired(rule, span):
    return list(dates_between(rule, *span, lambda day: day.day == 1))  # every first of a month is a holiday


def monday(day):
    return day - day.weekday() * DAY


@given(SPANS)
def test_every_day(span):
    assert fired(EveryDay(), span) == days(span)


@settings(deadline=None)
@given(
    SPANS,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(1, 52),
    st.dates(date(1990, 1, 1), date(2060, 1, 1)),
)
def test_weekdays_in_every_so_many_weeks_before_and_after_the_anchor(span, weekdays, every, anchor):
    rule = Weekdays(days=tuple(weekdays), every=every, anchor=anchor)
    counted = [day for day in days(span) if (monday(day) - monday(anchor)).days // 7 % every == 0]
    assert fired(rule, span) == [day for day in counted if day.weekday() in weekdays]


@settings(deadline=None)
@given(SPANS, st.lists(st.integers(1, 31) | st.just(-1), min_size=1, max_size=3))
def test_days_of_a_month_by_number(span, numbers):
    rule = DaysOf(days=tuple(DayOf(number=number) for number in numbers))

    def named(day):
        length = monthrange(day.year, day.month)[1]
        return {length if number == -1 else min(number, length) for number in numbers}

    assert fired(rule, span) == [day for day in days(span) if day.day in named(day)]


@settings(deadline=None)
@given(SPANS, st.integers(1, 4), st.integers(0, 6))
def test_days_of_a_month_by_weekday_from_either_end(span, number, weekday):
    from_the_start = DaysOf(days=(DayOf(number=number, weekday=weekday),))
    last = DaysOf(days=(DayOf(number=-1, weekday=weekday),))
    of_that_name = [day for day in days(span) if day.weekday() == weekday]
    assert fired(from_the_start, span) == [day for day in of_that_name if (day.day - 1) // 7 + 1 == number]
    assert fired(last, span) == [day for day in of_that_name if (day + 7 * DAY).month != day.month]


@settings(deadline=None)
@given(SPANS, st.integers(1, 15))
def test_working_days_of_a_month(span, number):
    rule = DaysOf(days=(DayOf(number=number, working=True),))

    def working(day):
        return day.weekday() < 5 and day.day != 1

    def rank(day):
        return sum(working(day.replace(day=n)) for n in range(1, day.day + 1))

    assert fired(rule, span) == [day for day in days(span) if working(day) and rank(day) == number]


@settings(deadline=None)
@given(SPANS)
def test_the_last_working_day_of_a_quarter(span):
    rule = DaysOf(days=(DayOf(number=-1, working=True),), months=3)

    def is_last(day):
        rest = [day + n * DAY for n in range(1, 8)]
        return not any(one.weekday() < 5 and one.month == day.month for one in rest)

    expected = [day for day in days(span) if day.month % 3 == 0 and day.weekday() < 5 and day.day > 1 and is_last(day)]
    assert fired(rule, span) == expected
