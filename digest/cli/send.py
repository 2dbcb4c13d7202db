"""`digest send`: send what is approved."""

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter
    from digest.pipeline.send import Sent


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody sits at a terminal.")
@pass_session
def send(session: Session, edition: str | None, newsletter: str | None, period: str | None, *, yes: bool) -> int:
    """Send an approved edition, once to each person: EDITION is 2018-07, july or monthly/2018-07.

    An interrupted sending goes on where it stopped. A finished one is reported, and nothing leaves again.
    """
    from digest.cli.browsing import write_browse_page
    from digest.cli.ending import worst
    from digest.cli.steps import edition_meant, update_subscribers
    from digest.cli.stopping import told_to_stop

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    states = {"sealed", "sending"} | ({"draft"} if chosen.approval == "none" else set())
    meant = edition_meant(session, chosen, period, frozenset(states), "sent")
    code = update_subscribers(session)
    if meant.state in states and not yes:
        _ask(session, chosen, meant)
    with told_to_stop() as stop:
        sent = workspace.send(chosen, meant, stop=stop)
    click.echo(_report(sent))
    write_browse_page(workspace)
    return worst([code, _outcome(session, sent)])


def _ask(session: Session, newsletter: "Newsletter", edition: "Edition") -> None:
    """Say what will happen and ask for the number of messages; that number cannot be typed by habit."""
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here; say --yes to send")
    from digest.cli.wording import period_title
    from digest.rendering.naming import language_name

    workspace = session.workspace
    people = Counter[str]()
    for choice, count in workspace.subscribers.subscribed(newsletter.name):
        people[choice.language] += count
    shares = ", ".join(f"{people[language]} {language_name(language)}" for language in newsletter.languages)
    session.say(f"{period_title(edition.period)}: {shares}, as files into {workspace.settings.delivery.path}.")
    total = sum(people.values())
    if click.prompt("Type the number of readers to send", type=int, err=True) != total:
        raise click.UsageError(f"that is not {total}; nothing was sent")


def _report(sent: "Sent") -> str:
    states = ", ".join(f"{count} {state}" for state, count in sorted(sent.tally.states.items()))
    return f"{sent.edition.name}: {sent.edition.state}; {sent.tally.frozen} readers: {states or 'none'}"


def _outcome(session: Session, sent: "Sent") -> int:
    from digest.errors import worst
    from digest.model.delivery import DeliveryState
    from digest.pipeline.send import unfinished

    if sent.tally[DeliveryState.NO_VARIANT]:
        session.say(f"{sent.tally[DeliveryState.NO_VARIANT]} readers get nothing: no story concerns their choice.")
    left = unfinished(sent)
    for said, _ in left:
        session.say(f"{said[0].upper()}{said[1:]}.")
    return worst(code for _, code in left)
