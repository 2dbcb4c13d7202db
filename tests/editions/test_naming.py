"""The period or edition that a person means."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from digest.editions.naming import period_from_words, split_name
from digest.errors import UsageError
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule
from digest.newsletters.sentences import read_rhythm
from digest.newsletters.timetable import timetable

TODAY = date(2018, 8, 20)
DAYS, WEEKS, MONTHS, QUARTERS = (
    timetable(Schedule(kind=kind, zone=ZoneInfo("UTC")))
    for kind in (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER)
)


def twice_a_month():
    rhythm = read_rhythm("month", "15 and last day at 12:00", None)
    return timetable(Schedule(kind=rhythm.kind, zone=ZoneInfo("UTC"), days=rhythm.days, time=rhythm.time))


def meant(words, contents=("2017-07", "2018-07", "2018-08"), empty=(), times=MONTHS, languages=("en", "es")):
    of = lambda keys: {times.from_key(key) for key in keys}  # noqa: E731
    return period_from_words(times, words, of(contents), of((*contents, *empty)), languages, TODAY).key


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("2018-07", "2018-07"),
        (" 2031-01 ", "2031-01"),
        ("july", "2018-07"),
        ("Julio", "2018-07"),
        ("JULY 2017", "2017-07"),
        ("2017 july", "2017-07"),
        ("july, 2017", "2017-07"),
        ("julio de 2017", "2017-07"),
        ("julio del 2017", "2017-07"),
        ("aug", "2018-08"),
        ("ago.", "2018-08"),
        ("ágosto", "2018-08"),
    ],
)
def test_a_month_may_be_named_by_key_or_in_words(words, key):
    assert meant(words) == key


@pytest.mark.parametrize("name", ["september", "sept", "septiembre", "setiembre", "Set."])
def test_all_names_of_a_month_are_known(name):
    assert meant(name, ("2017-09",)) == "2017-09"


@pytest.mark.parametrize("words", ["", "december", "2018-13", "next", "2018-W31", "july.2", "2018"])
def test_what_nobody_knows_is_answered_with_what_there_is(words):
    with pytest.raises(UsageError, match="2017-07, 2018-07, 2018-08"):
        meant(words)


@pytest.mark.parametrize("future", ["2018-11", "2019-11", "2062-11", "9998-11"])
def test_a_month_alone_never_means_one_in_the_future(future):
    assert meant("november", ("2016-11", "2017-11", future)) == "2017-11"
    with pytest.raises(UsageError, match=future):
        meant("november", (future,))


def test_a_month_that_has_begun_is_not_in_the_future():
    assert meant("august", ("2017-08", "2018-08")) == "2018-08"


def test_a_month_with_its_year_means_just_that_one():
    assert meant("november 2062") == "2062-11"
    assert meant("julio 2016") == "2016-07"
    assert meant("august 2016", times=QUARTERS, contents=()) == "2016-Q3"


def test_a_month_with_something_to_read_goes_before_an_empty_one():
    assert meant("july", ("2016-07", "2017-07"), empty=("2018-07",)) == "2017-07"
    assert meant("july", ("2018-08",), empty=("2016-07", "2018-07")) == "2018-07"


def test_a_key_may_be_in_lower_case():
    assert meant("2018-w31", (), times=WEEKS) == "2018-W31"
    assert meant("2018-q3", (), times=QUARTERS) == "2018-Q3"


def test_each_month_of_a_quarter_names_it():
    assert {meant(name, ("2017-Q3", "2018-Q3"), times=QUARTERS) for name in ("july", "agosto", "sept")} == {"2018-Q3"}


@pytest.mark.parametrize(
    ("times", "keys"),
    [
        (WEEKS, ("2017-W30", "2018-W28", "2018-W30")),
        (DAYS, ("2017-07-03", "2018-07-03", "2018-07-09")),
        (twice_a_month(), ("2017-07-31", "2018-07-15", "2018-07-31")),
    ],
)
def test_a_month_with_several_editions_is_asked_about(times, keys):
    with pytest.raises(UsageError, match=f"it could be: {keys[1]}, {keys[2]}") as caught:
        meant("july", keys, times=times)
    assert caught.value.exit_code == 2
    assert meant("july 2017", keys, times=times) == keys[0]
    assert meant("july", keys[:2], times=times) == keys[1]


def test_a_window_since_the_last_mail_is_named_by_its_day():
    times = twice_a_month()
    assert meant("2018-07-15", (), times=times) == "2018-07-15"
    with pytest.raises(UsageError, match="no window of that name is known") as caught:
        meant("2018-07-16", (), times=times)
    assert "the date on which it goes out" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("name", "newsletter", "key"),
    [
        ("monthly/2018-07", "monthly", "2018-07"),
        ("monthly/2018-07/guatemala", "monthly", "2018-07/guatemala"),
        ("2018-07/guatemala", None, "2018-07/guatemala"),
        ("2018-07.2", None, "2018-07.2"),
        ("montly/july", "montly", "july"),
        ("24h/july", "24h", "july"),
        ("special-floods", None, "special-floods"),
    ],
)
def test_a_newsletter_may_stand_before_the_key(name, newsletter, key):
    assert split_name(name, ["monthly", "24h"]) == (newsletter, key)


def test_periods_of_all_kinds_go_by_their_keys():
    for times in (DAYS, WEEKS, MONTHS, QUARTERS):
        period = times.containing(TODAY)
        assert isinstance(period, Period)
        assert meant(period.key, (), times=times) == period.key
