"""Whatever the schedule: windows tile the calendar, and each goes out at most once, in its turn."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from doses import examples
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from digest.newsletters.days import MOST_DAYS_MOVED, holiday_on
from digest.newsletters.period import PeriodKind
from digest.newsletters.schedule import CronDays, DayOf, DaysOf, EveryDay, Holidays, Schedule, Shift, Weekdays
from digest.newsletters.timetable import Timetable

DAY = timedelta(days=1)

WEEK = st.integers(0, 6)
DAYS_OF_A_MONTH = st.one_of(
    st.integers(1, 31).map(lambda number: DayOf(number=number)),
    st.just(DayOf(number=-1)),
    st.tuples(st.sampled_from([1, 2, 3, 4, -1]), WEEK).map(lambda pair: DayOf(number=pair[0], weekday=pair[1])),
    st.sampled_from([1, 2, 5, 20, 23, -1]).map(lambda number: DayOf(number=number, working=True)),
)
SEVERAL = st.one_of(
    st.just(EveryDay()),
    st.builds(
        Weekdays,
        days=st.lists(WEEK, min_size=1, max_size=3).map(lambda days: tuple(sorted(set(days)))),
        every=st.integers(1, 5),
        anchor=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    ),
    st.builds(
        DaysOf, days=st.lists(DAYS_OF_A_MONTH, min_size=1, max_size=3).map(tuple), months=st.sampled_from([1, 3])
    ),
    st.sampled_from(["0 9 5 * *", "0 9 * * 1,4", "0 9 13 * 5", "0 9 29 2 *", "0 9 */10 * *", "0 9 L 1-6 *"]).map(
        lambda line: CronDays(line=line)
    ),
)
ONCE = st.one_of(
    st.just((PeriodKind.DAY, EveryDay())),
    WEEK.map(lambda day: (PeriodKind.WEEK, Weekdays(days=(day,)))),
    DAYS_OF_A_MONTH.map(lambda day: (PeriodKind.MONTH, DaysOf(days=(day,)))),
    DAYS_OF_A_MONTH.map(lambda day: (PeriodKind.QUARTER, DaysOf(days=(day,), months=3))),
)
RULES = st.one_of(ONCE, SEVERAL.map(lambda rule: (PeriodKind.SINCE_LAST, rule)))
HOLIDAYS = st.none() | st.builds(
    Holidays, country=st.sampled_from(["CR", "GB", "CN", "SA"]), shift=st.sampled_from(Shift)
)
SKIPPED = st.frozensets(st.dates(date(2023, 11, 1), date(2024, 3, 31)), max_size=20)
ZONES = st.sampled_from(["UTC", "America/Costa_Rica", "Europe/Madrid", "Australia/Lord_Howe", "Pacific/Apia"])
CLOCKS = st.sampled_from([time(0), time(1, 30), time(2, 15), time(9), time(23, 59)])


@st.composite
def timetables(draw: st.DrawFn) -> Timetable:
    kind, rule = draw(RULES)
    return Timetable(
        Schedule(
            kind=kind,
            zone=ZoneInfo(draw(ZONES)),
            days=rule,
            time=draw(CLOCKS),
            skip=draw(SKIPPED),
            holidays=draw(HOLIDAYS),
        )
    )


DATES = st.dates(date(2023, 10, 1), date(2024, 4, 30))
SLOWLY = settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOWLY
@given(timetables(), DATES)
def test_windows_tile_and_keys_name_them(times, day):
    window = times.containing(day)
    assert window.start <= day < window.end
    for one in islice(_following(times, window), 6):
        assert times.next(one).start == one.end
        assert times.previous(times.next(one)) == one
        assert times.containing(one.start) == times.containing(one.last_day) == one
        assert times.from_key(one.key) == one
        assert one.key < times.next(one).key


@SLOWLY
@given(timetables(), DATES, st.integers(0, 12))
def test_steps_count_windows(times, day, count):
    first = later = times.containing(day)
    for _ in range(count):
        later = times.next(later)
    assert times.steps(first, later) == count
    assert times.steps(later, first) == -count


@SLOWLY
@given(timetables(), DATES)
def test_sendings_come_in_order_and_each_window_once(times, day):
    coming = list(islice(times.sendings(day), 12))
    instants = [at.astimezone(UTC) for at, _ in coming]
    assert instants == sorted(instants)
    assert len({period for _, period in coming}) == len(coming)
    for at, period in coming:
        assert times.sending_at(period) == at
        assert at.date() >= max(day, period.end)


@SLOWLY
@given(timetables(), DATES)
def test_no_window_is_forgotten_and_none_goes_out_on_a_date_that_is_skipped(times, day):
    """Every window that closes within two months goes out within the time a sending can take, or not at all."""
    windows = list(islice(_following(times, times.containing(day)), 9))
    period_days = 95 if times.schedule.kind is not PeriodKind.SINCE_LAST else 0
    end = datetime.combine(windows[-1].end + (MOST_DAYS_MOVED + period_days + 2) * DAY, time(0), UTC)
    assume(end.year < 2100)
    sent = {period for _, period in times.windows_sent_between(datetime.combine(day - DAY, time(0), UTC), end)}
    for window in windows:
        planned = times.sending_on(window)
        assert (planned is None) == (window not in sent)
        if planned is not None:
            assert planned not in times.schedule.skip
            assert holiday_on(times.schedule, planned) is None


@SLOWLY
@given(timetables(), DATES, st.integers(0, 120), st.integers(0, 120))
def test_spans_that_tile_find_every_sending_once(times, day, first, second):
    """Runs at any instants: what one of them found, the next does not find again."""
    start = datetime.combine(day, time(11, 7), UTC)
    middle, end = start + first * timedelta(hours=5), start + (first + second) * timedelta(hours=5)
    halves = times.windows_sent_between(start, middle) + times.windows_sent_between(middle, end)
    assert halves == times.windows_sent_between(start, end)


@SLOWLY
@given(timetables())
def test_since_last_leaves_no_date_between_two_mails(times):
    assume(times.schedule.kind is PeriodKind.SINCE_LAST)
    periods = [period for _, period in islice(times.sendings(date(2023, 10, 1)), 10)]
    assert all(earlier.end == later.start for earlier, later in pairwise(periods))


def _following(times, window):
    while True:
        yield window
        window = times.next(window)
