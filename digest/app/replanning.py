"""Replanning: what people change in a plan by a command."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from digest.app.planning import candidates, closed_edition, known, plan_path, stories_meant
from digest.errors import PersonNeededError
from digest.model.item import Story
from digest.model.newsletter import Newsletter
from digest.model.period import Period
from digest.policy.replanning import Decision
from digest.policy.states import Step, after

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.config.plan_editing import Edited


def decide(
    workspace: "Workspace",
    newsletter: Newsletter,
    period: Period,
    decision: Decision,
    words: Sequence[str],
    because: str | None,
) -> "tuple[list[Story], Edited]":
    """Write the decision about the stories meant by `words` (ids, or words of titles) into the plan of the period.

    Raise `PersonNeededError` for an edition in which nothing can change any more.
    """
    from digest.config import plan_editing

    _refuse_closed(workspace, newsletter, period)
    context = known(workspace, newsletter, period)
    stories = stories_meant(context, words)
    path = plan_path(workspace, newsletter, period)
    return stories, plan_editing.decide(path, context, decision, stories, because)


def put_in_order(
    workspace: "Workspace", newsletter: Newsletter, period: Period, words: Sequence[str]
) -> "tuple[list[Story], Edited]":
    """The same for the order of the stories."""
    from digest.config import plan_editing

    _refuse_closed(workspace, newsletter, period)
    context = known(workspace, newsletter, period)
    stories = stories_meant(context, words)
    return stories, plan_editing.put_in_order(plan_path(workspace, newsletter, period), context, stories)


def write_new_plan(workspace: "Workspace", newsletter: Newsletter, period: Period) -> bool:
    """Write a plan in which everything is a comment, unless there is one or it would change nothing any more."""
    from digest.config.plan_editing import write_plan
    from digest.config.plan_template import plan_template

    path = plan_path(workspace, newsletter, period)
    if path.exists() or closed_edition(workspace, newsletter, period) is not None:
        return False
    stories = [candidate.story for candidate in candidates(workspace, newsletter, period)]
    write_plan(path, plan_template(known(workspace, newsletter, period), stories))
    return True


def _refuse_closed(workspace: "Workspace", newsletter: Newsletter, period: Period) -> None:
    closed = closed_edition(workspace, newsletter, period)
    if closed is not None:
        remedy = f'say it again: digest reissue {closed.name} --because "…"'
        if after(closed.state, Step.REOPEN) is not None:
            remedy = f'take it back first: digest reopen {closed.name} --by NAME --because "…"'
        cause = f"it is {closed.state}: a plan changes nothing in it any more"
        raise PersonNeededError(closed.name, cause, remedy)
