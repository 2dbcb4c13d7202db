"""Sendmail: each message to a program of this machine, as sendmail(8) takes it, and its answer by sysexits.h.

An exit code counts as “not taken” only where it is known to prove that; after every other one nobody can know. Where
the program repeats a server's answer, that says what became of the message.

The message lies in memory as a whole before the program starts and is its standard input: however we die, it reads all
of it or did not start. No shell is asked.
"""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Self

from digest.delivery.answers import About, AnswerMeaning, ServerAnswer, Stage, meaning_of, meets_everybody, repeated
from digest.delivery.outgoing import REJECTIONS, Outbox, OutcomeKind, OutgoingMessage, Rejection
from digest.delivery.rates import Rates
from digest.delivery.transports.one_by_one import ANSWER_MOST, Ending, Ways, carry
from digest.errors import BusyError, ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.failpoints import reach
from digest.foundation.neighbours import COMMAND_PATH, own_program
from digest.foundation.words import heard

AT_ONCE_MOST = 32  # processes
PATIENCE = 300.0  # seconds for one message
_SAID_MOST = 2_000  # bytes of what it says
_WITHIN_A_LETTER = bytes(range(0x80, 0xC0))  # of UTF-8: what the end may begin with
_HEARD_AT_ONCE = 1 << 16  # bytes: what a pipe holds
_PIPE_MOST = 1 << 20  # bytes: what a pipe can hold at most, and a program can make it hold
_SHORTEST_LOOK, _LONGEST_LOOK = 0.0005, 0.05  # seconds between two looks whether it has ended
_NEVER_STARTED = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError)
_SHELL_SIGNALS = range(129, 193)  # a shell's code for a program that a signal ended is 128 and its number


@dataclass(frozen=True, slots=True)
class _Code:
    """An exit code after which nothing was taken: what it says, and about whom as long as no server's words tell."""

    said: str
    why: Rejection
    about: About = About.US
    is_trouble: bool = False


# What these codes say is the same in sysexits(3), sendmail(8) and the programs that are called so: nothing was taken.
_NOTHING_TAKEN = {
    64: _Code("it does not understand how it is called", Rejection.PROTOCOL, is_trouble=True),  # EX_USAGE
    65: _Code("it does not take the message", Rejection.CONTENT, About.UNKNOWN),  # EX_DATAERR
    66: _Code("it finds no input", Rejection.OTHER, is_trouble=True),  # EX_NOINPUT
    67: _Code("it does not know the recipient", Rejection.DEAD_MAILBOX, About.RECIPIENT),  # EX_NOUSER
    68: _Code("it does not find its relay", Rejection.OTHER, About.PASSING, is_trouble=True),  # EX_NOHOST
    75: _Code("it asks to try again later", Rejection.OTHER, About.PASSING),  # EX_TEMPFAIL
    77: _Code("it does not permit us to send", Rejection.POLICY, is_trouble=True),  # EX_NOPERM
    78: _Code("its own settings are wrong", Rejection.OTHER, is_trouble=True),  # EX_CONFIG
    126: _Code("a program it calls cannot be run", Rejection.OTHER, is_trouble=True),
    127: _Code("a program it calls is missing", Rejection.OTHER, is_trouble=True),
}
_NOT_ACCEPTED = _Code("it does not accept the message", Rejection.OTHER, is_trouble=True)
# Codes that other programs, and every shell script, use for anything at all. Tried with the programs of Debian.
_OF_PROGRAMS = {
    "exim": {1: _NOT_ACCEPTED, 2: _NOT_ACCEPTED},  # its specification, -oem: an error while the message was received
    "nullmailer": {1: _NOT_ACCEPTED},  # nullmailer-inject(1)
}
# OpenSMTPD's keeps the message for later when its daemon is away, and ends with 75 all the same.
_PROVES_NOTHING = {"smtpctl": (75,)}
_READ_FOR_A_NAME = 1 << 20  # bytes of a program
_REPEATS = ("msmtp", "esmtp", "ssmtp")  # programs that speak to the server themselves and tell its answer
_TOLD = re.compile(r"server (?:message|said|replied|answered):? *([45]\d\d[ -].*)")
_TOLD_BY_THESE = re.compile(r"(?:^|[:(] *|server message: *)([45]\d\d[ -].*)")
_STAGES = {  # as msmtp words it
    Stage.MAIL: "envelope from address",
    Stage.RECIPIENT: "recipient address",
    Stage.DATA: "does not accept mail data",
    Stage.END: "did not accept the mail",
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
        self._known = _known(command[0])
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = Lock()

    @property
    def connections(self) -> int:
        return self._connections

    @property
    def name(self) -> str:
        return _("the command {command}").format(command=self._command[0])

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
        with _Memory(content) as given, _Answer() as said:
            try:
                process = self._start(command, given.number, said.mouth)
            except _NEVER_STARTED as error:
                cause = _("it cannot be run: {cause}").format(cause=(error.strerror or str(error)).lower())
                raise ConfigurationError(self.name, cause, _("correct delivery.command in digest.yaml")) from error
            except OSError as error:
                cause = _("it cannot be started now: {cause}").format(cause=(error.strerror or str(error)).lower())
                raise BusyError(self.name, cause, _("try again later")) from error
            reach("sendmail.started")
            code = self._code(process, said)
            reach("sendmail.ended")
            return _ending(code, said.words(), self._known)

    def _start(self, command: Sequence[str], given: int, mouth: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 – the command of the settings, without a shell
            command,
            stdin=given,
            stdout=mouth,
            stderr=mouth,
            cwd="/",
            env=os.environ | {"PATH": COMMAND_PATH},
            start_new_session=True,  # a Ctrl-C at the terminal is for us; what is under way comes to its end
        )
        with self._lock:
            self._running.add(process)
        return process

    def _code(self, process: subprocess.Popen[bytes], said: "_Answer") -> int | None:
        """`None`: it did not end in time, and was ended."""
        due, pause = time.monotonic() + self._patience, _SHORTEST_LOOK
        try:
            while (code := process.poll()) is None and (left := due - time.monotonic()) > 0:
                pause = min(2 * pause, _LONGEST_LOOK, left)
                said.listen(pause)
            if code is None:
                _end(process)
                process.wait()
            return code
        finally:
            with self._lock:
                self._running.discard(process)

    def _end_all(self) -> None:
        with self._lock:
            for process in self._running:
                _end(process)


class _Memory:
    """A file that lies in memory, has no name, and is read from its beginning; a context manager."""

    def __init__(self, content: bytes) -> None:
        self.number = os.memfd_create("message")
        while content:
            content = content[os.write(self.number, content) :]
        os.lseek(self.number, 0, os.SEEK_SET)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self.number)


class _Answer:
    """What a program says, of which the end is kept, however much it is; a context manager.

    A pipe whose mouth is open for reading too: what a program leaves behind to go on in the background meets no broken
    pipe when nobody listens any more. Where `/proc` is not mounted it is a plain pipe.
    """

    def __init__(self) -> None:
        self._ear, self.mouth = os.pipe()
        with suppress(FileNotFoundError):
            wide = os.open(f"/proc/self/fd/{self.mouth}", os.O_RDWR | os.O_CLOEXEC)
            os.close(self.mouth)
            self.mouth = wide
        os.set_blocking(self._ear, False)
        self._sounds = select.poll()
        self._sounds.register(self._ear, select.POLLIN)
        self._end = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self._ear)
        os.close(self.mouth)

    def listen(self, seconds: float) -> bool:
        """Whether it said something in this time."""
        if not self._sounds.poll(seconds * 1000):
            return False
        self._end = (self._end + os.read(self._ear, _HEARD_AT_ONCE))[-_SAID_MOST:]
        return True

    def words(self) -> str:
        """On one line; the end is what tells most. To be asked once it has ended."""
        for _time in range(_PIPE_MOST // _HEARD_AT_ONCE):  # what it left behind may go on speaking
            if not self.listen(0):
                break
        text = heard(self._end.lstrip(_WITHIN_A_LETTER))
        return " ".join("".join(char if char.isprintable() else " " for char in text).split())


@dataclass(frozen=True, slots=True)
class _Program:
    """What is known of a program. `codes` are those after which nothing was taken. `repeats`: it tells the server's
    answer, whatever its code says.
    """

    codes: Mapping[int, _Code]
    repeats: bool = False

    def answer(self, code: int, words: str) -> ServerAnswer | None:
        """That of a server which did not take the message, if the program tells it."""
        told = (_TOLD_BY_THESE if self.repeats or code in self.codes else _TOLD).search(words)
        if told is None:
            return None
        stage = next((one for one, said in _STAGES.items() if said in words[: told.start(1)]), None)
        return replace(repeated(told[1]), stage=stage)


def _known(command: str) -> _Program:
    """By what it really is: `sendmail` is mostly another one's name."""
    path = Path(os.path.realpath(command))
    name = next((one for one in _OF_PROGRAMS if path.name.startswith(one)), "")
    with suppress(OSError), path.open("rb") as file:
        content = b"" if name else file.read(_READ_FOR_A_NAME)
        if content.startswith(b"\x7fELF") and b"nullmailer" in content:  # a script may name it, and do as it likes
            name = "nullmailer"
    codes = {**_NOTHING_TAKEN, **_OF_PROGRAMS.get(name, {})}
    for one in next((codes for own, codes in _PROVES_NOTHING.items() if path.name.startswith(own)), ()):
        del codes[one]
    return _Program(codes, path.name.startswith(_REPEATS))


def _ending(code: int | None, words: str, program: _Program) -> Ending:
    said = f": {words}" if words else ""
    if code is None:
        return _doubt(f"it did not end in time{said}")
    if code < 0 or code in _SHELL_SIGNALS:
        number = -code if code < 0 else code - _SHELL_SIGNALS.start + 1
        return _doubt(f"signal {number} ended it{said}")
    if code == 0:
        return Ending(OutcomeKind.SENT, words[:ANSWER_MOST])
    known, answer = program.codes.get(code), program.answer(code, words)
    if known is None and answer is None:
        return _doubt(f"exit code {code} does not say whether it has the message{said}")
    known = known or _Code("it does not take the message", Rejection.OTHER, About.UNKNOWN)
    return _not_taken(known, f"{known.said} (exit code {code}){said}"[:ANSWER_MOST], answer, words)


def _doubt(said: str) -> Ending:
    return Ending(OutcomeKind.IN_DOUBT, said[:ANSWER_MOST], "server")


def _not_taken(known: _Code, said: str, answer: ServerAnswer | None, words: str) -> Ending:
    """What is to be done with a message that was not taken: as the server's words say, else as the code does."""
    meaning = meaning_of(answer or repeated(words))
    not_now = Ending(OutcomeKind.DEFERRED, said, f"not now: {known.why}")
    if answer is not None:
        if meaning is AnswerMeaning.QUOTA or (answer.is_final and meaning.ends_with_time):
            return Ending(OutcomeKind.DEFERRED, said, limit=meaning)
        if meaning is AnswerMeaning.PASSING or not answer.is_final:
            return not_now
        if meaning is not AnswerMeaning.UNKNOWN:
            meets_all = meets_everybody(meaning, answer.stage)
            is_trouble = known.is_trouble and meaning.is_about_us and not meets_all
            why = REJECTIONS[meaning]
            return Ending(OutcomeKind.FAILED, said, why, is_trouble, meaning.about, meets_all=meets_all)
    elif meaning is AnswerMeaning.PASSING:
        return not_now
    if known.about is About.PASSING:
        return replace(not_now, is_trouble=known.is_trouble)
    return Ending(OutcomeKind.FAILED, said, known.why, known.is_trouble, known.about)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):  # it has ended, or runs as somebody else
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
