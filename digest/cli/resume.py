"""`digest resume`: let a paused edition go on."""

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session
from digest.cli.who import by_option
from digest.errors import UsageError


@click.command()
@edition_argument
@newsletter_option
@period_option
@by_option
@pass_session
def resume(session: Session, edition: str | None, newsletter: str | None, period: str | None, by: str) -> int:
    """Let a paused edition go on: EDITION is 2018-07, july or monthly/2018-07. The next run, or `send`, sends the rest.

    Without EDITION it is the one that is paused.
    """
    from digest.app import pausing

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    if period is not None:
        meant = workspace.edition(chosen, period)
    else:
        paused = [one for one in workspace.editions.editions(chosen.name) if pausing.holding(workspace, one)]
        if len(paused) != 1:
            said = f"these are paused: {', '.join(one.key for one in paused)}" if paused else "no edition is paused"
            raise UsageError(chosen.name, said, "name one" if paused else "look at `digest status`")
        meant = paused[0]
    lifted = pausing.resume(workspace, meant, by)
    click.echo(f"{meant.name} goes on; it was {pausing.said(lifted, chosen.schedule.zone)}.")
    session.say(f"Next: digest send {meant.key}, or wait for `digest run`.")
    return 0
