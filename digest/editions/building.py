"""Build: draft an edition. A draft may be replaced freely and takes nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from digest.editions.changes import changes_since
from digest.editions.composition import VariantPlan, choices_to_serve, compose, section_of, thinned
from digest.editions.course import happened, way_on
from digest.editions.description import describe, description_fingerprint, rendered_fingerprint
from digest.editions.draft_outline import outline_of
from digest.editions.edited_words import source_words
from digest.editions.plans.plan import NOTHING_PLANNED, Plan
from digest.editions.public_pages import PagesUnder, archive_page
from digest.editions.readable_copy import readable_files
from digest.editions.record import Record, record_of
from digest.editions.selection import corrected, due_periods, judge, judge_again
from digest.editions.special import chosen, for_occasion
from digest.editions.states import Step, after
from digest.editions.store import Editions, calendar_of
from digest.editions.thin import thin_of
from digest.editions.workbench import Workbench
from digest.errors import ConfigurationError, DigestError, PersonNeededError, UsageError
from digest.foundation.catalogue import _, later
from digest.foundation.failpoints import reach
from digest.foundation.words import fold_letters
from digest.intake.item import Story
from digest.intake.store import Items
from digest.intake.tagging.taxonomy import Taxonomy
from digest.mail.content import Variant, VariantContent
from digest.mail.renderer import Renderer
from digest.newsletters.edition import Choice, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter, SectionsBy
from digest.newsletters.period import Period
from digest.newsletters.timetable import timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedSubjects:
    """Those of other editions, and those that the edition has: languages, each with a folded subject."""

    used: frozenset[tuple[str, str]]
    kept: frozenset[tuple[str, str]]

    def kept_alone(self) -> "UsedSubjects":
        """For mails that are to be what they are, whatever other editions are called since."""
        return UsedSubjects(used=self.used - self.kept, kept=self.kept)

    def given(self, content: VariantContent) -> VariantContent:
        used, kept = (
            frozenset(subject for language, subject in some if language == content.language)
            for some in (self.used, self.kept)
        )
        return replace(content, subjects_used=used, subjects_kept=kept)


def subjects_of(editions: Editions, edition: Edition) -> UsedSubjects:
    """As they are now."""
    there = editions.of(edition.newsletter, edition.period, edition.revision)
    own, others = set[tuple[str, str]](), set[tuple[str, str]]()
    for number, language, subject in editions.subjects(edition.newsletter):
        (own if there is not None and number == there.number else others).add((language, fold_letters(subject)))
    return UsedSubjects(used=frozenset(others), kept=frozenset(own))


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
    return _periods_of(newsletter, items.stories(), editions)


def periods_with_content(newsletter: Newsletter, items: Items, editions: Editions) -> dict[Period, int]:
    """Those of them that have a story which its source still has."""
    return _periods_of(newsletter, (story for story in items.stories() if not story.withdrawn), editions)


def _periods_of(newsletter: Newsletter, stories: Iterable[Story], editions: Editions) -> dict[Period, int]:
    due = due_periods(stories, calendar_of(newsletter, editions), editions.settled(newsletter.name).keys())
    return {
        period: count
        for period, count in due.items()
        if newsletter.starts_on is None or period.end > newsletter.starts_on
    }


def build(
    bench: Workbench,
    newsletter: Newsletter,
    period: Period,
    revision: int = 1,
    because: str | None = None,
    only: Collection[str] | None = None,
    adding: AbstractSet[str] = frozenset(),
) -> Built:
    """Draft the edition of `period`, or record it as skipped when there is nothing to say.

    What staff planned for it is part of what is approved. A later `revision` says again what the first one said, with
    the stories as they are now, `because` of what. `only`: no other items. A special edition has the stories that were
    taken into it before, and those that people are `adding`.

    Raise `UsageError` for a period before the newsletter starts, `PersonNeededError` for an edition that is sealed, or
    for more variants than the newsletter allows.
    """
    _refuse_too_early(newsletter, period)
    plan, now = bench.plans.plan(newsletter, period), bench.clock.now()
    stories = {story.id: story for story in corrected(bench.items.stories(), plan)}
    if only is not None:
        stories = {id_: story for id_, story in stories.items() if any(item.id in only for item in story.items)}
    verdicts = _verdicts(bench.editions, newsletter, period, stories.values(), plan, revision, adding)
    closed = now.astimezone(newsletter.schedule.zone).date() >= period.end
    if revision == 1:
        verdicts = thinned(newsletter, period, [(stories[v.story_id], v) for v in verdicts], closed=closed)
    included = [(stories[v.story_id], v) for v in verdicts if v.ruling is Ruling.INCLUDED]
    subscribed = dict(bench.subscribers.subscribed(newsletter.name))
    resting = dict(bench.subscribers.paused(newsletter.name))
    choices = choices_to_serve(newsletter, _servable(newsletter, subscribed | resting))
    plans, unserved = compose(bench.publisher, newsletter, period, included, choices, plan)
    edition = Edition(
        newsletter=newsletter.name,
        period=period,
        revision=revision,
        state=EditionState.DRAFT if included else EditionState.SKIPPED,
        built_at=now,
        covers_to_end=closed,
        because=because,
    )
    built = draft(bench, newsletter, edition, [(stories[one.story_id], one) for one in verdicts], plans, unserved, plan)
    return replace(built, people=_people(subscribed, bench.editions.choices_of(built.edition)))


def draft(
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    ruled: Sequence[tuple[Story, Verdict]],
    plans: Sequence[VariantPlan],
    unserved: Iterable[Choice],
    plan: Plan,
) -> Built:
    """Render the variants and save the edition as a draft with these verdicts, or as one that has nothing to say. Who
    reads it is not counted.
    """
    period, verdicts = edition.period, tuple(verdict for _, verdict in ruled)
    included = [(story, verdict) for story, verdict in ruled if verdict.ruling is Ruling.INCLUDED]
    _refuse_too_many(newsletter, period, plans)
    under, subjects = bench.pages_under, subjects_of(bench.editions, edition)
    variants = tuple(render(bench.renderer, newsletter, each, edition, under, subjects) for each in plans)
    served: dict[Choice, str | None] = {choice: each.name for each in plans for choice in each.choices}
    served |= dict.fromkeys(unserved)

    template = bench.renderer.fingerprint(newsletter.template)
    description = describe(newsletter, period, template, verdicts, variants, served, plan)
    edition = replace(edition, fingerprint=description_fingerprint(description))
    record = _record(bench, newsletter, edition, [story for story, _ in ruled], included)
    if plan.corrections:
        record = record.beside(source_words(bench.items.stories(), plan))
    outline = outline_of(newsletter, edition, template, ruled, variants, served, plan)
    reach("build.rendered")
    _refuse_closed(bench.editions, edition)
    files = readable_files(bench.composer, edition, variants)
    with bench.copy.replaced(edition, {"fingerprint": edition.fingerprint, **description}, files):
        reach("build.copied")  # renamed into place before the store commits to the draft
        saved = bench.editions.save_draft(
            edition, verdicts, variants, served, record=record, description=description, outline=outline
        )
    return Built(edition=saved, verdicts=verdicts, variants=variants, people={})


def mend(bench: Workbench, newsletter: Newsletter, edition: Edition) -> Built | None:
    """Bring corrections and withdrawals into a draft whose window is closed, and leave out what another edition has
    taken; `None` when there is nothing of the kind. Stories that came later stay out: a person takes them in.
    """
    record = bench.editions.record(edition)
    if record is None:
        return None
    if not changes_since(bench, newsletter, edition).texts and not taken_elsewhere(bench.editions, edition):
        return None
    return _built_of(bench, newsletter, edition, record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Losing:
    """A draft that held stories which another edition has taken. It was drafted again without them, unless there is
    `trouble`: then it stays as it is, and nobody can approve it so.
    """

    draft: Edition
    stories: int
    trouble: DigestError | None = None


def redraft_without(bench: Workbench, newsletter: Newsletter, sealed: Edition) -> list[Losing]:
    """Draft anew, without them, whatever holds stories that the sealed edition has taken."""
    lost = []
    for draft in bench.editions.editions(newsletter.name):
        if draft.state is not EditionState.DRAFT or draft.period == sealed.period or draft.revision > 1:
            continue
        taken, record = taken_elsewhere(bench.editions, draft), bench.editions.record(draft)
        if not taken or record is None:
            continue
        try:
            again, trouble = _built_of(bench, newsletter, draft, record).edition, None
        except DigestError as error:  # the approval stands all the same
            again, trouble = draft, error
        lost.append(Losing(draft=again, stories=len(taken), trouble=trouble))
    return lost


def drafts_sharing(editions: Editions, special: Edition) -> list[Edition]:
    """The drafts that hold a story which the special edition shows."""
    shown = _shown(editions, special)
    return [
        one
        for one in editions.editions(special.newsletter)
        if one.state is EditionState.DRAFT and one.period != special.period and one.revision == 1
        if shown & _shown(editions, one)
    ]


def concerned_besides(editions: Editions, special: Edition) -> list[str]:
    """The audiences that its stories concern, and for which it is not made."""
    shown, record = _shown(editions, special), editions.record(special)
    stories = record.stories if record else ()
    names = dict.fromkeys(name for story in stories if story.id in shown for name in story.takers)
    return [name for name in names if not special.period.is_for(name)]


def give_up_special(bench: Workbench, newsletter: Newsletter, period: Period) -> Edition:
    """Raise `PersonNeededError` when it is no draft."""
    there = bench.editions.of(newsletter.name, period)
    if there is None or not there.is_open:
        name = f"{newsletter.name}/{period.key}"
        remedy = _('take the approval back first: digest reopen {name} --by NAME --because "…"').format(name=name)
        if there is None or after(there.state, Step.REOPEN, is_over=there.is_over) is None:
            remedy = way_on(there)
        said = _("{happened}: there is no draft of it to give up").format(happened=happened(there))
        raise PersonNeededError(name, said, remedy)
    because = str(later("its draft was given up (build --give-up)"))
    return bench.editions.miss(newsletter.name, period, bench.clock.now(), because)


def _shown(editions: Editions, edition: Edition) -> frozenset[str]:
    return frozenset(one.story_id for one in editions.verdicts(edition) if one.ruling is Ruling.INCLUDED)


def taken_elsewhere(editions: Editions, draft: Edition) -> Mapping[str, str]:
    """The stories that a draft shows, or settles, though another edition has taken them: each with that one's name. A
    later revision, or a supplement, says again what was taken.
    """
    if draft.is_said_again:
        return {}
    settled = editions.settled(draft.newsletter)
    ruled = (verdict for verdict in editions.verdicts(draft) if draft.takes(verdict.ruling))
    return {verdict.story_id: settled[verdict.story_id] for verdict in ruled if verdict.story_id in settled}


def _built_of(bench: Workbench, newsletter: Newsletter, draft: Edition, record: Record) -> Built:
    """Again, of the items that the draft knows."""
    held = {item.id for recorded in record.stories for item in recorded.story.items}
    return build(bench, newsletter, draft.period, revision=draft.revision, only=held)


def reissue(bench: Workbench, newsletter: Newsletter, edition: Edition, because: str) -> Built:
    """Draft what a finished edition said once more, as the next revision; a reissue that is a draft, anew. Raise
    `PersonNeededError` for what supplements an edition.
    """
    if edition.supplements:
        raise PersonNeededError(
            edition.name,
            _("it is part of {edition} and is not reissued by itself").format(edition=edition.supplements),
            _("mend a story of it for those who got it: digest correct {edition} STORY").format(edition=edition.name),
        )
    latest = max(
        (one for one in bench.editions.editions(newsletter.name) if one.period == edition.period),
        key=lambda one: one.revision,
    )
    revision = latest.revision if latest.revision > 1 and latest.is_open else latest.revision + 1
    return build(bench, newsletter, latest.period, revision, because)


def keep_missing_records(bench: Workbench, newsletters: Iterable[Newsletter]) -> None:
    """Editions that were built before records were kept get theirs: from the texts of today where these still make the
    very bytes that are stored, else without their words, which only the mails have then.
    """
    known = {newsletter.name: newsletter for newsletter in newsletters}
    for edition in bench.editions.without_record():
        if edition.newsletter in known:
            bench.editions.keep_record(edition, _record_of_old(bench, known[edition.newsletter], edition))


def record_or_outline(bench: Workbench, newsletter: Newsletter, edition: Edition) -> Record:
    """What the edition keeps of itself; where nothing was ever built, what the settings say of the newsletter."""
    return bench.editions.record(edition) or _record(bench, newsletter, edition, (), ())


def _record(
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    stories: Sequence[Story],
    included: Iterable[tuple[Story, Verdict]],
    *,
    knows_words: bool = True,
) -> Record:
    return record_of(
        bench.publisher,
        replace(newsletter, thin=thin_of(newsletter, edition.period)),
        bench.public_url,
        timetable(newsletter.schedule).sending_at(edition.period) if not edition.is_sent_by_hand else None,
        stories,
        {story.id: _section_titles(bench.taxonomy, newsletter, story) for story, _ in included},
        knows_words=knows_words,
    )


def _section_titles(taxonomy: Taxonomy, newsletter: Newsletter, story: Story) -> dict[str, str]:
    """By language, English for staff among them; of the first section, which has no name of its own, nothing."""
    key = section_of(newsletter.sections, story)
    if key is None:
        return {}
    title = taxonomy.country_title if newsletter.sections is SectionsBy.COUNTRY else taxonomy.topic_title
    return {language: title(key, language) for language in dict.fromkeys([*newsletter.languages, "en"])}


def _record_of_old(bench: Workbench, newsletter: Newsletter, edition: Edition) -> Record:
    try:
        plan = bench.plans.plan(newsletter, edition.period)
    except ConfigurationError:  # it says nothing that could be compared
        plan = NOTHING_PLANNED
    live = {story.id: story for story in corrected(bench.items.stories(), plan)}
    verdicts = bench.editions.verdicts(edition)
    stories = [live[verdict.story_id] for verdict in verdicts if verdict.story_id in live]
    included = [(live[v.story_id], v) for v in verdicts if v.ruling is Ruling.INCLUDED and v.story_id in live]
    same = still_made(bench, newsletter, edition, included, plan)
    return _record(bench, newsletter, edition, stories if same else (), included if same else (), knows_words=same)


def still_made(
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    included: Sequence[tuple[Story, Verdict]],
    plan: Plan,
) -> bool:
    """Whether these stories and this plan make the very bytes that are stored."""
    stored = bench.editions.variants(edition)
    choices = {
        variant.name: Choice(
            newsletter=newsletter.name, audiences=frozenset(variant.audiences), language=variant.language
        )
        for variant in stored
    }
    known = {audience.name for audience in newsletter.audiences}
    if not all(choice.language in newsletter.languages and choice.audiences <= known for choice in choices.values()):
        return False
    plans, _ = compose(bench.publisher, newsletter, edition.period, included, choices.values(), plan)
    under, subjects = pages_as_in(stored, edition, bench.public_url), subjects_of(bench.editions, edition).kept_alone()
    made = {
        choice: variant.fingerprint
        for each in plans
        for variant in [render(bench.renderer, newsletter, each, edition, under, subjects)]
        for choice in each.choices
    }
    return all(made.get(choices[variant.name]) == variant.fingerprint for variant in stored)


def _refuse_too_early(newsletter: Newsletter, period: Period) -> None:
    if not period.is_special and newsletter.starts_on is not None and period.end <= newsletter.starts_on:
        raise UsageError(
            f"{newsletter.name}/{period.key}",
            _("the newsletter starts on {day}").format(day=newsletter.starts_on),
            _("name a later period, or change starts_on in digest.yaml"),
        )


def _refuse_closed(editions: Editions, edition: Edition) -> None:
    """Before anything is written: the store asks again when it saves."""
    for other in editions.editions(edition.newsletter):
        if (other.period, other.revision) == (edition.period, edition.revision) and not other.is_open:
            raise PersonNeededError(
                other.name,
                happened(other),
                _("new stories go into the next edition; {way_on}").format(way_on=way_on(other)),
            )


def _refuse_too_many(newsletter: Newsletter, period: Period, plans: Sequence[VariantPlan]) -> None:
    if len(plans) <= newsletter.max_variants:
        return
    counts: dict[str, int] = {}
    for plan in plans:
        for name in plan.audiences:
            counts[name] = counts.get(name, 0) + 1
    causes = sorted(counts.items(), key=lambda pair: -pair[1])[:5]
    raise PersonNeededError(
        f"{newsletter.name}/{period.key}",
        _(
            "{count} different mails would be made, more than max_variants ({most}); most come from choices with "
            "{causes}"
        ).format(
            count=len(plans),
            most=newsletter.max_variants,
            causes=", ".join(f"{name} ({count})" for name, count in causes),
        ),
        _("merge audiences, or raise max_variants in digest.yaml"),
    )


def _verdicts(
    editions: Editions,
    newsletter: Newsletter,
    period: Period,
    stories: Iterable[Story],
    plan: Plan,
    revision: int,
    adding: AbstractSet[str],
) -> tuple[Verdict, ...]:
    calendar, narrowed = calendar_of(newsletter, editions), for_occasion(newsletter, period)
    if revision == 1 and period.is_special:
        before, taken = editions.of(newsletter.name, period), editions.settled(newsletter.name)
        free = [story for story in stories if story.id not in taken]
        return judge_again(
            narrowed, period, chosen(free, editions.record(before) if before else None, adding), calendar, plan
        )
    if revision == 1:
        return judge(newsletter, period, stories, calendar, editions.settled(newsletter.name).keys(), plan)
    said = {
        verdict.story_id
        for edition in editions.editions(newsletter.name)
        if (edition.period, edition.revision) == (period, 1)
        for verdict in editions.verdicts(edition)
        if verdict.ruling is Ruling.INCLUDED
    }
    return judge_again(narrowed, period, [story for story in stories if story.id in said], calendar, plan)


def _servable(newsletter: Newsletter, subscribed: Mapping[Choice, int]) -> list[Choice]:
    """Choices as the settings allow them today; audiences that are gone concern nobody."""
    known = {audience.name for audience in newsletter.audiences}
    return [choice for choice in subscribed if choice.language in newsletter.languages and choice.audiences <= known]


def pages_as_in(variants: Iterable[Variant], edition: Edition, public_url: str | None) -> PagesUnder:
    """What mails beside these leave to the pages: what was decided of a draft holds for all of its mails."""
    pictures = archive = None
    for variant in variants:
        pictures = public_url if variant.rendered.linked else pictures
        page = None if public_url is None else archive_page(public_url, variant.language, edition)
        archive = public_url if page is not None and f'"{page}"' in variant.rendered.html else archive
    return PagesUnder(pictures=pictures, archive=archive)


def render(
    renderer: Renderer,
    newsletter: Newsletter,
    plan: VariantPlan,
    edition: Edition,
    under: PagesUnder,
    subjects: UsedSubjects,
) -> Variant:
    archive = None if under.archive is None else archive_page(under.archive, plan.content.language, edition)
    content = replace(plan.content, revision=edition.revision, pictures_under=under.pictures, archive=archive)
    rendered = renderer.render(subjects.given(content))
    return Variant(
        name=plan.name,
        language=plan.content.language,
        audiences=tuple(audience.name for audience in newsletter.audiences if audience.name in plan.audiences),
        story_ids=tuple(shown.story_id for shown in plan.content.stories),
        rendered=rendered,
        fingerprint=rendered_fingerprint(rendered),
    )


def _people(subscribed: Mapping[Choice, int], served: Mapping[Choice, str | None]) -> dict[str, int]:
    people = {name: 0 for name in served.values() if name}
    for choice, name in served.items():
        if name:
            people[name] += subscribed.get(choice, 0)
    return people
