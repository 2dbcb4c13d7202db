"""`digest templates`: the looks of the mails, and a copy of one to be changed."""

from pathlib import Path

import click

from digest.cli import HELP
from digest.cli.invocation import Invocation, pass_invocation, table
from digest.editions.trial import tried
from digest.errors import ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.problems import Severity
from digest.mail import templates as template_sets
from digest.mail.linting import faults_of

OWN = "templates"
MOST_NAMED = 4


@click.group(context_settings=HELP)
def templates() -> None:
    """Show the template sets, copy one to change it, or look through your own."""


@templates.command("list")
@pass_invocation
def list_sets(invocation: Invocation) -> int:
    """List the template sets, who uses them, and which of their files are your own."""
    found = _templates(invocation)
    users: dict[str, list[str]] = {}
    for newsletter in invocation.instance.settings.newsletters:
        users.setdefault(newsletter.template, []).append(newsletter.name)
    rows = [(name, ", ".join(users.get(name, ())) or "–", _named(found.own_files(name))) for name in found.names()]
    click.echo(table([_("set"), _("newsletters"), _("your own files")], rows))
    return 0


@templates.command()
@click.argument("name", metavar="SET")
@click.option(
    "--to", "target", type=click.Path(path_type=Path), help="The folder (default: the workspace's templates/)."
)
@pass_invocation
def eject(invocation: Invocation, name: str, target: Path | None) -> int:
    """Copy a set, and the parts all sets share, to where you can change them.

    Keep the files you change and delete the others: what is missing comes from the program, also after an update. No
    file that exists is overwritten.
    """
    done = template_sets.eject(_templates(invocation), name, target or invocation.instance.folder / OWN)
    for path in done.written:
        click.echo(str(path))
    if done.kept:
        said = _("Left alone, as they were there already: {files}")
        invocation.say(said.format(files=", ".join(str(path) for path in done.kept)))
    invocation.say(_("Change what you like, delete the rest, and look at it with: digest preview --watch"))
    return 0


@templates.command("check")
@click.argument("name", required=False, metavar="[SET]")
@pass_invocation
def check_templates(invocation: Invocation, name: str | None) -> int:
    """Look through the sources of a set (default: all), and check an invented edition in it as `check` does."""
    found = _templates(invocation)
    newsletters = invocation.instance.settings.newsletters
    faulty = False
    for each in [name] if name else found.names():
        faults = faults_of(found.read(each))
        faulty |= invocation.problems(faults)
        if faults:
            continue
        users = [newsletter for newsletter in newsletters if newsletter.template == each] or newsletters[:1]
        findings = dict.fromkeys(one for user in users for one in tried(invocation.instance.bench, user, each))
        invocation.findings(findings)
        if any(one.severity is Severity.ERROR for one in findings):
            faulty = True
        else:
            invocation.say(_("{template_set}: no faults.").format(template_set=each))
    return ConfigurationError.exit_code if faulty else 0


def _named(files: tuple[Path, ...]) -> str:
    names = [path.name for path in files]
    more = [_("and {count} more").format(count=len(names) - MOST_NAMED)] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more]) or "–"


def _templates(invocation: Invocation) -> template_sets.Templates:
    return template_sets.Templates(invocation.instance.folder / OWN)
