"""One act per message: the loop of the transports that hand a message over by a single act, a rename or a program run.

A few acts are under way at a time. Whatever results and intents wait when one of them ends go into one transaction.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from digest.delivery.answers import About, AnswerMeaning
from digest.delivery.outgoing import Mark, Outbox, Outcome, OutcomeKind, OutgoingMessage, WithheldError
from digest.delivery.rates import RateLimits, Rates
from digest.delivery.transports.breaker import Breaker
from digest.errors import CannotWriteError, ConfigurationError, DigestError
from digest.foundation.addresses import is_sendable
from digest.foundation.catalogue import _, later

ANSWER_MOST = 500
TROUBLE_MOST = 3  # endings in a row that look like wrong settings
_LOOK_FOR_STOP_SECONDS = 0.2
_AHEAD = 2  # messages that are made while as many as can go are under way


@dataclass(frozen=True, slots=True)
class Ending:
    """How one act ended. `is_trouble`: it may be this message's fault or that of the settings; what comes of others
    decides, and until then it counts as neither. `about`: whom a refusal is about. `limit`: no more may leave for now.
    `meets_all`: the next message would be refused as well.
    """

    kind: OutcomeKind
    answer: str = ""
    why: str | None = None
    is_trouble: bool = False
    about: About = About.UNKNOWN
    limit: AnswerMeaning | None = None
    meets_all: bool = False


class PerhapsTakenError(CannotWriteError):
    """What keeps everything from going on came after the point from which the message may count as accepted."""


def takes_nothing(folder: Path, error: OSError) -> CannotWriteError:
    """What keeps a folder from taking messages, in plain words."""
    return CannotWriteError(
        str(error.filename or folder),
        error.strerror or str(error),
        _("make the folder writable and the disk roomy, then `digest send` again: it goes on where it stopped"),
    )


class Act(Protocol):
    def __call__(self, message: OutgoingMessage, content: bytes) -> Ending:
        """Hand the message over; called from several threads. All of its lines end as the ways say, also the last.

        Raise `DigestError` for what would meet all messages, when this one certainly did not leave.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How the loop goes about it. `name` is what people are told of; `cut_off` ends the acts that are under way when
    sending shall stop and they have had `drain` seconds. Programs and mailboxes of Unix take lines that end with LF.
    `prepare` does, before the mark, what nobody can take for the message yet.
    """

    name: str
    at_once: int
    rates: Rates = field(default_factory=Rates)
    drain: float = 12.0
    cut_off: Callable[[], None] = lambda: None
    line_end: bytes = b"\n"
    prepare: Callable[[OutgoingMessage, bytes], None] = lambda _message, _content: None
    clock: Callable[[], float] = time.monotonic


def carry(outbox: Outbox, stop: Callable[[], bool], act: Act, ways: Ways) -> None:
    """Return when the outbox has no more messages, or all is quiet after `stop`. The mark is set right before each act.

    Raise what an act raised, or the circuit's error; all that is known has been told to the outbox before.
    """
    with ThreadPoolExecutor(ways.at_once, thread_name_prefix="carrying") as threads:
        _Round(outbox, stop, act, ways, threads).work()


class _Round:
    def __init__(
        self, outbox: Outbox, stop: Callable[[], bool], act: Act, ways: Ways, threads: ThreadPoolExecutor
    ) -> None:
        self._outbox, self._stop, self._act, self._ways, self._threads = outbox, stop, act, ways, threads
        self._limits = RateLimits(ways.rates, ways.clock)
        self._circuit = _Circuit(ways.name)
        self._messages: deque[OutgoingMessage] = deque()
        self._due: float | None = None  # when the first of them may go
        self._under_way: dict[Future[Ending], OutgoingMessage] = {}
        self._results: list[Outcome] = []
        self._error: BaseException | None = None
        self._ending_since: float | None = None

    def work(self) -> None:
        while True:
            wanted = self._that_may_go()
            if self._results or wanted:
                self._settle(wanted)
            if not (self._under_way or self._messages):
                break
            self._wait()
        self._results += self._circuit.rest()
        if self._results:
            self._settle(())
        if error := self._error or self._circuit.error(was_stopped=self._stop()):
            raise error

    def _that_may_go(self) -> Sequence[OutgoingMessage]:
        if self._is_ending():
            self._messages.clear()
            self._due = None
            return ()
        room = self._ways.at_once - len(self._under_way)
        if room and len(self._messages) < room:
            self._fetch()
        now = self._ways.clock()
        going: list[OutgoingMessage] = []
        while self._messages and len(going) < room:
            if self._due is None:
                self._due = now + self._limits.reserve(self._messages[0].recipient)
            if self._due > now:
                break
            self._due = None
            going.append(self._messages.popleft())
        return going

    def _fetch(self) -> None:
        """What was kept back comes again once it is settled: so all is settled before nobody is believed to be left."""
        if self._results and not self._under_way:
            self._settle(())
        known = {message.row for message in (*self._messages, *self._under_way.values())}
        fetched = self._outbox.fetch(_AHEAD * self._ways.at_once)
        self._messages += [message for message in fetched if message.row not in known]

    def _settle(self, wanted: Sequence[OutgoingMessage]) -> None:
        results, self._results = self._results, []
        granted = self._outbox.settle(results, wanted)
        for message in wanted:
            if message.row in granted:
                self._under_way[self._threads.submit(self._one, message)] = message

    def _one(self, message: OutgoingMessage) -> Ending:
        """In a thread. What is known not to have left is marked so: no crash makes it doubtful."""
        content = _whole(message, self._ways.line_end)
        if content is None:
            return Ending(OutcomeKind.FAILED, later("the message is none that can be carried"), "content")
        if not all(is_sendable(each) for each in (message.recipient, *filter(None, (message.sender,)))):
            return Ending(
                OutcomeKind.FAILED, later("the address cannot stand in an envelope"), "address", about=About.RECIPIENT
            )
        self._ways.prepare(message, content)
        try:
            self._outbox.mark(message.row, Mark.DOT)
        except WithheldError as error:
            return Ending(OutcomeKind.KEPT, error.cause)
        try:
            ending = self._act(message, content)
        except PerhapsTakenError:
            raise
        except DigestError:
            self._outbox.mark(message.row, Mark.NOTHING)
            raise
        if ending.kind is not OutcomeKind.IN_DOUBT:
            self._outbox.mark(message.row, Mark.ACCEPTED if ending.kind is OutcomeKind.SENT else Mark.NOTHING)
        return ending

    def _wait(self) -> None:
        seconds = _LOOK_FOR_STOP_SECONDS
        if self._due is not None:
            seconds = min(seconds, max(0.0, self._due - self._ways.clock()))
        if not self._under_way:
            time.sleep(seconds)
            return
        ended, _ = wait(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in ended:
            self._learn(self._under_way.pop(future), future)

    def _learn(self, message: OutgoingMessage, future: Future[Ending]) -> None:
        """After an error that nobody foresaw nothing is told of the message: the next process finds its mark."""
        error = future.exception()
        if error is None:
            self._results += self._circuit.note(message, future.result())
            return
        if isinstance(error, PerhapsTakenError):
            answer = error.cause[:ANSWER_MOST]
            self._results.append(Outcome(message=message, kind=OutcomeKind.IN_DOUBT, answer=answer, why="server"))
        elif isinstance(error, DigestError):
            self._results.append(Outcome(message=message, kind=OutcomeKind.KEPT, answer=error.cause[:ANSWER_MOST]))
        self._error = self._error or error

    def _is_ending(self) -> bool:
        if not (self._error or self._circuit.is_broken or self._ending_since or self._stop()):
            return False
        now = self._ways.clock()
        if self._ending_since is None:
            self._ending_since = now
        elif now > self._ending_since + self._ways.drain:
            self._ways.cut_off()
        return True


def _whole(message: OutgoingMessage, line_end: bytes) -> bytes | None:
    """The message with such line ends; `None` unless its lines end with CRLF."""
    pieces = message.pieces.result() if isinstance(message.pieces, Future) else message.pieces
    content = b"".join(pieces)
    lines = content.count(b"\r\n")
    if not content.endswith(b"\r\n") or b"\0" in content or not content.count(b"\r") == content.count(b"\n") == lines:
        return None
    return content.replace(b"\r\n", line_end)


class _Circuit:
    """The breaker where messages are handed to a program or a folder of this machine: what it defers is deferred for
    all of them, and what looks like wrong settings stays undecided until others are taken.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._breaker = Breaker(name, counts_deferrals=True)
        self._undecided: list[tuple[OutgoingMessage, Ending]] = []
        self._said = ""
        self._has_worked = False
        self._trouble = 0  # endings that stayed undecided

    @property
    def is_broken(self) -> bool:
        return len(self._undecided) >= TROUBLE_MOST or self._breaker.is_broken

    def note(self, message: OutgoingMessage, ending: Ending) -> list[Outcome]:
        """What can be settled now."""
        if ending.is_trouble:
            self._undecided.append((message, ending))
            self._said = ending.answer
            return []
        has_ended = self.is_broken
        if not has_ended or ending.kind is not OutcomeKind.SENT:
            self._tell(message, ending)
        result = _result(message, ending)
        if ending.kind is OutcomeKind.SENT:
            self._has_worked = True
            if not has_ended:
                return [*self._decided(kept=False), result]
        return [result]

    def _tell(self, message: OutgoingMessage, ending: Ending) -> None:
        if ending.limit is not None:
            self._breaker.note_limit(ending.limit, ending.answer)
        else:
            kind, said = ending.kind, ending.answer
            self._breaker.note(message.delivery, kind, said, ending.about, meets_all=ending.meets_all)

    def rest(self) -> list[Outcome]:
        """What is left to be settled when all is quiet."""
        return self._decided(kept=not self._has_worked or self.is_broken)

    def error(self, *, was_stopped: bool) -> DigestError | None:
        """To be raised after `rest` was settled."""
        if self._trouble and (not self._has_worked or self._trouble >= TROUBLE_MOST):
            remedy = _("nothing more was tried, and no address is blamed: correct it, then send again")
            return ConfigurationError(self._name, self._said, remedy)
        return self._breaker.error(was_stopped=was_stopped)

    def _decided(self, *, kept: bool) -> list[Outcome]:
        undecided, self._undecided = self._undecided, []
        self._trouble = len(undecided) if kept else 0
        if not kept:
            for message, ending in undecided:
                self._tell(message, ending)
        return [_result(message, ending, kept=kept) for message, ending in undecided]


def _result(message: OutgoingMessage, ending: Ending, *, kept: bool = False) -> Outcome:
    if kept or ending.limit is not None:
        return Outcome(message=message, kind=OutcomeKind.KEPT, answer=ending.answer)
    is_ours = ending.kind is OutcomeKind.FAILED and ending.about is About.US
    kind = OutcomeKind.UNDECIDED if is_ours else ending.kind
    return Outcome(message=message, kind=kind, answer=ending.answer, why=ending.why)
