"""`digest database`: where the workspace's database is, and moving it into one of the other kind."""

import os
from pathlib import Path

import click

from digest.cli import HELP
from digest.cli.invocation import Invocation, pass_invocation
from digest.errors import UsageError
from digest.foundation.catalogue import _, plural
from digest.foundation.database import open_database
from digest.foundation.workspace import DATABASE, SETTINGS
from digest.operations.moving import move
from digest.settings.database_keys import DatabaseSettings, named_server
from digest.settings.instance import Instance

to_option = click.option(
    "--to",
    required=True,
    metavar="URL",
    help=f"postgresql://user@host/name, without a password; or {DATABASE}: the file in the workspace.",
)
password_file_option = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file with the password of that database, readable by you alone.",
)
password_env_option = click.option(
    "--password-env",
    metavar="NAME",
    help="The environment variable with it. Without either, PGPASSWORD and ~/.pgpass count.",
)


@click.group(context_settings=HELP)
def database() -> None:
    """Move what the workspace knows into another database: PostgreSQL for several hosts, or back into a file."""


@database.command()
@to_option
@password_file_option
@password_env_option
@pass_invocation
def copy(invocation: Invocation, to: str, password_file: Path | None, password_env: str | None) -> int:
    """Copy all of it into an empty database, and retire the one it came from.

    Every row is compared. Stop `digest serve` and the daemon first: a retired database refuses every change and says
    where all of it went. Afterwards write into digest.yaml what is printed. An edition that is being sent goes on
    there. Going back is another copy. Interrupted, do the same again.
    """
    instance = invocation.instance
    server = _server(instance, to, password_file, password_env)
    if server is None:
        target = open_database(f"sqlite:///{instance.workspace.database_file}")
    else:
        target = open_database(server.url, instance.secret, server.password)
    moved = move(instance.place, target)
    old = instance.database.name
    if moved.tables is None:
        click.echo(_("{database} had been copied to {to} before.").format(database=old, to=target.name))
    else:
        said = plural(
            "Copied {count:,} row to {to}; every table is the same there, row by row.",
            "Copied {count:,} rows to {to}; every table is the same there, row by row.",
            moved.rows,
            to=target.name,
        )
        click.echo(said)
    invocation.say(_("{database} is retired: nothing is changed in it any more.").format(database=old))
    invocation.say(write_this(instance.folder, server))
    return 0


def _server(
    instance: Instance, to: str, password_file: Path | None, password_env: str | None
) -> DatabaseSettings | None:
    """`None`: the file in the workspace."""
    if ":" in to:
        return named_server("--to", to, password_file, password_env)
    if Path(to) != Path(DATABASE) and Path(to).resolve() != instance.workspace.database_file.resolve():
        raise UsageError(
            "--to",
            _("the file of a workspace is always {file} in it").format(file=DATABASE),
            _("say --to {file}").format(file=DATABASE),
        )
    if password_file or password_env:
        raise click.UsageError(_("a file has no password"))
    return None


def write_this(folder: Path, server: DatabaseSettings | None) -> str:
    """What to write into the settings of the workspace there, so that they name that database."""
    if server is None:
        return _("Take `database:` out of {file} now.").format(file=SETTINGS)
    if server.password is None:
        lines = [f"database: {server.url}"]
    else:
        lines = ["database:", f"  url: {server.url}"]
        if server.password_file is not None:
            path = os.path.relpath(server.password_file, folder.resolve())
            lines.append(f"  password_file: {server.password_file if path.startswith('..') else path}")
        if server.password_env is not None:
            lines.append(f"  password_env: {server.password_env}")
    said = _("Write this into {file} now, in place of another `database:`").format(file=SETTINGS)
    return "\n".join([f"{said}:", "", *(f"    {line}" for line in lines), ""])
