"""`digest refuse`: say that a part of a draft must not go out like this."""

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--part", required=True, metavar="AUDIENCE", help="Whose mails must not go out like this.")
@click.option("--by", required=True, metavar="NAME", help="Who refuses.")
@click.option("--because", required=True, metavar="REASON", help="What is wrong.")
@pass_session
def refuse(
    session: Session,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    part: str,
    by: str,
    because: str,
) -> int:
    """Refuse what one audience would get: EDITION is 2018-07, july or monthly/2018-07.

    The edition goes out without that part, and stories that only it has wait for the next. A later answer replaces this
    one; once the part has changed, it does not count any more.
    """
    from digest.app import reviewing
    from digest.cli.steps import edition_meant

    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"draft"}), "answered")
    refused = reviewing.refuse(workspace, chosen, meant, part, by, because)
    click.echo(f"{meant.name}: {refused.name} is refused by {by.strip()}.")
    session.say(f"It is left out unless somebody approves it, or it changes: digest review {meant.name}")
    return 0
