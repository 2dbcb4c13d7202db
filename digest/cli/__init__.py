"""The command line: each command parses, calls and prints, in the module of its capability, loaded when it is used.

`COMMANDS` lists the commands by who uses them, and says of each in which module it is and what it does.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from digest.cli.ending import run

HELP: Mapping[str, Any] = {"help_option_names": ["-h", "--help"]}  # context settings of every group of commands

COMMANDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Communications staff": {
        "init": ("starting", "Make a new workspace; asks eight short questions."),
        "demo": ("starting", "Build and send a sample workspace into a folder."),
        "collect": ("collect", "Read the bulletins and say what is new."),
        "build": ("drafts", "Draft editions."),
        "preview": ("previewing", "Look at the next edition, exactly as readers get it."),
        "plan": ("curation", "Decide about single stories: lead, order, drop, defer, correct."),
        "check": ("drafts", "Check the final bytes of every mail."),
        "review": ("review", "Look at the parts of a draft, their answers and codes; mail them to reviewers."),
        "approve": ("review", "Put your name under a draft; afterwards nothing changes."),
        "refuse": ("review", "Say that a part must not go out like this."),
        "send": ("send", "Send what is approved, once to each person."),
        "status": ("status", "Say where every edition stands and what is next."),
        "explain": ("explain", "Say why a story is where it is, or what a person gets."),
        "report": ("reporting", "Say on one page what became of an edition."),
        "items": ("collect", "List the items that were collected."),
        "templates": ("template_sets", "Show the looks of the mails; copy one to change it."),
    },
    "Operator": {
        "run": ("running", "Do all that is due, then exit: for cron."),
        "mailbox": ("mailbox", "Read what came back by mail: bounces, complaints, people who want out."),
        "rehearse": ("rehearse", "Replay the calendar in virtual time; send nothing."),
        "pause": ("deliveries", "Let nothing more of an edition leave, wherever it is sent."),
        "resume": ("deliveries", "Let a paused edition go on."),
        "deliveries": ("deliveries", "List who got what; resend or mark what is in doubt."),
        "dkim": ("signing_keys", "Make the keys that sign the mails; show their DNS records."),
        "reopen": ("drafts", "Take back an approval, as long as nothing was sent."),
        "reissue": ("drafts", "Send a finished edition again, with its mistake mended."),
        "daemon": ("running", "Do what run does, again and again, until it is ended."),
        "schedule": ("running", "Say what goes out when, in the newsletter's zone and in UTC."),
        "doctor": ("checkup", "Look at all that sending depends on, and say how to mend it."),
        "backup": ("backups", "Write all that is needed to go on elsewhere into one file."),
        "restore": ("backups", "Put a backup back; nothing is sent until you adopt it."),
        "adopt": ("backups", "Let a restored or copied workspace send."),
    },
}
MODULES = {name: module for group in COMMANDS.values() for name, (module, _) in group.items()}


class LateCommands(click.Group):
    """Loads the module of a command only when that command is used, and lists the commands by who uses them."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [*MODULES]

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        command: click.Command = getattr(import_module(f"digest.cli.{MODULES[cmd_name]}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for a mistyped one."""
        if args and args[0] not in MODULES and not args[0].startswith("-"):
            from difflib import get_close_matches  # 3 ms: only for a mistake

            near = get_close_matches(args[0], MODULES, 1)
            if near:
                from digest.foundation.catalogue import _  # 15 ms: as above

                said = _("No such command '{command}'. Did you mean '{known}'?")
                ctx.fail(said.format(command=args[0], known=near[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table above, so that `--help` loads no command."""
        for heading, commands in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, summary) for name, (_, summary) in commands.items()])


@click.command(cls=LateCommands, context_settings={**HELP, "max_content_width": 100})
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    envvar="DIGEST_WORKSPACE",
    default=".",
    help="The workspace: the folder with digest.yaml (or set DIGEST_WORKSPACE).",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and trouble.")
@click.version_option(package_name="bulletin-digest", prog_name="digest")
@click.pass_context
def cli(context: click.Context, folder: str, *, verbose: bool, quiet: bool) -> None:
    """Turn the news an office already writes into one mail per reader.

    An ordinary month takes three steps: preview, approve, send.
    """
    from digest.cli.invocation import Invocation  # 55 ms: not for `--help`

    context.obj = Invocation(folder=folder, verbose=verbose, quiet=quiet)


def main() -> None:
    """Run the command; every error ends in plain words and its exit code."""
    os.umask(0o077)  # what we make is for our owner only, folders above our folders too
    sys.exit(run(cli))
