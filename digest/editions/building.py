"""Build: draft an edition. A draft may be replaced freely and takes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.editions.composition import VariantPlan, choices_to_serve, compose
from digest.editions.description import describe, description_fingerprint, rendered_fingerprint
from digest.editions.plans.plan import NOTHING_PLANNED, Plan
from digest.editions.readable_copy import ReadableCopy
from digest.editions.reviews import choices_without, leave_out
from digest.editions.selection import corrected, judge, judge_again, periods_with_turns
from digest.editions.store import Editions, calendar_of
from digest.errors import PersonNeededError
from digest.foundation.failpoints import reach
from digest.intake.item import Story
from digest.intake.store import Items
from digest.mail.composing import Composer
from digest.mail.content import Variant
from digest.mail.renderer import Renderer
from digest.newsletters.edition import Choice, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter, Publisher
from digest.newsletters.period import Period
from digest.people.store import Subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What building needs from outside."""

    items: Items
    editions: Editions
    subscribers: Subscribers
    renderer: Renderer
    composer: Composer
    copy: ReadableCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A draft as it was saved. `people` counts the readers that each variant serves now."""

    edition: Edition
    verdicts: tuple[Verdict, ...]
    variants: tuple[Variant, ...]
    people: Mapping[str, int]

    @property
    def included(self) -> int:
        return sum(verdict.ruling is Ruling.INCLUDED for verdict in self.verdicts)


def periods_to_build(newsletter: Newsletter, items: Items, editions: Editions) -> dict[Period, int]:
    """The periods that have stories to decide about, in order; none before the newsletter starts."""
    turns = periods_with_turns(
        items.stories(), calendar_of(newsletter, editions), editions.settled(newsletter.name).keys()
    )
    return {
        period: count
        for period, count in turns.items()
        if newsletter.starts_on is None or period.end > newsletter.starts_on
    }


def build(  # noqa: PLR0913, PLR0917 – what an edition depends on
    parts: Parts,
    publisher: Publisher,
    newsletter: Newsletter,
    period: Period,
    now: datetime,
    plan: Plan = NOTHING_PLANNED,
    without: Mapping[str, str] | None = None,
    revision: int = 1,
) -> Built:
    """Draft the edition of `period`, or record it as skipped when there is nothing to say.

    `plan` is what staff decided about it, and part of what is approved. `without` maps audiences that are left out to
    the reason. A later `revision` says again what the first one said, with the stories as they are now.

    Raise `PersonNeededError` for an edition that is sealed, or for more variants than the newsletter allows.
    """
    stories = {story.id: story for story in corrected(parts.items.stories(), plan)}
    verdicts = _verdicts(parts.editions, newsletter, period, stories.values(), plan, revision)
    if without:
        verdicts = tuple(leave_out(newsletter, [(stories[v.story_id], v) for v in verdicts], without))
    included = [(stories[v.story_id], v) for v in verdicts if v.ruling is Ruling.INCLUDED]
    subscribed = dict(parts.subscribers.subscribed(newsletter.name))
    choices = choices_without(choices_to_serve(newsletter, _servable(newsletter, subscribed)), without or {})
    remaining = dict.fromkeys(rest for rest in choices.values() if rest)
    plans, _ = compose(publisher, newsletter, period, included, remaining, plan)
    _limit(newsletter, period, plans)
    variants = tuple(_render(parts.renderer, newsletter, each, revision) for each in plans)
    serving = {choice: each.name for each in plans for choice in each.choices}
    served = {choice: serving.get(rest) if rest else None for choice, rest in choices.items()}

    template = parts.renderer.fingerprint(newsletter.template)
    description = describe(newsletter, period, template, verdicts, variants, served, plan)
    edition = Edition(
        newsletter=newsletter.name,
        period=period,
        revision=revision,
        state=EditionState.DRAFT if included else EditionState.SKIPPED,
        fingerprint=description_fingerprint(description),
        built_at=now,
        covers_to_end=now.astimezone(newsletter.schedule.zone).date() >= period.end,
    )
    reach("build.rendered")
    saved = _saved(parts, edition, description, verdicts, variants, served)
    return Built(edition=saved, verdicts=verdicts, variants=variants, people=_people(subscribed, served))


def _saved(
    parts: Parts,
    edition: Edition,
    description: Mapping[str, object],
    verdicts: Sequence[Verdict],
    variants: Sequence[Variant],
    served: Mapping[Choice, str | None],
) -> Edition:
    """The readable copy first: it is renamed into place before the store commits to the draft."""
    _refuse_closed(parts.editions, edition)
    files = readable_files(parts.composer, edition, variants)
    parts.copy.write(edition, {"fingerprint": edition.fingerprint, **description}, files)
    reach("build.copied")
    return parts.editions.save_draft(edition, verdicts, variants, served)


def _verdicts(
    editions: Editions,
    newsletter: Newsletter,
    period: Period,
    stories: Iterable[Story],
    plan: Plan,
    revision: int,
) -> tuple[Verdict, ...]:
    calendar = calendar_of(newsletter, editions)
    if revision == 1:
        return judge(newsletter, period, stories, calendar, editions.settled(newsletter.name).keys(), plan)
    said = {
        verdict.story_id
        for edition in editions.editions(newsletter.name)
        if (edition.period, edition.revision) == (period, 1)
        for verdict in editions.verdicts(edition)
        if verdict.ruling is Ruling.INCLUDED
    }
    return judge_again(newsletter, period, [story for story in stories if story.id in said], calendar, plan)


def readable_files(composer: Composer, edition: Edition, variants: Sequence[Variant]) -> dict[str, bytes]:
    """Each variant as a sample reader gets it: HTML, text and the whole message. A pure function of the edition."""
    files = {}
    for variant in variants:
        files[f"{variant.name}.html"] = composer.sample_body(edition, variant.rendered.html).encode()
        files[f"{variant.name}.txt"] = composer.sample_body(edition, variant.rendered.text).encode()
        files[f"{variant.name}.eml"] = composer.sample(edition, variant.rendered.message).message
    return files


def _refuse_closed(editions: Editions, edition: Edition) -> None:
    """Before anything is written: the store asks again when it saves."""
    for other in editions.editions(edition.newsletter):
        if (other.period, other.revision) == (edition.period, edition.revision) and not other.state.is_open:
            raise PersonNeededError(
                other.name, f"it is {other.state} and cannot be built again", "new stories go into the next edition"
            )


def _servable(newsletter: Newsletter, subscribed: Mapping[Choice, int]) -> list[Choice]:
    """Choices as the settings allow them today; audiences that are gone concern nobody."""
    known = {audience.name for audience in newsletter.audiences}
    return [choice for choice in subscribed if choice.language in newsletter.languages and choice.audiences <= known]


def _people(subscribed: Mapping[Choice, int], served: Mapping[Choice, str | None]) -> dict[str, int]:
    people = {name: 0 for name in served.values() if name}
    for choice, name in served.items():
        if name:
            people[name] += subscribed.get(choice, 0)
    return people


def _render(renderer: Renderer, newsletter: Newsletter, plan: VariantPlan, revision: int) -> Variant:
    rendered = renderer.render(replace(plan.content, revision=revision))
    return Variant(
        name=plan.name,
        language=plan.content.language,
        audiences=tuple(audience.name for audience in newsletter.audiences if audience.name in plan.audiences),
        story_ids=tuple(shown.story_id for shown in plan.content.stories),
        rendered=rendered,
        fingerprint=rendered_fingerprint(rendered),
    )


def _limit(newsletter: Newsletter, period: Period, plans: Sequence[VariantPlan]) -> None:
    if len(plans) <= newsletter.max_variants:
        return
    counts: dict[str, int] = {}
    for plan in plans:
        for name in plan.audiences:
            counts[name] = counts.get(name, 0) + 1
    causes = sorted(counts.items(), key=lambda pair: -pair[1])[:5]
    raise PersonNeededError(
        f"{newsletter.name}/{period.key}",
        f"{len(plans)} different mails would be made, more than max_variants ({newsletter.max_variants}); most come "
        f"from choices with {', '.join(f'{name} ({count})' for name, count in causes)}",
        "merge audiences, or raise max_variants in digest.yaml",
    )
