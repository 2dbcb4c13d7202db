"""The remainder: a draft without some of its parts. It follows from the draft that people looked at, not from the items
as they are now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from digest.editions.building import render
from digest.editions.checking import refuse_outdated
from digest.editions.composition import Share, compose, shared
from digest.editions.description import describe, description_fingerprint
from digest.editions.record import RecordedStory
from digest.editions.reviews import Part, Remainder, choices_without, leave_out
from digest.editions.workbench import Workbench
from digest.errors import PersonNeededError
from digest.mail.content import Variant
from digest.newsletters.edition import Choice, Edition, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter


def remainder(
    bench: Workbench, newsletter: Newsletter, edition: Edition, parts: Sequence[Part], without: Mapping[str, str]
) -> Remainder:
    """The draft without the parts that `without` names, each with the reason. Nothing is written.

    Raise `PersonNeededError` when every part is left out, for a draft from an older plan, and when a mail has to be
    made anew and does not look as the others do.
    """
    if all(part.name in without for part in parts):
        raise PersonNeededError(
            edition.name, "every part of it is left out", "mend what was refused, build it again, and ask again"
        )
    refuse_outdated(bench, newsletter, edition)
    recorded = _recorded(bench, edition)
    kept = [part for part in parts if part.name not in without]
    takers = {one.id: one.takers for one in recorded}
    verdicts = leave_out(newsletter, bench.editions.verdicts(edition), takers, without)
    choices = choices_without(_servable(newsletter, bench.editions.choices_of(edition)), without)
    remaining = dict.fromkeys(rest for rest in choices.values() if rest)
    shares, _ = shared(newsletter, {part.name: frozenset(part.story_ids) for part in kept}, remaining)
    found = {(variant.language, frozenset(variant.story_ids)): variant for variant in bench.editions.variants(edition)}
    lacking = [share for share in shares if (share.language, share.story_ids) not in found]
    if lacking:
        found |= _made(bench, newsletter, edition, recorded, verdicts, kept, lacking)
    variants = tuple(_named(newsletter, found[share.language, share.story_ids], share) for share in shares)
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
            "it was drafted by an older version, and a part of it is left out",
            f"build it again and look at it: digest build --period {edition.key}",
        )
    return record.stories


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
    recorded: Iterable[RecordedStory],
    verdicts: Sequence[Verdict],
    kept: Sequence[Part],
    lacking: Sequence[Share],
) -> dict[tuple[str, frozenset[str]], Variant]:
    """Mails for combinations of audiences that nobody had chosen so far, of the stories as the draft has them. The
    parts are made along with them and must come out as they were looked at: template and settings are those of the day.
    """
    plan = bench.plans.plan(newsletter, edition.period)
    stories = {one.id: one.story for one in recorded}
    included = [(stories[verdict.story_id], verdict) for verdict in verdicts if verdict.ruling is Ruling.INCLUDED]
    alone = [
        Choice(newsletter=newsletter.name, audiences=frozenset([part.name]), language=language)
        for part in kept
        for language in newsletter.languages
    ]
    wanted = dict.fromkeys([*alone, *(share.choices[0] for share in lacking)])
    plans, _ = compose(bench.publisher, newsletter, edition.period, included, wanted, plan)
    made = {
        (variant.language, frozenset(variant.story_ids)): variant
        for variant in (render(bench.renderer, newsletter, each, edition.revision) for each in plans)
    }
    looked_at = [
        (variant, made.get((variant.language, frozenset(variant.story_ids)))) for p in kept for variant in p.variants
    ]
    same = all(now is not None and now.fingerprint == variant.fingerprint for variant, now in looked_at)
    if not same or any((share.language, share.story_ids) not in made for share in lacking):
        raise PersonNeededError(
            edition.name,
            "its look changed after it was drafted, and without what is left out some mails have to be made anew",
            f"build it again and look at it: digest review {edition.name}",
        )
    return made
