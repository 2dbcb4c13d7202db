"""`digest sources`: where the news comes from, how each source stands, and new ones."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from digest.cli import HELP
from digest.cli.invocation import Invocation, echo_json, json_option, pass_invocation, table
from digest.cli.writer import terminal_width
from digest.desk.columns import Column, Headings, Way, columns
from digest.desk.source_states import SourceStanding, source_standings
from digest.errors import NothingUsableError, PartlyFailedError, UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.names import nearest_slug
from digest.foundation.problems import Severity
from digest.foundation.words import harmless
from digest.intake.settings import SourceKind, SourceSettings, asked_address
from digest.settings.source_lines import add_sources, source_line

if TYPE_CHECKING:
    from digest.intake.item import FoundItem, Reading
    from digest.intake.sources.fetching import WebAnswer
    from digest.settings.instance import Instance

MOST_SHOWN = 10
_CALENDAR, _BEFORE_TEXT = b"BEGIN:VCALENDAR", b"\xef\xbb\xbf \t\r\n"


@click.group(context_settings=HELP, invoke_without_command=True)
@json_option
@click.pass_context
def sources(context: click.Context, *, as_json: bool) -> int:
    """List the sources of digest.yaml: where each is, where a linked folder leads, the items it brought, how it stands.

    Nothing is collected. Links inside a folder are followed only into one of these.
    """
    return 0 if context.invoked_subcommand else _list(context.obj, as_json=as_json)


@sources.command("test")
@click.argument("name")
@pass_invocation
def try_out(invocation: Invocation, name: str) -> int:
    """Show what the source NAME would yield now, and what would be left out and why. Nothing is changed."""
    instance = invocation.instance
    found = {source.name: source for source in instance.sources(always=True)}
    if name not in found:
        raise UsageError(name, _("no source has this name"), _("there is {names}").format(names=", ".join(found)))
    reading = found[name].read(instance.today)
    known = {item.given_id for item in instance.items.items(name) if item.given_id}
    for line in _yielded(reading.items, known):
        click.echo(line)
    errors = invocation.problems(reading.problems, f"digest -v sources test {name}")
    for file in reading.ignored:
        invocation.say(_("Not read, because no source reads such files: {files}").format(files=file))
    invocation.say(_("Nothing was changed."))
    if errors and not reading.items:
        return NothingUsableError.exit_code
    return PartlyFailedError.exit_code if errors else 0


@sources.command()
@click.argument("address")
@click.option("--name", metavar="NAME", help="What to call it; left out, it is called after its host.")
@click.option("--language", metavar="CODE", help="The language of entries that name none, such as es.")
@click.option("--allow-network", "networks", multiple=True, metavar="NETWORK", help="A private network it may lie in.")
@pass_invocation
def add(invocation: Invocation, address: str, name: str | None, language: str | None, networks: tuple[str, ...]) -> int:
    """Find the feed or calendar at ADDRESS, or the feed of the page there, else the list of news on it; show what it
    yields, and write it into digest.yaml.
    """
    instance = invocation.instance
    address = asked_address(address)
    name = name or _name_after(address, instance)
    if any(source.name == name for source in instance.settings.sources):
        raise UsageError(name, _("there is a source of this name"), _("give it another with --name"))
    meant = SourceSettings(name=name, kind=SourceKind.FEED, url=address, language=language, allow_networks=networks)
    found, reading = _found(instance, meant)
    what = {
        SourceKind.PAGE: _("{address} is a page that lists news:"),
        SourceKind.CALENDAR: _("{address} is a calendar:"),
    }
    click.echo(what.get(SourceKind(found.kind), _("{address} is a feed:")).format(address=found.url))
    for line in _yielded(reading.items, set()):
        click.echo(line)
    invocation.problems(reading.problems, f"digest -v sources test {name}")
    line = source_line(found)
    add_sources(instance.workspace.settings_file, [line])
    click.echo(_("Written into digest.yaml, under sources:"))
    click.echo(f"  {line}")
    invocation.say(_("Next: digest collect"))
    return 0


@sources.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would be written; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_invocation
def import_feeds(invocation: Invocation, file: Path, *, dry_run: bool, yes: bool) -> int:
    """Take the feeds of FILE, a list that a feed reader has exported (OPML), as sources into digest.yaml.

    Nothing is asked over the network: `digest sources test NAME` tries one. Feeds that are sources already stay as
    they are.
    """
    from digest.intake.sources.opml import LARGEST_LIST, read_opml  # 30 ms: lxml, only for a list

    there = invocation.instance.settings.sources
    with file.open("rb") as opened:
        feeds = read_opml(opened.read(LARGEST_LIST + 1), file.name)
    known = {source.url: source.name for source in there}
    names = _Names(source.name for source in there)
    rows: list[Sequence[str]] = []
    lines: list[str] = []
    for feed in feeds:
        if feed.fault or feed.url in known:
            said = feed.fault or _("is a source already: {name}").format(name=known[feed.url])
            rows.append(("–", harmless(feed.url), said))
            continue
        name = names.for_title(feed.title)
        rows.append((name, harmless(feed.url), _("new")))
        lines.append(source_line(SourceSettings(name=name, kind=SourceKind.FEED, url=feed.url)))
    wrapped = [Column(heading, Way.WRAPPED) for heading in (_("address"), _("what"))]
    click.echo(table([_("source"), *wrapped], rows))
    if not lines:
        if all(feed.fault for feed in feeds):
            raise NothingUsableError(file.name, _("no feed of this list can be asked"), _("correct their addresses"))
        invocation.say(_("Nothing is new; digest.yaml stays as it is."))
        return 0
    count = plural("{count:,} new source.", "{count:,} new sources.", len(lines))
    if dry_run:
        invocation.say(count + " " + _("Nothing was changed."))
        return 0
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(count + " " + _("Nobody can be asked here; say --yes to take them in"))
        click.confirm(count + " " + _("Write them into digest.yaml?"), default=True, abort=True, err=True)
    add_sources(invocation.instance.workspace.settings_file, lines)
    invocation.say(count + " " + _("Written into digest.yaml, under sources:") + " " + _("Next: digest collect"))
    return 0


@sources.command("export")
@pass_invocation
def export_feeds(invocation: Invocation) -> int:
    """Print the feeds among the sources as a list for feed readers (OPML)."""
    from digest.intake.sources.opml import ListedFeed, opml_of  # 30 ms: the same

    settings = invocation.instance.settings
    feeds = [ListedFeed(one.name, one.url) for one in settings.sources if one.kind == SourceKind.FEED and one.url]
    click.echo(opml_of(feeds, settings.publisher.name(settings.newsletters[0].languages[0])), nl=False)
    return 0


# -- What is there.


def _list(invocation: Invocation, *, as_json: bool) -> int:
    root = invocation.instance.folder
    found = source_standings(invocation.instance)
    if as_json:
        echo_json([_data(root, one) for one in found])
        return 0
    rows = [
        [one.source.name, _where(root, one), _led(root, one.source.path) or "–", one.items, one.said or "–"]
        for one in found
    ]
    where, leads_to, said = (
        Column(heading, Way.WRAPPED) for heading in (_("where"), _("leads to"), _("how it stands"))
    )
    if all(row[2] == "–" for row in rows):
        leads_to = Column("")
        rows = [[*row[:2], "", *row[3:]] for row in rows]
    click.echo(table([_("source"), where, leads_to, _("items"), said], rows, right=(3,)))
    return 0


def _where(root: Path, one: SourceStanding) -> str:
    return os.path.relpath(one.source.path, root) if one.source.path is not None else one.source.address


def _data(root: Path, one: SourceStanding) -> dict[str, object]:
    source, memory = one.source, one.memory
    is_folder = source.path is not None
    said: dict[str, object] = {
        "name": source.name,
        "type": str(source.kind),
        "folder": os.path.relpath(source.path, root) if source.path is not None else None,
        "leads_to": _led(root, source.path),
        "exists": source.path.exists() if source.path is not None else None,
        "items": one.items,
        "state": one.state.value,
        "said": one.said,
    }
    if is_folder:
        return said
    checked, answered = (memory.checked_at, memory.answered_at) if memory else (None, None)
    return said | {
        "url": source.address,
        "checked_at": checked and checked.isoformat(),
        "answered_at": answered and answered.isoformat(),
        "failures": memory.failures if memory else 0,
    }


def _led(root: Path, folder: Path | None) -> str | None:
    """Where it lies, if a link on the way from the workspace to it leads somewhere else."""
    if folder is None:
        return None
    real = folder.resolve()
    plain = Path(os.path.normpath(root.resolve() / os.path.relpath(folder, root)))
    return None if real == plain else str(real)


def _yielded(items: "Sequence[FoundItem]", known: set[str]) -> Iterator[str]:
    rows = [
        [
            item.published_on.isoformat(),
            item.language,
            _("known") if item.given_id in known else _("new"),
            harmless(item.text.title),
        ]
        for item in items[:MOST_SHOWN]
    ]
    title = Column(_("title"), Way.WRAPPED)
    headings: Headings = [_("date"), _("lang"), _("what"), title]
    if rows:
        yield from columns(headings, rows, most=terminal_width())
    if more := len(items) - len(rows):
        yield "  " + plural("… and {count} more", "… and {count} more", more)
    if not rows:
        yield "  " + _("no items")


# -- A new one.


def _name_after(address: str, instance: "Instance") -> str:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    name = nearest_slug(host.removeprefix("www.").partition(".")[0]) or "feed"
    known = {source.name for source in instance.settings.sources}
    return next(one for one in (name, *(f"{name}-{n}" for n in range(2, 1000))) if one not in known)


def _found(instance: "Instance", meant: SourceSettings) -> "tuple[SourceSettings, Reading]":
    """The feed itself, or the first on the page that can be read, else the page, with what it yields."""
    from digest.intake.sources.feed import feeds_named
    from digest.intake.sources.fetching import WebQuestion, fetch

    waiting, tried = [meant.url or ""], set[str]()
    trouble = NothingUsableError(meant.url or "", _("there is no feed"), "")
    page: WebAnswer | None = None
    while waiting:
        url = waiting.pop(0)
        tried.add(url)
        (answer,) = fetch([WebQuestion(address=url, allow_networks=meant.allow_networks)])
        if answer.document is None:
            trouble = NothingUsableError(url, _(answer.failure), _(answer.remedy))
            continue
        is_calendar = answer.document.body.lstrip(_BEFORE_TEXT)[: len(_CALENDAR)].upper() == _CALENDAR
        kind = SourceKind.CALENDAR if is_calendar else meant.kind
        source = replace(meant, url=answer.moved_to or url, kind=kind)
        reading = instance.trial(source, answer)
        errors = [problem for problem in reading.problems if problem.severity is Severity.ERROR]
        if reading.items or not errors:
            return source, reading
        trouble = NothingUsableError(url, _(errors[0].cause), _(errors[0].remedy))
        if url == meant.url:
            page = answer
            waiting += [one for one in feeds_named(answer.document) if one not in tried]
    if page is not None:
        source = replace(meant, url=page.moved_to or meant.url, kind=SourceKind.PAGE)
        reading = instance.trial(source, page)
        if reading.items:
            return source, reading
        said = _("there is no feed, no calendar and no list of news")
        trouble = NothingUsableError(meant.url or "", said, _("name the page that lists the news, or its feed"))
    raise trouble


class _Names:
    """Each is given once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken}

    def for_title(self, title: str) -> str:
        wanted = nearest_slug(title) or "feed"
        numbered = (f"{wanted[:36].rstrip('-')}-{number}" for number in range(2, len(self._taken) + 3))
        name = next(one for one in (wanted, *numbered) if one not in self._taken)
        self._taken.add(name)
        return name
