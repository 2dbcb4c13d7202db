"""Sentences: what `every:`, `send:` and `covers:` say together, as a rule for days and a kind of window.

Generous in what it reads (`the 1st and 15th of the month at 9:00`), exact in what it means. Cron lines are read by
cronsim; as in Debian's cron, 0 and 7 are Sunday, and with both day fields restricted, a date that fits either will do.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache

from cronsim import CronSim, CronSimError

from digest.foundation.catalogue import _, later, plural
from digest.newsletters.period import MONTHS_IN_A_QUARTER, PeriodKind
from digest.newsletters.schedule import Covers, CronDays, DayOf, DayRule, DaysOf, EveryDay, ReviewTime, Weekdays

CALENDAR = (PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_IN_PLURAL = (
    later("Mondays"),
    later("Tuesdays"),
    later("Wednesdays"),
    later("Thursdays"),
    later("Fridays"),
    later("Saturdays"),
    later("Sundays"),
)
NUMBERS = ("first", "second", "third", "fourth", "fifth")
MOST_WEEKS = 52

_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: MONTHS_IN_A_QUARTER}
_MOST_DAYS_OF_A_MONTH = 31
_MOST_DAYS = {PeriodKind.MONTH: _MOST_DAYS_OF_A_MONTH, PeriodKind.QUARTER: 92}
_MOST_WEEKDAYS = {PeriodKind.MONTH: 4, PeriodKind.QUARTER: 12}  # as many as every one of them has
_MOST_WORKING_DAYS = {PeriodKind.MONTH: 23, PeriodKind.QUARTER: 66}
_NO_PERIOD = later("is missing: write day, week, month or quarter")
_OF_MONTHS = later("'day 5 at 09:00', 'first monday at 08:00' or 'last working day at 17:00'")
_EXAMPLES = {
    PeriodKind.DAY: "'at 07:00'",
    PeriodKind.WEEK: later("'monday at 08:00' or 'tuesday and friday at 08:00'"),
    PeriodKind.MONTH: _OF_MONTHS,
    PeriodKind.QUARTER: _OF_MONTHS,
}
_WEEKS = re.compile(r"([0-9]{1,2}) weeks?")
_SENTENCE = re.compile(r"(?:(.*) )?at (\S+)")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_AND = re.compile(r" ?, ?(?:and |& )?| and | & ")
_EVERY_WEEKS = re.compile(r"every (?:([0-9]{1,2}|two|three|four|other) weeks?|week)(?: on)? (.+)")
_COUNTS = {"two": 2, "three": 3, "four": 4, "other": 2}
_BLOCK = re.compile(r" of (?:the|every|each) (month|quarter)$")
_NUMBER = re.compile(r"([0-9]{1,3})(?:st|nd|rd|th)?")
_DAY, _WORKING = "day", "working"
_CRON_FIELDS = 5
_CRON_START = re.compile(r"[0-9*/,-]+\s+[0-9*/,-]+\s.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Without `days`, nothing goes out by itself. `text` is the sentence as people wrote it."""

    kind: PeriodKind
    covers: Covers
    days: DayRule | None = None
    time: time = time(0)
    text: str | None = None


class ClashError(ValueError):
    """What is wrong with one of the keys, in plain words. `key` is `every`, `send` or `covers`."""

    def __init__(self, key: str, said: str) -> None:
        super().__init__(said)
        self.key = key


class UnclearDayError(ValueError):
    """The sentence does not say a day, or not in a way that is understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """`days` is `None` when a sentence names only a time. `weeks` and `months` are what it says itself, as in `every 2
    weeks` and `of the quarter`; without, the rule stands for every week or month until `every:` is heard.
    """

    days: DayRule | None
    time: time
    weeks: int | None = None
    months: int | None = None


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
        return "'tuesday at 07:30'" if self.weeks else _(_EXAMPLES[self.kind or PeriodKind.MONTH])


def read_rhythm(every: str | None, send: str | None, covers: Covers | None, counted_from: date | None = None) -> Rhythm:
    """`counted_from` is a date in one of the weeks that count in `every 2 weeks`. Raise `ClashError`."""
    meant = _every(every)
    if meant.cron is not None and send is not None:
        raise ClashError("send", _("clashes with the cron line in 'every', which says when: take one of them out"))
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
            _("'previous' needs exactly one sending in each day, week, month or quarter; write since-last, or nothing"),
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
            raise ClashError("every", _("the number of weeks runs from 1 to {most}").format(most=MOST_WEEKS))
        return _Every(kind=PeriodKind.WEEK) if count == 1 else _Every(weeks=count)
    if is_cron_line(words):
        return _Every(cron=written)
    raise ClashError("every", _("must be one of day, week, month or quarter, or '2 weeks', or a cron line"))


def _spoken(every: _Every, text: str) -> Spoken:
    try:
        return read_sentence(text)
    except UnclearDayError as error:
        raise ClashError("send", _unclear(every)) from error
    except ValueError as error:
        raise ClashError("every" if every.cron else "send", str(error)) from error


def _unclear(every: _Every) -> str:
    if every.kind or every.weeks:
        said = _("does not say the day and the time for every {every}: write {examples}")
    else:
        said = _("does not say the day and the time: write {examples}")
    return said.format(every=every, examples=every.examples)


def _without_sending(every: _Every, covers: Covers | None) -> Rhythm:
    if every.weeks:
        raise ClashError(
            "send",
            _("is needed with 'every: {every}', such as {examples}").format(every=every, examples=every.examples),
        )
    if every.kind is None:
        raise ClashError("every", _(_NO_PERIOD))
    if covers is Covers.SINCE_LAST:
        raise ClashError("send", _("is needed with 'covers: since-last': its windows end where something goes out"))
    return Rhythm(kind=every.kind, covers=Covers.PREVIOUS)


def _rule(every: _Every, spoken: Spoken, counted_from: date | None) -> tuple[DayRule, bool]:
    """The rule, and whether it fires exactly once in each calendar period of `every`."""
    if isinstance(spoken.days, CronDays):
        if every.kind or every.weeks:
            raise ClashError("every", _("clashes with the cron line in 'send', which says it all: take 'every' out"))
        return spoken.days, False
    if every.kind is None:
        return _weeks(every, spoken, counted_from), False
    if spoken.weeks and spoken.weeks > 1:
        raise ClashError(
            "send",
            _("says every {weeks} weeks, and 'every' says {every}: take 'every' out").format(
                weeks=spoken.weeks, every=every
            ),
        )
    match every.kind, spoken.days:
        case PeriodKind.DAY, None | EveryDay():
            return EveryDay(), True
        case PeriodKind.WEEK, Weekdays() as weekdays:
            return weekdays, len(weekdays.days) == 1
        case (PeriodKind.MONTH | PeriodKind.QUARTER) as kind, None:
            return DaysOf(days=(DayOf(number=1),), months=_MONTHS[kind]), True
        case (PeriodKind.MONTH | PeriodKind.QUARTER) as kind, DaysOf() as days if spoken.months in (
            None,
            _MONTHS[kind],
        ):
            return _within(days, kind), len(days.days) == 1
    raise ClashError("send", _unclear(every))


def _weeks(every: _Every, spoken: Spoken, counted_from: date | None) -> Weekdays:
    """Every so many weeks, as `every:` or the sentence says, or both."""
    if not isinstance(spoken.days, Weekdays):
        raise ClashError("send", _unclear(every)) if every.weeks else ClashError("every", _(_NO_PERIOD))
    if every.weeks is None and spoken.weeks is None:
        raise ClashError("every", _("is missing: write 'every: week'"))
    if every.weeks and spoken.weeks and every.weeks != spoken.weeks:
        raise ClashError(
            "send", _("says every {weeks} weeks, and 'every' says {every}").format(weeks=spoken.weeks, every=every)
        )
    return replace(spoken.days, every=every.weeks or spoken.weeks or 1, anchor=counted_from or spoken.days.anchor)


def _within(days: DaysOf, kind: PeriodKind) -> DaysOf:
    for day in days.days:
        most, what = _MOST_DAYS[kind], later("days")
        if day.working:
            most, what = _MOST_WORKING_DAYS[kind], later("working days")
        elif day.weekday is not None:
            most, what = _MOST_WEEKDAYS[kind], _IN_PLURAL[day.weekday]
        if not (day.number == -1 or 1 <= day.number <= most):
            said = _("the {days} of a {period} run from 1 to {most}; write 'last' for the last one")
            period = _("quarter") if kind is PeriodKind.QUARTER else _("month")
            raise ClashError("send", said.format(days=_(what), period=period, most=most))
    if kind is PeriodKind.QUARTER and days.months == 1:  # it does not say "of the quarter"
        named = tuple(
            replace(day, first_month=day.plain and 1 <= day.number <= _MOST_DAYS_OF_A_MONTH) for day in days.days
        )
        days = replace(days, days=named)
    return replace(days, months=_MONTHS[kind])


# -- One sentence: `day 5 at 09:00`, `first monday at 08:00`.


def read_sentence(text: str) -> Spoken:
    """Raise `UnclearDayError`, or `ValueError` with plain words for a time that is none and for a bad cron line."""
    if is_cron_line(text):
        return Spoken(days=CronDays(line=" ".join(text.split())), time=cron_time(text))
    words = _AND.sub(" , ", " ".join(text.lower().split()))
    found = _SENTENCE.fullmatch(words)
    if found is None:
        raise UnclearDayError
    clock = _TIME.fullmatch(found[2])
    if clock is None:
        raise ValueError(_("needs a time from 00:00 to 23:59 after 'at', such as 'at 09:00'"))
    return _spoken_days((found[1] or "").strip(), time(int(clock[1]), int(clock[2])))


def _spoken_days(days: str, clock: time) -> Spoken:
    if not days:
        return Spoken(days=None, time=clock)
    if days in ("every day", "daily", "day"):
        return Spoken(days=EveryDay(), time=clock)
    if found := _EVERY_WEEKS.fullmatch(days):
        count = 1 if found[1] is None else _COUNTS.get(found[1]) or int(found[1])
        if not 1 <= count <= MOST_WEEKS:
            raise ValueError(_("the number of weeks runs from 1 to {most}").format(most=MOST_WEEKS))
        if weekdays := _weekdays(found[2]):
            return Spoken(days=Weekdays(days=weekdays, every=count), time=clock, weeks=count)
    if weekdays := _weekdays(days.removeprefix("every ").removeprefix("on ")):
        return Spoken(days=Weekdays(days=weekdays), time=clock)
    block = _BLOCK.search(days)
    months = None if block is None else 1 if block[1] == "month" else 3
    named = _days(_BLOCK.sub("", days).removeprefix("on ").split(" , "))
    return Spoken(days=DaysOf(days=named, months=months or 1), time=clock, months=months)


def _weekdays(words: str) -> tuple[int, ...]:
    """Nothing when they are anything else than days of the week."""
    found = [_weekday(word) for word in words.split(" , ")]
    return tuple(sorted({day for day in found if day is not None})) if None not in found else ()


def _weekday(word: str) -> int | None:
    """`monday`, `mondays`, `mon`."""
    for number, name in enumerate(WEEKDAYS):
        if word in (name, f"{name}s") or (len(word) >= 3 and name.startswith(word.rstrip("."))):  # noqa: PLR2004 – mon
            return number
    return None


def _days(parts: Sequence[str]) -> tuple[DayOf, ...]:
    """`15 , last day`: what is counted may stand once, at the last or the first."""
    numbers, nouns = zip(*(_number_and_noun(part.split()) for part in parts), strict=True)
    said = [noun for noun in nouns if noun is not None]
    found: list[DayOf] = []
    for position, number in enumerate(numbers):
        following = (noun for noun in nouns[position:] if noun is not None)
        day = _day(number, next(following, said[-1] if said else _DAY))
        if day not in found:
            found.append(day)
    return tuple(found)


def _number_and_noun(words: list[str]) -> tuple[int, str | None]:
    """`day 15`, `15th`, `the first monday`, `last working day`; -1 is the last."""
    match [word for word in words if word != "the"]:
        case [("day" | "days"), number]:
            return _number(number), _DAY
        case [number]:
            return _number(number), None
        case [number, ("day" | "days")]:
            return _number(number), _DAY
        case [number, ("working" | "work" | "business"), ("day" | "days")] | [number, ("workday" | "workdays")]:
            return _number(number), _WORKING
        case [number, weekday] if _weekday(weekday) is not None:
            return _number(number), WEEKDAYS[_weekday(weekday) or 0]
    raise UnclearDayError


def _number(word: str) -> int:
    if word == "last":
        return -1
    if word in NUMBERS:
        return NUMBERS.index(word) + 1
    if found := _NUMBER.fullmatch(word):
        return int(found[1])
    raise UnclearDayError


def _day(number: int, noun: str) -> DayOf:
    if noun == _DAY:
        return DayOf(number=number)
    if noun == _WORKING:
        return DayOf(number=number, working=True)
    return DayOf(number=number, weekday=WEEKDAYS.index(noun))


# -- Cron lines.


def is_cron_line(text: str) -> bool:
    """Whether somebody meant a cron line, right or wrong: it begins with two fields of numbers and signs."""
    return _CRON_START.fullmatch(text.strip()) is not None


def cron_time(line: str) -> time:
    """Raise `ValueError` for a line that cannot be read, never fires, or fires more than once a day."""
    cron = _cron(line)
    if len(cron.minutes) != 1 or len(cron.hours) != 1:
        raise ValueError(_("fires more than once a day, and a mail covers whole days: give one minute and one hour"))
    return time(min(cron.hours), min(cron.minutes))


def cron_dates(line: str, first: date, last: date) -> Iterator[date]:
    """The dates from `first` to `last`, both included, in order."""
    cron = _cron(line)
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        if month % 12 + 1 in cron.months:
            start = max(first, date(month // 12, month % 12 + 1, 1)).toordinal()
            for ordinal in range(start, last.toordinal() + 1):
                day = date.fromordinal(ordinal)
                if day.month != month % 12 + 1:
                    break
                if cron.match_day(day):
                    yield day


def _cron_fields() -> dict[str, str]:
    """As the library that reads cron lines names them."""
    return {
        "minute": _("minute"),
        "hour": _("hour"),
        "day-of-month": _("day-of-month"),
        "month": _("month"),
        "day-of-week": _("day-of-week"),
    }


@lru_cache(maxsize=64)
def _cron(line: str) -> CronSim:
    fields = line.split()
    if len(fields) != _CRON_FIELDS:
        raise ValueError(
            plural(
                "has {count} field, and a cron line has five: minute, hour, day, month, day of the week",
                "has {count} fields, and a cron line has five: minute, hour, day, month, day of the week",
                len(fields),
            )
        )
    try:
        cron = CronSim(line, datetime(2000, 1, 1))  # noqa: DTZ001 – only its fields are used
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise ValueError(
            _("is no cron line, or one that never fires: look at its {field}").format(
                field=_cron_fields().get(field, field)
            )
        ) from error
    return cron
