"""The remainder: a draft without some of its parts. It follows from the draft that people looked at, not from the items
as they are now.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from digest.editions.building import pages_as_in, render, subjects_of
from digest.editions.checking import refuse_outdated
from digest.editions.composition import Share, shared, takers_of, variant_plans
from digest.editions.description import describe, description_fingerprint
from digest.editions.record import RecordedStory
from digest.editions.reviews import Part, Remainder, choices_without, leave_out
from digest.editions.thin import Takers, thin_of, without_withheld
from digest.editions.workbench import Workbench
from digest.errors import PersonNeededError
from digest.foundation.catalogue import _
from digest.intake.item import Story
from digest.mail.content import Variant
from digest.newsletters.edition import Choice, Edition, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter

_Content = tuple[str, frozenset[str], bool]  # see `Share.content`


def remainder(
    bench: Workbench, newsletter: Newsletter, edition: Edition, parts: Sequence[Part], without: Mapping[str, str]
) -> Remainder:
    """The draft without the parts that `without` names, each with the reason. Nothing is written.

    Raise `PersonNeededError` when every part is left out, for a draft from an older plan, and when a mail has to be
    made anew and does not look as the others do.
    """
    if all(part.name in without for part in parts):
        raise PersonNeededError(
            edition.name, _("every part of it is left out"), _("mend what was refused, build it again, and ask again")
        )
    refuse_outdated(bench, newsletter, edition)
    recorded, thin = _recorded(bench, edition), thin_of(newsletter, edition.period)
    kept = [part for part in parts if part.name not in without]
    takers_of = {one.id: one.takers for one in recorded}
    left = leave_out(newsletter, bench.editions.verdicts(edition), takers_of, without)
    verdicts = without_withheld(thin, left, _takers(edition, recorded, left, without))
    choices = choices_without(_servable(newsletter, bench.editions.choices_of(edition)), without)
    remaining = dict.fromkeys(rest for rest in choices.values() if rest)
    takers = _takers(edition, recorded, verdicts, without)
    shares, _withheld = shared(newsletter, thin, takers, remaining)
    before = _takers(edition, recorded, bench.editions.verdicts(edition), ())
    found = {_content(variant, before): variant for variant in bench.editions.variants(edition)}
    lacking = [share for share in shares if share.content not in found]
    if lacking:
        stay = {share.content for share in shares} & found.keys()
        looked_at = {key: found[key] for key in stay if any(found[key] in part.variants for part in kept)}
        stories = {one.id: one.story for one in recorded}
        included = [(stories[verdict.story_id], verdict) for verdict in verdicts if verdict.ruling is Ruling.INCLUDED]
        wanted = [(frozenset(one.audiences), one.language) for one in looked_at.values()]
        wanted += [(share.audiences, share.language) for share in lacking]
        made = {
            _content(variant, takers): variant
            for variant in _made(bench, newsletter, edition, included, without, before, wanted)
        }
        _refuse_other_look(edition, made, looked_at, lacking)
        found |= made
    variants = tuple(_named(newsletter, found[share.content], share) for share in shares)
    serving = {choice: share.name for share in shares for choice in share.choices}
    served = {rest: serving.get(rest) for rest in remaining}
    served |= {choice: serving.get(rest) if rest else None for choice, rest in choices.items()}
    template = bench.renderer.fingerprint(newsletter.template)
    plan = bench.plans.plan(newsletter, edition.period)
    description = describe(newsletter, edition.period, template, verdicts, variants, served, plan)
    return Remainder(
        without={name: why for name, why in without.items() if any(part.name == name for part in parts)},
        fingerprint=description_fingerprint(description),
        description=description,
        verdicts=tuple(verdicts),
        variants=variants,
        served=served,
    )


def _recorded(bench: Workbench, edition: Edition) -> tuple[RecordedStory, ...]:
    record = bench.editions.record(edition)
    if record is None or not record.knows_words:
        raise PersonNeededError(
            edition.name,
            _("it was drafted by an older version, and a part of it is left out"),
            _("build it again and look at it: digest build --period {edition}").format(edition=edition.key),
        )
    return record.stories


def _takers(
    edition: Edition, recorded: Iterable[RecordedStory], verdicts: Iterable[Verdict], without: Collection[str]
) -> Takers:
    """The included stories of each audience that is not left out, as the draft has them."""
    included = {verdict.story_id for verdict in verdicts if verdict.ruling is Ruling.INCLUDED}
    takers: dict[str, frozenset[str]] = {}
    for one in recorded:
        for name in one.takers if one.id in included else ():
            if name not in without and edition.period.is_for(name):
                takers[name] = takers.get(name, frozenset()) | {one.id}
    return takers


def _content(variant: Variant, takers: Takers) -> _Content:
    """As `Share.content`: it falls back if it has more than its audiences take."""
    own = frozenset[str]().union(*(takers.get(name, frozenset()) for name in variant.audiences))
    return variant.language, frozenset(variant.story_ids), frozenset(variant.story_ids) != own


def _servable(newsletter: Newsletter, choices: Mapping[Choice, str | None]) -> list[Choice]:
    """Of the draft's choices those that the settings still allow; later ones get the best that was sealed."""
    known = {audience.name for audience in newsletter.audiences}
    return [choice for choice in choices if choice.language in newsletter.languages and choice.audiences <= known]


def _named(newsletter: Newsletter, variant: Variant, share: Share) -> Variant:
    """After a choice that still gets it."""
    audiences = tuple(audience.name for audience in newsletter.audiences if audience.name in share.audiences)
    return replace(variant, name=share.name, audiences=audiences)


def _made(
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    included: Sequence[tuple[Story, Verdict]],
    without: Collection[str],
    before: Takers,
    wanted: Iterable[tuple[frozenset[str], str]],
) -> Iterator[Variant]:
    """Mails for these audiences in these languages, of the stories as the draft has them, by the template and settings
    of the day.
    """
    choices = [Choice(newsletter=newsletter.name, audiences=names, language=language) for names, language in wanted]
    period, plan = edition.period, bench.plans.plan(newsletter, edition.period)
    takers = {name: ids for name, ids in takers_of(newsletter, period, included).items() if name not in without}
    shares, _withheld = shared(newsletter, thin_of(newsletter, period), takers, choices)
    plans = variant_plans(bench.publisher, newsletter, period, shares, included, plan, before)
    under = pages_as_in(bench.editions.variants(edition), edition, bench.public_url)
    subjects = subjects_of(bench.editions, edition).kept_alone()
    return (render(bench.renderer, newsletter, each, edition, under, subjects) for each in plans)


def _refuse_other_look(
    edition: Edition, made: Mapping[_Content, Variant], looked_at: Mapping[_Content, Variant], lacking: Iterable[Share]
) -> None:
    """Raise `PersonNeededError` unless the parts come out as they were looked at, and all that lacks is made."""
    same = all(key in made and made[key].fingerprint == variant.fingerprint for key, variant in looked_at.items())
    if not same or any(share.content not in made for share in lacking):
        raise PersonNeededError(
            edition.name,
            _("its look changed after it was drafted, and without what is left out some mails have to be made anew"),
            _("build it again and look at it: digest review {edition}").format(edition=edition.name),
        )
