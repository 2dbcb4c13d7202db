"""`digest reissue`: say again what a finished edition said, with its mistake mended."""

import click

from digest.cli.options import edition_argument, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--because", required=True, metavar="REASON", help="Why; it is shown in `digest status`.")
@pass_session
def reissue(session: Session, edition: str | None, newsletter: str | None, period: str | None, because: str) -> int:
    """Draft 2018-07.2 beside the finished 2018-07: the same stories as they are now, for everybody once more.

    It has to be approved and sent like any other, and never goes out by itself. Called again before it is approved, it
    is drafted anew.
    """
    from digest.cli.browsing import write_browse_page
    from digest.cli.steps import edition_meant, refresh

    code = refresh(session)
    workspace = session.workspace
    newsletter, period = split_edition(edition, newsletter, period)
    chosen = workspace.newsletter(newsletter)
    meant = edition_meant(session, chosen, period, frozenset({"finished"}), "reissued")
    built = workspace.reissue(chosen, meant, because.strip())
    write_browse_page(workspace)
    click.echo(
        f"{built.edition.name} was drafted with {built.included} stories for {sum(built.people.values())} readers."
    )
    session.say(f"Next: digest preview {built.edition.key}, then digest approve {built.edition.key} --by NAME")
    return code
