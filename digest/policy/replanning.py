"""Replanning: one decision about one story, and the plan that follows from it."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from digest.model.plan import Plan


class Decision(StrEnum):
    DROP = "drop"
    DEFER = "defer"
    LEAD = "lead"
    PIN = "pin"
    KEEP = "keep"  # nothing special: it is taken out of all four


def decided(plan: Plan, decision: Decision, story_id: str, because: str | None = None) -> Plan:
    """A story has one part in an edition: the new decision replaces an older one. A reason given before stays when
    `because` is `None`. There is one lead.
    """
    before = plan
    plan = replace(
        plan,
        lead=None if plan.lead == story_id else plan.lead,
        pinned=_without(plan.pinned, story_id) if decision is not Decision.PIN else plan.pinned,
        dropped={other: reason for other, reason in plan.dropped.items() if other != story_id},
        deferred={other: reason for other, reason in plan.deferred.items() if other != story_id},
    )
    match decision:
        case Decision.DROP:
            reason = before.dropped.get(story_id, "") if because is None else because
            plan = replace(plan, dropped={**plan.dropped, story_id: reason}, order=_without(plan.order, story_id))
        case Decision.DEFER:
            reason = before.deferred.get(story_id, "") if because is None else because
            plan = replace(plan, deferred={**plan.deferred, story_id: reason}, order=_without(plan.order, story_id))
        case Decision.LEAD:
            plan = replace(plan, lead=story_id)
        case Decision.PIN if story_id not in plan.pinned:
            plan = replace(plan, pinned=(*plan.pinned, story_id))
    return plan


def ordered(plan: Plan, story_ids: Sequence[str]) -> Plan:
    """The order as given, in place of the one before. None of the stories may be dropped or deferred."""
    return replace(plan, order=tuple(story_ids))


def _without(ids: tuple[str, ...], story_id: str) -> tuple[str, ...]:
    return tuple(other for other in ids if other != story_id)
