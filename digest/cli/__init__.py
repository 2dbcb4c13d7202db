"""The command line: each command parses, calls and prints, in a module of its own that is loaded when it is used."""

import os
import sys

import click

from digest.cli.groups import HELP, GroupedCommands

COMMANDS = {
    "Communications staff": [
        "init",
        "demo",
        "collect",
        "build",
        "preview",
        "plan",
        "check",
        "review",
        "approve",
        "refuse",
        "send",
        "status",
        "explain",
        "report",
        "items",
        "templates",
    ],
    "Operator": [
        "run",
        "mailbox",
        "rehearse",
        "pause",
        "resume",
        "deliveries",
        "dkim",
        "reopen",
        "reissue",
        "daemon",
        "schedule",
        "doctor",
        "backup",
        "restore",
        "adopt",
    ],
}


@click.command(
    cls=GroupedCommands,
    groups=COMMANDS,
    context_settings={**HELP, "max_content_width": 100},
)
@click.option(
    "-C",
    "workspace",
    metavar="DIR",
    envvar="DIGEST_WORKSPACE",
    default=".",
    help="The workspace: the folder with digest.yaml (or set DIGEST_WORKSPACE).",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and trouble.")
@click.version_option(package_name="bulletin-digest", prog_name="digest")
@click.pass_context
def cli(context: click.Context, workspace: str, *, verbose: bool, quiet: bool) -> None:
    """Turn the news an office already writes into one mail per reader.

    An ordinary month takes three steps: preview, approve, send.
    """
    from digest.cli.session import Session

    context.obj = Session(folder=workspace, verbose=verbose, quiet=quiet)


def main() -> None:
    """Run the command; every error ends in plain words and its exit code."""
    from digest.cli.ending import run

    os.umask(0o077)  # what we make is for our owner only, folders above our folders too
    sys.exit(run(cli))
