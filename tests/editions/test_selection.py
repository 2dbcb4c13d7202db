"""Home, turn, lateness and verdicts (design §4.3–4.6)."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.selection import Calendar, due_periods, in_reading_order, judge
from digest.newsletters.edition import EditionState, Ruling
from digest.newsletters.period import Period, PeriodKind
from digest.newsletters.schedule import Schedule
from digest.newsletters.timetable import timetable

dates = st.dates(min_value=date(1, 2, 1), max_value=date(9999, 6, 30))
kinds = st.sampled_from([kind for kind in PeriodKind if kind is not PeriodKind.SINCE_LAST])


def month(key):
    return Period.from_key(PeriodKind.MONTH, key)


def calendar(**states):
    return Calendar(
        timetable=timetable(Schedule(kind=PeriodKind.MONTH, zone=ZoneInfo("UTC"))),
        closed={
            month(key.strip("_").replace("_", "-"))
            for key, state in states.items()
            if EditionState(state) not in (EditionState.DRAFT, EditionState.SKIPPED)
        },
    )


@given(kinds, dates)
def test_periods_tile_the_calendar_without_gap_or_overlap(kind, day):
    period = Period.containing(kind, day)
    assert period.start <= day < period.end
    assert period.next().start == period.end
    assert period.previous().end == period.start
    assert day not in period.next()
    assert day not in period.previous()
    assert Period.containing(kind, period.last_day) == period


@given(kinds, dates)
def test_a_key_names_its_period_and_keys_sort_like_time(kind, day):
    period = Period.containing(kind, day)
    assert Period.from_key(kind, period.key) == period
    assert period.previous().key < period.key < period.next().key


@given(kinds, dates, st.integers(0, 30))
def test_steps_count_the_periods_between(kind, day, steps):
    start = later = Period.containing(kind, day)
    for _ in range(steps):
        try:
            later = later.next()
        except OverflowError:
            return
    assert start.steps_to(later) == steps
    assert later.steps_to(start) == -steps


def test_weeks_begin_on_monday_and_belong_to_their_iso_year():
    assert Period.containing(PeriodKind.WEEK, date(2018, 8, 5)).key == "2018-W31"
    assert Period.containing(PeriodKind.WEEK, date(2018, 12, 31)).key == "2019-W01"
    assert Period.containing(PeriodKind.WEEK, date(2021, 1, 3)).key == "2020-W53"


@pytest.mark.parametrize("key", ["2018-13", "2018-00", "2018-7", "july", "", "2018-W31", "0000-01"])
def test_what_is_no_month_is_refused(key):
    with pytest.raises(ValueError, match=r"."):
        Period.from_key(PeriodKind.MONTH, key)


def test_a_week_that_a_year_does_not_have_is_refused():
    with pytest.raises(ValueError, match="Invalid week"):
        Period.from_key(PeriodKind.WEEK, "2018-W53")


def test_a_story_stays_at_home_while_its_edition_is_open(item, story):
    july = story(item("A", "2018-07-31"))
    for states in ({}, {"_2018_07": "draft"}, {"_2018_07": "skipped"}):
        assert calendar(**states).due_period(july) == month("2018-07")


@pytest.mark.parametrize("state", ["sealed", "sending", "finished", "expired"])
def test_a_story_whose_edition_is_closed_goes_into_the_next_open_one(item, story, state):
    july = story(item("A", "2018-07-01"))
    assert calendar(_2018_07=state).due_period(july) == month("2018-08")
    assert calendar(_2018_07=state, _2018_08="finished").due_period(july) == month("2018-09")


def test_the_last_day_of_a_month_belongs_to_it_and_the_first_to_the_next(item, story, newsletter):
    stories = [story(item("A", "2018-07-31")), story(item("B", "2018-08-01"))]
    july = judge(newsletter(), month("2018-07"), stories, calendar(), frozenset())
    assert [verdict.story_id for verdict in july] == ["A-2018-07-31-en"]


def test_a_late_story_is_marked_and_one_beyond_late_for_is_too_old(item, story, newsletter):
    closed = calendar(_2018_04="finished", _2018_05="finished", _2018_06="finished")
    stories = [story(item("A", "2018-05-02")), story(item("B", "2018-04-02")), story(item("C", "2018-07-02"))]
    verdicts = {v.story_id[0]: v for v in judge(newsletter(late_for=2), month("2018-07"), stories, closed, frozenset())}
    assert (verdicts["A"].ruling, verdicts["A"].late) == (Ruling.INCLUDED, True)
    assert (verdicts["B"].ruling, verdicts["B"].late) == (Ruling.TOO_OLD, True)
    assert (verdicts["C"].ruling, verdicts["C"].late) == (Ruling.INCLUDED, False)


def test_verdicts_are_asked_in_their_order(item, story, newsletter, audience):
    closed = calendar(**{f"_2018_0{n}": "finished" for n in range(1, 7)})
    readers = newsletter(audience("guatemala", countries="GT"))
    gone_and_old = story(item("A", "2018-01-02", withdrawn=True, countries="GT"))
    old_and_foreign = story(item("B", "2018-01-02", countries="MX"))
    foreign = story(item("C", "2018-07-02", countries="MX"))
    rulings = [
        v.ruling
        for v in judge(readers, month("2018-07"), [gone_and_old, old_and_foreign, foreign], closed, frozenset())
    ]
    assert sorted(rulings) == [Ruling.NO_AUDIENCE, Ruling.TOO_OLD, Ruling.WITHDRAWN]


def test_what_concerns_several_audiences_says_why_of_each(item, story, newsletter, audience):
    readers = newsletter(audience("guatemala", countries="GT"), audience("region", countries="GT MX"))
    (verdict,) = judge(
        readers, month("2018-07"), [story(item("A", "2018-07-02", countries="GT"))], calendar(), frozenset()
    )
    first, second = verdict.reason.split("; ")
    assert first.startswith("Guatemala (")
    assert second.startswith("Region (")


def test_a_settled_story_is_no_candidate_any_more(item, story, newsletter):
    one = story(item("A"))
    assert judge(newsletter(), month("2018-07"), [one], calendar(), frozenset({one.id})) == ()


def test_a_story_is_as_old_as_its_earliest_item(item, story, newsletter):
    pair = story(item("A", "2018-07-31"), item("B", "2018-08-02", language="es"))
    assert [v.story_id for v in judge(newsletter(), month("2018-07"), [pair], calendar(), frozenset())] == [pair.id]
    assert judge(newsletter(), month("2018-08"), [pair], calendar(), frozenset()) == ()


def test_equal_dates_keep_the_order_of_the_file(item, story):
    stories = [story(item(name, position=place)) for place, name in enumerate("CAB")]
    assert [s.id[0] for s in in_reading_order(reversed(stories))] == ["C", "A", "B"]


def test_every_story_has_its_turn_in_exactly_one_period(item, story):
    stories = [story(item(f"S{day}", f"2018-0{1 + day % 8}-{1 + day % 28:02d}")) for day in range(60)]
    states = calendar(_2018_03="finished", _2018_04="sealed", _2018_05="draft")
    due = due_periods(stories, states, frozenset())
    assert sum(due.values()) == len(stories)
    assert list(due) == sorted(due)
    assert not {month("2018-03"), month("2018-04")} & due.keys()
