"""`digest explain`: why a story is where it is, or what a person gets."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option
from digest.cli.session import Session, pass_session
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.model.item import Item, Story
    from digest.model.newsletter import Newsletter


@click.command()
@click.argument("what", metavar="ITEM|ADDRESS")
@json_option
@pass_session
def explain(session: Session, what: str, *, as_json: bool) -> int:
    """Explain an item (its id, the beginning of it, or words of its title) or a reader's address."""
    workspace = session.workspace
    lines = list(_address(workspace, what) if "@" in what else _item(workspace, what))
    if as_json:
        import json

        click.echo(json.dumps({"about": what, "lines": [line.strip() for line in lines]}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(lines))
    return 0


def _item(workspace: "Workspace", words: str) -> Iterator[str]:
    item = _find(workspace, words)
    story = next(s for s in workspace.items.stories() if any(one.id == item.id for one in s.items))
    yield item.text.title
    yield f"  item {item.id}, {item.published_on}, {item.language}, from {item.source} ({item.place})"
    if item.withdrawn:
        yield "  withdrawn: it is no longer in its source"
    for other in story.items:
        if other.id != item.id:
            yield f"  same story: {other.text.title} ({other.language}, {other.place})"
    for tag in item.tags:
        said = "said by a person" if tag.where == "person" else f"“{tag.term}” in the {tag.where}"
        yield f"  {tag.kind} {tag.value}: {said} ({tag.strength})"
    if not item.tags:
        yield "  no country or topic was found in it"
    for newsletter in workspace.settings.newsletters:
        yield from _in_newsletter(workspace, newsletter, story)


def _in_newsletter(workspace: "Workspace", newsletter: "Newsletter", story: "Story") -> Iterator[str]:
    from digest.pipeline.build import calendar_of

    calendar = calendar_of(newsletter, workspace.editions)
    yield f"{newsletter.name}: at home in {calendar.home(story).key}"
    for edition in workspace.editions.editions(newsletter.name):
        for verdict in workspace.editions.verdicts(edition):
            if verdict.story_id == story.id:
                late = ", late" if verdict.late else ""
                yield f"  {edition.key} ({edition.state}): {verdict.ruling}{late} – {verdict.reason}"
    by = workspace.editions.settled(newsletter.name).get(story.id)
    if by is None:
        yield f"  its turn is {calendar.turn(story).key}; no sealed edition has taken it"
    for audience in newsletter.audiences:
        reason = audience.reason(story)
        yield f"  {audience.title(newsletter.languages[0])}: {'yes – ' + reason if reason else 'no'}"


def _find(workspace: "Workspace", words: str) -> "Item":
    from digest.policy.folding import fold

    items = workspace.items.items()
    found = [item for item in items if item.id.startswith(words.lower())] or [
        item for item in items if fold(words) in fold(item.text.title)
    ]
    story_of = workspace.items.story_of()
    if len({story_of[item.id] for item in found}) == 1 or any(item.id == words for item in found):
        return next((item for item in found if item.id == words), found[0])
    if not found:
        raise UsageError(words, "no item has this id or these words in its title", "list them with `digest items`")
    raise UsageError(
        words,
        f"{len(found)} items fit: {', '.join(f'{item.id[:8]} {item.text.title[:40]}' for item in found[:6])}",
        "name one by its id",
    )


def _address(workspace: "Workspace", address: str) -> Iterator[str]:
    folded = address.strip().casefold()
    subscriptions = workspace.subscribers.subscriptions(folded)
    if not subscriptions:
        raise UsageError(
            address, "this address is not subscribed", "look at the subscriber file, then run `digest build`"
        )
    for subscription, active in subscriptions:
        choice = subscription.choice
        yield f"{subscription.address} ({subscription.name or 'no name'})"
        state = "active" if active else "has left"
        yield f"  {choice.newsletter}: {', '.join(sorted(choice.audiences))}; {choice.language}; {state}"
        consent = subscription.consent
        if consent.on or consent.how:
            yield f"  agreed: {consent.on or ''} {consent.how or ''}".rstrip()
    for received in workspace.subscribers.received(folded):
        yield f"  {received.edition}: {received.variant or 'nothing for this choice'}, {received.state}"
