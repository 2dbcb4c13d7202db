"""Check: the gate on the final bytes of every variant of an edition, before anybody puts a name under them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from digest.editions.building import still_made
from digest.editions.description import describe, description_fingerprint
from digest.editions.edited_words import field_name, overtaken
from digest.editions.plans.plan import Plan
from digest.editions.public_pages import archive_page, findings, last_answer
from digest.editions.record import Record
from digest.editions.selection import corrected, ruling_of
from digest.editions.workbench import Workbench
from digest.errors import PersonNeededError
from digest.foundation.catalogue import _, plural
from digest.foundation.problems import Severity
from digest.foundation.words import fold_letters
from digest.foundation.workspace import PLANS
from digest.intake.item import Story
from digest.mail.checks.rule import Finding, Specimen
from digest.mail.content import Variant
from digest.mail.wording import mail_title
from digest.newsletters.edition import Acceptance, Edition, EditionState, Ruling, Verdict
from digest.newsletters.newsletter import Localised, Newsletter

SHOWN = 5


def check(
    bench: Workbench, newsletter: Newsletter, edition: Edition, variants: Sequence[Variant] | None = None
) -> tuple[Finding, ...]:
    """All findings, errors first, in `variants` or in all that are stored. What several variants share is said once,
    and of how many. What was approved is compared with its own record, whatever texts and settings say by now. Raise
    `PersonNeededError` for a draft from an older plan.
    """
    refuse_outdated(bench, newsletter, edition)
    live = {story.id: story for story in bench.plans.stories(newsletter, edition.period)}
    used = _used_links(live, _taken_before(bench, newsletter, edition), edition)
    record = bench.editions.record(edition) if edition.state is not EditionState.DRAFT else None
    bench, newsletter = (bench, newsletter) if record is None else _as_then(bench, newsletter, record)
    stories = {one.id: one.story for one in record.stories} if record is not None and record.knows_words else live
    subjects = _used_subjects(bench, newsletter, edition)
    where: dict[Finding, list[str]] = {}
    for variant in bench.editions.variants(edition) if variants is None else variants:
        specimen = replace(
            _specimen(bench, newsletter, edition, variant, stories, used),
            used_subjects=subjects.get(variant.language, {}),
        )
        for finding in bench.gate(specimen):
            where.setdefault(finding, []).append(specimen.title)
    order = list(Severity)
    url = bench.public_url
    pages = () if url is None or bench.own_pages else findings(last_answer(bench.database, url), url)
    said = [replace(finding, place=f"{_listed(titles)}, {finding.place}") for finding, titles in where.items()]
    said += [*pages, *_overtaken(bench, newsletter, edition)]
    return tuple(sorted(said, key=lambda finding: (order.index(finding.severity), finding.code)))


def links(bench: Workbench, edition: Edition) -> list[str]:
    """Where the stories of an edition lead, each address once."""
    stories = {story.id: story for story in bench.items.stories()}
    taken = {id_ for variant in bench.editions.variants(edition) for id_ in variant.story_ids}
    found = [item.text.link for id_ in sorted(taken & stories.keys()) for item in stories[id_].live_items]
    return list(dict.fromkeys(link for link in found if link))


def refuse_outdated(bench: Workbench, newsletter: Newsletter, edition: Edition) -> None:
    """Raise `PersonNeededError` for a draft that was built from another plan than the one there is now."""
    if edition.state is not EditionState.DRAFT:
        return
    plan = bench.plans.plan(newsletter, edition.period)
    editions = bench.editions
    described = describe(
        newsletter,
        edition.period,
        bench.renderer.fingerprint(newsletter.template),
        editions.verdicts(edition),
        editions.variants(edition),
        editions.choices_of(edition),
        plan,
    )
    if description_fingerprint(described) == edition.fingerprint:
        return
    copy = bench.copy.description(edition)  # the settings or a template may be what changed
    if copy.get("fingerprint") == edition.fingerprint:
        is_same = copy.get("plan") == described["plan"]
    else:  # without a copy, the mails tell
        live = {story.id: story for story in corrected(bench.items.stories(), plan)}
        said = editions.verdicts(edition)
        included = [(live[v.story_id], v) for v in said if v.ruling is Ruling.INCLUDED and v.story_id in live]
        is_same = all(_planned_so(plan, verdict) for verdict in said) and (
            still_made(bench, newsletter, edition, included, plan)
            or all(_still_said(plan, variant, live) for variant in editions.variants(edition))
        )
    if is_same:
        return
    raise PersonNeededError(
        f"{PLANS}/{newsletter.name}/{edition.period.key}.yaml",
        _("it was changed after the draft of {edition} was built").format(edition=edition.name),
        _("build it again and look at it: digest preview {edition}").format(edition=edition.name),
    )


def _planned_so(plan: Plan, verdict: Verdict) -> bool:
    """Whether the plan says of the story what it said when the verdict was given, as far as the verdict tells."""
    planned = ruling_of(plan, verdict.story_id)
    if verdict.ruling in (Ruling.DROPPED, Ruling.DEFERRED):
        return planned == (verdict.ruling, verdict.reason)
    return planned is None or verdict.ruling in (Ruling.WITHDRAWN, Ruling.TOO_OLD)


def _still_said(plan: Plan, variant: Variant, live: Mapping[str, Story]) -> bool:
    """Whether a mail says what the plan says, though the look of mails is another today: its words, titles and lead."""
    text = " ".join(variant.rendered.text.split())
    introduction = plan.introductions.get(variant.language)
    titles = [live[id_].in_language(variant.language).text.title for id_ in variant.story_ids if id_ in live]
    words = [*titles, *(introduction.paragraphs if introduction else ())]
    leads = plan.lead not in variant.story_ids or variant.story_ids[0] == plan.lead
    return leads and all(" ".join(each.split()) in text for each in words)


def refuse_errors(findings: Sequence[Finding], accepted: Sequence[Acceptance]) -> None:
    """Raise `PersonNeededError` for errors that nobody accepted."""
    codes = {acceptance.code for acceptance in accepted}
    errors = [finding for finding in findings if finding.severity is Severity.ERROR and finding.code not in codes]
    if errors:
        shown = "\n".join(f"  {finding}" for finding in errors[:SHOWN])
        more = ""
        if len(errors) > SHOWN:
            more = "\n  " + _("… and {count} more: digest check").format(count=len(errors) - SHOWN)
        said = plural("{count:,} error in the mails", "{count:,} errors in the mails", len(errors))
        raise PersonNeededError(
            _("the check"),
            f"{said}\n{shown}{more}",
            _('mend them and build again, or approve with --accept CODE --because "…"'),
        )


def _specimen(
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    variant: Variant,
    stories: Mapping[str, Story],
    used: Mapping[str, str],
) -> Specimen:
    return Specimen(
        name=variant.name,
        title=mail_title(newsletter, variant),
        language=variant.language,
        subject=variant.rendered.subject,
        html=bench.composer.sample_body(edition, variant.rendered.html),
        text=bench.composer.sample_body(edition, variant.rendered.text),
        message=bench.composer.sample(edition, variant.rendered.message).message,
        publisher=bench.publisher,
        newsletter=newsletter,
        public_url=bench.public_url,
        archive=archive_page(bench.public_url, variant.language, edition) if bench.public_url else None,
        used_links=used,
        story_titles=tuple(
            stories[id_].in_language(variant.language).text.title for id_ in variant.story_ids if id_ in stories
        ),
    )


def _as_then(bench: Workbench, newsletter: Newsletter, record: Record) -> tuple[Workbench, Newsletter]:
    publisher = replace(
        bench.publisher,
        name=Localised(record.publisher),
        address=record.postal_address,
        website=record.website,
        timezone=record.zone,
    )
    title = replace(newsletter, title=Localised(record.title))
    return replace(bench, publisher=publisher), record.frozen(title)


def _taken_before(bench: Workbench, newsletter: Newsletter, edition: Edition) -> Mapping[str, str]:
    """The stories that editions had taken when this one was approved; of a draft, that they have taken now."""
    settled = bench.editions.settled(newsletter.name)
    if edition.sealed_at is None:
        return settled
    approved = {
        one.name: one.sealed_at for one in bench.editions.editions(newsletter.name) if one.sealed_at is not None
    }
    return {id_: name for id_, name in settled.items() if name in approved and approved[name] <= edition.sealed_at}


def _used_links(stories: Mapping[str, Story], settled: Mapping[str, str], edition: Edition) -> dict[str, str]:
    """Links of stories that other editions have taken, but for those that this one is to say again."""
    first = f"{edition.newsletter}/{edition.period.base.key}"
    return {
        item.text.link: settled[id_]
        for id_, story in stories.items()
        if settled.get(id_, first) not in (edition.name, first)
        for item in story.items
        if item.text.link is not None
    }


def _used_subjects(bench: Workbench, newsletter: Newsletter, edition: Edition) -> dict[str, dict[str, str]]:
    """By language, the subjects of other editions, each with the name of the latest of them; for one that is approved,
    of those that were approved before it.
    """
    others = {
        one.number: one
        for one in bench.editions.editions(newsletter.name)
        if one.number != edition.number
        and (edition.sealed_at is None or (one.sealed_at is not None and one.sealed_at <= edition.sealed_at))
    }
    found: dict[str, dict[str, str]] = {}
    for number, language, subject in sorted(bench.editions.subjects(newsletter.name)):
        if number in others:
            found.setdefault(language, {})[fold_letters(subject)] = others[number].name
    return found


def _overtaken(bench: Workbench, newsletter: Newsletter, edition: Edition) -> list[Finding]:
    """Of a draft: what sources changed in stories that staff had corrected, with both wordings."""
    if (
        edition.state is not EditionState.DRAFT
        or not (plan := bench.plans.plan(newsletter, edition.period)).corrections
    ):
        return []
    included = {one.story_id for one in bench.editions.verdicts(edition) if one.ruling is Ruling.INCLUDED}
    return [
        Finding(
            code="STAFF-001",
            severity=Severity.WARNING,
            place=f"“{one.item.text.title}”",
            reason=_(
                "its source changed the {field} after you had: it said “{before}”, and says “{now}”; the mails say "
                "“{said}”"
            ).format(field=field_name(one.field), before=one.before or "–", now=one.now or "–", said=one.said or "–"),
            fix=_("say it again, or undo it: digest plan edit {story} --period {period}").format(
                story=one.item.id[:8], period=edition.period.key
            ),
        )
        for one in overtaken(bench.items.stories(), plan)
        if one.story_id in included
    ]


def _listed(titles: Sequence[str]) -> str:
    first, *others = titles
    if not others:
        return first
    return plural("{first} and {count:,} more", "{first} and {count:,} more", len(others), first=first)
