"""Why readers get nothing of an edition, or less than they chose: the reason that applied, from what it keeps."""

from collections.abc import Collection, Mapping

from digest.editions.record import Record
from digest.editions.store import Editions
from digest.foundation.catalogue import _
from digest.foundation.database import Database
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import ThinMail
from digest.people.store import Subscribers


def parts_left_out(edition: Edition, record: Record | None, among: Collection[str] | None = None) -> str:
    """`Guatemala was refused by Marta: two errors; Mexico was not answered by Luis`; empty when none of `among`, or of
    all audiences, was left out.
    """
    return "; ".join(
        _("{part} was {reason}").format(part=record.audience_title(name) if record else name, reason=reason)
        for name, reason in _out(edition, record).items()
        if among is None or name in among
    )


def _out(edition: Edition, record: Record | None) -> Mapping[str, str]:
    """Audience → why it gets nothing, whatever concerns it."""
    known = record.audiences if record else ()
    aside = [name for name in known if not edition.period.is_for(name)]
    return dict.fromkeys(aside, _("not among those for whom this special edition was made")) | dict(edition.left_out)


def why_nothing(database: Database, edition: Edition, record: Record | None) -> str:
    """Why some readers of a sealed edition get no mail of it, as a note beside their number."""
    nothing = _("no story in it concerns what they chose")
    if record is not None and record.thin_mail is ThinMail.NOTHING:
        nothing = _("fewer than {least} stories in it concern what they chose (minimum_stories_per_mail)")
        nothing = nothing.format(least=record.least_per_mail)
    out = _out(edition, record)
    if not out:
        return nothing
    served = Editions(database).choices_of(edition)
    without = [
        choice for choice, _people in Subscribers(database).subscribed(edition.newsletter) if served.get(choice) is None
    ]
    touched = sum(not choice.audiences.isdisjoint(out) for choice in without)
    if without and not touched:
        return nothing
    parts = parts_left_out(edition, record)
    if touched == len(without):
        return _("what they chose was left out: {parts}").format(parts=parts)
    return _("{nothing}, or it was left out: {parts}").format(nothing=nothing, parts=parts)
