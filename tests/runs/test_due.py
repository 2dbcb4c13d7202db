"""What is due: found again from the calendar and the editions alone, however long nobody looked (design §13.1)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from doses import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Occasion, Period, PeriodKind, Supplement
from digest.newsletters.schedule import CatchUp, DayOf, DaysOf, EveryDay, ReviewTime, Schedule
from digest.newsletters.timetable import timetable
from digest.runs.due import AskReviewers, Draft, DueFacts, Expire, Greet, MarkMissed, Send, due

ZONE = ZoneInfo("America/Costa_Rica")
MONTHLY = Schedule(
    kind=PeriodKind.MONTH, zone=ZONE, days=DaysOf(days=(DayOf(number=5),)), time=time(9), catch_up=CatchUp.LATEST
)
EVERYTHING = dict.fromkeys(
    timetable(MONTHLY).from_key(f"{year}-{month:02d}") for year in (2017, 2018, 2019) for month in range(1, 13)
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def period(key, schedule=MONTHLY):
    return timetable(schedule).from_key(key)


def edition(key, state, *, complete=True, sealed_at=None, because=None, schedule=MONTHLY):
    return Edition(
        newsletter="monthly",
        period=period(key, schedule),
        state=state,
        covers_to_end=complete,
        sealed_at=None if sealed_at is None else at(sealed_at).astimezone(UTC),
        because=because,
    )


@pytest.fixture
def look(newsletter):
    def look(now, *editions, schedule=MONTHLY, started_on="2018-04-10", starts_on=None, turns=EVERYTHING, changed=True):
        standing = DueFacts(
            newsletter=newsletter(schedule=schedule, starts_on=starts_on and date.fromisoformat(starts_on)),
            editions=editions,
            stories_due=lambda: dict.fromkeys(turns, 1),
            started_on=date.fromisoformat(started_on),
            changed=changed,
        )
        intents = due(standing, at(now).astimezone(UTC))
        known = {one.period: one for one in editions}
        assert all(one.edition is known.get(one.period) for one in intents if isinstance(one, Send))
        return [described(one) for one in intents]

    return look


def described(intent):
    match intent:
        case MarkMissed():
            return f"pass over {intent.period.key}"
        case Expire():
            return f"expire {intent.edition.key}"
        case Draft():
            return f"draft {intent.period.key}" + ("" if intent.closed else " so far")
        case AskReviewers():
            return f"ask {intent.edition.key}"
        case Send():
            return f"send {intent.period.key}"


DRAFT, SEALED, SENDING, FINISHED = EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING, EditionState.FINISHED
SKIPPED, MISSED, EXPIRED = EditionState.SKIPPED, EditionState.MISSED, EditionState.EXPIRED


def test_nothing_is_due_by_itself_without_a_sending_time(look):
    assert look("2018-08-05T09:00", schedule=replace(MONTHLY, days=None)) == []


def test_while_a_window_is_open_its_draft_is_refreshed_when_something_changed(look):
    assert look("2018-04-20T10:00") == ["draft 2018-04 so far"]
    assert look("2018-04-20T10:00", edition("2018-04", DRAFT, complete=False)) == ["draft 2018-04 so far"]
    assert look("2018-04-20T10:00", edition("2018-04", DRAFT, complete=False), changed=False) == []


def test_a_window_that_has_closed_is_drafted_once_more_and_then_left_to_people(look):
    before = edition("2018-04", DRAFT, complete=False)
    assert look("2018-05-01T00:00", before, changed=False) == ["draft 2018-04"]
    assert look("2018-05-01T00:00", edition("2018-04", DRAFT)) == ["draft 2018-05 so far"]


def test_a_window_closes_at_midnight_in_the_newsletters_zone_not_in_utc(look):
    before = edition("2018-04", DRAFT, complete=False)
    assert look("2018-04-30T23:59", before, changed=False) == []
    assert look("2018-05-01T00:00", before, changed=False) == ["draft 2018-04"]


def test_no_draft_is_made_where_no_story_has_its_turn(look):
    assert look("2018-05-02T10:00", turns=()) == []


@pytest.mark.parametrize(("now", "expected"), [("2018-05-05T08:59", []), ("2018-05-05T09:00", ["send 2018-04"])])
def test_a_sending_is_due_at_its_minute_and_not_before(look, now, expected):
    assert look(now, edition("2018-04", DRAFT), changed=False) == expected


def test_a_sending_is_due_even_if_nobody_ever_built_its_edition(look):
    assert look("2018-05-05T09:00", changed=False) == ["send 2018-04"]


def test_what_is_finished_passed_over_or_expired_is_never_due_again(look):
    for state in (FINISHED, MISSED, EXPIRED):
        assert look("2018-05-20T09:00", edition("2018-04", state), changed=False) == []


def test_an_interrupted_sending_goes_on_however_late(look):
    assert "send 2018-04" in look("2019-05-05T09:00", edition("2018-04", SENDING))


def test_an_approved_edition_waits_for_its_time(look):
    sealed = edition("2018-04", SEALED, sealed_at="2018-05-02T10:00")
    assert look("2018-05-05T08:59", sealed, changed=False) == []
    assert look("2018-05-05T09:00", sealed, changed=False) == ["send 2018-04"]


def test_an_approval_that_comes_late_sends_at_once_and_counts_from_itself(look):
    late = edition("2018-04", SEALED, sealed_at="2018-09-01T10:00")
    assert "send 2018-04" in look("2018-09-01T10:05", late)


@pytest.mark.parametrize(("hours", "verb"), [(48, "send"), (48.02, "expire")])
def test_an_edition_expires_when_nobody_sent_it_within_not_after(look, hours, verb):
    schedule = replace(MONTHLY, not_after=timedelta(hours=48))
    sealed = edition("2018-04", SEALED, sealed_at="2018-05-02T10:00")
    now = (at("2018-05-05T09:00") + timedelta(hours=hours)).isoformat()[:19]
    assert f"{verb} 2018-04" in look(now, sealed, schedule=schedule)


def test_a_newsletter_that_starts_today_makes_up_for_nothing(look):
    assert look("2018-08-05T10:00", started_on="2018-08-05", changed=False) == []
    assert look("2018-09-05T09:00", started_on="2018-08-05", changed=False) == ["send 2018-08"]


def test_starts_on_decides_over_the_day_of_the_first_run(look):
    assert look("2018-08-05T09:00", started_on="2018-08-05", starts_on="2018-07-01", changed=False) == ["send 2018-07"]


def test_what_a_person_built_before_the_first_window_still_goes_out_in_its_time(look):
    assert look("2018-08-05T09:30", edition("2018-07", DRAFT), started_on="2018-08-05", changed=False) == [
        "send 2018-07"
    ]
    old = edition("2017-02", DRAFT)
    assert look("2018-08-05T09:30", old, started_on="2018-08-05", changed=False) == []


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (CatchUp.LATEST, ["pass over 2018-04", "pass over 2018-05", "send 2018-06"]),
        (CatchUp.ALL, ["send 2018-04", "send 2018-05", "send 2018-06"]),
        (CatchUp.NONE, ["pass over 2018-04", "pass over 2018-05", "pass over 2018-06"]),
    ],
)
def test_what_was_missed_is_made_up_for_as_the_settings_say(look, policy, expected):
    schedule = replace(MONTHLY, catch_up=policy)
    assert look("2018-07-07T09:00", schedule=schedule, changed=False)[:3] == expected


def test_a_run_within_a_day_of_the_sending_is_none_that_was_missed(look):
    schedule = replace(MONTHLY, catch_up=CatchUp.NONE)
    assert look("2018-05-06T08:59", schedule=schedule, changed=False) == ["send 2018-04"]


@pytest.mark.parametrize("policy", list(CatchUp))
def test_nothing_older_than_catch_up_for_is_ever_sent_by_itself(look, policy):
    schedule = replace(MONTHLY, catch_up=policy, catch_up_for=timedelta(days=10))
    assert look("2018-05-15T09:01", schedule=schedule, changed=False)[0] == "pass over 2018-04"


@pytest.mark.parametrize("days_off", [1 / 24, 1, 8, 40, 400, 4000])
def test_holes_are_found_however_long_the_machine_slept(look, days_off):
    now = at("2018-05-05T08:00") + timedelta(days=days_off)
    found = look(now.isoformat()[:19], edition("2018-03", FINISHED), changed=False, started_on="2018-03-01")
    overdue = [f"{p.key}" for a, p in timetable(MONTHLY).windows_sent_between(at("2018-05-05T08:00"), now)]
    assert [one.split()[-1] for one in found if not one.startswith("draft")] == overdue
    assert sum(one.startswith("send") for one in found) == bool(overdue)


def test_what_a_person_opened_again_is_neither_passed_over_nor_touched(look):
    reopened = edition("2018-04", DRAFT, because="Marta found a mistake")
    found = look("2018-06-07T09:00", reopened, changed=False)
    assert found == ["send 2018-05"]


def test_a_reissue_never_goes_out_by_the_calendar(look):
    reissued = replace(edition("2018-04", DRAFT), revision=2)
    assert look("2018-05-20T09:00", edition("2018-04", FINISHED), reissued, changed=False) == []


FLOODS = Period.special(Occasion(name="floods", title="Floods"), date(2018, 5, 10))


@pytest.mark.parametrize("state", [DRAFT, SEALED, FINISHED, EditionState.SKIPPED, EditionState.MISSED])
def test_a_special_edition_never_goes_out_by_the_calendar_and_changes_nothing_in_it(look, state):
    special = replace(edition("2018-04", state), period=FLOODS)
    for now in ("2018-05-20T09:00", "2018-06-05T09:00", "2019-02-01T00:00"):
        assert look(now, special) == look(now)


@pytest.mark.parametrize("begun", [{"period": FLOODS}, {"revision": 2}])
def test_a_sending_that_a_person_began_outside_the_calendar_goes_on(look, begun):
    sending = replace(edition("2018-04", SENDING), **begun)
    finished = edition("2018-04", FINISHED)
    by_hand = replace(MONTHLY, days=None)
    for schedule in (MONTHLY, by_hand):
        found = look("2018-05-20T09:00", finished, sending, schedule=schedule, changed=False)
        assert found == [f"send {sending.period.key}"]


def test_a_window_whose_sending_is_skipped_is_passed_over_as_soon_as_it_has_ended(look):
    schedule = replace(MONTHLY, skip=frozenset([date(2018, 5, 5)]))
    assert look("2018-04-30T23:00", schedule=schedule, changed=False) == []
    assert look("2018-05-01T00:00", schedule=schedule, changed=False) == ["pass over 2018-04"]


def test_reviewers_are_asked_between_their_time_and_the_sending(look):
    review = ReviewTime(days=DaysOf(days=(DayOf(number=3),)), time=time(9), text="day 3 at 09:00")
    schedule = replace(MONTHLY, review=review)
    draft = edition("2018-04", DRAFT)
    assert look("2018-05-03T08:59", draft, schedule=schedule, changed=False) == []
    assert look("2018-05-03T09:00", draft, schedule=schedule, changed=False) == ["ask 2018-04"]
    assert look("2018-05-05T09:00", draft, schedule=schedule, changed=False) == ["send 2018-04"]


DAILY = Schedule(kind=PeriodKind.DAY, zone=ZONE, days=EveryDay(), time=time(7))


@settings(max_examples=examples(60), deadline=None)
@given(
    policy=st.sampled_from(list(CatchUp)),
    looks=st.lists(st.integers(min_value=0, max_value=60 * 24 * 40), min_size=1, max_size=12),
    schedule=st.sampled_from([DAILY, MONTHLY]),
)
def test_whenever_somebody_looks_each_window_comes_to_one_end_and_in_order(newsletter, policy, looks, schedule):
    """A machine that is on at random minutes, and does what it is told to."""
    schedule = replace(schedule, catch_up=policy)
    calendar = timetable(schedule)
    start = at("2018-06-28T12:00")
    ended: dict[object, str] = {}
    order: list[object] = []
    for minutes in sorted(looks):
        now = start + timedelta(minutes=minutes)
        while True:
            editions = [
                edition(p.key, FINISHED if end == "sent" else MISSED, schedule=schedule) for p, end in ended.items()
            ]
            standing = DueFacts(
                newsletter=newsletter(schedule=schedule), editions=editions, stories_due=dict, started_on=start.date()
            )
            intents = [one for one in due(standing, now.astimezone(UTC)) if isinstance(one, Send | MarkMissed)]
            if not intents:
                break
            for one in intents:
                assert one.period not in ended
                ended[one.period] = "sent" if isinstance(one, Send) else "passed over"
                if isinstance(one, Send):
                    assert one.sending_at <= now
                    order.append(one.period)
        past = [
            p
            for _, p in calendar.windows_sent_between(start - timedelta(days=40), now)
            if p >= calendar.containing(start.date())
        ]
        assert sorted(ended) == sorted(past)
    assert order == sorted(order)


def test_windows_that_a_holiday_holds_back_are_drafted_as_well(look):
    """New Year's Day 2018 was a Monday: what was planned for it, and for the weekend before, is not."""
    from digest.newsletters.schedule import Holidays

    schedule = replace(DAILY, holidays=Holidays(country="CR"))
    turns = [timetable(DAILY).from_key(f"2017-12-{day}") for day in (29, 30, 31)]
    found = look("2018-01-01T12:00", schedule=schedule, started_on="2017-12-31", turns=turns, changed=False)
    assert found == ["draft 2017-12-31"]


APRIL = edition("2018-04", DRAFT).period


@pytest.mark.parametrize(
    ("others", "greeted"),
    [
        ([], "2018-04"),
        ([edition("2018-05", DRAFT)], "2018-04"),
        ([edition("2018-05", SENDING)], None),  # the next is leaving: they get that
        ([replace(edition("2018-05", FINISHED), sending_at=at("2018-06-05T09:00"))], "2018-05"),
        ([replace(edition("2018-05", FINISHED), period=FLOODS, sending_at=at("2018-06-05T09:00"))], "2018-04"),
        (
            [replace(edition("2018-04", SENDING), period=replace(APRIL, supplement=Supplement(revision=1, name="a")))],
            "2018-04",
        ),
        (
            [
                replace(
                    edition("2018-04", SENDING),
                    period=replace(APRIL, supplement=Supplement(revision=1, name="correction-1", story="a")),
                )
            ],
            None,
        ),
    ],
)
def test_newcomers_are_greeted_with_the_edition_that_went_out_last(newsletter, others, greeted):
    went = replace(edition("2018-04", FINISHED), number=1, sending_at=at("2018-05-05T09:00"))

    def found(*, has_newcomers, greeting=frozenset()):
        facts = DueFacts(
            newsletter=newsletter(schedule=MONTHLY),
            editions=[went, *others],
            stories_due=dict,
            started_on=date(2018, 4, 10),
            has_newcomers=has_newcomers,
            greeting=greeting,
        )
        intents = due(facts, at("2018-06-06T09:00").astimezone(UTC))
        return [one.edition.period.key for one in intents if isinstance(one, Greet)]

    assert found(has_newcomers=True) == ([greeted] if greeted else [])
    assert found(has_newcomers=False) == []
    assert "2018-04" in found(has_newcomers=False, greeting={1})  # what was begun is ended, whatever came since
