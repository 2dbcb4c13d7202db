"""`digest templates`: the looks of the mails, and a copy of one to be changed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.groups import HELP
from digest.cli.session import Session, pass_session, table
from digest.errors import ConfigurationError

if TYPE_CHECKING:
    from digest.rendering.templates import Templates

OWN = "templates"
MOST_NAMED = 4


@click.group(context_settings=HELP)
def templates() -> None:
    """Show the template sets, copy one to change it, or look through your own."""


@templates.command("list")
@pass_session
def list_sets(session: Session) -> int:
    """List the template sets, who uses them, and which of their files are your own."""
    found = _templates(session)
    users: dict[str, list[str]] = {}
    for newsletter in session.workspace.settings.newsletters:
        users.setdefault(newsletter.template, []).append(newsletter.name)
    rows = [(name, ", ".join(users.get(name, ())) or "–", _named(found.own_files(name))) for name in found.names()]
    click.echo(table(["set", "newsletters", "your own files"], rows))
    return 0


@templates.command()
@click.argument("name", metavar="SET")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="The folder (default: the workspace's templates/)."
)
@pass_session
def eject(session: Session, name: str, target: Path | None) -> int:
    """Copy a set, and the parts all sets share, to where you can change them.

    Keep the files you change and delete the others: what is missing comes from the program, also after an update. No
    file that exists is overwritten.
    """
    from digest.rendering.ejecting import eject as copy

    done = copy(_templates(session), name, target or session.workspace.folder / OWN)
    for path in done.written:
        click.echo(str(path))
    if done.kept:
        session.say(f"Left alone, as they were there already: {', '.join(str(path) for path in done.kept)}")
    session.say("Change what you like, delete the rest, and look at it with: digest preview --watch")
    return 0


@templates.command()
@click.argument("name", required=False, metavar="[SET]")
@pass_session
def check(session: Session, name: str | None) -> int:
    """Look through the sources of a set (default: all) for what would break a mail."""
    from digest.rendering.compiling import compiled
    from digest.rendering.linting import faults_of

    found = _templates(session)
    languages = sorted({each for newsletter in session.workspace.settings.newsletters for each in newsletter.languages})
    faulty = False
    for each in [name] if name else found.names():
        template_set = found.read(each)
        faults = faults_of(template_set)
        faulty |= session.problems(faults)
        if not faults:
            for language in languages:
                compiled(template_set, language)
            session.say(f"{each}: no faults.")
    return ConfigurationError.exit_code if faulty else 0


def _named(files: tuple[Path, ...]) -> str:
    names = [path.name for path in files]
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more]) or "–"


def _templates(session: Session) -> "Templates":
    from digest.rendering.templates import Templates

    return Templates(session.workspace.folder / OWN)
