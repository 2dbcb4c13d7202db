"""`digest report`: one page about an edition, for the people who ask what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.options import edition_argument, json_option, newsletter_option, period_option, split_edition
from digest.cli.session import Session, pass_session
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.edition import Edition
    from digest.model.newsletter import Newsletter

file_type = click.Path(dir_okay=False, path_type=Path)


@click.command()
@edition_argument
@newsletter_option
@period_option
@click.option("--html", type=file_type, metavar="FILE", help="Write a page to look at, print or pass on.")
@click.option("--text", type=file_type, metavar="FILE", help="Write plain text into this file.")
@json_option
@pass_session
def report(
    session: Session,
    edition: str | None,
    newsletter: str | None,
    period: str | None,
    html: Path | None,
    text: Path | None,
    *,
    as_json: bool,
) -> int:
    """Say on one page what became of an edition: EDITION is 2018-07, july or monthly/2018-07.

    Without EDITION it is the one that was sent last. The report of a draft says what is known so far. No reader's
    address is in it.
    """
    from digest.app.reporting import report as gather
    from digest.foundation.files import write_private
    from digest.web.report_text import report_text

    newsletter, period = split_edition(edition, newsletter, period)
    chosen = session.workspace.newsletter(newsletter)
    view = gather(session.workspace, chosen, _meant(session, chosen, period))
    if html is not None:
        from digest.web.report import report_page

        write_private(html, report_page(view))
        session.say(f"Written: {html}")
    if text is not None:
        write_private(text, report_text(view))
        session.say(f"Written: {text}")
    if as_json:
        import json

        from digest.web.report import report_data

        click.echo(json.dumps(report_data(view), ensure_ascii=False, indent=2))
    elif html is None and text is None:
        click.echo(report_text(view), nl=False)
    return 0


def _meant(session: Session, newsletter: "Newsletter", words: str | None) -> "Edition":
    from digest.app.reporting import last_sent

    if words is not None:
        return session.workspace.edition(newsletter, words)
    found = last_sent(session.workspace, newsletter)
    if found is None:
        raise UsageError(newsletter.name, "it has no edition yet", "make the first draft with `digest preview`")
    return found
