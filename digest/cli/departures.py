"""`digest subscribers remove`, `suppress`, `readmit` and `erase`: who gets no more mail, and who gets it again."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from digest.cli.choices import because_option, newsletter_meant
from digest.cli.invocation import Invocation, by_option, newsletter_option, pass_invocation, update_subscribers
from digest.desk.subscriber_words import address_meant, line_meant
from digest.errors import PersonNeededError
from digest.foundation.addresses import folded_address
from digest.foundation.catalogue import _, plural
from digest.people.file_rows import rows_of
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.people.suppression import NAME as LEAVINGS
from digest.people.suppression import note_erasures

if TYPE_CHECKING:
    from digest.operations.erasing import Erased

SHOWN = 5


@click.command()
@click.argument("written", metavar="ADDRESS")
@newsletter_option
@because_option
@by_option
@pass_invocation
def remove(invocation: Invocation, written: str, newsletter: str | None, because: str | None, by: str) -> int:
    """Send a reader no more.

    Of all newsletters, or of one. ADDRESS stays known, so that no file or list brings it back.
    """
    code = update_subscribers(invocation)
    folded = folded_address(written)
    if newsletter is not None:
        newsletter_meant(invocation, newsletter)
    changed = changes_of(invocation, by, because).remove(folded, newsletter)
    _say_ended(invocation, written, folded, changed=changed)
    return code


@click.command()
@click.argument("written", metavar="ADDRESS")
@because_option
@by_option
@pass_invocation
def suppress(invocation: Invocation, written: str, because: str | None, by: str) -> int:
    """Never write to an address.

    Known or not, whatever list brings it: they asked for that.
    """
    code = update_subscribers(invocation)
    found = address_meant(written)
    changed = changes_of(invocation, by, because).suppress(found)
    _say_ended(invocation, written, found.folded, changed=changed)
    return code


@click.command()
@click.argument("written", metavar="ADDRESS")
@newsletter_option
@click.option("--consent", metavar="TEXT", required=True, help="How they said that they want it again.")
@click.option("--because", metavar="REASON", required=True, help="Why; it is kept with the change.")
@by_option
@pass_invocation
def readmit(invocation: Invocation, written: str, newsletter: str | None, consent: str, because: str, by: str) -> int:
    """Write again to somebody who left.

    Or was removed or given up, because they want it. Other newsletters that they left stay left.
    """
    code = update_subscribers(invocation)
    changes, folded = changes_of(invocation, by, because), folded_address(written)
    if kept := changes.let_in(folded):
        workspace = invocation.instance.workspace
        note_erasures(workspace.sending / LEAVINGS, kept, workspace.clock.now(), let_in=True)
        said = _("{address} was erased, and is kept out no more. Add them: digest subscribers add {address} --help")
        invocation.say(said.format(address=written))
        return 0
    named = changes.readmit(folded, line_meant(consent, "--consent") or "", newsletter)
    invocation.say(_("{address} gets {newsletter} again.").format(address=written, newsletter=named))
    return code


@click.command()
@click.argument("written", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--keep-rows", is_flag=True, help="Leave their rows in the subscriber file; they bring nobody back.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody sits at a terminal.")
@by_option
@pass_invocation
def erase(invocation: Invocation, written: tuple[str, ...], by: str, *, keep_rows: bool, yes: bool) -> int:
    """Erase people for good: nothing that says who they were is kept.

    Not in the list, the ledger, mails that we wrote as files, or mail that came back; what they got stays counted. A
    keyed hash of each ADDRESS keeps it out, whatever file or list brings it. Backups are left as they are, and named.
    """
    from digest.operations.erasing import erase as erase_people  # 60 ms: nothing else of the list needs it

    folded = {address_meant(one).folded for one in written}
    instance = invocation.instance
    path = instance.settings.subscribers
    lines = rows_of(path, folded) if path is not None and not keep_rows else []
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(_("nobody can be asked here; say --yes to do so"))
        said = plural("{count:,} address is erased for good.", "{count:,} addresses are erased for good.", len(folded))
        click.confirm(said + " " + _("Do so?"), abort=True, err=True)
    with_rows = bool(lines) and (yes or _rows_too(path.name if path else "", lines))
    erased = erase_people(instance, folded, by, with_rows=with_rows)
    for line in _done(erased):
        invocation.say(line)
    return PersonNeededError.exit_code if erased.remains else 0


def changes_of(invocation: Invocation, by: str, because: str | None) -> SubscriberChanges:
    instance = invocation.instance
    return SubscriberChanges(instance.database, Deed(by=by, at=instance.workspace.clock.now(), because=because))


def _say_ended(invocation: Invocation, written: str, folded: str, *, changed: bool) -> None:
    if changed:
        invocation.say(_("{address} gets no more mail.").format(address=written))
    else:
        invocation.say(_("{address} got no mail already; nothing was changed.").format(address=written))
    instance = invocation.instance
    path = instance.settings.subscribers
    if path is None:
        return
    file = instance.read_subscriber_file(path)
    lines = sorted(line for (_newsletter, one), line in file.lines.items() if one == folded)
    if lines:
        said = _("Their row still stands in {file}, line {line}; it brings nobody back, take it out when you like.")
        invocation.say(said.format(file=path.name, line=lines[0]))


def _rows_too(file: str, lines: list[int]) -> bool:
    said = plural(
        "Their row stands in {file}, line {lines}. Take it out?",
        "Their rows stand in {file}, lines {lines}. Take them out?",
        len(lines),
        file=file,
        lines=", ".join(map(str, lines)),
    )
    return click.confirm(said, default=True, err=True)


def _done(erased: "Erased") -> Iterator[str]:
    yield plural("{count:,} person is erased.", "{count:,} people are erased.", erased.people)
    if erased.rows:
        yield plural(
            "{count:,} row of the subscriber file went.", "{count:,} rows of the subscriber file went.", erased.rows
        )
    if erased.mails + erased.returned:
        yield plural(
            "{count:,} mail to or from them went.",
            "{count:,} mails to or from them went.",
            erased.mails + erased.returned,
        )
    if erased.server:
        yield _("Nobody looked through the mailbox at {server}: what they sent there is yours to delete.").format(
            server=erased.server
        )
    if erased.copies:
        yield _("Older copies may still hold them; delete those that you need no more:")
        yield from _named(erased.copies)
    if erased.remains:
        yield _("These files still name them, and are yours to change:")
        yield from _named(erased.remains)


def _named(paths: tuple[object, ...]) -> Iterator[str]:
    yield from (f"  {path}" for path in paths[:SHOWN])
    if len(paths) > SHOWN:
        yield "  " + _("and {count} more").format(count=len(paths) - SHOWN)
