"""Rhythm: what `every:`, `send:` and `covers:` say together, as a rule and a kind of window."""

import re
from dataclasses import dataclass, replace
from datetime import date, time

from digest.model.period import MONTHS_IN_A_QUARTER, PeriodKind
from digest.model.schedule import Covers, CronDays, DayOf, DayRule, DaysOf, EveryDay, ReviewTime, Weekdays
from digest.policy.cron import is_cron_line
from digest.policy.sentences import MOST_WEEKS, WEEKDAYS, Spoken, UnclearDayError, read_sentence

CALENDAR = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER)
MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: MONTHS_IN_A_QUARTER}
MOST_DAYS = {PeriodKind.MONTH: 31, PeriodKind.QUARTER: 92}
MOST_WEEKDAYS = {PeriodKind.MONTH: 4, PeriodKind.QUARTER: 12}  # as many as every one of them has
MOST_WORKING_DAYS = {PeriodKind.MONTH: 23, PeriodKind.QUARTER: 66}

_WEEKS = re.compile(r"([0-9]{1,2}) weeks?")
_OF_MONTHS = "'day 5 at 09:00', 'first monday at 08:00' or 'last working day at 17:00'"
_EXAMPLES = {
    PeriodKind.DAY: "'at 07:00'",
    PeriodKind.WEEK: "'monday at 08:00' or 'tuesday and friday at 08:00'",
    PeriodKind.MONTH: _OF_MONTHS,
    PeriodKind.QUARTER: _OF_MONTHS,
}
_NO_PERIOD = "is missing: write day, week, month or quarter"


class ClashError(ValueError):
    """What is wrong with one of the keys, in plain words. `key` is `every`, `send` or `covers`."""

    def __init__(self, key: str, said: str) -> None:
        super().__init__(said)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Without `days`, nothing goes out by itself. `text` is the sentence as people wrote it."""

    kind: PeriodKind
    covers: Covers
    days: DayRule | None = None
    time: time = time(0)
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Every:
    """`every:` as it is meant: a calendar period, a number of weeks, or a cron line; or nothing."""

    kind: PeriodKind | None = None
    weeks: int | None = None
    cron: str | None = None

    def __str__(self) -> str:
        return f"{self.weeks} weeks" if self.weeks else str(self.kind)

    @property
    def examples(self) -> str:
        return "'tuesday at 07:30'" if self.weeks else _EXAMPLES.get(self.kind or PeriodKind.MONTH, "")


def read_rhythm(every: str | None, send: str | None, covers: Covers | None, counted_from: date | None = None) -> Rhythm:
    """`counted_from` is a date in one of the weeks that count in `every 2 weeks`. Raise `ClashError`."""
    meant = _every(every)
    if meant.cron is not None and send is not None:
        raise ClashError("send", "clashes with the cron line in 'every', which says when: take one of them out")
    text = meant.cron or send
    if text is None:
        return _without_sending(meant, covers)
    spoken = _spoken(meant, text)
    days, once = _rule(meant, spoken, counted_from)
    covers = covers or (Covers.PREVIOUS if once else Covers.SINCE_LAST)
    if covers is Covers.SINCE_LAST:
        return Rhythm(kind=PeriodKind.SINCE_LAST, covers=covers, days=days, time=spoken.time, text=text)
    if not once or meant.kind is None:
        raise ClashError(
            "covers",
            "'previous' needs exactly one sending in each day, week, month or quarter; write since-last, or nothing",
        )
    return Rhythm(kind=meant.kind, covers=covers, days=days, time=spoken.time, text=text)


def read_review_time(every: str | None, written: str) -> ReviewTime:
    """A sentence as `send:` takes it; `at 09:00` is every day, `monday at 09:00` every Monday. Raise `ValueError`."""
    meant = _every(every)
    spoken = _spoken(meant, written)
    days = spoken.days or EveryDay()
    if isinstance(days, DaysOf):
        kind = PeriodKind.QUARTER if meant.kind is PeriodKind.QUARTER and spoken.months != 1 else PeriodKind.MONTH
        days = _within(days, kind)
    return ReviewTime(days=days, time=spoken.time, text=written)


def _every(written: str | None) -> _Every:
    words = "" if written is None else " ".join(written.lower().split())
    if not words:
        return _Every()
    if words in tuple(CALENDAR):
        return _Every(kind=PeriodKind(words))
    if found := _WEEKS.fullmatch(words):
        count = int(found[1])
        if not 1 <= count <= MOST_WEEKS:
            raise ClashError("every", f"the number of weeks runs from 1 to {MOST_WEEKS}")
        return _Every(kind=PeriodKind.WEEK) if count == 1 else _Every(weeks=count)
    if is_cron_line(words):
        return _Every(cron=written)
    raise ClashError("every", "must be one of day, week, month or quarter, or '2 weeks', or a cron line")


def _spoken(every: _Every, text: str) -> Spoken:
    try:
        return read_sentence(text)
    except UnclearDayError as error:
        raise ClashError("send", _unclear(every)) from error
    except ValueError as error:
        raise ClashError("every" if every.cron else "send", str(error)) from error


def _unclear(every: _Every) -> str:
    of_what = f" for every {every}" if every.kind or every.weeks else ""
    return f"does not say the day and the time{of_what}: write {every.examples}"


def _without_sending(every: _Every, covers: Covers | None) -> Rhythm:
    if every.weeks:
        raise ClashError("send", f"is needed with 'every: {every}', such as {every.examples}")
    if every.kind is None:
        raise ClashError("every", _NO_PERIOD)
    if covers is Covers.SINCE_LAST:
        raise ClashError("send", "is needed with 'covers: since-last': its windows end where something goes out")
    return Rhythm(kind=every.kind, covers=Covers.PREVIOUS)


def _rule(every: _Every, spoken: Spoken, counted_from: date | None) -> tuple[DayRule, bool]:
    """The rule, and whether it fires exactly once in each calendar period of `every`."""
    if isinstance(spoken.days, CronDays):
        if every.kind or every.weeks:
            raise ClashError("every", "clashes with the cron line in 'send', which says it all: take 'every' out")
        return spoken.days, False
    if every.kind is None:
        return _weeks(every, spoken, counted_from), False
    if spoken.weeks and spoken.weeks > 1:
        raise ClashError("send", f"says every {spoken.weeks} weeks, and 'every' says {every}: take 'every' out")
    match every.kind, spoken.days:
        case PeriodKind.DAY, None | EveryDay():
            return EveryDay(), True
        case PeriodKind.WEEK, Weekdays() as weekdays:
            return weekdays, len(weekdays.days) == 1
        case (PeriodKind.MONTH | PeriodKind.QUARTER) as kind, None:
            return DaysOf(days=(DayOf(number=1),), months=MONTHS[kind]), True
        case (PeriodKind.MONTH | PeriodKind.QUARTER) as kind, DaysOf() as days if spoken.months in (None, MONTHS[kind]):
            return _within(days, kind), len(days.days) == 1
    raise ClashError("send", _unclear(every))


def _weeks(every: _Every, spoken: Spoken, counted_from: date | None) -> Weekdays:
    """Every so many weeks, as `every:` or the sentence says, or both."""
    if not isinstance(spoken.days, Weekdays):
        raise ClashError("send", _unclear(every)) if every.weeks else ClashError("every", _NO_PERIOD)
    if every.weeks is None and spoken.weeks is None:
        raise ClashError("every", "is missing: write 'every: week'")
    if every.weeks and spoken.weeks and every.weeks != spoken.weeks:
        raise ClashError("send", f"says every {spoken.weeks} weeks, and 'every' says {every}")
    return replace(spoken.days, every=every.weeks or spoken.weeks or 1, anchor=counted_from or spoken.days.anchor)


def _within(days: DaysOf, kind: PeriodKind) -> DaysOf:
    for day in days.days:
        most, what = MOST_DAYS[kind], "days"
        if day.working:
            most, what = MOST_WORKING_DAYS[kind], "working days"
        elif day.weekday is not None:
            most, what = MOST_WEEKDAYS[kind], f"{WEEKDAYS[day.weekday].title()}s"
        if not (day.number == -1 or 1 <= day.number <= most):
            raise ClashError("send", f"the {what} of a {kind} run from 1 to {most}; write 'last' for the last one")
    return replace(days, months=MONTHS[kind])
