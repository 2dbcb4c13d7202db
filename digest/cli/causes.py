"""Causes: why mail no longer goes to a person, by which message, and how that is undone."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from digest.commands import printed
from digest.foundation.catalogue import _
from digest.foundation.words import harmless, moment
from digest.people.subscriber import WhyGone


def cause_lines(why: WhyGone, address: str, zone: tzinfo) -> Iterator[str]:
    """Nothing where no mail did: then it is said elsewhere who did."""
    by = why.by
    if by is None:
        return
    about = _(", about {edition}").format(edition=by.edition) if by.edition else ""
    said = f": “{harmless(by.said)}”" if by.said else ""
    if by.at_once:
        words = _("the last answer of a server: on {at}{about}{said}")
    else:
        words = _("the message that caused it: on {at}{about}{said}")
    yield words.format(at=moment(by.at, zone), about=about, said=said)
    for place in by.places:
        yield _("it lies in {place}").format(place=harmless(place))
    if not by.places and not by.at_once:
        yield _("it lies in the mailbox no more, or came through the pipe")
    undone = printed("digest subscribers readmit {address} --consent TEXT --because REASON --by NAME")
    yield _("to write to them again: {command}").format(command=undone.format(address=address))


def cause_data(why: WhyGone) -> dict[str, object] | None:
    by = why.by
    if by is None:
        return None
    return {
        "at": by.at.isoformat(),
        "at_once": by.at_once,
        "edition": by.edition,
        "said": by.said,
        "places": list(by.places),
    }


def of_that_moment(reasons: Sequence[WhyGone], since: datetime | None) -> WhyGone | None:
    """Of all times at which they left, the one that holds."""
    return next((one for one in reversed(reasons) if one.at == since), None)
