"""How editions, languages and times are said on a terminal and on staff's pages: in English, from CLDR."""

from functools import lru_cache
from typing import TYPE_CHECKING

from digest.model.edition import Edition
from digest.model.newsletter import Newsletter
from digest.model.period import Period

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.rendering.wording import Words


def period_title(period: Period) -> str:
    """`July 2018`."""
    from digest.rendering.wording import first_upper

    return first_upper(_english().period(period))


def goes_out(workspace: "Workspace", newsletter: Newsletter, period: Period) -> str:
    """`2018-08-05 09:00` in the publisher's zone; empty when the settings name no time."""
    from digest.policy.sending_time import SendingTime

    if newsletter.send is None:
        return ""
    at = SendingTime.parse(newsletter.send, newsletter.every).at(period, workspace.settings.publisher.timezone)
    return f"{at:%Y-%m-%d %H:%M}"


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
