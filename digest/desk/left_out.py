"""Why readers get nothing of an edition, or less than they chose: the reason that applied, from what it keeps."""

from collections.abc import Collection, Iterator, Mapping

from digest.editions.open_parts import family, open_parts, supplemented
from digest.editions.record import Record
from digest.editions.store import Editions
from digest.foundation.catalogue import _
from digest.foundation.database import Database
from digest.foundation.words import day
from digest.newsletters.edition import Edition, EditionState
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


def parts_told(database: Database, edition: Edition) -> Iterator[str]:
    """Each part that was left out, why, and what became of it since: a sentence each."""
    editions = Editions(database)
    open_, there = open_parts(editions, edition.newsletter), {one.key: one for one in family(editions, edition)}
    for name in edition.left_out:
        said = _("{parts}.").format(parts=parts_left_out(edition, editions.record(edition), [name]))
        later = there.get(f"{edition.key}/{name}")
        if later is not None and later.state is EditionState.MISSED:
            said += " " + _("It was given up: {because}.").format(because=later.because)
        elif later is not None and later.sending_at is not None:
            said += " " + _("It was sent on {day}, as {edition}.").format(day=day(later.sending_at), edition=later.name)
        elif edition.sending_at is None:
            said += " " + _("It stays open for its readers.")
        elif any((one.edition.number, one.part) == (edition.number, name) for one in open_):
            said += " " + _("It is open: digest send {edition} --part {part}").format(edition=edition.name, part=name)
        yield said


def corrections_told(database: Database, edition: Edition) -> Iterator[str]:
    """Each correction of a story that stood in the edition, and how far it is."""
    editions = Editions(database)
    record = editions.record(edition)
    for one in family(editions, edition):
        if one.supplements == edition.key and one.corrects:
            recorded = record.by_id.get(one.corrects) if record else None
            title = recorded.story.in_language(record.languages[0]).text.title if record and recorded else one.corrects
            said = _("“{title}” is to be corrected: {edition} ({state}).")
            if one.sending_at is not None:
                said = _("“{title}” was corrected on {day}: {edition}.")
            when = day(one.sending_at) if one.sending_at else ""
            yield said.format(title=title, edition=one.name, state=one.state.said, day=when)


def why_supplement(database: Database, edition: Edition) -> str:
    """Why a reader got the mail of an instalment or of a correction."""
    editions = Editions(database)
    base = supplemented(editions, edition)
    if edition.corrects:
        return _("their mail of {edition} had a story that is corrected here").format(edition=base.name)
    parts = parts_left_out(base, editions.record(base), [edition.instalment])
    return _("{parts}; here is what they had not got of it").format(parts=parts)


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
