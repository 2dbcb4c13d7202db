"""The period a person means."""

from zoneinfo import ZoneInfo

import pytest

from digest.errors import UsageError
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule
from digest.newsletters.timetable import period_from_words, timetable

MONTHS, WEEKS = (timetable(Schedule(kind=kind, zone=ZoneInfo("UTC"))) for kind in (PeriodKind.MONTH, PeriodKind.WEEK))
KNOWN = [Period.from_key(PeriodKind.MONTH, key) for key in ("2017-07", "2018-07", "2018-08")]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("2018-07", "2018-07"),
        ("2031-01", "2031-01"),
        ("july", "2018-07"),
        ("Julio", "2018-07"),
        ("JULY 2017", "2017-07"),
        ("julio de 2017", "2017-07"),
        ("aug", "2018-08"),
    ],
)
def test_a_month_may_be_named_by_key_or_in_words(words, key):
    assert period_from_words(MONTHS, words, KNOWN, ("en", "es")).key == key


@pytest.mark.parametrize("words", ["", "december", "2018-13", "julio 2016", "next", "2018-W31"])
def test_what_nobody_knows_is_answered_with_what_there_is(words):
    with pytest.raises(UsageError, match="2017-07, 2018-07, 2018-08"):
        period_from_words(MONTHS, words, KNOWN, ("en", "es"))


def test_a_weeks_key_may_be_in_lower_case():
    assert period_from_words(WEEKS, "2018-w31", [], ("en",)).key == "2018-W31"


def test_a_window_since_the_last_mail_is_named_by_its_day_or_by_its_month(times):
    twice = times("month", "15 and last day at 12:00")
    known = [twice.from_key(key) for key in ("2018-07-15", "2018-07-31", "2018-08-15")]
    assert period_from_words(twice, "2018-07-15", known, ("en",)).key == "2018-07-15"
    assert period_from_words(twice, "july", known, ("en",)).key == "2018-07-31"
    assert period_from_words(twice, "august 2018", known, ("en",)).key == "2018-08-15"
    with pytest.raises(UsageError, match="no window of that name is known") as caught:
        period_from_words(twice, "2018-07-16", known, ("en",))
    assert "the date on which it goes out" in (caught.value.remedy or "")
