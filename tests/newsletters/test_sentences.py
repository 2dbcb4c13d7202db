"""What people write after `send:`, and which days it means."""

import contextlib
import re
from datetime import date, time
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.newsletters.schedule import Covers
from digest.newsletters.sentences import ClashError, cron_dates, read_review_time, read_rhythm, read_sentence

SENDINGS = [  # every, send, and the first sendings from 1 July 2018 on
    ("month", "day 5 at 09:00", "07-05 08-05 09-05"),
    ("month", "5 at 09:00", "07-05 08-05 09-05"),
    ("month", "on the 5th at 9:00", "07-05 08-05 09-05"),
    ("month", "fifth day of the month at 09:00", "07-05 08-05 09-05"),
    ("month", "at 09:00", "07-01 08-01 09-01"),
    ("month", "last day at 09:00", "07-31 08-31 09-30"),
    ("month", "day 31 at 09:00", "07-31 08-31 09-30"),
    ("Month", "FIRST  Monday\tAT 9:00", "07-02 08-06 09-03"),
    ("month", "1st mon at 09:00", "07-02 08-06 09-03"),
    ("month", "last friday of every month at 09:00", "07-27 08-31 09-28"),
    ("month", "last working day at 09:00", "07-31 08-31 09-28"),
    ("month", "2nd working day at 09:00", "07-03 08-02 09-04"),
    ("month", "23rd working day at 09:00", "07-31 08-31 09-28"),
    ("month", "15 and last day at 09:00", "07-15 07-31 08-15 08-31"),
    ("month", "day 1 and 15 at 09:00", "07-01 07-15 08-01"),
    ("month", "the 1st, the 15th, and the last at 09:00", "07-01 07-15 07-31 08-01"),
    ("month", "first and third tuesday at 09:00", "07-03 07-17 08-07"),
    ("month", "last day and first monday at 09:00", "07-02 07-31 08-06"),
    ("month", "day 30 and last day at 09:00", "07-30 07-31 08-30 08-31 09-30"),
    ("week", "monday at 09:00", "07-02 07-09"),
    ("week", "every sunday at 09:00", "07-01 07-08"),
    ("week", "on tuesdays and fridays at 09:00", "07-03 07-06 07-10"),
    ("week", "wed, thurs & sat at 09:00", "07-04 07-05 07-07"),
    ("1 week", "tuesday at 09:00", "07-03 07-10"),
    (None, "every week on tuesday at 09:00", "07-03 07-10"),
    (None, "every 1 weeks on tuesday at 09:00", "07-03 07-10"),
    ("2 weeks", "tuesday at 09:00", "07-03 07-17"),
    (None, "every 2 weeks on tuesday at 09:00", "07-03 07-17"),
    (None, "every two weeks on monday and tuesday at 09:00", "07-02 07-03 07-16"),
    (None, "every 3 weeks on monday at 09:00", "07-09 07-30"),
    ("day", "at 09:00", "07-01 07-02"),
    ("day", "every day at 09:00", "07-01 07-02"),
    ("quarter", "day 5 at 09:00", "07-05 10-05"),
    ("quarter", "day 31 at 09:00", "07-31 10-31"),
    ("quarter", "day 31 of the quarter at 09:00", "07-31 10-31"),
    ("quarter", "day 32 at 09:00", "08-01 11-01"),
    ("quarter", "day 92 at 09:00", "09-30 12-31"),
    ("quarter", "last working day of the quarter at 09:00", "09-28 12-31"),
    ("quarter", "12th monday at 09:00", "09-17 12-17"),
    ("0 9 * * 7", None, "07-01 07-08"),
    ("0 9 * * 0", None, "07-01 07-08"),
    ("0 9 * * SUN", None, "07-01 07-08"),
    ("0 9 13 * 5", None, "07-06 07-13 07-20"),
    ("00 09 1,15 * *", None, "07-01 07-15 08-01"),
]


@pytest.mark.parametrize(
    ("every", "send", "expected"), SENDINGS, ids=[f"{every}, {send}" for every, send, _ in SENDINGS]
)
def test_a_sentence_means_these_days(times, every, send, expected):
    found = [at for at, _ in islice(times(every, send).sendings(date(2018, 7, 1)), len(expected.split()))]
    assert [f"{at:%m-%d}" for at in found] == expected.split()
    assert {at.time() for at in found} == {time(9)}


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("", "does not say the day"),
        ("09:00", "does not say the day"),
        ("day 5", "does not say the day"),
        ("day 5 at 9am", "a time from 00:00 to 23:59"),
        ("day 5 at 24:00", "a time from 00:00 to 23:59"),
        ("day 5 at 09:60", "a time from 00:00 to 23:59"),
        ("day 5 at 09:00:30", "a time from 00:00 to 23:59"),
        ("day ٥ at 09:00", "does not say the day"),
        ("day 0 at 09:00", "run from 1 to 31"),
        ("day 32 at 09:00", "run from 1 to 31"),
        ("day 5 6 at 09:00", "does not say the day"),
        ("fifth monday at 09:00", "the Mondays of a month run from 1 to 4"),
        ("monday at 09:00", "does not say the day"),
        ("m at 09:00", "does not say the day"),
        ("and at 09:00", "does not say the day"),
        ("every 2 weeks on tuesday at 09:00", "take 'every' out"),
        ("last day of the quarter at 09:00", "does not say the day"),
        ("day 5 at 09:00 at 10:00", "does not say the day"),
    ],
)
def test_any_other_sentence_is_refused_in_plain_words(sentence, words):
    with pytest.raises(ClashError, match=words) as caught:
        read_rhythm("month", sentence, None)
    assert caught.value.key == "send"


SAME = [  # each line says one thing in several ways
    *(
        f"{name}, {name}s, {name[:3]}, {name[:3]}., {name[:4]}, on {name}, every {name}, every week on {name}"
        for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    ),
    *(
        f"{word} day, day {n}, {n}, the {n}{sign}, {n} days"
        f", on the {n}{sign} day of the month, {n} of every month, {n} of each month"
        for n, word, sign in (
            (1, "first", "st"),
            (2, "second", "nd"),
            (3, "third", "rd"),
            (4, "fourth", "th"),
            (5, "fifth", "th"),
        )
    ),
    "last working day, last work day, last business day, last workday, the last working days, last workdays",
    "first and last day, day 1 and last, 1st & last day, first ,last day",
    "monday and friday, friday and monday, mon & fri, monday,friday, monday ,and friday",
    "every two weeks on friday, every 2 weeks friday, every other week on friday",
    "every three weeks on friday, every 3 weeks on friday",
    "every four weeks on friday, every 4 weeks on fri",
    "every day, daily, day",
]


@pytest.mark.parametrize("ways", SAME)
def test_one_day_is_said_in_many_ways(ways):
    several = ways.split(", ")
    read = [read_sentence(f"{way} at 09:00") for way in several]
    assert [way for way, one in zip(several, read, strict=True) if one.days != read[0].days] == []


@pytest.mark.parametrize(
    ("every", "most", "beyond"),
    [
        *(("month", "day 31", "day 32"), ("quarter", "day 92", "day 93"), ("month", "4th monday", "5th monday")),
        *(("quarter", "12th monday", "13th monday"), ("month", "23rd working day", "24th working day")),
        *(
            ("quarter", "66th working day", "67th working day"),
            (None, "every 52 weeks on monday", "every 53 weeks on monday"),
        ),
        *(("month", "day 1", "day 0"), (None, "every 1 week on monday", "every 0 weeks on monday")),
    ],
)
def test_numbers_run_as_far_as_every_period_has_such_a_day(every, most, beyond):
    assert read_rhythm(every, f"{most} at 09:00", None).days is not None
    with pytest.raises(ClashError, match=r"run from 1|runs from 1"):
        read_rhythm(every, f"{beyond} at 09:00", None)


@pytest.mark.parametrize(
    ("every", "send", "covers", "key"),
    [
        *(("2 weeks", None, None, "send"), (None, None, None, "every"), ("month", None, Covers.SINCE_LAST, "send")),
        *(("0 9 * * 1", "monday at 09:00", None, "send"), ("month", "0 9 * * 1", None, "every")),
        *(("2 weeks", "0 9 * * 1", None, "every"), ("fortnight", "monday at 09:00", None, "every")),
        *(("0 weeks", "monday at 09:00", None, "every"), ("53 weeks", "monday at 09:00", None, "every")),
        *((None, "monday at 09:00", None, "every"), (None, "day 5 at 09:00", None, "every")),
        *(("2 weeks", "every 3 weeks on monday at 09:00", None, "send"), ("2 weeks", "day 5 at 09:00", None, "send")),
        *(("week", "every 2 weeks on monday at 09:00", None, "send"), ("day", "monday at 09:00", None, "send")),
        *(("week", "every day at 09:00", None, "send"), ("month", "day 5 of the quarter at 09:00", None, "send")),
        *(("quarter", "day 5 of the month at 09:00", None, "send"), ("0 9 * *  1 1", None, None, "every")),
        *(
            ("0 9,10 * * 1", None, None, "every"),
            ("0,30 9 * * 1", None, None, "every"),
            ("0 9 31 2 *", None, None, "every"),
        ),
        *(
            ("month", "day 1 and 15 at 09:00", Covers.PREVIOUS, "covers"),
            ("2 weeks", "monday at 09:00", Covers.PREVIOUS, "covers"),
        ),
        ("0 9 * * 1", None, Covers.PREVIOUS, "covers"),
    ],
)
def test_keys_that_contradict_each_other_are_refused_at_the_one_to_change(every, send, covers, key):
    with pytest.raises(ClashError) as caught:
        read_rhythm(every, send, covers)
    assert caught.value.key == key


def test_a_cron_line_gives_its_dates_from_the_first_to_the_last_of_them():
    found = list(cron_dates("0 9 1,31 1,3,12 *", date(2018, 3, 1), date(2019, 1, 31)))
    assert [f"{day:%m-%d}" for day in found] == ["03-01", "03-31", "12-01", "12-31", "01-01", "01-31"]
    assert list(cron_dates("0 9 29 2 *", date(2018, 3, 1), date(2020, 2, 28))) == []


@given(st.text())
def test_whatever_is_written_is_read_or_refused(text):
    with contextlib.suppress(ValueError):
        read_sentence(text)


WORDS = re.findall(
    r"\S+", "day days 5 15th last first monday fri working at 09:00 and , every 2 weeks on of the quarter"
)


@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=9,
    ).map(" ".join),
    st.sampled_from(["day", "week", "2 weeks", "month", "quarter", "0 9 * * 1", None]),
    st.sampled_from([*Covers, None]),
)
def test_whatever_the_words_say_together_is_a_rhythm_or_a_clash(send, every, covers):
    with contextlib.suppress(ClashError):
        rhythm = read_rhythm(every, send, covers)
        assert (rhythm.kind == "since-last") == (rhythm.covers is Covers.SINCE_LAST)
        assert covers in (None, rhythm.covers)


@pytest.mark.parametrize(
    ("every", "send", "covers"),
    [
        ("month", "day 5 at 09:00", Covers.PREVIOUS),
        ("day", "at 09:00", Covers.PREVIOUS),
        ("week", "monday at 09:00", Covers.PREVIOUS),
        ("quarter", "last working day at 09:00", Covers.PREVIOUS),
        ("month", "day 1 and 15 at 09:00", Covers.SINCE_LAST),
        ("week", "monday and friday at 09:00", Covers.SINCE_LAST),
        ("2 weeks", "monday at 09:00", Covers.SINCE_LAST),
        ("0 9 5 * *", None, Covers.SINCE_LAST),
    ],
)
def test_what_a_mail_covers_when_nobody_says_it(every, send, covers):
    assert read_rhythm(every, send, None).covers is covers


def test_a_review_time_may_be_on_other_days_than_the_sending():
    assert read_review_time("month", "friday at 16:00").time == time(16)
    assert read_review_time("2 weeks", "at 16:00").time == time(16)
    assert read_review_time(None, "0 9 * * 1").time == time(9)
