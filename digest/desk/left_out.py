"""Why readers get nothing of an edition, or less than they chose: the reason that applied, from what it keeps."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from digest.commands import printed
from digest.editions.open_parts import family, open_parts, supplemented
from digest.editions.record import Record
from digest.editions.store import Editions
from digest.foundation.catalogue import _
from digest.foundation.database import Database
from digest.foundation.words import day, listed
from digest.mail.wording import edition_in_full
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import ThinMail
from digest.people.store import Subscribers


def parts_left_out(edition: Edition, record: Record | None, among: Collection[str] | None = None) -> str:
    """`Guatemala was refused by Marta: two errors; Mexico was not answered by Luis`; empty when none of `among`, or of
    all audiences, was left out. What was too thin is not: who chose it together with others has its stories.
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
    record = editions.record(edition)
    for name, because in edition.open_for.items():
        title = record.audience_title(name) if record else name
        said = _("{part} was {reason}").format(part=title, reason=because) + "."
        later = there.get(f"{edition.key}/{name}")
        if later is not None and later.state is EditionState.MISSED:
            said += " " + _("It was given up: {because}.").format(because=later.because)
        elif later is not None and later.sending_at is not None:
            said += " " + _("It was sent on {day}, as {edition}.").format(
                day=day(later.sending_at), edition=edition_in_full(later)
            )
        elif edition.sending_at is None:
            said += " " + _("It stays open for its readers.")
        elif any((one.edition.number, one.part) == (edition.number, name) for one in open_):
            said += " " + open_said(edition, [name])
        yield said


def open_said(edition: Edition, parts: Iterable[str]) -> str:
    """How parts of it that are open go on."""
    commands = [printed(f"digest send {edition.name} --part {part}") for part in parts]
    return _("It is open: {commands}").format(commands=listed(commands, _("or"))) if commands else ""


def still_open(database: Database, edition: Edition, among: Collection[str]) -> str:
    """The same of those that some readers chose; empty when none is open, or it has not gone out."""
    if edition.sending_at is None or not edition.open_for.keys() & set(among):
        return ""
    here = [one.part for one in open_parts(Editions(database), edition.newsletter) if one.edition.name == edition.name]
    return open_said(edition, [part for part in here if part in among])


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
            yield said.format(title=title, edition=edition_in_full(one), state=one.state.said, day=when)


def why_supplement(database: Database, edition: Edition) -> str:
    """Why a reader got the mail of an instalment or of a correction."""
    editions = Editions(database)
    base = supplemented(editions, edition)
    if edition.corrects:
        return _("their mail of {edition} had a story that is corrected here").format(edition=edition_in_full(base))
    record, name = editions.record(base), edition.instalment
    part = record.audience_title(name) if record else name
    reason = base.open_for.get(name, _("left out"))
    return _("{part} was {reason}; here is what they had not got of it").format(part=part, reason=reason)


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
