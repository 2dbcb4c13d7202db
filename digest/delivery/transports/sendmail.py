"""Sendmail: each message to a program of this machine, as sendmail(8) takes it, and its answer by sysexits.h.

The message lies in memory as a whole before the program starts and is its standard input: however we die, it reads all
of it or did not start. No shell is asked.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Self

from digest.delivery.outgoing import Outbox, OutcomeKind, OutgoingMessage
from digest.delivery.rates import Rates
from digest.delivery.transports.one_by_one import ANSWER_MOST, Ending, Ways, carry
from digest.errors import BusyError, ConfigurationError
from digest.foundation.failpoints import reach
from digest.foundation.neighbours import COMMAND_PATH, own_program

AT_ONCE_MOST = 32  # processes
PATIENCE = 300.0  # seconds for one message
_SAID_MOST = 2_000  # bytes of what it says
_NEVER_STARTED = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError)
_SHELL_SIGNALS = range(129, 193)  # a shell's code for a program that a signal ended is 128 and its number
_DEFERRED = "it asks to try again later"
_ENDINGS = {
    64: Ending(OutcomeKind.FAILED, "it does not understand how it is called", "protocol", is_trouble=True),  # EX_USAGE
    65: Ending(OutcomeKind.FAILED, "it does not take the message", "content"),  # EX_DATAERR
    67: Ending(OutcomeKind.FAILED, "it does not know the recipient", "dead-mailbox"),  # EX_NOUSER
    68: Ending(
        OutcomeKind.FAILED, "it does not know the host", "dead-mailbox", is_trouble=True
    ),  # EX_NOHOST, or a relay's
    72: Ending(OutcomeKind.FAILED, "it misses a file of the system", "other", is_trouble=True),  # EX_OSFILE
    77: Ending(OutcomeKind.FAILED, "it does not permit us to send", "policy", is_trouble=True),  # EX_NOPERM
    78: Ending(OutcomeKind.FAILED, "its own settings are wrong", "other", is_trouble=True),  # EX_CONFIG
    126: Ending(OutcomeKind.FAILED, "a program it calls cannot be run", "other", is_trouble=True),
    127: Ending(OutcomeKind.FAILED, "a program it calls is missing", "other", is_trouble=True),
}


class SendmailTransport:
    def __init__(
        self, command: Sequence[str], connections: int = 1, rates: Rates | None = None, patience: float = PATIENCE
    ) -> None:
        """`command` is the program and its first arguments."""
        self._command = tuple(command)
        self._program: Path | None = None
        self._connections = min(connections, AT_ONCE_MOST)
        self._rates = rates or Rates()
        self._patience = patience
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()

    @property
    def connections(self) -> int:
        return self._connections

    @property
    def name(self) -> str:
        return f"the command {self._command[0]}"

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        """Raise `ConfigurationError`, `BusyError` or `CircuitBrokenError` when the program takes nothing."""
        self._program = own_program(self._command[0])
        ways = Ways(name=self.name, at_once=self._connections, rates=self._rates, cut_off=self._end_all)
        carry(outbox, stop, self._hand_over, ways)

    def trace(self, message: OutgoingMessage) -> None:
        """Only its own log could tell."""

    def _hand_over(self, message: OutgoingMessage, content: bytes) -> Ending:
        # `--` ends the options: what looks like one behind it is a recipient.
        program, *arguments = self._command
        command = [str(self._program or program), *arguments, "-i", "-f", message.sender, "--", message.recipient]
        with _Memory("message") as given, _Memory("answer") as said:
            _fill(given, content)
            try:
                process = self._start(command, given, said)
            except _NEVER_STARTED as error:
                cause = f"it cannot be run: {(error.strerror or str(error)).lower()}"
                raise ConfigurationError(self.name, cause, "correct delivery.command in digest.yaml") from error
            except OSError as error:
                cause = f"it cannot be started now: {(error.strerror or str(error)).lower()}"
                raise BusyError(self.name, cause, "try again later") from error
            reach("sendmail.started")
            code = self._code(process)
            reach("sendmail.ended")
            return _ending(code, _words(said))

    def _start(self, command: Sequence[str], given: "_Memory", said: "_Memory") -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 – the command of the settings, without a shell
            command,
            stdin=given.number,
            stdout=said.number,
            stderr=said.number,
            cwd="/",
            env=os.environ | {"PATH": COMMAND_PATH},
            start_new_session=True,  # a Ctrl-C at the terminal is for us; what is under way comes to its end
        )
        with self._lock:
            self._running.add(process)
        return process

    def _code(self, process: subprocess.Popen[bytes]) -> int | None:
        """`None`: it did not end in time, and was ended."""
        try:
            return process.wait(self._patience)
        except subprocess.TimeoutExpired:
            _end(process)
            process.wait()
            return None
        finally:
            with self._lock:
                self._running.discard(process)

    def _end_all(self) -> None:
        with self._lock:
            for process in self._running:
                _end(process)


class _Memory:
    """A file that lies in memory and has no name; a context manager."""

    def __init__(self, name: str) -> None:
        self.number = os.memfd_create(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self.number)


def _fill(memory: _Memory, content: bytes) -> None:
    while content:
        content = content[os.write(memory.number, content) :]
    os.lseek(memory.number, 0, os.SEEK_SET)


def _words(said: _Memory) -> str:
    """What it said, on one line; the end is what tells most."""
    size = os.fstat(said.number).st_size
    text = os.pread(said.number, _SAID_MOST, max(0, size - _SAID_MOST)).decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _ending(code: int | None, words: str) -> Ending:
    said = f": {words}" if words else ""
    if code is None:
        return Ending(OutcomeKind.IN_DOUBT, f"it did not end in time{said}"[:ANSWER_MOST], "server")
    if code < 0 or code in _SHELL_SIGNALS:
        number = -code if code < 0 else code - _SHELL_SIGNALS.start + 1
        return Ending(OutcomeKind.IN_DOUBT, f"signal {number} ended it{said}"[:ANSWER_MOST], "server")
    if code == 0:
        return Ending(OutcomeKind.SENT, words[:ANSWER_MOST])
    known = _ENDINGS.get(code, Ending(OutcomeKind.DEFERRED, _DEFERRED, f"exit code {code}"))
    return Ending(known.kind, f"{known.answer} (exit code {code}){said}"[:ANSWER_MOST], known.why, known.is_trouble)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):  # it has ended, or runs as somebody else
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
