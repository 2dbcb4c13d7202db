"""How editions, languages and times are said on a terminal and on staff's pages: in English, from CLDR."""

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from digest.model.edition import Edition
from digest.model.newsletter import Newsletter
from digest.model.period import Period, PeriodKind
from digest.policy.timetable import timetable

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.rendering.wording import Words


def period_title(period: Period) -> str:
    """`July 2018`."""
    from digest.rendering.wording import first_upper

    return first_upper(_english().period(period))


def goes_out(newsletter: Newsletter, period: Period) -> str:
    """`2018-08-05 09:00` in the newsletter's zone; empty when nothing goes out by itself."""
    at = timetable(newsletter.schedule).sending_at(period)
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def today(workspace: "Workspace", newsletter: Newsletter) -> date:
    """In the newsletter's zone."""
    return workspace.clock.now().astimezone(newsletter.schedule.zone).date()


def rhythm(newsletter: Newsletter) -> str:
    """`every month, day 5 at 09:00`, as far as the settings say it."""
    schedule = newsletter.schedule
    often = [] if schedule.kind is PeriodKind.SINCE_LAST else [f"every {schedule.kind}"]
    return ", ".join([*often, schedule.text or "no sending time"])


def people(workspace: "Workspace", edition: Edition) -> dict[str, int]:
    """Variant → readers: those frozen once sending began, until then those subscribed now."""
    if edition.sending_at:
        return dict(workspace.ledger.people(edition))
    served = workspace.editions.choices_of(edition)
    counts: dict[str, int] = {}
    for choice, count in workspace.subscribers.subscribed(edition.newsletter):
        if (name := served.get(choice)) is not None:
            counts[name] = counts.get(name, 0) + count
    return counts


@lru_cache(maxsize=1)
def _english() -> "Words":
    from babel.support import Translations

    from digest.rendering.wording import Words

    return Words("en", Translations())
