"""Curation: what a plan does to the stories of its edition, before and after they are judged."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from digest.model.edition import Ruling
from digest.model.item import Item, Story
from digest.model.plan import Correction, Plan
from digest.model.tag import Strength, Tag, TagKind, Where


def corrected(stories: Iterable[Story], plan: Plan) -> list[Story]:
    """The stories as people want them. A person's countries or topics are strong and replace all tags of that kind."""
    by_item = {correction.item_id: correction for correction in plan.corrections}
    return [_corrected_story(story, by_item) for story in stories]


def ruling_of(plan: Plan, story_id: str) -> tuple[Ruling, str] | None:
    """What a person decided about the story, with the reason; `None` when they left it to the rules."""
    for ruled, reasons, said in (
        (Ruling.DROPPED, plan.dropped, "the plan leaves it out"),
        (Ruling.DEFERRED, plan.deferred, "the plan puts it off to the next edition"),
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
    return Tag(kind=kind, value=value, term=value, where=Where.PERSON, strength=Strength.STRONG)
