"""Supplements: what is sent after an edition as part of it, approved, recorded and delivered like the edition itself.

An *instalment* brings the readers of an audience what the edition had for it when it was left out. A *correction*
brings one story, mended, to those who got it (design §5). Neither takes a story: the edition has settled them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from digest.editions import building
from digest.editions.building import Built
from digest.editions.changes import changes_since, words_of
from digest.editions.composition import best_sealed, choices_to_serve, shares_of, variant_plans
from digest.editions.open_parts import (
    GONE_OUT,
    OpenPart,
    family,
    instalment_of,
    open_part,
    revision_of,
    supplemented,
    verdicts_of_part,
)
from digest.editions.plans.plan import Plan
from digest.editions.plans.planning import story_meant
from digest.editions.record import Record
from digest.editions.selection import corrected, judge_again
from digest.editions.store import Editions, calendar_of
from digest.editions.workbench import Workbench
from digest.errors import PersonNeededError, UsageError
from digest.foundation.catalogue import _, later
from digest.intake.item import Story
from digest.newsletters.edition import Choice, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import CORRECTION, Period, Supplement


def build(bench: Workbench, newsletter: Newsletter, period: Period, revision: int = 1) -> Built:
    """Draft whatever edition that is: one of the calendar, or a supplement that was drafted before, anew."""
    if not period.supplement:
        return building.build(bench, newsletter, period, revision)
    edition = bench.editions.of(newsletter.name, period)
    if edition is None:
        raise UsageError(f"{newsletter.name}/{period.key}", _("it was not built yet"), _("look at `digest status`"))
    if edition.corrects:
        return _draft_correction(bench, newsletter, period, edition.because)
    return _draft_instalment(bench, newsletter, period, edition.because)


def mend(bench: Workbench, newsletter: Newsletter, edition: Edition) -> Built | None:
    """As `building.mend`, of whatever draft it is."""
    if not edition.supplements:
        return building.mend(bench, newsletter, edition)
    changed = changes_since(bench, newsletter, edition).texts
    return build(bench, newsletter, edition.period) if changed else None


# -- Parts that were left out.


def drop_part(bench: Workbench, part: OpenPart, because: str | None) -> Edition:
    """It is never sent. Raise `BusyError` when it is approved already."""
    said = _("a person dropped it") + (f": {because}" if because else "")
    return bench.editions.miss(part.edition.newsletter, _period_of(part.edition, part.part), bench.clock.now(), said)


def instalment(bench: Workbench, newsletter: Newsletter, edition: Edition, name: str) -> Edition:
    """That of a part which was left out of the edition: as it was approved, or drafted anew with the texts of today.

    Raise `UsageError` for a part that is not open, and `PersonNeededError` while the edition has not gone out, or when
    nothing of the part is left.
    """
    there = instalment_of(bench.editions, edition, name)
    if there is not None and is_approved(there):
        return there
    part = open_part(bench.editions, edition, name)
    if edition.state not in GONE_OUT:
        said = _("it has not been sent yet, and the part comes after it")
        remedy = _(
            "send it first: digest send {edition}; or take it back: digest reopen {edition} --by NAME --because REASON"
        )
        raise PersonNeededError(edition.name, said, remedy.format(edition=edition.name))
    return _draft_instalment(bench, newsletter, _period_of(edition, name), part.because).edition


def is_approved(edition: Edition) -> bool:
    """Whether nothing in it changes any more, and it goes, or has gone."""
    return edition.state in (EditionState.SEALED, *GONE_OUT)


def _draft_instalment(bench: Workbench, newsletter: Newsletter, period: Period, because: str | None) -> Built:
    edition = Edition(newsletter=newsletter.name, period=period, state=EditionState.DRAFT, because=because)
    edition = replace(edition, built_at=bench.clock.now())
    name, base = edition.instalment, supplemented(bench.editions, edition)
    alone = _with_audience(newsletter, edition, name)
    record, plan = bench.editions.record(base), bench.plans.plan(newsletter, period)
    verdicts_then = verdicts_of_part(bench.editions, base, record, name)
    stories = _live(bench, verdicts_then, record, plan)
    ruled = list(_ruled_again(bench, alone, period, verdicts_then, stories, plan))
    included = [(story, verdict) for story, verdict in ruled if verdict.ruling is Ruling.INCLUDED]
    if not included:
        said = _("nothing of it is left: its stories were taken back, or do not concern {audience} any more")
        said = said.format(audience=alone.audiences[0].title(newsletter.languages[0]))
        remedy = _('give it up: digest plan drop {edition} --because "…"').format(edition=edition.name)
        raise PersonNeededError(edition.name, said, remedy)
    wanted = _wanted(bench, newsletter, edition, frozenset(story.id for story, _verdict in included))
    plans = variant_plans(bench.publisher, newsletter, period, shares_of(newsletter, wanted), included, plan)
    unserved = [choice for choice, some in wanted.items() if not some]
    return building.draft(bench, newsletter, edition, ruled, plans, unserved, plan)


def _with_audience(newsletter: Newsletter, edition: Edition, name: str) -> Newsletter:
    """The newsletter with that audience alone, so that only it is asked what it takes."""
    audiences = tuple(audience for audience in newsletter.audiences if audience.name == name)
    if not audiences:
        said = _("the newsletter has no such audience any more")
        remedy = _('give it up: digest plan drop {edition} --because "…"').format(edition=edition.name)
        raise UsageError(edition.name, said, remedy)
    return replace(newsletter, audiences=audiences)


def _ruled_again(
    bench: Workbench,
    alone: Newsletter,
    period: Period,
    then: Mapping[str, Verdict],
    stories: Mapping[str, Story],
    plan: Plan,
) -> Iterator[tuple[Story, Verdict]]:
    """As the rules are today, in the order of then. Nothing comes after it: what its plan puts off is dropped."""
    again = judge_again(alone, period.base, stories.values(), calendar_of(alone, bench.editions), plan)
    by_id = {verdict.story_id: verdict for verdict in again}
    for id_, before in then.items():
        verdict = replace(by_id[id_], late=before.late, missed=before.missed)
        if verdict.ruling is Ruling.DEFERRED:
            verdict = replace(verdict, ruling=Ruling.DROPPED)
        yield stories[id_], verdict


def _wanted(
    bench: Workbench, newsletter: Newsletter, edition: Edition, stories: frozenset[str]
) -> dict[Choice, frozenset[str]]:
    """What each choice with the audience has not had yet, by the mails that served it. Which people these are, and what
    they really got, the ledger says when the sending begins.
    """
    name, earlier = edition.instalment, _earlier(bench.editions, edition)
    then = [bench.editions.choices_of(one) for one in earlier]
    held = [{variant.name: frozenset(variant.story_ids) for variant in bench.editions.variants(one)} for one in earlier]
    readers = bench.subscribers.subscribed(newsletter.name), bench.subscribers.paused(newsletter.name)
    subscribed = [choice for some in readers for choice, _people in some]
    order, wanted = [audience.name for audience in newsletter.audiences], {}
    for choice in choices_to_serve(newsletter, [*(choice for served in then for choice in served), *subscribed]):
        if name in choice.audiences and choice.language in newsletter.languages and choice.audiences <= set(order):
            got = frozenset[str]()
            for served, contents in zip(then, held, strict=True):
                variant = served[choice] if choice in served else best_sealed(choice, served, order)
                got |= contents.get(variant or "", frozenset())
            wanted[choice] = stories - got
    return wanted


def _earlier(editions: Editions, edition: Edition) -> list[Edition]:
    """What readers may have got of the same window before it, from the edition on of which it is a part."""
    return [
        one
        for one in family(editions, edition)
        if one.key != edition.key
        and not one.corrects
        and one.sending_at is not None
        and revision_of(one) >= revision_of(edition)
    ]


# -- Stories that were sent with a mistake.


def correct(bench: Workbench, newsletter: Newsletter, edition: Edition, words: str, because: str | None) -> Built:
    """Draft the correction of the story that is meant by `words` (an id, or words of a title, as it was sent or as it
    is now); one that is a draft, anew.

    Raise `PersonNeededError` for an edition that has not gone out, and when nothing is corrected.
    """
    if edition.sending_at is None:
        said, remedy = _("nobody has got it yet"), _("mend the story, and build the edition again: digest preview")
        if edition.state is EditionState.SEALED:
            remedy = _("take it back and build it again: digest reopen {edition} --by NAME --because REASON").format(
                edition=edition.name
            )
        for one in reversed(family(bench.editions, edition)):
            if one.sending_at is not None and not one.supplements:
                remedy = _("name what was sent: digest correct {edition} STORY").format(edition=one.name)
                break
        raise PersonNeededError(edition.name, said, remedy)
    story = _story_in(bench, newsletter, edition, words)
    here = [one for one in family(bench.editions, edition) if one.supplements == edition.key and one.corrects]
    again = next((one for one in here if one.corrects == story and one.is_open), None)
    period = again.period if again else _next_correction(edition, story, [one.key for one in here])
    return _draft_correction(bench, newsletter, period, because or (again.because if again else None))


def _story_in(bench: Workbench, newsletter: Newsletter, edition: Edition, words: str) -> str:
    """The id, in the edition, of a story that stood in its mails."""
    sent = {id_ for variant in bench.editions.variants(edition) for id_ in variant.story_ids}
    record, live = bench.editions.record(edition), {story.id: story for story in bench.items.stories()}
    then = [one.story for one in record.stories if one.id in sent] if record else []
    now = [live[id_] for id_ in sorted(sent & live.keys())]
    language = newsletter.languages[0]
    try:
        return story_meant(then, words, language, lambda _story: True).id
    except UsageError:
        pass
    try:
        return story_meant(now, words, language, lambda _story: True).id
    except UsageError as error:
        remedy = _("those that did: digest report {edition}").format(edition=edition.name)
        raise UsageError(words, _("no story in its mails has this id or these words"), remedy) from error


def _next_correction(edition: Edition, story: str, taken: Sequence[str]) -> Period:
    number = 1
    while (period := _period_of(edition, f"{CORRECTION}{number}", story)).key in taken:
        number += 1
    return period


def _draft_correction(bench: Workbench, newsletter: Newsletter, period: Period, because: str | None) -> Built:
    edition = Edition(
        newsletter=newsletter.name,
        period=period,
        state=EditionState.DRAFT,
        because=because,
        built_at=bench.clock.now(),
    )
    id_, base = edition.corrects, supplemented(bench.editions, edition)
    record, plan = bench.editions.record(base), bench.plans.plan(newsletter, period)
    before = next(one for one in bench.editions.verdicts(base) if one.story_id == id_)
    story = _live(bench, [id_], record, plan, as_sent=True)[id_]
    _refuse_unchanged(bench, newsletter, edition, story, plan)
    reason = str(later("it stood in {edition}, and is corrected").format(edition=base.name))
    verdict = Verdict(story_id=id_, ruling=Ruling.INCLUDED, reason=reason, late=before.late)
    wanted = _holding(bench, newsletter, base, id_)
    plans = variant_plans(bench.publisher, newsletter, period, shares_of(newsletter, wanted), [(story, verdict)], plan)
    return building.draft(bench, newsletter, edition, [(story, verdict)], plans, (), plan)


def _holding(bench: Workbench, newsletter: Newsletter, base: Edition, story: str) -> dict[Choice, frozenset[str]]:
    """The choices whose mails held the story; each language in which it was sent is among them."""
    holding = {variant.name: variant for variant in bench.editions.variants(base) if story in variant.story_ids}
    known = {audience.name for audience in newsletter.audiences}
    wanted = {
        choice: frozenset([story])
        for choice, name in bench.editions.choices_of(base).items()
        if name in holding and choice.language in newsletter.languages and choice.audiences <= known
    }
    lost = {variant.language for variant in holding.values()} - {choice.language for choice in wanted}
    if lost:
        said = _("it was sent in a language, or to audiences, that the newsletter has no more: {languages}")
        said = said.format(languages=", ".join(sorted(lost)))
        raise PersonNeededError(base.name, said, _("put them back into digest.yaml until the correction is sent"))
    return wanted


def _refuse_unchanged(bench: Workbench, newsletter: Newsletter, edition: Edition, story: Story, plan: Plan) -> None:
    """Raise `PersonNeededError` when its readers would read what they have read before."""
    said_before = [_said_of(bench.editions, one, story.id) for one in _told_before(bench.editions, edition)]
    last = next((one for one in reversed(said_before) if one is not None), None)
    if plan.introductions or last is None or last != _words(story):
        return
    path = bench.plans.path(newsletter, edition.period)
    path = path.relative_to(path.parents[len(edition.name.split("/"))])
    said = _("its text is the one that was sent: nothing is corrected")
    remedy = _("mend it in its source, or say in {plan} what is another (introduction, or stories), and try again")
    title = story.in_language(newsletter.languages[0]).text.title
    raise PersonNeededError(f"{edition.supplements}, “{title}”", said, remedy.format(plan=path))


def _told_before(editions: Editions, edition: Edition) -> list[Edition]:
    """What the readers of the correction were sent of the story: the edition, and corrections of it."""
    base = supplemented(editions, edition)
    earlier = [
        one
        for one in family(editions, edition)
        if one.supplements == base.key and one.corrects == edition.corrects and one.sending_at is not None
    ]
    return [base, *sorted(earlier, key=lambda one: str(one.sending_at))]


def _said_of(editions: Editions, edition: Edition, story: str) -> object | None:
    record = editions.record(edition)
    recorded = record.by_id.get(story) if record is not None and record.knows_words else None
    return None if recorded is None else _words(recorded.story)


def _words(story: Story) -> object:
    return {item.language: words_of(item) for item in story.live_items or story.items}


# -- What both have in common.


def _period_of(edition: Edition, name: str, story: str = "") -> Period:
    """A part of a part is called after both: `2018-07/guatemala/correction-1`."""
    of = edition.period.supplement
    full = f"{of.name}/{name}" if of else name
    return replace(edition.period, supplement=Supplement(revision_of(edition), full, story))


def _live(
    bench: Workbench,
    story_ids: Sequence[str] | Mapping[str, object],
    record: Record | None,
    plan: Plan,
    *,
    as_sent: bool = False,
) -> dict[str, Story]:
    """The stories with the texts of today, as the plan corrects them, found by their items. `as_sent`: what its source
    has no more is told as it was sent.
    """
    live = {story.id: story for story in bench.items.stories()}
    items = {item.id: item for story in live.values() for item in story.items}
    known = record.by_id if record else {}
    found = []
    for id_ in story_ids:
        story = live.get(id_)
        if id_ in known:
            then = known[id_].story
            if story is None:  # it was split, or merged with another since
                story = Story(id=id_, items=tuple(items.get(item.id, item) for item in then.items))
            if as_sent and story.withdrawn:
                story = Story(id=id_, items=tuple(replace(item, withdrawn=True) for item in then.items))
        if story is not None:
            found.append(story)
    return {story.id: story for story in corrected(found, plan)}
