"""`digest pause`: let nothing more of an edition leave."""

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session
from digest.cli.who import by_option


@click.command()
@edition_argument
@newsletter_option
@period_option
@by_option
@click.option("--because", metavar="REASON", default="", help="Why; it is shown in `digest status`.")
@pass_session
def pause(
    session: Session, edition: str | None, newsletter: str | None, period: str | None, by: str, because: str
) -> int:
    """Stop the sending of an edition, here and in every other process: EDITION is 2018-07, july or monthly/2018-07.

    What is leaving at this moment comes to its end; nothing begins any more, until somebody says `digest resume`.
    """
    from digest.app import pausing
    from digest.cli.steps import edition_meant
    from digest.policy.pausing import PAUSABLE

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset(PAUSABLE), "paused")
    held = pausing.pause(workspace, meant, by, because.strip())
    click.echo(f"{meant.name} is {pausing.said(held, chosen.schedule.zone)}.")
    session.say(f"Nothing of it leaves until somebody says: digest resume {meant.key}")
    return 0
