"""`digest new`: paste a text, see how it is read, and keep it as a bulletin."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import count
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.invocation import Invocation, pass_invocation
from digest.cli.writer import terminal_width
from digest.desk.columns import wrapped
from digest.errors import CannotWriteError, NothingUsableError, PartlyFailedError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.problems import Place
from digest.foundation.words import day, fold_to_ascii, fold_words, harmless
from digest.intake.item import TagKind

if TYPE_CHECKING:
    from digest.intake.item import FoundItem
    from digest.intake.sources.folder import Folder

TRIAL = "pasted"
LONGEST_SLUG = 50  # characters of a title in a file's name
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
    folder = _folder(invocation, source)
    draft = _Draft(folder, _typed(invocation, editor=editor), told and told.date(), invocation.instance.today)
    if not draft.items and not draft.waits and told is None and not yes and sys.stdin.isatty():
        said = _("It does not say its date as one. Which is it?")
        asked = click.prompt(said, type=ANY_DATE, default=draft.today.isoformat(), err=True)
        draft = _Draft(folder, draft.text, asked.date(), draft.today)
    for line in _shown(invocation, draft.items):
        click.echo(line)
    about = _("the text")
    failed = invocation.problems(replace(one, place=Place(about, one.place.line)) for one in draft.problems)
    if not draft.items:
        cause = _("it says that it is a draft") if draft.waits else _("no item could be read in it; nothing was kept")
        raise NothingUsableError(about, cause, _("mend it; a date that is missing can be said with --date 2018-08-05"))
    path = draft.free_path()
    named = relpath(path, invocation.folder)
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(_("nobody can be asked here; say --yes to keep it as {path}").format(path=named))
        if not click.confirm(_("Keep it as {path}?").format(path=named), default=True, err=True):
            invocation.say(_("Nothing was kept."))
            return 0
    _write(path, draft.written)
    click.echo(_("Kept as {path}").format(path=named))
    invocation.say(_("Next: digest preview"))
    return PartlyFailedError.exit_code if failed else 0


class _Draft:
    """A text, and what it would bring as a file of the folder. `told` is the date of a text that does not say it."""

    def __init__(self, folder: "Folder", text: str, told: date | None, today: date) -> None:
        self.folder, self.text, self.today = folder, text, today
        self._suffix = ".md" if text.startswith(("---\n", "# ")) else ".txt"
        self.written = text
        if told is not None and self._suffix == ".txt":
            self.written = f"{day(told)}\n\n{text}"
        reading = folder.read_as(f"{told or ''}{TRIAL}{self._suffix}", self.written.encode(), today)
        self.items, self.problems, self.waits = reading.items, reading.problems, reading.waiting

    def free_path(self) -> Path:
        """A name that says date, title and language, and is not taken."""
        stem = f"{max(item.published_on for item in self.items)}-{_slug(self.items[0].text.title)}"
        ending = self._ending(stem)
        names = (f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}" for number in count(1))
        return next(path for path in (self.folder.path / name for name in names) if not path.exists())

    def _ending(self, stem: str) -> str:
        """With the language, if that changes nothing."""
        languages = {item.language for item in self.items}
        ending = f".{min(languages)}{self._suffix}"
        again = self.folder.read_as(f"{stem}{ending}", self.written.encode(), self.today).items
        same = [_content(item) for item in again] == [_content(item) for item in self.items]
        return ending if len(languages) == 1 and same else self._suffix


def _content(item: "FoundItem") -> tuple[object, ...]:
    return item.published_on, item.language, item.text


def _slug(title: str) -> str:
    """`New hub opens in Petén!` becomes `new-hub-opens-in-peten`."""
    slug = ""
    for word in fold_to_ascii(title).replace("?", " ").split():
        if len(slug) + len(word) >= LONGEST_SLUG:
            break
        slug = f"{slug}-{word}" if slug else word
    return slug or "news"


def _folder(invocation: Invocation, name: str | None) -> "Folder":
    from digest.intake.sources.folder import Folder  # 50 ms: not for --help

    folders = {source.name: source for source in invocation.instance.sources() if isinstance(source, Folder)}
    if not folders:
        raise UsageError("sources", _("no source is a folder"), _("add one to digest.yaml, to keep texts in"))
    if name is not None and name not in folders:
        raise UsageError(name, _("no source has this name"), _("there is {names}").format(names=", ".join(folders)))
    if name is None and len(folders) > 1:
        raise click.UsageError(_("say with --source into which: {names}").format(names=", ".join(folders)))
    return folders[name] if name is not None else next(iter(folders.values()))


def _typed(invocation: Invocation, *, editor: bool) -> str:
    """The text as it will be written: of whatever encoding, with the line ends of the house."""
    from digest.intake.sources.folder import text_in  # 50 ms: as above

    if editor:
        data = (click.edit("", extension=".txt") or "").encode()
    else:
        if sys.stdin.isatty():
            invocation.say(_("Paste the text, then press Enter and Ctrl-D:"))
        data = sys.stdin.buffer.read()
    lines = text_in(data, _("the text")).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    if not text.strip():
        raise NothingUsableError(_("the text"), _("there is none"), _("pipe it in: digest new < text.txt"))
    return f"{text}\n"


def _shown(invocation: Invocation, items: "Sequence[FoundItem]") -> Iterator[str]:
    """Each item as it was understood, with the beginning of its text."""
    from digest.intake.tagging.tagger import TaxonomyTagger  # 50 ms: as above

    tagger = TaxonomyTagger(invocation.instance.taxonomy)
    known = {
        (item.published_on, fold_words(item.text.title)): item.place
        for item in invocation.instance.items.items()
        if not item.withdrawn
    }
    width = terminal_width() or WIDE
    for item in items:
        countries = sorted(tag.value for tag in tagger.tag(item).tags if tag.kind is TagKind.COUNTRY)
        yield f"{item.published_on} · {item.language} · {' '.join(countries) or '–'}"
        yield from (f"  {line}" for line in wrapped(harmless(item.text.title), width - 2))
        if item.text.link:
            yield f"    {item.text.link}"
        lines = wrapped(harmless(" ".join(item.text.paragraphs)), width - 4)
        yield from (f"    {line}" for line in lines[:MOST_LINES])
        if len(lines) > MOST_LINES:
            more = len(lines) - MOST_LINES
            yield "    " + plural("… and {count} more line", "… and {count} more lines", more)
        if place := known.get((item.published_on, fold_words(item.text.title))):
            yield "    " + _("This is there already: {place}").format(place=place)
        yield ""


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        remedy = _("look at the folder, then paste the text again")
        raise CannotWriteError(str(path), error.strerror or str(error), remedy) from error
