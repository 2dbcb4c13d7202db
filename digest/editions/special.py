"""Special editions: outside the calendar, about one occasion, with the stories that people take into them. Pure.

Whoever asks about one: its period `is_special`; what it takes says `Edition.takes`, for whom it is `Period.is_for`.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date

from digest.editions.course import happened
from digest.editions.record import Record
from digest.errors import UsageError
from digest.foundation.catalogue import _, later
from digest.foundation.words import fingerprint, fold_to_ascii
from digest.intake.item import Story
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Occasion, Period

LONGEST_NAME = 48
_ENDING = 6  # characters that tell apart what is too long, or has no Latin letters


def special_period(
    newsletter: Newsletter,
    title: str,
    titles: Mapping[str, str],
    audiences: Sequence[str],
    editions: Iterable[Edition],
    today: date,
) -> Period:
    """For all audiences if none are named. The same title means the same edition, which keeps what is not said anew.

    Raise `UsageError` when that is no draft any more, for an audience or a language that the newsletter has not, and
    for a title without words.
    """
    _refuse_unknown(audiences, newsletter.audience_names, newsletter.name, later("{newsletter} has no such audience"))
    _refuse_unknown(titles, newsletter.languages, newsletter.name, later("{newsletter} has no such language"))
    occasion = Occasion(
        name=_name(title),
        title=" ".join(title.split()),
        titles=tuple((language, " ".join(said.split())) for language, said in titles.items()),
        audiences=tuple(name for name in newsletter.audience_names if name in audiences),
    )
    period = Period.special(occasion, today)
    there = next((one for one in editions if one.period.key == period.key and one.revision == 1), None)
    if there is None or there.period.occasion is None:
        return period
    if not there.is_open:
        remedy = _("give the new one another title")
        if there.state is EditionState.MISSED:
            remedy += _(', or take it up again: digest reopen {edition} --by NAME --because "…"').format(
                edition=there.name
            )
        raise UsageError(
            there.name, _("there is one of this title: {happened}").format(happened=happened(there)), remedy
        )
    before = there.period.occasion
    kept = replace(
        occasion,
        titles=tuple({**dict(before.titles), **dict(occasion.titles)}.items()),
        audiences=occasion.audiences or before.audiences,
    )
    return replace(there.period, occasion=kept)


def for_occasion(newsletter: Newsletter, period: Period) -> Newsletter:
    """The newsletter with the audiences for which the edition is made: all of them by the calendar."""
    return replace(newsletter, audiences=tuple(one for one in newsletter.audiences if period.is_for(one.name)))


def chosen(stories: Iterable[Story], record: Record | None, adding: AbstractSet[str] = frozenset()) -> list[Story]:
    """The stories that people took into the edition before, as its `record` knows, and those that they are `adding`."""
    items = {item.id for recorded in record.stories for item in recorded.story.items} if record else set()
    return [one for one in stories if one.id in adding or any(item.id in items for item in one.items)]


def _name(title: str) -> str:
    if not any(character.isalnum() for character in title):
        raise UsageError("--special", _("the title has no words"), _('write it like --special "Floods in Petén"'))
    name = "-".join(fold_to_ascii(title).replace("?", " ").split())
    if name and len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - _ENDING - 1]}-{fingerprint(title)[:_ENDING]}".lstrip("-")


def _refuse_unknown(names: Iterable[str], known: Sequence[str], newsletter: str, what: str) -> None:
    if unknown := [name for name in names if name not in known]:
        raise UsageError(
            ", ".join(unknown),
            _(what).format(newsletter=newsletter),
            _("name some of: {names}").format(names=", ".join(known)),
        )
