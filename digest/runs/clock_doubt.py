"""Doubt about the clock: when a run had better do nothing. Only the last run counts: no date of a file or a bulletin.

Whatever is shorter is an outage, and `runs.due` knows what to do after one.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from digest.foundation.catalogue import _
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.timetable import timetable

MAY_STEP_BACK = timedelta(hours=1)
MOST_MONTHS = 13
REMEDY = "digest run --clock-is-right"


def doubt(now: datetime, last: datetime | None, newsletters: Iterable[Newsletter], *, kept: bool | None) -> str | None:
    """What is wrong with `now` after a run at `last`. `kept`: whether a time service keeps the clock, if known."""
    if last is None:
        return None
    if now < last - MAY_STEP_BACK:
        return _("it says {now} UTC, but the last run was at {last} UTC: it jumped back").format(
            now=_said(now), last=_said(last)
        )
    if now > months_later(last, MOST_MONTHS):
        return _(
            "it says {now} UTC, but the last run was at {last} UTC: it jumped ahead by more than {count} months"
        ).format(now=_said(now), last=_said(last), count=MOST_MONTHS)
    if kept is False and any(now > _a_period_later(last, newsletter) for newsletter in newsletters):
        return _(
            "it says {now} UTC, the last run was at {last} UTC, more than a period before, and no time service keeps it"
        ).format(now=_said(now), last=_said(last))
    return None


def months_later(at: datetime, months: int) -> datetime:
    """The same day so many months later; where there is none, the first of the month after it."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    try:
        return at.replace(year=year, month=month + 1)
    except ValueError:
        return months_later(at.replace(day=1), months + 1)


def _a_period_later(last: datetime, newsletter: Newsletter) -> datetime:
    window = timetable(newsletter.schedule).containing(last.astimezone(newsletter.schedule.zone).date())
    return last + (window.end - window.start)


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
