"""Virtual time: a clock that stands, and the instants at which a machine would wake between two dates, with outages and
a clock that jumps.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.intake.item import Item
from digest.newsletters.days import instant
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.timetable import timetable

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class VirtualClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The machine is off from `start` until `end`; both aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """From `at` on the machine's clock is wrong by `by`; it is put right after `lasts`."""

    at: datetime
    by: timedelta
    lasts: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """`shown` is what the machine's clock says at `at`."""

    at: datetime
    shown: datetime


def wakes(
    newsletters: Iterable[Newsletter],
    start: datetime,
    end: datetime,
    outages: Sequence[Outage] = (),
    jumps: Sequence[ClockJump] = (),
) -> list[Wake]:
    """In order: the beginning of every window, every review, every sending; the end of an outage instead of what fell
    into it; and every hour while the clock is wrong, and the minute before.
    """
    instants = set[datetime]()
    for newsletter in newsletters:
        instants.update(_instants(newsletter, start, end))
    for jump in jumps:
        instants.update([jump.at - MINUTE, *_hours(jump.at, min(jump.at + jump.lasts + HOUR, end))])
    moved = {awake_at(at, outages) for at in instants}
    return [wake_at(at, jumps) for at in sorted(moved) if start <= at <= end]


def awake_at(at: datetime, outages: Sequence[Outage]) -> datetime:
    """The first instant from then on at which the machine is not off."""
    return next((gap.end for gap in outages if gap.start <= at < gap.end), at)


def wake_at(at: datetime, jumps: Sequence[ClockJump]) -> Wake:
    return Wake(at=at, shown=at + _wrong_by(at, jumps))


def arrival(item: Item, late: timedelta, zone: ZoneInfo) -> datetime:
    """When an item becomes known: at the beginning of its date, or so much later."""
    return instant(item.published_on, time(0), zone) + late


def _instants(newsletter: Newsletter, start: datetime, end: datetime) -> Iterator[datetime]:
    zone = newsletter.schedule.zone
    calendar = timetable(newsletter.schedule)
    window = calendar.containing(start.astimezone(zone).date())
    while (opens_at := instant(window.start, time(0), zone)) <= end:
        yield opens_at
        window = calendar.next(window)
    for at, period in calendar.windows_sent_between(start - MINUTE, end):
        yield at
        if (ask_at := calendar.review_at(period)) is not None:
            yield ask_at


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    at = start
    while at <= end:
        yield at
        at += HOUR


def _wrong_by(at: datetime, jumps: Sequence[ClockJump]) -> timedelta:
    return sum((jump.by for jump in jumps if jump.at <= at < jump.at + jump.lasts), timedelta(0))
