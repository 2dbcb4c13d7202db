"""Planning: the plan of an edition, the stories it is about, and what people change in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.adapters import EDITIONS
from digest.errors import PersonNeededError, UsageError
from digest.model.edition import Edition, EditionState, Introduction, Verdict
from digest.model.item import Story
from digest.model.newsletter import Newsletter
from digest.model.period import Period
from digest.model.plan import NOTHING_PLANNED, Plan
from digest.policy.curation import corrected
from digest.policy.folding import fold

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.config.plan_names import Known

PLANS = "plans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that the edition decides about, as the plan has it, and what is decided."""

    story: Story
    verdict: Verdict


def plan_path(workspace: "Workspace", newsletter: Newsletter, period: Period) -> Path:
    return workspace.folder / PLANS / newsletter.name / f"{period.key}.yaml"


def plan_of(workspace: "Workspace", newsletter: Newsletter, period: Period) -> Plan:
    """An empty plan when there is no file. Raise `ConfigurationError` with all mistakes at once."""
    path = plan_path(workspace, newsletter, period)
    if not path.exists():
        return NOTHING_PLANNED
    from digest.config.plan_file import read_plan

    return read_plan(path, known(workspace, newsletter, period))


def planned_stories(workspace: "Workspace", newsletter: Newsletter, period: Period) -> list[Story]:
    """All stories, corrected as the plan of this period says."""
    return corrected(workspace.items.stories(), plan_of(workspace, newsletter, period))


def known(workspace: "Workspace", newsletter: Newsletter, period: Period) -> "Known":
    """What the plan of this period may name."""
    from digest.config.plan_names import Known

    stories = workspace.items.stories()
    return Known(
        edition=f"{newsletter.name}/{period.key}",
        languages=newsletter.languages,
        stories=stories,
        elsewhere=_elsewhere(workspace, newsletter, period, stories),
        countries=workspace.taxonomy.countries,
        topics=workspace.taxonomy.topics,
        markdown=_introduction,
    )


def candidates(workspace: "Workspace", newsletter: Newsletter, period: Period) -> list[Candidate]:
    """What an edition built now would decide, in reading order; of a closed one, what was decided."""
    from digest.pipeline.build import calendar_of
    from digest.policy.selection import judge

    plan = plan_of(workspace, newsletter, period)
    stories = {story.id: story for story in corrected(workspace.items.stories(), plan)}
    editions = _editions(workspace, newsletter, period)
    verdicts: Sequence[Verdict] = (
        workspace.editions.verdicts(editions[-1])
        if any(not edition.state.is_open for edition in editions)
        else judge(
            newsletter,
            period,
            stories.values(),
            calendar_of(newsletter, workspace.editions),
            workspace.editions.settled(newsletter.name).keys(),
            plan,
        )
    )
    return [Candidate(story=stories[v.story_id], verdict=v) for v in verdicts if v.story_id in stories]


def closed_edition(workspace: "Workspace", newsletter: Newsletter, period: Period) -> Edition | None:
    """The last edition of the period, if nothing in it can change any more."""
    editions = _editions(workspace, newsletter, period)
    return editions[-1] if editions and not editions[-1].state.is_open else None


def turn_of(workspace: "Workspace", newsletter: Newsletter, words: Sequence[str]) -> Period:
    """The period in which the stories meant by `words` have their turn."""
    from digest.config.plan_names import title_of
    from digest.pipeline.build import calendar_of

    calendar = calendar_of(newsletter, workspace.editions)
    settled = workspace.editions.settled(newsletter.name)
    stories, language = workspace.items.stories(), newsletter.languages[0]
    periods = {}
    for one in words:
        story = _story_meant(stories, one, language, lambda story: story.id not in settled)
        if story.id in settled:
            said = f"{settled[story.id]} has decided about it, and nothing in that edition changes any more"
            raise PersonNeededError(title_of(story, language), said, "look at `digest status`")
        periods[calendar.turn(story)] = story
    if len(periods) > 1:
        told = ", ".join(f"“{title_of(story, language)}” in {period.key}" for period, story in periods.items())
        raise UsageError(" ".join(words), f"they have their turn in several editions: {told}", "name one at a time")
    return next(iter(periods))


def stories_meant(context: "Known", words: Sequence[str]) -> list[Story]:
    """The stories of this edition that a person means by ids or by words of their titles."""
    found, language = [], context.languages[0]
    for one in words:
        story = _story_meant(context.stories, one, language, lambda story: story.id not in context.elsewhere)
        if story.id in context.elsewhere:
            raise UsageError(context.title(story), f"it {context.elsewhere[story.id]}")
        found.append(story)
    if len({story.id for story in found}) < len(found):
        raise UsageError(" ".join(words), "one story is named twice", "name it once")
    return found


def refuse_outdated(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> None:
    """Raise `PersonNeededError` for a draft that was built from another plan than the one there is now."""
    if edition.state is not EditionState.DRAFT:
        return
    from digest.policy.describing import describe, description_fingerprint

    plan = plan_of(workspace, newsletter, edition.period)
    editions = workspace.editions
    described = describe(
        newsletter,
        edition.period,
        workspace.renderer.fingerprint(newsletter.template),
        editions.verdicts(edition),
        editions.variants(edition),
        editions.choices_of(edition),
        plan,
    )
    if description_fingerprint(described) == edition.fingerprint:
        return
    copy = _readable_description(workspace, edition)  # the settings or a template may be what changed
    if copy.get("fingerprint") == edition.fingerprint and copy.get("plan") == described["plan"]:
        return
    raise PersonNeededError(
        str(plan_path(workspace, newsletter, edition.period).relative_to(workspace.folder)),
        f"it was changed after the draft of {edition.name} was built",
        f"build it again and look at it: digest preview {edition.name}",
    )


def _readable_description(workspace: "Workspace", edition: Edition) -> Mapping[str, object]:
    """What the readable copy says of itself; nothing when there is none."""
    import yaml

    path = workspace.folder / EDITIONS / edition.name / "edition.yaml"
    try:
        written = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError):
        return {}
    return written if isinstance(written, dict) else {}


def _elsewhere(
    workspace: "Workspace", newsletter: Newsletter, period: Period, stories: Sequence[Story]
) -> dict[str, str]:
    """Story → where it is, of those that this edition does not decide about."""
    from digest.pipeline.build import calendar_of

    editions = _editions(workspace, newsletter, period)
    if any(not edition.state.is_open for edition in editions):  # a reissue says again what the first one said
        decided = {verdict.story_id for edition in editions for verdict in workspace.editions.verdicts(edition)}
        return {story.id: f"is not in {editions[-1].name}" for story in stories if story.id not in decided}
    calendar = calendar_of(newsletter, workspace.editions)
    settled = workspace.editions.settled(newsletter.name)
    where = {}
    for story in stories:
        if story.id in settled:
            where[story.id] = f"was decided in {settled[story.id]} already; take it out of this plan"
        elif (turn := calendar.turn(story)) != period:
            where[story.id] = f"has its turn in {turn.key}; it belongs into {PLANS}/{newsletter.name}/{turn.key}.yaml"
    return where


def _editions(workspace: "Workspace", newsletter: Newsletter, period: Period) -> list[Edition]:
    """All revisions, the last one at the end."""
    return [edition for edition in workspace.editions.editions(newsletter.name) if edition.period == period]


def _story_meant(stories: Sequence[Story], words: str, language: str, preferred: Callable[[Story], bool]) -> Story:
    """By the beginning of an id, else by words of a title; those that are preferred if there are any."""
    from digest.config.plan_names import title_of

    beginning, spoken = words.strip().lower(), fold(words)
    found = [s for s in stories if s.id == beginning or any(item.id == beginning for item in s.items)]
    found = found or [s for s in stories if beginning and any(item.id.startswith(beginning) for item in s.items)]
    found = found or [s for s in stories if spoken and any(spoken in fold(item.text.title) for item in s.items)]
    found = [story for story in found if preferred(story)] or found
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(words, "no story has this id or these words in its title", "list them with `digest items`")
    told = ", ".join(f"{story.id[:8]} {title_of(story, language)}" for story in found[:6])
    raise UsageError(words, f"{len(found)} stories fit: {told}", "name one by its id")


def _introduction(text: str) -> Introduction:
    from digest.sources.markdown import markdown_body

    paragraphs, html = markdown_body(text)
    return Introduction(paragraphs=paragraphs, html=html)
