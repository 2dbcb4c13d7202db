"""The command line: each command parses, calls and prints, in the module of its capability, loaded when it is used."""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

# -- A click group that loads a command's module only when the command is used, and lists commands by who uses them.

HELP: Mapping[str, Any] = {"help_option_names": ["-h", "--help"]}  # context settings of every group of commands


class GroupedCommands(click.Group):
    """`groups` maps a heading to command names; a command is the function of its name in the module of `MODULES`."""

    def __init__(self, *args: Any, groups: Mapping[str, Sequence[str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups = groups

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for names in self._groups.values() for name in names]

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if not any(cmd_name in names for names in self._groups.values()):
            return None
        command: click.Command = getattr(import_module(f"digest.cli.{_module_of(cmd_name)}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for a mistyped one."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), 1)
            if near:
                ctx.fail(f"No such command '{args[0]}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries, which stand here so that `--help` loads no command."""
        for heading, names in self._groups.items():
            with formatter.section(heading):
                formatter.write_dl([(name, SUMMARIES[name]) for name in names])


MODULES = {
    "deliveries": ("deliveries", "pause", "resume"),
    "editions": ("build", "check", "reopen", "reissue", "templates"),
    "explain": ("explain",),
    "intake": ("collect", "items"),
    "looking": ("preview", "report"),
    "mailbox": ("mailbox",),
    "operations": ("adopt", "backup", "dkim", "doctor", "restore"),
    "plans": ("plan",),
    "rehearse": ("rehearse",),
    "review": ("approve", "refuse", "review"),
    "running": ("daemon", "run", "schedule"),
    "send": ("send",),
    "starting": ("demo", "init"),
    "status": ("status",),
}


def _module_of(command: str) -> str:
    return next(module for module, commands in MODULES.items() if command in commands)


SUMMARIES = {
    "init": "Make a new workspace; asks eight short questions.",
    "demo": "Build and send a sample workspace into a folder.",
    "collect": "Read the bulletins and say what is new.",
    "build": "Draft editions.",
    "preview": "Look at the next edition, exactly as readers get it.",
    "plan": "Decide about single stories: lead, order, drop, defer, correct.",
    "check": "Check the final bytes of every mail.",
    "review": "Look at the parts of a draft, their answers and codes; mail them to reviewers.",
    "refuse": "Say that a part must not go out like this.",
    "approve": "Put your name under a draft; afterwards nothing changes.",
    "send": "Send what is approved, once to each person.",
    "status": "Say where every edition stands and what is next.",
    "explain": "Say why a story is where it is, or what a person gets.",
    "report": "Say on one page what became of an edition.",
    "items": "List the items that were collected.",
    "templates": "Show the looks of the mails; copy one to change it.",
    "daemon": "Do what run does, again and again, until it is ended.",
    "run": "Do all that is due, then exit: for cron.",
    "mailbox": "Read what came back by mail: bounces, complaints, people who want out.",
    "rehearse": "Replay the calendar in virtual time; send nothing.",
    "dkim": "Make the keys that sign the mails; show their DNS records.",
    "reopen": "Take back an approval, as long as nothing was sent.",
    "reissue": "Send a finished edition again, with its mistake mended.",
    "pause": "Let nothing more of an edition leave, wherever it is sent.",
    "resume": "Let a paused edition go on.",
    "deliveries": "List who got what; resend or mark what is in doubt.",
    "schedule": "Say what goes out when, in the newsletter's zone and in UTC.",
    "doctor": "Look at all that sending depends on, and say how to mend it.",
    "backup": "Write all that is needed to go on elsewhere into one file.",
    "restore": "Put a backup back; nothing is sent until you adopt it.",
    "adopt": "Let a restored or copied workspace send.",
}
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
    from digest.cli.invocation import Invocation

    context.obj = Invocation(folder=folder, verbose=verbose, quiet=quiet)


def main() -> None:
    """Run the command; every error ends in plain words and its exit code."""
    from digest.cli.ending import run

    os.umask(0o077)  # what we make is for our owner only, folders above our folders too
    sys.exit(run(cli))
