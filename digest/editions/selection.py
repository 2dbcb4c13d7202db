"""Selection: which stories an edition decides about, and what it decides (design §4.3–4.6)."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date

from digest.editions.plans.plan import NOTHING_PLANNED, Correction, Plan
from digest.foundation.catalogue import later
from digest.intake.item import Item, Story, Strength, Tag, TagKind, TagPlace
from digest.newsletters.edition import CarriedOver, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period
from digest.newsletters.timetable import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """What a newsletter's editions say about its periods: which are `closed`. `carried_over` are the items that were
    there in time for an edition which did not take them.
    """

    timetable: Timetable
    closed: AbstractSet[Period]
    carried_over: Mapping[str, CarriedOver] = field(default_factory=dict)

    def is_open(self, period: Period) -> bool:
        return period not in self.closed

    def own_period(self, story: Story) -> Period:
        """The period of the story's own date."""
        return self.timetable.containing(story.published_on)

    def due_period(self, story: Story) -> Period:
        """The period whose edition decides about the story: its own, or the next open one once that is closed."""
        return self.due_period_on(story.published_on)

    def standing(self, story: Story) -> CarriedOver | None:
        """What became of the story if it was there in time for an edition which did not take it."""
        found = {self.carried_over[item.id] for item in story.items if item.id in self.carried_over}
        return next((one for one in CarriedOver if one in found), None)

    def waits(self, story: Story) -> bool:
        """Whether no edition decides about it until a person says what becomes of it."""
        return self.standing(story) is CarriedOver.WAITS

    def due_period_on(self, published_on: date) -> Period:
        """The due period of a story with that date."""
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
    """One verdict per story that is due in `period`, in reading order. Pure: same inputs, same verdicts.

    `stories` are as the plan corrects them.
    """
    open_ = (story for story in stories if story.id not in settled and not (story.kept_out or calendar.waits(story)))
    due = [story for story in open_ if calendar.due_period(story) == period]
    return tuple(_judge_one(newsletter, period, story, calendar, plan) for story in in_reading_order(due))


def judge_again(
    newsletter: Newsletter, period: Period, stories: Iterable[Story], calendar: Calendar, plan: Plan = NOTHING_PLANNED
) -> tuple[Verdict, ...]:
    """The verdicts on `stories` that were chosen, wherever they were due: those that the first edition held, for a
    reissue; those that people took, for an edition outside the calendar.
    """
    verdicts = []
    for story in in_reading_order(stories):
        ruling, reason = _ruling(newsletter, story, 0, plan)
        late = not period.is_special and calendar.own_period(story) != period
        verdicts.append(Verdict(story_id=story.id, ruling=ruling, reason=str(reason), late=late))
    return tuple(verdicts)


def due_periods(stories: Iterable[Story], calendar: Calendar, settled: AbstractSet[str]) -> dict[Period, int]:
    """The periods that have stories to decide about, in order, with their number."""
    counts: dict[Period, int] = {}
    for story in stories:
        if story.id not in settled and not (story.kept_out or calendar.waits(story)):
            due = calendar.due_period(story)
            counts[due] = counts.get(due, 0) + 1
    return dict(sorted(counts.items()))


def in_reading_order(stories: Iterable[Story]) -> list[Story]:
    """Newest first; equal dates keep the order of their file."""
    return sorted(
        stories,
        key=lambda story: (-story.published_on.toordinal(), min(i.position for i in story.items), story.id),
    )


def _judge_one(newsletter: Newsletter, period: Period, story: Story, calendar: Calendar, plan: Plan) -> Verdict:
    late_by, standing = calendar.timetable.steps(calendar.own_period(story), period), calendar.standing(story)
    ruling, reason = _ruling(newsletter, story, late_by if standing is None else 0, plan)
    missed = late_by > 0 and standing is CarriedOver.MISSED
    return Verdict(story_id=story.id, ruling=ruling, reason=str(reason), late=late_by > 0, missed=missed)


def _ruling(newsletter: Newsletter, story: Story, late_by: int, plan: Plan) -> tuple[Ruling, str]:
    """`late_by` counts the periods that were closed when it came: what was there in time is never too old."""
    if story.withdrawn:
        return Ruling.WITHDRAWN, later("it is no longer in its source")
    if late_by > newsletter.late_for:
        return Ruling.TOO_OLD, (
            later("it came {count} periods after its own, the newsletter takes up to {most} (late_for)").format(
                count=late_by, most=newsletter.late_for
            )
        )
    if (planned := ruling_of(plan, story.id)) is not None:
        return planned
    reasons = _reasons(newsletter, story)
    if not reasons:
        return Ruling.NO_AUDIENCE, later("none of the newsletter's audiences asks for its countries and topics")
    return Ruling.INCLUDED, "; ".join(f"{name} ({reason})" for name, reason in reasons)


def _reasons(newsletter: Newsletter, story: Story) -> Sequence[tuple[str, str]]:
    return [
        (audience.title(newsletter.languages[0]), reason)
        for audience in newsletter.audiences
        if (reason := audience.reason(story)) is not None
    ]


# -- Curation: what a plan does to the stories of its edition, before and after they are judged.


def corrected(stories: Iterable[Story], plan: Plan) -> list[Story]:
    """The stories as people want them. A person's countries or topics are strong and replace all tags of that kind."""
    by_item = {correction.item_id: correction for correction in plan.corrections}
    return [_corrected_story(story, by_item) for story in stories]


def ruling_of(plan: Plan, story_id: str) -> tuple[Ruling, str] | None:
    """What a person decided about the story, with the reason; `None` when they left it to the rules."""
    for ruled, reasons, said in (
        (Ruling.DROPPED, plan.dropped, later("the plan leaves it out")),
        (Ruling.DEFERRED, plan.deferred, later("the plan puts it off to the next edition")),
    ):
        if story_id in reasons:
            return ruled, f"{said}: {reasons[story_id]}" if reasons[story_id] else said
    return None


def rank(plan: Plan, story_id: str) -> tuple[int, int]:
    """Sorts the stories of a section: pinned ones, then ordered ones, then the others, which keep their order."""
    for place, ids in enumerate((plan.pinned, plan.order)):
        if story_id in ids:
            return place, ids.index(story_id)
    return 2, 0


def _corrected_story(story: Story, by_item: Mapping[str, Correction]) -> Story:
    if not any(item.id in by_item for item in story.items):
        return story
    return replace(
        story,
        items=tuple(_corrected_item(item, by_item[item.id]) if item.id in by_item else item for item in story.items),
    )


def _corrected_item(item: Item, correction: Correction) -> Item:
    text = item.text
    if correction.title is not None:
        text = replace(text, title=correction.title)
    if correction.summary is not None:
        text = replace(text, summary=correction.summary)
    tags = item.tags
    for kind, said in ((TagKind.COUNTRY, correction.countries), (TagKind.TOPIC, correction.topics)):
        if said is not None:
            tags = (*(tag for tag in tags if tag.kind is not kind), *(_said(kind, value) for value in said))
    return replace(item, text=text, tags=tags, language=correction.language or item.language)


def _said(kind: TagKind, value: str) -> Tag:
    return Tag(kind=kind, value=value, term=value, where=TagPlace.PERSON, strength=Strength.STRONG)
