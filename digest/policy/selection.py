"""Selection: which stories an edition decides about, and what it decides (design §4.3–4.6)."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from digest.model.edition import EditionState, Ruling, Verdict
from digest.model.item import Story
from digest.model.newsletter import Newsletter
from digest.model.period import Period, PeriodKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a newsletter's editions say about its periods. A period without an edition is open."""

    kind: PeriodKind
    states: Mapping[Period, EditionState]

    def is_open(self, period: Period) -> bool:
        state = self.states.get(period)
        return state is None or state.is_open

    def home(self, story: Story) -> Period:
        """The period of the story's own date."""
        return Period.containing(self.kind, story.published_on)

    def turn(self, story: Story) -> Period:
        """The period whose edition decides about the story: its home, or the next open one once that is closed."""
        period = self.home(story)
        while not self.is_open(period):
            period = period.next()
        return period


def judge(
    newsletter: Newsletter, period: Period, stories: Iterable[Story], calendar: Calendar, settled: AbstractSet[str]
) -> tuple[Verdict, ...]:
    """One verdict per story whose turn it is in `period`, in reading order. Pure: same inputs, same verdicts."""
    due = [story for story in stories if story.id not in settled and calendar.turn(story) == period]
    return tuple(_judge_one(newsletter, period, story, calendar.home(story)) for story in in_reading_order(due))


def periods_with_turns(stories: Iterable[Story], calendar: Calendar, settled: AbstractSet[str]) -> dict[Period, int]:
    """The periods that have stories to decide about, in order, with their number."""
    counts: dict[Period, int] = {}
    for story in stories:
        if story.id not in settled:
            turn = calendar.turn(story)
            counts[turn] = counts.get(turn, 0) + 1
    return dict(sorted(counts.items()))


def in_reading_order(stories: Iterable[Story]) -> list[Story]:
    """Newest first; equal dates keep the order of their file."""
    return sorted(
        stories,
        key=lambda story: (-story.published_on.toordinal(), min(i.position for i in story.items), story.id),
    )


def _judge_one(newsletter: Newsletter, period: Period, story: Story, home: Period) -> Verdict:
    late_by = home.steps_to(period)
    ruling, reason = _ruling(newsletter, story, late_by)
    return Verdict(story_id=story.id, ruling=ruling, reason=reason, late=late_by > 0)


def _ruling(newsletter: Newsletter, story: Story, late_by: int) -> tuple[Ruling, str]:
    if story.withdrawn:
        return Ruling.WITHDRAWN, "it is no longer in its source"
    if late_by > newsletter.late_for:
        return Ruling.TOO_OLD, (
            f"it came {late_by} periods after its own, the newsletter takes up to {newsletter.late_for} (late_for)"
        )
    reasons = _reasons(newsletter, story)
    if not reasons:
        return Ruling.NO_AUDIENCE, "none of the newsletter's audiences asks for its countries and topics"
    return Ruling.INCLUDED, "; ".join(f"{name} ({reason})" for name, reason in reasons)


def _reasons(newsletter: Newsletter, story: Story) -> Sequence[tuple[str, str]]:
    return [
        (audience.title(newsletter.languages[0]), reason)
        for audience in newsletter.audiences
        if (reason := audience.reason(story)) is not None
    ]
