"""`digest reopen`: make a draft again of an edition of which nothing was sent."""

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--by", required=True, metavar="NAME", help="Who takes it back.")
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_session
def reopen(
    session: Session, edition: str | None, newsletter: str | None, period: str | None, by: str, because: str
) -> int:
    """Take back an approval, or an edition that was passed over or expired: EDITION is 2018-07 or monthly/2018-07.

    It is a draft again and its stories are free. Nothing of it may have been sent yet.
    """
    from digest.cli.steps import edition_meant

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"sealed"}), "reopened")
    with workspace.lock():
        opened = workspace.editions.reopen(meant, f"reopened by {by.strip()}: {because.strip()}")
    click.echo(f"{opened.name} is a draft again.")
    session.say(f"Next: digest build --period {opened.key}, then digest approve {opened.key} --by NAME")
    return 0
