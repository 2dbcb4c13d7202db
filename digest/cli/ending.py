"""How a command ends: errors in plain words on stderr, and the exit codes of `docs/reference/exit-codes.md`."""

import os
import sys
import traceback

import click

from digest.errors import DigestError, worst

__all__ = ["run", "tell", "worst"]


def run(command: click.Command) -> int:
    """Call the command as the program and return its exit code."""
    try:
        result = command.main(prog_name="digest", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 – the last place where anything can be told in plain words
        return _told(error)
    return result if isinstance(result, int) else 0


def _told(error: BaseException) -> int:
    match error:
        case DigestError():
            tell(error)
            return error.exit_code
        case click.exceptions.Exit():
            return int(error.exit_code)
        case click.ClickException():
            error.show()
            return int(error.exit_code)
        case click.Abort() | KeyboardInterrupt():
            click.echo("\nStopped. Nothing is lost: run the command again.", err=True)
            return 130
        case BrokenPipeError():
            # Whoever read our output has left; Python must not complain again when it closes the pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        case SystemExit():
            raise error
        case _:
            traceback.print_exception(error)
            click.echo("\nThis is a fault in digest, not in what you did. Please report the lines above.", err=True)
            return 1


def tell(error: DigestError) -> None:
    """Write the error's three parts."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(str(error), err=True)
