"""How a command ends: errors in plain words on stderr, and the exit codes of `docs/reference/exit-codes.md`."""

import logging
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

import click

from digest.errors import DigestError


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


# -- How a daemon logs: one line per event on stderr, without addresses, for a file or for systemd's journal.

ADDRESS = re.compile(r"(?:\"[^\"\n]*\"|[^\s<>\"'(),:;]+)@[^\s<>\"'(),:;]+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.NOTSET, 7))  # sd-daemon(3)


class LogLines(logging.Formatter):
    """The journal gets the priority and adds the time itself."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__("%(message)s" if journal else "%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._journal = journal

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 – logging's name
        record.message = "; ".join(line.strip(" →") for line in record.message.splitlines() if line.strip())
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        line = UNPRINTABLE.sub(" ", ADDRESS.sub("…@…", super().format(record)))
        if not self._journal:
            return line
        priority = next(number for level, number in PRIORITIES if record.levelno >= level)
        return "\n".join(f"<{priority}>{part}" for part in line.splitlines())


def write_log(*, verbose: bool, quiet: bool) -> None:
    """Let `logging` write to stderr: also what was done, unless `quiet`; `verbose` adds what is for developers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines(journal=_is_journal()))
    logging.getLogger().addHandler(handler)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("digest").setLevel(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)


def _is_journal() -> bool:
    """As systemd.exec(5) says: `$JOURNAL_STREAM` holds device and inode of the stream to the journal."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


# -- Stopping: a first SIGTERM, Ctrl-C or closed terminal (SIGHUP) lets what is under way come to its end; a second ends
# the program at once. What `nohup` made ignored stays so.

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Answers whether the program was told to stop. Signals reach the main thread only: elsewhere, never."""
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
