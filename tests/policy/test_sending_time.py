"""Sending times, as staff write them and as the calendar meets them."""

import contextlib
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.period import Period, PeriodKind
from digest.policy.sending_time import SendingTime

SAN_JOSE = ZoneInfo("America/Costa_Rica")
NEW_YORK = ZoneInfo("America/New_York")
APIA = ZoneInfo("Pacific/Apia")


def sent(text: str, kind: PeriodKind, key: str, zone: ZoneInfo = SAN_JOSE) -> str:
    return SendingTime.parse(text, kind).at(Period.from_key(kind, key), zone).isoformat()


@pytest.mark.parametrize(
    ("text", "kind", "key", "expected"),
    [
        ("day 5 at 09:00", PeriodKind.MONTH, "2018-07", "2018-08-05T09:00:00-06:00"),
        ("last day at 17:00", PeriodKind.MONTH, "2018-07", "2018-08-31T17:00:00-06:00"),
        ("last day at 17:00", PeriodKind.MONTH, "2024-01", "2024-02-29T17:00:00-06:00"),
        ("day 31 at 9:00", PeriodKind.MONTH, "2018-08", "2018-09-30T09:00:00-06:00"),
        ("day 30 at 09:00", PeriodKind.MONTH, "2023-01", "2023-02-28T09:00:00-06:00"),
        ("at 07:00", PeriodKind.MONTH, "2018-12", "2019-01-01T07:00:00-06:00"),
        ("at 07:00", PeriodKind.DAY, "2018-12-31", "2019-01-01T07:00:00-06:00"),
        ("monday at 08:00", PeriodKind.WEEK, "2018-W30", "2018-07-30T08:00:00-06:00"),
        ("Sunday  AT 23:59", PeriodKind.WEEK, "2018-W30", "2018-08-05T23:59:00-06:00"),
        ("day 5 at 09:00", PeriodKind.QUARTER, "2018-Q3", "2018-10-05T09:00:00-06:00"),
        ("day 92 at 00:00", PeriodKind.QUARTER, "2018-Q4", "2019-03-31T00:00:00-06:00"),
        ("last day at 09:00", PeriodKind.QUARTER, "2018-Q1", "2018-06-30T09:00:00-06:00"),
        ("at 09:00", PeriodKind.QUARTER, "2018-Q1", "2018-04-01T09:00:00-06:00"),
    ],
)
def test_the_news_of_a_period_goes_out_inside_the_next_one(
    text: str, kind: PeriodKind, key: str, expected: str
) -> None:
    assert sent(text, kind, key) == expected


def test_a_time_the_clocks_leave_out_is_the_next_minute_there_is() -> None:
    assert sent("at 02:30", PeriodKind.DAY, "2024-03-09", NEW_YORK) == "2024-03-10T03:00:00-04:00"
    assert sent("at 01:59", PeriodKind.DAY, "2024-03-09", NEW_YORK) == "2024-03-10T01:59:00-05:00"


def test_a_day_a_country_left_out_is_the_first_minute_after_it() -> None:
    assert sent("at 09:00", PeriodKind.DAY, "2011-12-29", APIA) == "2011-12-31T00:00:00+14:00"


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    assert sent("at 01:30", PeriodKind.DAY, "2024-11-02", NEW_YORK) == "2024-11-03T01:30:00-04:00"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", PeriodKind.MONTH, "write 'day 5 at 09:00'"),
        ("09:00", PeriodKind.DAY, "write 'at 07:00'"),
        ("day 5", PeriodKind.MONTH, "write 'day 5 at 09:00'"),
        ("day 5 at 9am", PeriodKind.MONTH, "a time from 00:00 to 23:59"),
        ("day 5 at 24:00", PeriodKind.MONTH, "a time from 00:00 to 23:59"),
        ("day 5 at 09:60", PeriodKind.MONTH, "a time from 00:00 to 23:59"),
        ("day 5 at 09:00:30", PeriodKind.MONTH, "a time from 00:00 to 23:59"),
        ("day ٥ at 09:00", PeriodKind.MONTH, "does not say the day"),
        ("day 0 at 09:00", PeriodKind.MONTH, "run from 1 to 31"),
        ("day 32 at 09:00", PeriodKind.MONTH, "run from 1 to 31"),
        ("day 93 at 09:00", PeriodKind.QUARTER, "run from 1 to 92"),
        ("monday at 09:00", PeriodKind.MONTH, "does not say the day"),
        ("first day at 09:00", PeriodKind.MONTH, "does not say the day"),
        ("day 5 at 09:00", PeriodKind.WEEK, "write 'monday at 08:00'"),
        ("at 09:00", PeriodKind.WEEK, "write 'monday at 08:00'"),
        ("day 5 at 09:00", PeriodKind.DAY, "write 'at 07:00'"),
        ("last day at 09:00", PeriodKind.DAY, "write 'at 07:00'"),
    ],
)
def test_any_other_sentence_is_refused_in_plain_words(text: str, kind: PeriodKind, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SendingTime.parse(text, kind)


@given(st.text(), st.sampled_from(PeriodKind))
def test_whatever_is_written_parses_or_is_refused(text: str, kind: PeriodKind) -> None:
    with contextlib.suppress(ValueError):
        assert SendingTime.parse(text, kind).kind is kind


@given(
    kind=st.sampled_from(PeriodKind),
    day=st.dates(date(1971, 1, 1), date(2100, 1, 1)),
    number=st.none() | st.integers(1, 92),
    clock=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from([SAN_JOSE, NEW_YORK, ZoneInfo("Europe/Madrid"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_every_sending_fires_on_the_named_day_of_the_next_period_and_never_early(
    kind: PeriodKind, day: date, number: int | None, clock: time, zone: ZoneInfo
) -> None:
    period = Period.containing(kind, day)
    at = SendingTime(kind=kind, day=number, time=clock).at(period, zone)
    assert at.date() in period.next()
    expected = datetime.combine(period.next().last_day, clock)
    if number is not None and number <= (period.next().end - period.next().start).days:
        expected = datetime.combine(period.next().start + timedelta(days=number - 1), clock)
    assert timedelta() <= at.replace(tzinfo=None) - expected <= timedelta(hours=1)
