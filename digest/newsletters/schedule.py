"""Schedules: on which days a newsletter goes out, at what time, and which dates of news each sending covers."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.newsletters.period import PeriodKind


class Covers(StrEnum):
    PREVIOUS = "previous"  # a sending inside a calendar period covers the period before it
    SINCE_LAST = "since-last"  # from the date of the previous sending up to, not including, the date of this one


class Shift(StrEnum):
    """Where a sending goes that would fall on a holiday."""

    BEFORE = "before"
    AFTER = "after"
    SKIP = "skip"


class CatchUp(StrEnum):
    """What becomes of sendings that nobody made in time, and of the stories that were there for them."""

    LATEST = "latest"  # the latest is made; the stories of those before it join it, under a heading of their own
    ALL = "all"  # each is made, in order
    NONE = "none"  # none is made, and their stories are given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Public holidays of a country (ISO 3166-1) or of one of its parts (ISO 3166-2, without the country)."""

    country: str
    region: str | None = None
    shift: Shift = Shift.AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryDay:
    """Every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekdays:
    """Days of the week (Monday is 0), every `every` weeks; `anchor` lies in one of the weeks that count."""

    days: tuple[int, ...]
    every: int = 1
    anchor: date = date(2018, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOf:
    """A day of a month or quarter. One of: `number` from 1 (beyond the end: the last day); from the end with -1; the
    `number`-th such `weekday`; the `number`-th `working` day (Monday to Friday, no holiday). `first_month`: counted in
    the first month of a quarter, as people count who say "day 31".
    """

    number: int
    weekday: int | None = None
    working: bool = False
    first_month: bool = False

    @property
    def plain(self) -> bool:
        """Whether all days count."""
        return self.weekday is None and not self.working


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOf:
    """Days of every month, or of every quarter (`months` is 1 or 3)."""

    days: tuple[DayOf, ...]
    months: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CronDays:
    """The days on which a cron line of five fields fires; it fires once on each of them."""

    line: str


DayRule = EveryDay | Weekdays | DaysOf | CronDays


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTime:
    """When people get a mail before a sending: on the `days`, at the `time`, the last such before it."""

    days: DayRule
    time: time
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`kind` is the kind of the windows. Without `days` nothing goes out by itself; `text` is as people wrote it.

    `skip` are dates on which nothing goes out. `catch_up`: `None` asks a person. `catch_up_for`: later a sending is
    not made up for; `not_after`: an edition that waited for longer after its sending time expires. `None` stands for
    three windows.
    """

    kind: PeriodKind
    zone: ZoneInfo
    text: str | None = None
    days: DayRule | None = None
    time: time = time(0)
    covers: Covers = Covers.PREVIOUS
    skip: frozenset[date] = frozenset()
    holidays: Holidays | None = None
    catch_up: CatchUp | None = None
    catch_up_for: timedelta | None = None
    not_after: timedelta | None = None
    review: ReviewTime | None = None
    reminders: tuple[ReviewTime, ...] = ()  # to staff, while nobody has approved what is to go out
