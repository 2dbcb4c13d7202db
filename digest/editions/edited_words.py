"""Edited words: what sources say of stories that staff corrected, then and now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from digest.editions.plans.plan import FIELDS, OF_STORY, SEPARATOR, Correction, Plan, said_by_source
from digest.foundation.catalogue import _
from digest.intake.item import Item, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class OvertakenWords:
    """A field that its source changed after staff had corrected it. All are as one line."""

    story_id: str
    item: Item
    field: str
    said: str
    before: str
    now: str


def source_words(stories: Iterable[Story], plan: Plan) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Story → item → field: what the source says where staff say something else. `stories` are as sources have them;
    what is said of a whole story stands beside each of its texts.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    for story, item, correction in _corrected(stories, plan):
        said = {field: said_by_source(story, item, field) for field in _fields(correction)}
        changed = {field: words for field, words in said.items() if words != _said(correction, field)}
        if changed:
            found.setdefault(story.id, {})[item.id] = changed
    return found


def overtaken(stories: Iterable[Story], plan: Plan) -> list[OvertakenWords]:
    """Of corrections that say what they were made in place of."""
    found = []
    for story, item, correction in _corrected(stories, plan):
        for field, before in (correction.instead_of or {}).items():
            now, said = said_by_source(story, item, field), _said(correction, field)
            if now not in (before, said):
                found.append(
                    OvertakenWords(story_id=story.id, item=item, field=field, said=said, before=before, now=now)
                )
    return found


def field_name(field: str) -> str:
    """For staff."""
    return {
        "title": _("title"),
        "summary": _("summary"),
        "countries": _("countries"),
        "topics": _("topics"),
        "language": _("language"),
    }[field]


def _corrected(stories: Iterable[Story], plan: Plan) -> Iterator[tuple[Story, Item, Correction]]:
    by_item = {one.item_id: one for one in plan.corrections}
    for story in stories if by_item else ():
        yield from ((story, item, by_item[item.id]) for item in story.live_items if item.id in by_item)


def _fields(correction: Correction) -> Iterator[str]:
    return (field for field in FIELDS if getattr(correction, field) is not None)


def _said(correction: Correction, field: str) -> str:
    said = getattr(correction, field)
    return SEPARATOR.join(sorted(said)) if field in OF_STORY else said
