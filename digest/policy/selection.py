"""Selection: which stories an edition decides about, and what it decides (design §4.3–4.6)."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from digest.model.edition import EditionState, Ruling, Verdict
from digest.model.item import Story
from digest.model.newsletter import Newsletter
from digest.model.period import Period
from digest.model.plan import NOTHING_PLANNED, Plan
from digest.policy.curation import ruling_of
from digest.policy.timetable import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a newsletter's editions say about its periods. A period without an edition is open."""

    timetable: Timetable
    states: Mapping[Period, EditionState]

    def is_open(self, period: Period) -> bool:
        state = self.states.get(period)
        return state is None or state.is_open

    def home(self, story: Story) -> Period:
        """The period of the story's own date."""
        return self.timetable.containing(story.published_on)

    def turn(self, story: Story) -> Period:
        """The period whose edition decides about the story: its home, or the next open one once that is closed."""
        return self.turn_of(story.published_on)

    def turn_of(self, published_on: date) -> Period:
        """The turn of a story with that date."""
        period = self.timetable.containing(published_on)
        while not self.is_open(period):
            period = self.timetable.next(period)
        return period


def judge(
    newsletter: Newsletter,
    period: Period,
    stories: Iterable[Story],
    calendar: Calendar,
    settled: AbstractSet[str],
    plan: Plan = NOTHING_PLANNED,
) -> tuple[Verdict, ...]:
    """One verdict per story whose turn it is in `period`, in reading order. Pure: same inputs, same verdicts.

    `stories` are as the plan corrects them.
    """
    due = [story for story in stories if story.id not in settled and calendar.turn(story) == period]
    return tuple(_judge_one(newsletter, period, story, calendar, plan) for story in in_reading_order(due))


def judge_again(
    newsletter: Newsletter, period: Period, stories: Iterable[Story], calendar: Calendar, plan: Plan = NOTHING_PLANNED
) -> tuple[Verdict, ...]:
    """The verdicts of a reissue, on the `stories` that its first edition held: whose turn it was is settled."""
    verdicts = []
    for story in in_reading_order(stories):
        ruling, reason = _ruling(newsletter, story, 0, plan)
        late = calendar.home(story) != period
        verdicts.append(Verdict(story_id=story.id, ruling=ruling, reason=reason, late=late))
    return tuple(verdicts)


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


def _judge_one(newsletter: Newsletter, period: Period, story: Story, calendar: Calendar, plan: Plan) -> Verdict:
    late_by = calendar.timetable.steps(calendar.home(story), period)
    ruling, reason = _ruling(newsletter, story, late_by, plan)
    return Verdict(story_id=story.id, ruling=ruling, reason=reason, late=late_by > 0)


def _ruling(newsletter: Newsletter, story: Story, late_by: int, plan: Plan) -> tuple[Ruling, str]:
    if story.withdrawn:
        return Ruling.WITHDRAWN, "it is no longer in its source"
    if late_by > newsletter.late_for:
        return Ruling.TOO_OLD, (
            f"it came {late_by} periods after its own, the newsletter takes up to {newsletter.late_for} (late_for)"
        )
    if (planned := ruling_of(plan, story.id)) is not None:
        return planned
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
