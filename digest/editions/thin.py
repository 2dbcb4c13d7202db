"""Thin editions and thin mails: what becomes of too few stories (design §4.9). Pure.

An edition by the calendar with fewer stories than its newsletter asks for goes out as it is, or all its stories wait
for the next one. A mail with fewer goes out as it is, or not at all, or with the stories of another audience besides.
What is decided follows from the audiences alone, never from who has chosen what: a story waits when no mail of an
audience by itself shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from digest.foundation.catalogue import later, plural_later
from digest.newsletters.edition import Edition, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter, Thin, ThinEdition, ThinMail
from digest.newsletters.period import Period

Takers = Mapping[str, frozenset[str]]  # audience → the stories that it takes


def thin_of(newsletter: Newsletter, period: Period) -> Thin:
    """What a person took into a special edition is never too little, nor what comes after an edition."""
    return newsletter.thin if period.has_window else Thin()


def is_thin(thin: Thin, verdicts: Iterable[Verdict]) -> bool:
    """Whether there is something to say, and less than an edition should have."""
    return 0 < _included(verdicts) < thin.least


def without_thin(thin: Thin, verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts of an edition whose window is closed: all wait when they are too few, and are to wait."""
    if thin.edition is not ThinEdition.DEFER or not is_thin(thin, verdicts):
        return tuple(verdicts)
    return _deferred(verdicts, edition_said(thin, _included(verdicts)))


def deferred_as_thin(thin: Thin, verdicts: Sequence[Verdict]) -> str:
    """The reason, if the whole edition waits because it was thin; else empty."""
    waiting = [verdict.reason for verdict in verdicts if verdict.ruling is Ruling.DEFERRED]
    for count in range(1, len(waiting) + 1):
        if waiting.count(said := edition_said(thin, count)) == count:
            return said
    return ""


def said_of(newsletter: Newsletter, edition: Edition, verdicts: Sequence[Verdict]) -> str:
    """What is to be known of a draft that is thin, or would be if its window closed now; else empty."""
    thin = thin_of(newsletter, edition.period)
    if edition.revision > 1 or not edition.is_open:
        return ""
    if is_thin(thin, verdicts):
        return edition_said(thin, _included(verdicts))
    return deferred_as_thin(thin, verdicts)


def edition_said(thin: Thin, count: int) -> str:
    if thin.edition is ThinEdition.DEFER:
        return plural_later(
            "{count:,} story, and an edition needs {least} (minimum_stories): all wait for the next",
            "{count:,} stories, and an edition needs {least} (minimum_stories): all wait for the next",
            count,
            least=thin.least,
        )
    return plural_later(
        "{count:,} story, and an edition needs {least} (minimum_stories): it goes as it is",
        "{count:,} stories, and an edition needs {least} (minimum_stories): it goes as it is",
        count,
        least=thin.least,
    )


def without_withheld(thin: Thin, verdicts: Sequence[Verdict], takers: Takers) -> tuple[Verdict, ...]:
    """The verdicts when thin mails do not go out: a story that stands in no other waits for the next edition."""
    if thin.mail is not ThinMail.NOTHING:
        return tuple(verdicts)
    shown = frozenset[str]().union(*(stories for stories in takers.values() if len(stories) >= thin.least_per_mail))
    withheld = [verdict for verdict in verdicts if verdict.ruling is Ruling.INCLUDED and verdict.story_id not in shown]
    said = later("only mails with fewer than {least} stories have it (minimum_stories_per_mail): it waits for the next")
    gone = {one.story_id: one for one in _deferred(withheld, said.format(least=thin.least_per_mail))}
    return tuple(gone.get(verdict.story_id, verdict) for verdict in verdicts)


def stories_of(thin: Thin, own: frozenset[str], takers: Takers) -> frozenset[str]:
    """What a mail shows whose readers' audiences take its `own` stories. More than these: it says why."""
    if len(own) >= thin.least_per_mail:
        return own
    match thin.mail:
        case ThinMail.SEND:
            return own
        case ThinMail.NOTHING:
            return frozenset()
        case ThinMail.FALL_BACK:
            return own | takers.get(thin.fall_back or "", frozenset())


def _included(verdicts: Iterable[Verdict]) -> int:
    return sum(verdict.ruling is Ruling.INCLUDED for verdict in verdicts)


def _deferred(verdicts: Iterable[Verdict], reason: str) -> tuple[Verdict, ...]:
    return tuple(
        replace(verdict, ruling=Ruling.DEFERRED, reason=str(reason)) if verdict.ruling is Ruling.INCLUDED else verdict
        for verdict in verdicts
    )
