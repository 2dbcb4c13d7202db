"""`digest collect`: read the bulletins and say what is new."""

from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option
from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.pipeline.collect import Collected


@click.command()
@json_option
@pass_session
def collect(session: Session, *, as_json: bool) -> int:
    """Read all sources and say what is new, what changed, and what could not be read.

    Collecting twice adds nothing. Nothing is sent.
    """
    from digest.cli.steps import collect_all

    results, code = collect_all(session)
    if as_json:
        import json

        click.echo(json.dumps([_plain(result) for result in results], ensure_ascii=False, indent=2))
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


def _plain(result: "Collected") -> dict[str, object]:
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
