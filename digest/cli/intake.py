"""`digest items`: what was collected."""

from typing import TYPE_CHECKING

import click

from digest.cli.invocation import Invocation, json_option, pass_session, table

if TYPE_CHECKING:
    from digest.intake.collecting import Collected
    from digest.intake.item import Item


TITLE_WIDTH = 64
TOPICS_WIDTH = 36


@click.command()
@click.option("--withdrawn", is_flag=True, help="Also items that are no longer in their source.")
@json_option
@pass_session
def items(session: Invocation, *, withdrawn: bool, as_json: bool) -> int:
    """List the items that were collected, newest first, with their countries and topics."""
    from digest.cli.invocation import collect_all

    _, code = collect_all(session)
    found = [item for item in session.instance.items.items() if withdrawn or not item.withdrawn]
    found.sort(key=lambda item: (-item.published_on.toordinal(), item.source, item.position))
    story_of = session.instance.items.story_of()
    if as_json:
        import json

        click.echo(json.dumps([_plain_item(item, story_of[item.id]) for item in found], ensure_ascii=False, indent=2))
        return code
    if not found:
        session.say("No items yet: put bulletins into the source folder.")
        return code
    click.echo(
        table(
            ["id", "date", "lang", "countries", "topics", "title"],
            [
                [
                    item.id[:8],
                    item.published_on.isoformat(),
                    item.language,
                    " ".join(_values(item, "country")) or "–",
                    _short(", ".join(_values(item, "topic")) or "–", TOPICS_WIDTH),
                    _short(item.text.title, TITLE_WIDTH) + (" (withdrawn)" if item.withdrawn else ""),
                ]
                for item in found
            ],
        )
    )
    return code


def _values(item: "Item", kind: str) -> list[str]:
    return sorted(tag.value for tag in item.tags if tag.kind == kind)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _plain_item(item: "Item", story: str) -> dict[str, object]:
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


# -- `digest collect`: read the bulletins and say what is new.


@click.command()
@json_option
@pass_session
def collect(session: Invocation, *, as_json: bool) -> int:
    """Read all sources and say what is new, what changed, and what could not be read.

    Collecting twice adds nothing. Nothing is sent.
    """
    from digest.cli.invocation import collect_all

    results, code = collect_all(session)
    if as_json:
        import json

        click.echo(json.dumps([_plain_source(result) for result in results], ensure_ascii=False, indent=2))
        return code
    for result in results:
        changes = [
            f"{count} {word}"
            for count, word in (
                (result.added, "new"),
                (result.changed, "changed"),
                (result.unchanged, "unchanged"),
                (result.withdrawn, "withdrawn"),
            )
            if count
        ]
        click.echo(f"{result.source}: {', '.join(changes) or 'no items'}")
    return code


def _plain_source(result: "Collected") -> dict[str, object]:
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
