"""Explaining a story to a person: whether they got it, and why or why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.app.explaining import ExplainedStory, InNewsletter, explain_story
from digest.app.explaining_people import standings_of, stories_for, why_this_mail
from digest.model.delivery import DeliveryState
from digest.model.edition import Edition, EditionState, Ruling
from digest.model.item import Item, Story
from digest.model.subscriber import Received, SubscriptionStanding

if TYPE_CHECKING:
    from digest.app.workspace import Workspace

BECAME = {
    DeliveryState.PENDING: "it waits in their mail to be sent",
    DeliveryState.INTENT: "their mail with it is leaving, or in doubt",
    DeliveryState.HELD: "their mail with it may have arrived: it is in doubt, and a person decides",
    DeliveryState.FAILED: "it stood in their mail, but that could not be delivered",
    DeliveryState.LEFT: "it stood in their mail, but they unsubscribed before it left",
}
GIVEN_UP = (EditionState.SKIPPED, EditionState.PASSED_OVER, EditionState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """`got`: they have it. `None`: not yet, and it may still come. `received` is the mail in which it was, or should
    have been.
    """

    newsletter: str
    got: bool | None
    why: str
    received: Received | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedBoth:
    explained: ExplainedStory
    address: str
    answers: tuple[Got, ...]


def explain_both(workspace: "Workspace", item: Item, story: Story, address: str) -> ExplainedBoth:
    """One answer per subscription of the person."""
    standings = standings_of(workspace, address)
    wanted = {standing.subscription.choice.newsletter for standing in standings}
    newsletters = [newsletter for newsletter in workspace.settings.newsletters if newsletter.name in wanted]
    explained = explain_story(workspace, item, story, newsletters)
    received = workspace.subscribers.received(standings[0].subscription.folded)
    inside = {one.newsletter.name: one for one in explained.newsletters}
    return ExplainedBoth(
        explained=explained,
        address=standings[0].subscription.address,
        answers=tuple(
            _got(workspace, story, standing, inside.get(standing.subscription.choice.newsletter), received)
            for standing in standings
        ),
    )


def _got(
    workspace: "Workspace",
    story: Story,
    standing: SubscriptionStanding,
    inside: InNewsletter | None,
    received: Sequence[Received],
) -> Got:
    newsletter = standing.subscription.choice.newsletter
    ids = {item.id for item in story.items}
    theirs = {one.edition: one for one in received if one.edition.partition("/")[0] == newsletter}
    carrying = [one for one in theirs.values() if ids & set(one.story_ids)]
    if carrying:
        return _carried(newsletter, carrying)
    if inside is None:
        return Got(newsletter=newsletter, got=False, why="the settings have this newsletter no more")
    if not standing.gets_mail:
        return Got(newsletter=newsletter, got=False, why="no mail goes to them any more: they left, or are suppressed")
    included = [
        one.edition
        for one in inside.decided
        if one.verdict.ruling is Ruling.INCLUDED and one.edition.state not in GIVEN_UP
    ]
    if not included:
        return _not_included(inside)
    return _not_carried(workspace, standing, inside, included[-1], theirs.get(included[-1].name))


def _carried(newsletter: str, carrying: Sequence[Received]) -> Got:
    sent = [one for one in carrying if one.state == DeliveryState.SENT]
    one = sent[0] if sent else carrying[-1]
    state = DeliveryState(one.state)
    got = True if sent else None if state.is_open else False
    why = f"it stood in their mail of {one.edition}" if sent else f"{one.edition}: {BECAME[state]}"
    return Got(newsletter=newsletter, got=got, why=why, received=one)


def _not_included(inside: InNewsletter) -> Got:
    name = inside.newsletter.name
    if inside.taken_by is None:
        if inside.before_start:
            return Got(newsletter=name, got=False, why="it is older than the newsletter")
        last = inside.decided[-1] if inside.decided else None
        said = f"; the draft says: {last.verdict.ruling}, {last.verdict.reason}" if last else ""
        return Got(newsletter=name, got=None, why=f"no edition has taken it yet; its turn is {inside.turn.key}{said}")
    verdicts = [one for one in inside.decided if one.edition.name == inside.taken_by]
    if not verdicts:
        why = f"{inside.taken_by} has taken the story from which it was split"
    else:
        why = f"{inside.taken_by} decided: {verdicts[-1].verdict.ruling}, {verdicts[-1].verdict.reason}"
    return Got(newsletter=name, got=False, why=why)


def _not_carried(
    workspace: "Workspace",
    standing: SubscriptionStanding,
    inside: InNewsletter,
    edition: Edition,
    theirs: Received | None,
) -> Got:
    """The edition has it, and the person's mail does not."""
    name = inside.newsletter.name
    chosen = standing.subscription.choice.audiences
    if edition.sending_at is None:
        taking = [one.title for one in inside.concerned if one.takes and one.audience in chosen]
        if taking:
            return Got(newsletter=name, got=None, why=f"{edition.name} has it for {' and '.join(taking)}; not sent yet")
        return Got(newsletter=name, got=False, why=f"{edition.name} has it, but {_not_theirs(inside, chosen)}")
    if theirs is None:
        why = f"they were no reader when the recipients of {edition.name} were fixed"
        return Got(newsletter=name, got=False, why=f"{why} ({edition.sending_at:%Y-%m-%d %H:%M} UTC)")
    why = _why_not_in_their_mail(workspace, standing, inside, edition, theirs)
    return Got(newsletter=name, got=False, why=f"{edition.name} has it, but {why}", received=theirs)


def _why_not_in_their_mail(
    workspace: "Workspace",
    standing: SubscriptionStanding,
    inside: InNewsletter,
    edition: Edition,
    theirs: Received,
) -> str:
    from digest.store.overviews import Overviews

    choice = standing.subscription.choice
    outlines = {one.name: one for one in Overviews(workspace.database).outlines(edition)}
    served = workspace.editions.choices_of(edition)
    decided = {one.verdict.story_id for one in inside.decided if one.edition.name == edition.name}
    if decided & stories_for(choice, served, outlines) or choice not in served:
        return why_this_mail(choice, served, outlines, theirs.variant)
    return _not_theirs(inside, choice.audiences)


def _not_theirs(inside: InNewsletter, chosen: frozenset[str]) -> str:
    said = [
        f"{one.title} does not take it ({one.why})"
        for one in inside.concerned
        if one.audience in chosen and not one.takes
    ]
    return "; ".join(said) or "none of the audiences they chose had it"
