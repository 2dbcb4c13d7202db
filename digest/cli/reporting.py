"""`digest report`: one page about an edition, for the people who ask what became of it."""

from pathlib import Path

import click

from digest.cli.invocation import (
    Invocation,
    echo_json,
    edition_names,
    edition_options,
    json_option,
    named,
    pass_invocation,
)
from digest.desk.chart_tables import drawn_numbers
from digest.desk.report import last_sent
from digest.desk.report import report as report_on
from digest.desk.report_page import report_data, report_page, report_text
from digest.editions.building import record_or_outline
from digest.errors import UsageError
from digest.foundation.catalogue import _
from digest.foundation.files import write_private
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

file_type = click.Path(dir_okay=False, path_type=Path)


@click.command()
@edition_options
@click.option("--html", type=file_type, metavar="FILE", help="Write a page to look at, print or pass on.")
@click.option("--text", type=file_type, metavar="FILE", help="Write plain text into this file.")
@json_option
@pass_invocation
def report(
    invocation: Invocation,
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
    chosen, words = named(invocation, edition, newsletter, period)
    instance = invocation.instance
    meant = _edition_meant(invocation, chosen, words)
    instance.keep_records()
    view = report_on(
        instance.database,
        meant,
        record_or_outline(instance.bench, chosen, meant),
        made_at=instance.clock.now(),
        transport=instance.settings.delivery.transport.value,
        mailbox=instance.settings.mailbox,
    )
    if html is not None:
        write_private(html, report_page(view, drawn_numbers(instance, chosen, meant)))
        invocation.say(_("Written: {path}").format(path=html))
    if text is not None:
        write_private(text, report_text(view))
        invocation.say(_("Written: {path}").format(path=text))
    if as_json:
        echo_json(report_data(view))
    elif html is None and text is None:
        click.echo(report_text(view), nl=False)
    return 0


def _edition_meant(invocation: Invocation, newsletter: Newsletter, words: str | None) -> Edition:
    if words is not None:
        return edition_names(invocation, newsletter).edition(words)
    found = last_sent(invocation.instance.editions.editions(newsletter.name))
    if found is None:
        raise UsageError(newsletter.name, _("it has no edition yet"), _("make the first draft with `digest preview`"))
    return found
