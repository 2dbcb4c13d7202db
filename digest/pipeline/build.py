"""Build: draft an edition. A draft may be replaced freely and takes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.errors import PersonNeededError
from digest.model.edition import Choice, Edition, EditionState, Introduction, Ruling, Variant, Verdict
from digest.model.newsletter import Newsletter, Publisher
from digest.model.period import Period
from digest.policy.composition import VariantPlan, choices_to_serve, compose
from digest.policy.describing import describe, description_fingerprint, rendered_fingerprint
from digest.policy.selection import Calendar, judge, periods_with_turns
from digest.ports import Composer, EditionStore, ItemStore, ReadableCopy, Renderer, SubscriberStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What building needs from outside."""

    items: ItemStore
    editions: EditionStore
    subscribers: SubscriberStore
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


def calendar_of(newsletter: Newsletter, editions: EditionStore) -> Calendar:
    """The states of the newsletter's periods; of a reissued one, the state of its first edition."""
    states: dict[Period, EditionState] = {}
    for edition in editions.editions(newsletter.name):
        if edition.period.kind is newsletter.every:
            states.setdefault(edition.period, edition.state)
    return Calendar(kind=newsletter.every, states=states)


def periods_to_build(newsletter: Newsletter, items: ItemStore, editions: EditionStore) -> dict[Period, int]:
    """The periods that have stories to decide about, in order; none before the newsletter starts."""
    turns = periods_with_turns(
        items.stories(), calendar_of(newsletter, editions), editions.settled(newsletter.name).keys()
    )
    return {
        period: count
        for period, count in turns.items()
        if newsletter.starts_on is None or period.end > newsletter.starts_on
    }


def build(
    parts: Parts,
    publisher: Publisher,
    newsletter: Newsletter,
    period: Period,
    now: datetime,
    introductions: Mapping[str, Introduction] | None = None,
) -> Built:
    """Draft the edition of `period`, or record it as skipped when there is nothing to say.

    `introductions` are the editor's words by language.

    Raise `PersonNeededError` for an edition that is sealed, or for more variants than the newsletter allows.
    """
    stories = {story.id: story for story in parts.items.stories()}
    settled = parts.editions.settled(newsletter.name)
    verdicts = judge(newsletter, period, stories.values(), calendar_of(newsletter, parts.editions), settled.keys())
    included = [(stories[v.story_id], v) for v in verdicts if v.ruling is Ruling.INCLUDED]
    subscribed = dict(parts.subscribers.subscribed(newsletter.name))
    choices = choices_to_serve(newsletter, _servable(newsletter, subscribed))
    plans, unserved = compose(publisher, newsletter, period, included, choices, introductions)
    _limit(newsletter, period, plans)
    variants = tuple(_render(parts.renderer, newsletter, plan) for plan in plans)
    served: dict[Choice, str | None] = {choice: plan.name for plan in plans for choice in plan.choices}
    served.update(dict.fromkeys(unserved))

    template = parts.renderer.fingerprint(newsletter.template)
    description = describe(newsletter, period, template, verdicts, variants, served)
    edition = Edition(
        newsletter=newsletter.name,
        period=period,
        state=EditionState.DRAFT if included else EditionState.SKIPPED,
        fingerprint=description_fingerprint(description),
        built_at=now,
        covers_to_end=now.astimezone(publisher.timezone).date() >= period.end,
    )
    _refuse_closed(parts.editions, edition)
    files = readable_files(parts.composer, edition, variants)
    parts.copy.write(edition, {"fingerprint": edition.fingerprint, **description}, files)
    saved = parts.editions.save_draft(edition, verdicts, variants, served)
    people = {plan.name: sum(subscribed.get(choice, 0) for choice in plan.choices) for plan in plans}
    return Built(edition=saved, verdicts=verdicts, variants=variants, people=people)


def readable_files(composer: Composer, edition: Edition, variants: Sequence[Variant]) -> dict[str, bytes]:
    """Each variant as a sample reader gets it: HTML, text and the whole message. A pure function of the edition."""
    files = {}
    for variant in variants:
        files[f"{variant.name}.html"] = composer.sample_body(edition, variant.rendered.html).encode()
        files[f"{variant.name}.txt"] = composer.sample_body(edition, variant.rendered.text).encode()
        files[f"{variant.name}.eml"] = composer.sample(edition, variant.rendered.message).message
    return files


def _refuse_closed(editions: EditionStore, edition: Edition) -> None:
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


def _render(renderer: Renderer, newsletter: Newsletter, plan: VariantPlan) -> Variant:
    rendered = renderer.render(plan.content)
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
