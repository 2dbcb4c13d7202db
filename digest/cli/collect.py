"""`digest collect` and `digest items`: read the bulletins, and list what was read."""

from typing import TYPE_CHECKING

import click

from digest.cli.invocation import Invocation, collect_all, echo_json, json_option, pass_invocation, table
from digest.desk.columns import Column, Way, shortened
from digest.foundation.catalogue import _

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


@click.command()
@click.option("--withdrawn", is_flag=True, help="Also items that are no longer in their source.")
@json_option
@pass_invocation
def items(invocation: Invocation, *, withdrawn: bool, as_json: bool) -> int:
    """List the items that were collected, newest first, with their countries and topics."""
    _results, code = collect_all(invocation)
    found = [item for item in invocation.instance.items.items() if withdrawn or not item.withdrawn]
    found.sort(key=lambda item: (-item.published_on.toordinal(), item.source, item.position))
    if as_json:
        story_of = invocation.instance.items.story_of()
        echo_json([_item_data(item, story_of[item.id]) for item in found])
    elif found:
        click.echo(_items_table(found, whole_titles=withdrawn))
    else:
        invocation.say(_("No items yet: put bulletins into the source folder."))
    return code


def _items_table(found: "list[Item]", *, whole_titles: bool) -> str:
    """`whole_titles`: none may be cut before what is said behind it."""
    title = Column(_("title"), Way.WRAPPED if whole_titles else Way.CUT)
    countries, topics = Column(_("countries"), Way.WRAPPED, least=12), Column(_("topics"), Way.CUT, spare=1)
    withdrawn = " " + _("(withdrawn)")
    rows = [
        [
            item.id[:8],
            item.published_on.isoformat(),
            item.language,
            " ".join(_values(item, "country")) or "–",
            shortened(", ".join(_values(item, "topic")) or "–", TOPICS_MOST),
            shortened(item.text.title, TITLE_MOST) + (withdrawn if item.withdrawn else ""),
        ]
        for item in found
    ]
    return table([_("id"), _("date"), _("lang"), countries, topics, title], rows)


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
    }
