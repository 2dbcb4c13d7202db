"""Periods: half-open windows of calendar dates, named by a key that sorts and never changes."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

MONTHS_IN_A_QUARTER = 3
SPECIAL = "special-"  # the beginning of all keys outside the calendar
CORRECTION = "correction-"  # begins the names of those supplements that correct a story; a number follows


class PeriodKind(StrEnum):
    DAY = "day"  # key 2018-08-05
    WEEK = "week"  # ISO 8601, Monday first; key 2018-W31
    MONTH = "month"  # key 2018-08
    QUARTER = "quarter"  # key 2018-Q3
    SINCE_LAST = "since-last"  # from one sending to the next; key 2018-08-15, the date of the sending that covers it


_KEYS = {
    PeriodKind.DAY: re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    PeriodKind.WEEK: re.compile(r"(\d{4})-W(\d{2})"),
    PeriodKind.MONTH: re.compile(r"(\d{4})-(\d{2})"),
    PeriodKind.QUARTER: re.compile(r"(\d{4})-Q([1-4])"),
}
_NO_CALENDAR_PERIOD = "windows since the last sending come from a timetable"


@dataclass(frozen=True, slots=True, order=True)
class Occasion:
    """What a special edition is about. `name` is unique in its newsletter, and fit for a file's name. `titles` are
    languages with a title of their own in them. It is made for these `audiences`; none: for all.
    """

    name: str
    title: str
    titles: tuple[tuple[str, str], ...] = ()
    audiences: tuple[str, ...] = ()

    def title_in(self, language: str) -> str:
        return dict(self.titles).get(language, self.title)


@dataclass(frozen=True, slots=True, order=True)
class Supplement:
    """What is sent after an edition of the period as part of it: the instalment of an audience that was left out, under
    its `name`, or, as `correction-1`, the correction of a `story`. `revision` is the edition's; 0: it is no supplement.
    """

    revision: int = 0
    name: str = ""
    story: str = ""

    def __bool__(self) -> bool:
        return bool(self.name)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The window `[start, end)` in dates. Periods of one kind tile the calendar: no gap, no overlap. One with an
    `occasion` holds no date: it begins and ends on the day on which it was first drafted. That of a `supplement` is the
    one of its edition.
    """

    start: date
    end: date
    kind: PeriodKind
    occasion: Occasion | None = None
    supplement: Supplement = Supplement()

    @classmethod
    def special(cls, occasion: Occasion, day: date) -> Self:
        return cls(day, day, PeriodKind.DAY, occasion)

    @property
    def is_special(self) -> bool:
        """Whether it stands outside the calendar."""
        return self.occasion is not None

    @property
    def has_window(self) -> bool:
        """Whether the calendar asks for an edition of it."""
        return self.occasion is None and not self.supplement

    def is_for(self, audience: str) -> bool:
        """Whether an edition of it is made for that audience; by the calendar, for all. An instalment is made for its
        own, whatever its edition was made for.
        """
        if self.occasion is None or not self.occasion.audiences:
            return True
        return audience in self.occasion.audiences or audience in self.supplement.name.split("/")

    @classmethod
    def containing(cls, kind: PeriodKind, day: date) -> Self:
        """Raise `OverflowError` for a window that would leave the calendar (the end of the year 9999)."""
        match kind:
            case PeriodKind.DAY:
                return cls(day, day + timedelta(days=1), kind)
            case PeriodKind.WEEK:
                monday = day - timedelta(days=day.weekday())
                return cls(monday, monday + timedelta(days=7), kind)
            case PeriodKind.MONTH:
                return cls(*_months(day.year, day.month, 1), kind)
            case PeriodKind.QUARTER:
                return cls(
                    *_months(day.year, day.month - (day.month - 1) % MONTHS_IN_A_QUARTER, MONTHS_IN_A_QUARTER), kind
                )
            case PeriodKind.SINCE_LAST:
                raise ValueError(_NO_CALENDAR_PERIOD)

    @classmethod
    def from_key(cls, kind: PeriodKind, key: str) -> Self:
        """Raise `ValueError` when the key is not one of this kind, or names a period that does not exist."""
        if kind is PeriodKind.SINCE_LAST:
            raise ValueError(_NO_CALENDAR_PERIOD)
        found = _KEYS[kind].fullmatch(key)
        if found is None:
            raise ValueError(f"{key!r} is not the key of a {kind}")
        numbers = [int(part) for part in found.groups()]
        match kind:
            case PeriodKind.DAY:
                return cls.containing(kind, date(*numbers))
            case PeriodKind.WEEK:
                return cls.containing(kind, date.fromisocalendar(numbers[0], numbers[1], 1))
            case PeriodKind.MONTH:
                return cls.containing(kind, date(numbers[0], numbers[1], 1))
            case PeriodKind.QUARTER:
                return cls.containing(kind, date(numbers[0], numbers[1] * MONTHS_IN_A_QUARTER, 1))

    @property
    def base(self) -> Self:
        """That of the edition itself."""
        return replace(self, supplement=Supplement()) if self.supplement else self

    @property
    def key(self) -> str:
        """`2018-07`; of a supplement `2018-07/guatemala`, `2018-07.2/correction-1`."""
        if self.supplement:
            of = self.base.key if self.supplement.revision == 1 else f"{self.base.key}.{self.supplement.revision}"
            return f"{of}/{self.supplement.name}"
        return self._window_key if self.occasion is None else f"{SPECIAL}{self.occasion.name}"

    @property
    def _window_key(self) -> str:
        match self.kind:
            case PeriodKind.DAY:
                return self.start.isoformat()
            case PeriodKind.WEEK:
                year, week, _ = self.start.isocalendar()
                return f"{year:04d}-W{week:02d}"
            case PeriodKind.MONTH:
                return self.start.isoformat()[:7]
            case PeriodKind.QUARTER:
                return f"{self.start.year:04d}-Q{(self.start.month - 1) // MONTHS_IN_A_QUARTER + 1}"
            case PeriodKind.SINCE_LAST:
                return self.end.isoformat()

    @property
    def last_day(self) -> date:
        return max(self.start, self.end - timedelta(days=1))

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def next(self) -> Self:
        return self.containing(self.kind, self.end)

    def previous(self) -> Self:
        return self.containing(self.kind, self.start - timedelta(days=1))

    def steps_to(self, other: "Period") -> int:
        """How many periods later `other` is (negative: earlier); both of one kind."""
        match self.kind:
            case PeriodKind.DAY | PeriodKind.WEEK:
                return (other.start - self.start).days // (self.end - self.start).days
            case PeriodKind.MONTH | PeriodKind.QUARTER:
                months = (other.start.year - self.start.year) * 12 + other.start.month - self.start.month
                return months // (1 if self.kind is PeriodKind.MONTH else MONTHS_IN_A_QUARTER)
            case PeriodKind.SINCE_LAST:
                raise ValueError(_NO_CALENDAR_PERIOD)


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    start = date(year, month, 1)
    index = year * 12 + month - 1 + count
    if index // 12 > date.max.year:
        raise OverflowError("the calendar ends with the year 9999")
    return start, date(index // 12, index % 12 + 1, 1)
