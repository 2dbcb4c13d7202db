"""Our dates of cron lines beside cronsim's own."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim, CronSimError
from doses import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from digest.newsletters.days import change_of_clocks
from digest.newsletters.sentences import cron_dates, cron_time, is_cron_line


def _field(first: int, last: int) -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.integers(2, 9).map(lambda step: f"*/{step}"),
        span,
        st.lists(st.one_of(number.map(str), span), min_size=2, max_size=3).map(",".join),
    )


DAYS = st.one_of(_field(1, 31), st.sampled_from(["L", "LW"]))
WEEKDAYS = st.one_of(_field(0, 7), st.sampled_from(["MON", "mon-fri", "5#2", "FRI#5", "1L", "7L"]))
LINES = st.tuples(st.integers(0, 59), st.integers(0, 23), DAYS, _field(1, 12), WEEKDAYS).map(
    lambda fields: " ".join(map(str, fields))
)


def _simulated(line: str, start: datetime, count: int) -> list[datetime]:
    """Few when it fires rarely: cronsim gives up after fifty years."""
    try:
        return list(islice(CronSim(line, start), count))
    except CronSimError:
        return []


@settings(max_examples=examples(300), deadline=None)
@given(LINES, st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_the_dates_of_a_line_are_those_of_cronsim(line, first):
    simulated = _simulated(line, datetime.combine(first, time.min) - timedelta(seconds=1), 30)
    assume(simulated)
    assert list(cron_dates(line, first, simulated[-1].date())) == [at.date() for at in simulated]
    assert {at.time() for at in simulated} == {cron_time(line)}


@settings(max_examples=examples(200), deadline=None)
@given(
    LINES,
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.sampled_from(["America/New_York", "Europe/Madrid", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu"]),
)
def test_the_instants_of_a_line_are_those_of_cronsim_outside_gaps(times, line, first, name):
    zone = ZoneInfo(name)
    simulated = _simulated(line, datetime.combine(first, time.min, zone), 12)
    assume(simulated)
    expected = [at for at in simulated if change_of_clocks(at.date(), cron_time(line), zone) <= timedelta(0)]
    ours = [at for at, _ in islice(times(line, None, zone=name).sendings(first), 14)]
    outside = [at.astimezone(UTC) for at in ours if change_of_clocks(at.date(), cron_time(line), zone) <= timedelta(0)]
    wanted = [at.astimezone(UTC) for at in expected if at.date() > first]
    assert [at for at in outside if at.astimezone(zone).date() > first][: len(wanted)] == wanted


def test_either_day_field_will_do_when_both_are_restricted():
    thirteenths_and_fridays = list(cron_dates("0 9 13 * 5", date(2018, 7, 1), date(2018, 8, 14)))
    assert [day.day for day in thirteenths_and_fridays] == [6, 13, 20, 27, 3, 10, 13]


@pytest.mark.parametrize("line", ["0 9 * * 0", "0 9 * * 7", "0 9 * * SUN", "0 9 * * sun"])
def test_zero_and_seven_are_sunday(line):
    assert next(cron_dates(line, date(2018, 7, 2), date(2018, 7, 31))) == date(2018, 7, 8)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 9 30 2 *", "never fires: look at its day-of-month"),
        ("0 9 31 2,4,6,9,11 *", "never fires: look at its day-of-month"),
        ("0 24 * * *", "look at its hour"),
        ("60 9 * * *", "look at its minute"),
        ("0 9 * * 8", "look at its day-of-week"),
        ("0 9 0 * *", "look at its day-of-month"),
        ("0 9 5-1 * *", "look at its day-of-month"),
        ("0 9 */0 * *", "look at its day-of-month"),
        ("0 9 * * MOND", "look at its day-of-week"),
        ("0 9 * *", "has 4 fields"),
        ("0 0 9 * * *", "has 6 fields"),
        ("* 9 * * *", "more than once a day"),
        ("0 8,9 * * *", "more than once a day"),
        ("0 */23 * * *", "more than once a day"),
    ],
)
def test_a_bad_line_is_refused_in_plain_words(line, words):
    assert is_cron_line(line)
    with pytest.raises(ValueError, match=words):
        cron_time(line)


@pytest.mark.parametrize(
    "text", ["day 5 at 09:00", "1 and 15 at 09:00", "15, last day at 09:00", "", "@daily", "0 nine"]
)
def test_a_sentence_is_no_cron_line(text):
    assert not is_cron_line(text)


def test_a_rare_line_ends_with_the_calendar():
    assert list(cron_dates("0 9 29 2 *", date(9990, 1, 1), date.max)) == [date(9992, 2, 29), date(9996, 2, 29)]
