"""Plans: what staff decide about one edition, besides the stories themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from digest.intake.item import Item, Story, TagKind
from digest.mail.content import Introduction

FIELDS = ("title", "summary", "countries", "topics", "language")  # what can be corrected
OF_STORY = ("countries", "topics")  # of all its texts at once
SEPARATOR = ", "


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says instead of what an item says; `None`: it stays. An empty tuple says that there is none.

    `instead_of` is what the source said of a field when it was corrected, as far as that is known.
    """

    item_id: str
    title: str | None = None
    summary: str | None = None
    countries: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    language: str | None = None
    instead_of: Mapping[str, str] | None = None

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, name) is None for name in FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All stories by their id, corrections by the id of an item. `introductions`,
    `subjects` and `preheaders` (what inboxes show beside the subject) are by language.

    `order` and `pinned` come before the other stories of their section, `pinned` first; `lead` stands above all.
    `full` and `brief` say how much room a story gets, where the program would decide otherwise.
    `dropped` and `deferred` map a story to the reason a person gave, empty if none. No story is in two of `lead`,
    `pinned`, `dropped` and `deferred`, and none that is dropped or deferred is in `order`.
    """

    introductions: Mapping[str, Introduction] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)
    preheaders: Mapping[str, str] = field(default_factory=dict)
    lead: str | None = None
    pinned: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    deferred: Mapping[str, str] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()


NOTHING_PLANNED = Plan()


class PlanDecision(StrEnum):
    DROP = "drop"
    DEFER = "defer"
    LEAD = "lead"
    PIN = "pin"
    KEEP = "keep"  # nothing special: it is taken out of all four


class InboxLine(StrEnum):
    """What inboxes show of a mail before it is opened."""

    SUBJECT = "subject"
    PREHEADER = "preheader"


def decided(plan: Plan, decision: PlanDecision, story_id: str, because: str | None = None) -> Plan:
    """A story has one part in an edition: the new decision replaces an older one. A reason given before stays when
    `because` is `None`. There is one lead.
    """
    before = plan
    plan = replace(
        plan,
        lead=None if plan.lead == story_id else plan.lead,
        pinned=_without(plan.pinned, story_id) if decision is not PlanDecision.PIN else plan.pinned,
        dropped={other: reason for other, reason in plan.dropped.items() if other != story_id},
        deferred={other: reason for other, reason in plan.deferred.items() if other != story_id},
    )
    match decision:
        case PlanDecision.DROP:
            reason = before.dropped.get(story_id, "") if because is None else because
            plan = replace(plan, dropped={**plan.dropped, story_id: reason}, order=_without(plan.order, story_id))
        case PlanDecision.DEFER:
            reason = before.deferred.get(story_id, "") if because is None else because
            plan = replace(plan, deferred={**plan.deferred, story_id: reason}, order=_without(plan.order, story_id))
        case PlanDecision.LEAD:
            plan = replace(plan, lead=story_id)
        case PlanDecision.PIN if story_id not in plan.pinned:
            plan = replace(plan, pinned=(*plan.pinned, story_id))
    return plan


def worded(plan: Plan, line: InboxLine, languages: Sequence[str], text: str) -> Plan:
    """With that text in the languages; an empty one takes out what is there."""
    field = {InboxLine.SUBJECT: "subjects", InboxLine.PREHEADER: "preheaders"}[line]
    kept = {code: said for code, said in getattr(plan, field).items() if code not in languages}
    new: dict[str, Any] = {field: {**kept, **dict.fromkeys(languages, text)} if text else kept}
    return replace(plan, **new)


def ordered(plan: Plan, story_ids: Sequence[str]) -> Plan:
    """The order as given, in place of the one before. None of the stories may be dropped or deferred."""
    return replace(plan, order=tuple(story_ids))


def _without(ids: tuple[str, ...], story_id: str) -> tuple[str, ...]:
    return tuple(other for other in ids if other != story_id)


def said_by_source(story: Story, item: Item, field: str) -> str:
    """What a field is without a correction, as one line. `story` is as its sources have it."""
    if field in OF_STORY:
        kind = TagKind.COUNTRY if field == "countries" else TagKind.TOPIC
        return SEPARATOR.join(sorted(story.values(kind)))
    if field == "language":
        return item.language
    said = item.text.title if field == "title" else item.text.summary
    return " ".join((said or "").split())
