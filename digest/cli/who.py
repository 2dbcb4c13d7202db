"""Who it is that types: for what is recorded with a name."""

import getpass

import click


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody without a login name"


def _not_empty(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("say a name")
    return value.strip()


by_option = click.option(
    "--by",
    metavar="NAME",
    default=_own_name,
    callback=_not_empty,
    show_default="your login name",
    help="Who decides so.",
)
by_name_option = click.option("--by", metavar="NAME", required=True, callback=_not_empty, help="Who decides so.")
