"""`digest collect` and `digest items`: read the bulletins, and list what was read."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from digest.cli import HELP
from digest.cli.invocation import Invocation, collect_all, echo_json, json_option, pass_invocation, table
from digest.desk.columns import Column, Way, shortened
from digest.errors import UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.words import harmless
from digest.intake.item import DateState

if TYPE_CHECKING:
    from digest.intake.collecting import Collected
    from digest.intake.item import Item


TITLE_MOST = 64
TOPICS_MOST = 36


@click.command()
@json_option
@pass_invocation
def collect(invocation: Invocation, *, as_json: bool) -> int:
    """Read all sources and say what is new, what changed, and what could not be read.

    Collecting twice adds nothing. Nothing is sent.
    """
    results, code = collect_all(invocation)
    if as_json:
        echo_json([_source_data(result) for result in results])
        return code
    for result in results:
        changes = [
            said.format(count=count)
            for count, said in (
                (result.added, _("{count} new")),
                (result.changed, _("{count} changed")),
                (result.unchanged, _("{count} unchanged")),
                (result.withdrawn, _("{count} withdrawn")),
            )
            if count
        ]
        if result.waiting:
            changes.append(_waiting_said([item.published_on for item in result.waiting]))
        said = ", ".join(changes) or _("no items")
        click.echo(f"{result.source}: {said}")
    return code


def _source_data(result: "Collected") -> dict[str, object]:
    return {
        "source": result.source,
        "added": result.added,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "withdrawn": result.withdrawn,
        "waiting": [_item_name(item) for item in result.waiting],
        "ignored": list(result.ignored),
        "problems": [
            {
                "file": p.place.file,
                "line": p.place.line,
                "severity": p.severity.value,
                "cause": p.cause,
                "remedy": p.remedy,
            }
            for p in result.problems
        ],
    }


def _waiting_said(dates: list[date]) -> str:
    days = ", ".join(day.isoformat() for day in sorted(set(dates)))
    return plural("{count} waits: its date is {days}", "{count} wait: their dates are {days}", len(dates), days=days)


def _item_name(item: "Item") -> dict[str, object]:
    return {"id": item.id, "date": item.published_on.isoformat(), "file": item.place.file, "line": item.place.line}


@click.group(context_settings=HELP, invoke_without_command=True)
@click.option("--withdrawn", is_flag=True, help="Also items that are no longer in their source.")
@json_option
@click.pass_context
def items(context: click.Context, *, withdrawn: bool, as_json: bool) -> int:
    """List the items that were collected, newest first, with their countries and topics.

    An item dated later than the next edition waits until you correct its date, confirm it, or forget the item.
    """
    return 0 if context.invoked_subcommand else _list(context.obj, withdrawn=withdrawn, as_json=as_json)


@items.command()
@click.argument("ids", nargs=-1, required=True, metavar="ITEM...")
@pass_invocation
def confirm(invocation: Invocation, ids: tuple[str, ...]) -> int:
    """Say that the date of an item is right, far ahead as it is: then it goes into the edition of its date."""
    for item in _decide(invocation, ids, DateState.ACCEPTED):
        said = _("“{title}” goes into the edition of {day}.")
        click.echo(said.format(title=harmless(item.text.title), day=item.published_on))
    return 0


@items.command()
@click.argument("ids", nargs=-1, required=True, metavar="ITEM...")
@pass_invocation
def forget(invocation: Invocation, ids: tuple[str, ...]) -> int:
    """Leave an item alone whose date is wrong: no edition takes it. With its date corrected it is like any other."""
    for item in _decide(invocation, ids, DateState.FORGOTTEN):
        said = _("“{title}” ({day}) goes into no edition.")
        click.echo(said.format(title=harmless(item.text.title), day=item.published_on))
    return 0


def _decide(invocation: Invocation, ids: tuple[str, ...], state: "DateState") -> "list[Item]":
    """All of them or none."""
    store = invocation.instance.items
    chosen = [_asked_about(store.items(), one) for one in ids]
    for item in chosen:
        store.decide_date(item, state)
    return chosen


def _asked_about(known: "Sequence[Item]", beginning: str) -> "Item":
    found = [item for item in known if item.id.startswith(beginning.strip().lower())]
    if len(found) != 1:
        cause = _("{count} items begin like this").format(count=len(found)) if found else _("no item has this id")
        raise UsageError(beginning, cause, _("list them with `digest items`"))
    if not found[0].date_state.keeps_out:
        raise UsageError(
            beginning,
            _("nobody is asked about its date"),
            _("to leave it out: digest plan drop {item}").format(item=found[0].id[:8]),
        )
    return found[0]


def _list(invocation: Invocation, *, withdrawn: bool, as_json: bool) -> int:
    _results, code = collect_all(invocation)
    found = [item for item in invocation.instance.items.items() if withdrawn or not item.withdrawn]
    found.sort(key=lambda item: (-item.published_on.toordinal(), item.source, item.position))
    if as_json:
        story_of = invocation.instance.items.story_of()
        echo_json([_item_data(item, story_of[item.id]) for item in found])
    elif found:
        click.echo(_items_table(found, whole_titles=withdrawn or any(item.date_state.keeps_out for item in found)))
    else:
        invocation.say(_("No items yet: put bulletins into the source folder."))
    return code


def _items_table(found: "list[Item]", *, whole_titles: bool) -> str:
    """`whole_titles`: none may be cut before what is said behind it."""
    title = Column(_("title"), Way.WRAPPED if whole_titles else Way.CUT)
    countries, topics = Column(_("countries"), Way.WRAPPED, least=12), Column(_("topics"), Way.CUT, spare=1)
    rows = [
        [
            item.id[:8],
            item.published_on.isoformat(),
            item.language,
            " ".join(_values(item, "country")) or "–",
            shortened(", ".join(_values(item, "topic")) or "–", TOPICS_MOST),
            f"{shortened(item.text.title, TITLE_MOST)} {_mark(item)}".rstrip(),
        ]
        for item in found
    ]
    return table([_("id"), _("date"), _("lang"), countries, topics, title], rows)


def _mark(item: "Item") -> str:
    if item.withdrawn:
        return _("(withdrawn)")
    if item.waits:
        return _("(waits: is its date right?)")
    return _("(forgotten)") if item.date_state.keeps_out else ""


def _values(item: "Item", kind: str) -> list[str]:
    return sorted(tag.value for tag in item.tags if tag.kind == kind)


def _item_data(item: "Item", story: str) -> dict[str, object]:
    return {
        "id": item.id,
        "story": story,
        "source": item.source,
        "file": item.place.file,
        "line": item.place.line,
        "date": item.published_on.isoformat(),
        "language": item.language,
        "title": item.text.title,
        "paragraphs": list(item.text.paragraphs),
        "link": item.text.link,
        "countries": _values(item, "country"),
        "topics": _values(item, "topic"),
        "tags": [
            {
                "kind": tag.kind.value,
                "value": tag.value,
                "term": tag.term,
                "where": tag.where.value,
                "strength": tag.strength.value,
            }
            for tag in item.tags
        ],
        "withdrawn": item.withdrawn,
        "date_state": item.date_state.value,
    }
