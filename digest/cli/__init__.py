"""The command line: each command parses, calls and prints, in the module of its capability, loaded when it is used.

`COMMANDS` lists the commands by who uses them, and says of each in which module it is and what it does.
"""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from digest.cli.ending import run
from digest.cli.speech import folder_named, in_words, let_help_speak, speak_as_asked
from digest.commands import called_for
from digest.errors import ConfigurationError

HELP: Mapping[str, Any] = {"help_option_names": ["-h", "--help"]}  # context settings of every group of commands

COMMANDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Communications staff": {
        "init": ("starting", "Make a new workspace; asks eight short questions."),
        "demo": ("starting", "Build and send a sample workspace into a folder."),
        "new": ("new", "Paste a text, see how it is read, and keep it as a bulletin."),
        "collect": ("collect", "Read the bulletins and say what is new."),
        "build": ("drafts", "Draft editions."),
        "preview": ("previewing", "Look at the next edition, exactly as readers get it."),
        "desk": ("desk", "Look at the editions and decide about them in a browser."),
        "plan": ("curation", "Decide about single stories: lead, order, drop, defer, correct."),
        "check": ("drafts", "Check the final bytes of every mail."),
        "todo": ("todo", "List what is to be mended or accepted before an edition is ready."),
        "review": ("review", "Look at the parts of a draft, their answers and codes; mail them to reviewers."),
        "approve": ("review", "Put your name under a draft; afterwards nothing changes."),
        "refuse": ("review", "Say that a part must not go out like this."),
        "send": ("send", "Send what is approved, once to each person."),
        "status": ("status", "Say where every edition stands and what is next."),
        "explain": ("explain", "Say why a story is where it is, or what a person gets."),
        "report": ("reporting", "Say on one page what became of an edition."),
        "sources": ("sources", "List where the news comes from; try and add feeds."),
        "items": ("collection", "List the items that were collected; say what is right about them."),
        "templates": ("template_sets", "Show the looks of the mails; copy one to change it."),
        "help": ("manual", "Show a page of the manual, or which there are."),
    },
    "People": {
        "subscribers": ("subscribers", "Look after the list of readers: add, change, remove, readmit."),
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
        "correct": ("correcting", "Correct one story, for those who got it."),
        "daemon": ("running", "Do what run does, again and again, until it is ended."),
        "worker": ("workers", "Send beside other hosts, over one PostgreSQL, until it is ended."),
        "workers": ("workers", "List the workers on all hosts, and what they send."),
        "schedule": ("running", "Say what goes out when, in the newsletter's zone and in UTC."),
        "serve": ("publishing", "Answer on the web: leaving, preferences, signing up, the archive."),
        "archive": ("publishing", "Write the archive as a folder of pages, for any web server."),
        "doctor": ("checkup", "Look at all that sending depends on, and say how to mend it."),
        "database": ("databases", "Move the workspace into PostgreSQL, or back into a file."),
        "backup": ("backups", "Write all that is needed to go on elsewhere into one file."),
        "restore": ("backups", "Put a backup back; nothing is sent until you adopt it."),
        "adopt": ("backups", "Let a restored or copied workspace send."),
    },
}
MODULES = {name: module for group in COMMANDS.values() for name, (module, _) in group.items()}
WORKSPACE = "DIGEST_WORKSPACE"
WITH_WORKSPACE = MODULES.keys() - {
    "init",
    "demo",
    "help",
}  # when one of these is printed, it may have to name the workspace


class LateCommands(click.Group):
    """Loads the module of a command only when that command is used, and lists the commands by who uses them."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [*MODULES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        _refuse_odd_zone(os.environ.get("TZ", "").removeprefix(":"))  # before a library that stumbles is loaded
        command: click.Command = getattr(import_module(f"digest.cli.{MODULES[cmd_name]}"), cmd_name)
        let_commands_mean(ctx.params.get("folder", "."))  # before the help of the command is asked for
        _let_name_the_workspace(command)
        let_help_speak(command)
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
            with formatter.section(in_words(heading)):
                formatter.write_dl([(name, in_words(summary)) for name, (_, summary) in commands.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The language is chosen before a word is said, be it about a mistake in the arguments."""
        speak_as_asked(folder_named(args) or os.environ.get(WORKSPACE) or ".")
        let_help_speak(self)
        return super().parse_args(ctx, args)


@click.command(cls=LateCommands, context_settings={**HELP, "max_content_width": 100})
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    envvar=WORKSPACE,
    default=".",
    help=f"The workspace: the folder with digest.yaml (or set {WORKSPACE}); before or after the command.",
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

    context.color = False if os.environ.get("NO_COLOR") else None
    context.obj = Invocation(folder=folder, verbose=verbose, quiet=quiet)


def _refuse_odd_zone(name: str) -> None:
    """We need no zone of the machine; but libraries look there, and stumble."""
    if not name:
        return
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # 4 ms: only where TZ is set

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        from digest.foundation.catalogue import _  # 15 ms: only for a mistake

        cause = _("it names no time zone: {name}").format(name=ascii(name[:60]))
        remedy = _("unset it, or write it as in TZ=America/Costa_Rica")
        raise ConfigurationError(_("the environment variable TZ"), cause, remedy) from None


def let_commands_mean(folder: str | Path) -> None:
    """Let commands that are printed name this workspace, if without that they would mean another."""
    if Path(folder).resolve() == Path(os.environ.get(WORKSPACE) or ".").resolve():
        called_for(WITH_WORKSPACE)
    else:
        called_for(WITH_WORKSPACE, str(folder), str(Path(folder).absolute()))


def _let_name_the_workspace(command: click.Command) -> None:
    """Let `-C` stand after the command and after its own commands too."""
    if not any("-C" in parameter.opts for parameter in command.params):
        command.params.append(
            click.Option(["-C", "_folder"], hidden=True, expose_value=False, callback=_workspace_named_after)
        )
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _let_name_the_workspace(inner)


def _workspace_named_after(context: click.Context, _option: click.Parameter, folder: str | None) -> None:
    root = context.find_root()
    if folder is None:
        return
    if root.get_parameter_source("folder") is ParameterSource.COMMANDLINE and root.params["folder"] != folder:
        from digest.foundation.catalogue import _  # 15 ms: only for a mistake

        raise click.UsageError(
            _("-C names two workspaces: {one} and {other}").format(one=root.params["folder"], other=folder)
        )
    root.obj.folder = folder
    let_commands_mean(folder)


def main() -> None:
    """Run the command; every error ends in plain words and its exit code."""
    os.umask(0o077)  # what we make is for our owner only, folders above our folders too
    sys.exit(run(cli))
