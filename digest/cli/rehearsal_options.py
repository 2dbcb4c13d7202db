"""What people write behind the options of `digest rehearse`, as wishes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest.app.rehearsing import Wishes
from digest.errors import UsageError
from digest.model.newsletter import Newsletter
from digest.model.schedule import Holidays
from digest.policy.local_time import instant
from digest.policy.rehearsing import ClockJump, Outage

if TYPE_CHECKING:
    from digest.app import Workspace

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_CHANGE = re.compile(r"([+-]\d+)(m|min|h|d)")
_UNITS = {"m": timedelta(minutes=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DAYS = re.compile(r"(?:(\w+)=)?(\d{1,4}) ?(?:d|days?)?")


def wishes_from(  # noqa: PLR0913 – one parameter per option
    workspace: "Workspace",
    newsletter: str | None,
    days: tuple[str, str],
    outages: Iterable[str],
    jumps: Iterable[str],
    late: Iterable[str],
    holidays: str | None,
    *,
    approved: bool,
) -> Wishes:
    """Raise `UsageError` for what cannot be understood. Days are those of the publisher's zone, the last included."""
    zone = workspace.settings.publisher.timezone
    chosen: Sequence[Newsletter] = workspace.settings.newsletters
    if newsletter is not None:
        chosen = [workspace.newsletter(newsletter)]
    if holidays is not None:
        chosen = [_with_holidays(one, holidays) for one in chosen]
    first, last = _day(days[0], last=False), _day(days[1], last=True)
    if last < first:
        raise UsageError(f"--to {days[1]}", "it lies before --from", "name a later day")
    delays = dict(_delay(one) for one in late)
    return Wishes(
        newsletters=chosen,
        start=instant(first, time(0), zone),
        end=instant(last + timedelta(days=1), time(0), zone) - timedelta(seconds=1),
        outages=[_outage(one, zone) for one in outages],
        jumps=[_jump(one, zone) for one in jumps],
        late=delays.pop("", timedelta(0)),
        late_items=delays,
        approved=approved,
    )


def _day(text: str, *, last: bool) -> date:
    """`2018-04` is its first day, or its last."""
    try:
        if (found := _MONTH.fullmatch(text)) is None:
            return date.fromisoformat(text)
        year, month = int(found[1]), int(found[2])
        begins = date(year, month, 1)
        if not last:
            return begins
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    except ValueError:
        raise UsageError(text, "is no day", "write it like 2018-04-01, or 2018-04") from None


def _outage(text: str, zone: ZoneInfo) -> Outage:
    start, dots, end = text.partition("..")
    if not dots:
        raise UsageError(text, "is no outage", "write it like 2018-06-01..2018-06-20")
    outage = Outage(start=_instant(start, zone), end=_instant(end, zone))
    if outage.end <= outage.start:
        raise UsageError(text, "ends before it begins", "write the earlier time first")
    return outage


def _jump(text: str, zone: ZoneInfo) -> ClockJump:
    at, _, change = text.partition("=")
    found = _CHANGE.fullmatch(change)
    if found is None:
        raise UsageError(text, "is no change of the clock", "write it like 2018-07-05T08:00=-3h")
    return ClockJump(at=_instant(at, zone), by=int(found[1]) * _UNITS[found[2]])


def _delay(text: str) -> tuple[str, timedelta]:
    found = _DAYS.fullmatch(text)
    if found is None:
        raise UsageError(text, "is no delay", "write a number of days, such as 10, or for one item 3fa9=10")
    return (found[1] or "").lower(), timedelta(days=int(found[2]))


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(text, "is no time", "write it like 2018-07-05T08:00") from None
    return instant(at.date(), at.time(), zone) if at.tzinfo is None else at


def _with_holidays(newsletter: Newsletter, country: str) -> Newsletter:
    return replace(newsletter, schedule=replace(newsletter.schedule, holidays=Holidays(country=country.upper())))
