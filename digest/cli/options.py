"""The options that mean the same in every command."""

from pathlib import Path

import click

newsletter_option = click.option("--newsletter", metavar="NAME", help="Which newsletter, if there are several.")
period_option = click.option("--period", metavar="PERIOD", help="Which period: 2018-07, or july.")
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON for other programs.")
metrics_option = click.option(
    "--metrics-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write figures for Prometheus into this file.",
)
edition_argument = click.argument("edition", required=False)


def split_edition(edition: str | None, newsletter: str | None, period: str | None) -> tuple[str | None, str | None]:
    """`monthly/2018-07` names both; `2018-07` or `july` the period. Options and argument must not disagree."""
    if edition is None:
        return newsletter, period
    name, slash, key = edition.rpartition("/")
    for given, said in ((newsletter, name if slash else None), (period, key)):
        if given is not None and said is not None and given != said:
            raise click.UsageError(f"{edition!r} and the option {given!r} say different things")
    return (name if slash else newsletter), key
