"""`digest subscribers import` and `export`: lists of people that come from other programs, and go to them."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from digest.cli.choices import because_option, language_option, newsletter_meant, refuse_unknown_audiences
from digest.cli.invocation import (
    Invocation,
    by_option,
    newsletter_option,
    pass_invocation,
    table,
    update_subscribers,
)
from digest.desk.columns import Column, Way
from digest.desk.subscriber_words import import_said, line_meant, outcome_said
from digest.errors import CannotWriteError, NothingUsableError, PartlyFailedError
from digest.foundation.catalogue import _, plural
from digest.people.list_export import lines
from digest.people.list_file import list_rows
from digest.people.list_import import ImportWishes, RowOutcome, RowResult, people, take_in
from digest.people.subscriber import Consent
from digest.people.subscriber_changes import Deed
from digest.people.subscriber_list import ListFilter, SubscriberListing

MUCH = 10  # per cent of the list; so many new people are asked about
SHOWN = 10  # rows of a kind
_TELLING = (RowOutcome.REFUSED, RowOutcome.STAYS_AWAY, RowOutcome.SUPPRESSED, RowOutcome.UNCONFIRMED)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@newsletter_option
@click.option(
    "--audience", "audiences", multiple=True, metavar="NAME", help="What those want whose row does not say it."
)
@language_option
@click.option("--consent", metavar="TEXT", required=True, help="How these people agreed; kept with each of them.")
@click.option(
    "--map", "mapped", multiple=True, metavar="HEADER=FIELD", help="What a column says: 'Work e-mail=address'."
)
@click.option("--dry-run", is_flag=True, help="Say row by row what would happen; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask, however many are new.")
@because_option
@by_option
@pass_invocation
def import_list(  # noqa: PLR0913 – one parameter per option
    invocation: Invocation,
    file: Path,
    *,
    newsletter: str | None,
    audiences: tuple[str, ...],
    language: str | None,
    consent: str,
    mapped: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    because: str | None,
    by: str,
) -> int:
    """Take in a list of people.

    FILE is a table with a header line (CSV, TSV, .xlsx; exports of Mailchimp, listmonk, Ghost, Substack, Buttondown,
    Google Contacts and Outlook are known by their headers), one address to a line (as Mailman lists its members), JSON
    lines, contact cards (vCard), or YAML as in the subscriber file. Who is unsubscribed, bounced
    or complained there is suppressed here, and who left here never comes back by a list.
    """
    code = update_subscribers(invocation)
    instance = invocation.instance
    chosen = newsletter_meant(invocation, newsletter)
    refuse_unknown_audiences([chosen], audiences)
    wishes = ImportWishes(
        newsletter=chosen,
        audiences=frozenset(audiences),
        language=language or (chosen.languages[0] if len(chosen.languages) == 1 else None),
        consent=Consent(on=instance.today, how=line_meant(consent, "--consent")),
    )
    deed = Deed(by=by, at=instance.workspace.clock.now(), because=because or file.name)
    meanings = _meanings(mapped)

    def taken(*, dry: bool) -> Counter[RowOutcome]:
        told = _Told(everything=dry_run)
        with list_rows(file, meanings) as (_columns, rows):
            counts = take_in(instance.database, rows, wishes, deed, told.take, dry_run=dry)
        if not counts.total():
            raise NothingUsableError(str(file), _("there is no row in it"), _("export the list again"))
        if dry_run or not dry:
            told.show(invocation)
            click.echo(import_said(counts, dry=dry))
        return counts

    if dry_run or not yes:
        counts = taken(dry=True)
        if dry_run:
            return _code(counts) or code
        _ask(counts[RowOutcome.ADDED], people(instance.database))
    return _code(taken(dry=False)) or code


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@newsletter_option
@click.option("--raw", is_flag=True, help="For programs: without the quote before what a spreadsheet would run.")
@pass_invocation
def export(invocation: Invocation, file: Path | None, newsletter: str | None, *, raw: bool) -> int:
    """Write the whole list as a table (CSV).

    Into FILE, which only its owner may read, or to the standard output. `import` reads it back without a loss.
    """
    code = update_subscribers(invocation)
    if newsletter is not None:
        newsletter_meant(invocation, newsletter)
    found = SubscriberListing(invocation.instance.database).listed(ListFilter(newsletter=newsletter))
    written = lines(found, raw=raw)
    if file is None:
        for line in written:
            click.echo(line, nl=False)
        return code
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
            opened.writelines(written)
    except FileExistsError as error:
        raise CannotWriteError(str(file), _("it is there already"), _("name another file")) from error
    except OSError as error:
        raise CannotWriteError(str(file), error.strerror or str(error), _("name another place")) from error
    return code


class _Told:
    """Keeps what is shown of the rows: some of each kind that a person should look at, or all of them."""

    def __init__(self, *, everything: bool) -> None:
        self._everything = everything
        self._rows: list[RowResult] = []
        self._counts = Counter[RowOutcome]()

    def take(self, result: RowResult) -> None:
        self._counts[result.outcome] += 1
        few = self._counts[result.outcome] <= SHOWN
        if few and (self._everything or result.outcome in _TELLING):
            self._rows.append(result)

    def show(self, invocation: Invocation) -> None:
        if not self._rows:
            return
        headings = [
            Column(_("line")),
            Column(_("address"), Way.WRAPPED),
            Column(_("what happens"), Way.WHOLE),
            Column(_("why"), Way.WRAPPED),
        ]
        cells = [(str(one.line), one.address or "–", outcome_said(one.outcome), one.why) for one in self._rows]
        click.echo(table(headings, cells, right=(0,)))
        shown = Counter(one.outcome for one in self._rows)
        for outcome, count in self._counts.items():
            if shown[outcome] and count > shown[outcome]:
                more = count - shown[outcome]
                said = plural(
                    "and {count:,} more: {what}", "and {count:,} more: {what}", more, what=outcome_said(outcome)
                )
                invocation.say(said)


def _code(counts: "Counter[RowOutcome]") -> int:
    refused = counts[RowOutcome.REFUSED]
    if refused and refused == counts.total():
        return NothingUsableError.exit_code
    return PartlyFailedError.exit_code if refused else 0


def _ask(new: int, known: int) -> None:
    """A list that grows by more than a tenth is asked about."""
    if new * 100 <= known * MUCH:
        return
    said = plural(
        "{count:,} person is new, beside {known:,}.", "{count:,} people are new, beside {known:,}.", new, known=known
    )
    if not sys.stdin.isatty():
        raise click.UsageError(said + " " + _("Nobody can be asked here; say --yes to take them in"))
    click.confirm(said + " " + _("Take them in?"), abort=True, err=True)


def _meanings(mapped: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in mapped:
        header, equals, field = one.rpartition("=")
        if not equals:
            raise click.UsageError(_("write --map 'HEADER=FIELD', such as --map 'Work e-mail=address'"))
        found[header] = field.strip()
    return found
