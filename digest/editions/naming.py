"""Naming: which period or edition people mean by what they write."""

from digest.editions.building import periods_to_build
from digest.editions.store import Editions
from digest.errors import UsageError
from digest.intake.store import Items
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.timetable import period_from_words, timetable


def period_meant(items: Items, editions: Editions, newsletter: Newsletter, words: str) -> Period:
    """`2018-07`, or words such as `july`, meaning the latest such period that has stories or an edition."""
    known = {
        *periods_to_build(newsletter, items, editions),
        *(edition.period for edition in editions.editions(newsletter.name)),
    }
    return period_from_words(timetable(newsletter.schedule), words, known, newsletter.languages)


def edition_meant(items: Items, editions: Editions, newsletter: Newsletter, words: str) -> Edition:
    """An edition that was built, by its key or the words for its period."""
    built = editions.editions(newsletter.name)
    for edition in built:
        if edition.key == words:
            return edition
    period = period_meant(items, editions, newsletter, words)
    for edition in reversed(built):
        if edition.period == period:
            return edition
    raise UsageError(
        f"{newsletter.name}/{period.key}", "it was not built yet", f"run `digest build --period {period.key}`"
    )
