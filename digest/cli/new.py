"""`digest new`: paste a text, see how it is read, and keep it as a bulletin."""

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from os.path import relpath
from typing import TYPE_CHECKING

import click

from digest.cli.invocation import Invocation, pass_invocation
from digest.cli.writer import terminal_width
from digest.desk.columns import wrapped
from digest.errors import PartlyFailedError
from digest.foundation.catalogue import _, plural
from digest.foundation.words import harmless

if TYPE_CHECKING:
    from digest.desk.pasting import ReadItem

MOST_LINES = 4  # of the text of an item
WIDE = 100
ANY_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--source", metavar="NAME", help="Into the folder of this source, if there are several.")
@click.option("--date", "told", type=ANY_DATE, metavar="DATE", help="The date of a text that does not say it.")
@click.option("--editor", is_flag=True, help="Write it in your editor (EDITOR) instead of pasting it.")
@click.option("--yes", is_flag=True, help="Keep it without asking; needed where nobody sits at a terminal.")
@pass_invocation
def new(invocation: Invocation, source: str | None, told: datetime | None, *, editor: bool, yes: bool) -> int:
    """Paste a text, see how it would be read, and keep it in the folder of bulletins under a name of its own.

    A text is what you would save as a file: a date alone on its line, the title, the text; then the next one. It is
    pasted, piped in, or written in an editor. Nothing that exists is overwritten.
    """
    from digest.desk import pasting  # 50 ms: not for --help
    from digest.intake.pasted import PastedText, pasted_text

    folder = pasting.folder_meant(invocation.instance, source)
    today = invocation.instance.today
    draft = PastedText(folder, pasted_text(_typed(invocation, editor=editor)), told and told.date(), today)
    if not draft.items and not draft.waits and told is None and not yes and sys.stdin.isatty():
        said = _("It does not say its date as one. Which is it?")
        asked = click.prompt(said, type=ANY_DATE, default=today.isoformat(), err=True)
        draft = PastedText(folder, draft.text, asked.date(), today)
    text = pasting.read_text(invocation.instance, draft)
    for line in _shown(text.items):
        click.echo(line)
    failed = invocation.problems(text.problems)
    draft.refuse_useless()
    named = relpath(draft.free_path(), invocation.folder)
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(_("nobody can be asked here; say --yes to keep it as {path}").format(path=named))
        if not click.confirm(_("Keep it as {path}?").format(path=named), default=True, err=True):
            invocation.say(_("Nothing was kept."))
            return 0
    named = pasting.kept_as(invocation.instance, text, knowing=True)
    click.echo(_("Kept as {path}").format(path=named))
    invocation.say(_("Next: digest preview"))
    return PartlyFailedError.exit_code if failed else 0


def _typed(invocation: Invocation, *, editor: bool) -> bytes:
    if editor:
        return (click.edit("", extension=".txt") or "").encode()
    if sys.stdin.isatty():
        invocation.say(_("Paste the text, then press Enter and Ctrl-D:"))
    return sys.stdin.buffer.read()


def _shown(items: "Sequence[ReadItem]") -> Iterator[str]:
    """Each item as it was understood, with the beginning of its text."""
    width = terminal_width() or WIDE
    for one in items:
        item = one.item
        yield f"{item.published_on} · {item.language} · {' '.join(tag.value for tag in one.countries) or '–'}"
        yield from (f"  {line}" for line in wrapped(harmless(item.text.title), width - 2))
        if item.text.link:
            yield f"    {item.text.link}"
        lines = wrapped(harmless(" ".join(item.text.paragraphs)), width - 4)
        yield from (f"    {line}" for line in lines[:MOST_LINES])
        if len(lines) > MOST_LINES:
            more = len(lines) - MOST_LINES
            yield "    " + plural("… and {count} more line", "… and {count} more lines", more)
        if one.known:
            yield "    " + _("This is there already: {place}").format(place=one.known)
        yield ""
