"""Open parts: what did not go out with its edition and is neither sent nor dropped since; and what supplements an
edition.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from digest.editions.course import happened, way_on
from digest.editions.record import Record
from digest.editions.store import Editions
from digest.errors import UsageError
from digest.foundation.catalogue import _, plural
from digest.newsletters.edition import Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import ThinMail

GONE_OUT = (EditionState.SENDING, EditionState.FINISHED)
ANSWERED = (*GONE_OUT, EditionState.MISSED)  # it was sent after all, or a person dropped it


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPart:
    """A part that did not go out with an approved edition, and is neither sent nor dropped since. `stories` are those
    that the edition had for it; `instalment` is being made of them, if anybody has begun.
    """

    edition: Edition
    part: str
    title: str
    because: str
    stories: frozenset[str]
    instalment: Edition | None = None


def open_parts(editions: Editions, newsletter: str) -> list[OpenPart]:
    known = {edition.key: edition for edition in editions.editions(newsletter)}
    found = []
    for edition in known.values():
        if not edition.open_for or edition.state not in (EditionState.SEALED, *GONE_OUT):
            continue
        record = editions.record(edition)
        for part, because in edition.open_for.items():
            instalment = known.get(f"{edition.key}/{part}")
            if instalment is None or instalment.state not in ANSWERED:
                found.append(
                    OpenPart(
                        edition=edition,
                        part=part,
                        title=record.audience_title(part) if record else part,
                        because=because,
                        stories=frozenset(verdicts_of_part(editions, edition, record, part)),
                        instalment=instalment,
                    )
                )
    return found


def withheld(
    edition: Edition, record: Record | None, verdicts: Iterable[Verdict], without: Collection[str]
) -> dict[str, str]:
    """The audiences whose readers, if they chose nothing else, get no mail of the edition though stories in it concern
    them, each with the reason; those `without` were left out of it anyway.

    That is everybody who gets nothing of these stories: who chose several audiences has the stories of all of them in
    one mail, which is no thinner than that of each.
    """
    if record is None or edition.is_said_again:
        return {}  # a later revision says again what was said: its first one has these parts open
    shown = {verdict.story_id for verdict in verdicts if verdict.ruling is Ruling.INCLUDED}
    found = {}
    for name in record.audiences:
        own = len(record.concerning({name}) & shown)
        if own == 0 or name in without:
            continue
        if not edition.period.is_for(name):
            found[name] = _("not among those for whom this special edition was made")
        elif record.thin_mail is ThinMail.NOTHING and own < record.least_per_mail:
            found[name] = plural(
                "too thin: {count:,} story, and a mail needs {least} (minimum_stories_per_mail)",
                "too thin: {count:,} stories, and a mail needs {least} (minimum_stories_per_mail)",
                own,
                least=record.least_per_mail,
            )
    return found


def open_part(editions: Editions, edition: Edition, name: str) -> OpenPart:
    """Raise `UsageError` for a part that is not open."""
    known = [one for one in open_parts(editions, edition.newsletter) if one.edition.number == edition.number]
    for one in known:
        if one.part == name:
            return one
    there = instalment_of(editions, edition, name)
    if there is not None:
        raise UsageError(there.name, happened(there), way_on(there))
    listed = ", ".join(one.part for one in known)
    said = _("no such part of it is open")
    raise UsageError(
        f"{edition.name}, {name}",
        said,
        _("these are open: {parts}").format(parts=listed) if listed else _("look at `digest status`"),
    )


def instalment_of(editions: Editions, edition: Edition, name: str) -> Edition | None:
    """Whatever was made of the part, if anything was."""
    return next((one for one in family(editions, edition) if one.key == f"{edition.key}/{name}"), None)


def verdicts_of_part(editions: Editions, edition: Edition, record: Record | None, name: str) -> dict[str, Verdict]:
    """What the edition decided about the stories that the audience would have got, in reading order."""
    known = record.by_id if record else {}
    return {
        verdict.story_id: verdict
        for verdict in editions.verdicts(edition)
        if verdict.ruling in (Ruling.INCLUDED, Ruling.LEFT_OUT)
        and verdict.story_id in known
        and name in known[verdict.story_id].takers
    }


# -- Editions that belong together.


def family(editions: Editions, edition: Edition) -> list[Edition]:
    """All editions of the same window: reissues and supplements too."""
    return [one for one in editions.editions(edition.newsletter) if one.period.base == edition.period.base]


def supplemented(editions: Editions, edition: Edition) -> Edition:
    """The edition of which this one is a part."""
    return next(one for one in family(editions, edition) if one.key == edition.supplements)


def revision_of(edition: Edition) -> int:
    """Which revision of its window it is, or is a part of."""
    return edition.period.supplement.revision if edition.supplements else edition.revision
