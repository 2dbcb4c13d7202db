"""How a command ends: errors in plain words, the exit codes of `docs/reference/exit-codes.md`, and signals to stop."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

import click

from digest.commands import forget_caller
from digest.errors import DigestError, IntegrityError

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(command: click.Command) -> int:
    """Call the command as the program and return its exit code."""
    try:
        result = command.main(prog_name="digest", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 – the last place where anything can be told in plain words
        return _told(_spoilt(error) or error)
    finally:
        forget_caller()  # whoever calls us in a process of their own may call again, for another workspace
    return result if isinstance(result, int) else 0


@contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Answers whether the program was told to stop. Signals reach the main thread only: elsewhere, never.

    A first SIGTERM, Ctrl-C or closed terminal (SIGHUP) lets what is under way come to its end; a second ends the
    program at once. What `nohup` made ignored stays so.
    """
    told = Event()
    if current_thread() is not main_thread():
        yield told.is_set
        return
    before = {number: old for number in SIGNALS if (old := signal.getsignal(number)) is not signal.SIG_IGN}

    def tell(number: int, _frame: FrameType | None) -> None:
        told.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, tell)
    try:
        yield told.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _told(error: BaseException) -> int:
    from digest.foundation.catalogue import _  # 15 ms: not for `--help`

    match error:
        case DigestError():
            from digest.cli.writer import within  # 5 ms: as above

            word, colour = _("error") + ":", False if os.environ.get("NO_COLOR") else None
            said = within(f"{word} {error}", sys.stderr, hang=2)
            click.secho(word, fg="red", bold=True, nl=False, err=True, color=colour)
            click.echo(said.removeprefix(word), err=True, color=colour)
            return error.exit_code
        case click.exceptions.Exit():
            return int(error.exit_code)
        case click.ClickException():
            error.show()
            return int(error.exit_code)
        case click.Abort() | KeyboardInterrupt():
            click.echo("\n" + _("Stopped. Nothing is lost: run the command again."), err=True)
            return 130
        case BrokenPipeError():
            # Whoever read our output has left; Python must not complain again when it closes the pipe.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        case SystemExit():
            raise error
        case _:
            traceback.print_exception(error)
            said = _("This is a fault in digest, not in what you did. Please report the lines above.")
            click.echo(f"\n{said}", err=True)
            return 1


def _spoilt(error: BaseException) -> DigestError | None:
    """What a disk has changed may be met long after it was read."""
    if not isinstance(error, ValueError):
        return None
    from digest.foundation.catalogue import _
    from digest.foundation.database import is_damage
    from digest.foundation.words import harmless

    if not is_damage(error):
        return None
    said = _("it is damaged: {error}").format(error=harmless(str(error)))
    return IntegrityError(_("what is stored here"), said, _("restore the last backup: digest restore FILE"))
