"""`digest collect`: read the bulletins, and say what was understood, what was left out, and what to do next."""

from collections.abc import Sequence
from datetime import date
from itertools import chain
from shlex import quote
from typing import TYPE_CHECKING

import click

from digest.cli.invocation import (
    Invocation,
    collected_code,
    echo_json,
    json_option,
    pass_invocation,
    say_left_out,
)
from digest.cli.writer import terminal_width
from digest.desk.columns import Column, Headings, Way, columns, shortened
from digest.desk.source_states import said_of_elsewhere
from digest.foundation.catalogue import _, plural
from digest.foundation.problems import Severity
from digest.foundation.words import harmless
from digest.intake.item import TagKind

if TYPE_CHECKING:
    from digest.intake.collecting import Collected
    from digest.intake.item import Item

MOST_TITLES = 40
TITLE_MOST = 100


@click.command()
@click.option("--now", "always", is_flag=True, help="Ask feeds although it is not time for them yet (check).")
@click.option("--mark-seen", is_flag=True, help="Pass over, for good, what feeds have now and is no item yet.")
@json_option
@pass_invocation
def collect(invocation: Invocation, *, always: bool, mark_seen: bool, as_json: bool) -> int:
    """Read all sources and say what was understood: titles with date, language and countries; then what was left out.

    Collecting twice adds nothing. Nothing is sent.
    """
    results = invocation.instance.collect(always=always, mark_seen=mark_seen)
    code = collected_code(results)
    if as_json:
        say_left_out(invocation, results)
        echo_json([_source_data(result) for result in results])
        return code
    for source in invocation.instance.settings.sources:
        if invocation.instance.is_elsewhere(source):
            invocation.say(f"{source.name}: {said_of_elsewhere(source)}")
    for result in results:
        invocation.tell(f"{result.source}: {_counted(result)}")
        for line in _understood(result):
            invocation.tell(line)
    say_left_out(invocation, results)
    _say_next(invocation, results)
    return code


def _counted(result: "Collected") -> str:
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
    return ", ".join(changes) or _("no items")


def _understood(result: "Collected") -> list[str]:
    """Every item that is not as it was, the newest first."""
    marked = [
        *((item, _("new")) for item in result.new),
        *((item, _("changed")) for item in result.altered),
        *((item, _("withdrawn")) for item in result.gone),
    ]
    marked.sort(key=lambda one: (-one[0].published_on.toordinal(), one[0].position))
    rows = [
        [
            item.published_on.isoformat(),
            item.language,
            " ".join(sorted(item.values(TagKind.COUNTRY))) or "–",
            mark,
            shortened(harmless(item.text.title), TITLE_MOST),
        ]
        for item, mark in marked[:MOST_TITLES]
    ]
    if not rows:
        return []
    countries = Column(_("countries"), Way.WRAPPED, least=12)
    headings: Headings = [_("date"), _("lang"), countries, _("what"), Column(_("title"), Way.WRAPPED)]
    lines = [*columns(headings, rows, most=terminal_width())]
    if more := len(marked) - len(rows):
        lines.append("  " + _("… and {count} more; see them all with: digest items").format(count=more))
    return lines


def _say_next(invocation: Invocation, results: "Sequence[Collected]") -> None:
    problems = [*chain.from_iterable(result.problems for result in results)]
    warning = next(chain.from_iterable(result.warnings for result in results), None)
    if warning is not None:
        said = _("Not to be told of it again: digest items accept {place}, or --all")
        invocation.say(said.format(place=quote(str(warning.place))))
    if any(one.severity is Severity.ERROR for one in problems):
        invocation.say(_("Next: mend what is named above, then: digest collect"))
    elif not any(result.found for result in results):
        invocation.say(_("Next: put bulletins into the folder, or paste a text with: digest new"))
    elif any(result.added or result.changed or result.withdrawn for result in results):
        invocation.say(_("Next: digest preview"))
    else:
        invocation.say(_("Next: digest status"))


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
