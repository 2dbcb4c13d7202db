"""One act per message: the loop of the couriers that hand a message over by a single act, a rename or a program run.

A few acts are under way at a time. Whatever results and intents wait when one of them ends go into one transaction.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Protocol

from digest.errors import DigestError
from digest.model.dispatch import Fate, Letter, Mark, Result
from digest.policy.rates import RateLimits, Rates
from digest.ports import Desk
from digest.transports.circuit import Circuit, Ending
from digest.transports.smtp.address import is_sendable

ANSWER_MOST = 500
_LOOK_FOR_STOP_SECONDS = 0.2
_AHEAD = 2  # letters that are made while as many as can go are under way


class Act(Protocol):
    def __call__(self, letter: Letter, message: bytes) -> Ending:
        """Hand the message over; called from several threads. It ends with LF, and so do all of its lines.

        Raise `DigestError` for what would meet all messages, when this one certainly did not leave.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How the loop goes about it. `name` is what people are told of; `cut_off` ends the acts that are under way when
    sending shall stop and they have had `drain` seconds.
    """

    name: str
    at_once: int
    rates: Rates = field(default_factory=Rates)
    drain: float = 12.0
    cut_off: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.monotonic


def carry(desk: Desk, stop: Callable[[], bool], act: Act, ways: Ways) -> None:
    """Return when the desk has no more letters, or all is quiet after `stop`. The mark is set right before each act.

    Raise what an act raised, or the circuit's error; all that is known has been told to the desk before.
    """
    with ThreadPoolExecutor(ways.at_once, thread_name_prefix="carrying") as threads:
        _Round(desk, stop, act, ways, threads).work()


class _Round:
    def __init__(self, desk: Desk, stop: Callable[[], bool], act: Act, ways: Ways, threads: ThreadPoolExecutor) -> None:
        self._desk, self._stop, self._act, self._ways, self._threads = desk, stop, act, ways, threads
        self._limits = RateLimits(ways.rates, ways.clock)
        self._circuit = Circuit(ways.name)
        self._letters: deque[Letter] = deque()
        self._due: float | None = None  # when the first of them may go
        self._under_way: dict[Future[Ending], Letter] = {}
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._ending_since: float | None = None

    def work(self) -> None:
        while True:
            wanted = self._that_may_go()
            if self._results or wanted:
                self._settle(wanted)
            if not (self._under_way or self._letters):
                break
            self._wait()
        self._results += self._circuit.rest()
        if self._results:
            self._settle(())
        if error := self._error or self._circuit.error():
            raise error

    def _that_may_go(self) -> Sequence[Letter]:
        if self._is_ending():
            self._letters.clear()
            self._due = None
            return ()
        room = self._ways.at_once - len(self._under_way)
        if room and len(self._letters) < room:
            self._fetch()
        now = self._ways.clock()
        going: list[Letter] = []
        while self._letters and len(going) < room:
            if self._due is None:
                self._due = now + self._limits.reserve(self._letters[0].recipient)
            if self._due > now:
                break
            self._due = None
            going.append(self._letters.popleft())
        return going

    def _fetch(self) -> None:
        """What was kept back comes again once it is settled: so all is settled before nobody is believed to be left."""
        if self._results and not self._under_way:
            self._settle(())
        known = {letter.row for letter in (*self._letters, *self._under_way.values())}
        fetched = self._desk.fetch(_AHEAD * self._ways.at_once)
        self._letters += [letter for letter in fetched if letter.row not in known]

    def _settle(self, wanted: Sequence[Letter]) -> None:
        results, self._results = self._results, []
        granted = self._desk.settle(results, wanted)
        for letter in wanted:
            if letter.row in granted:
                self._under_way[self._threads.submit(self._one, letter)] = letter

    def _one(self, letter: Letter) -> Ending:
        """In a thread. What is known not to have left is marked so: no crash makes it doubtful."""
        message = _whole(letter)
        if message is None:
            return Ending(Fate.FAILED, "the message is none that can be carried", "content")
        if not all(is_sendable(each) for each in (letter.recipient, *filter(None, (letter.sender,)))):
            return Ending(Fate.FAILED, "the address cannot stand in an envelope", "address")
        self._desk.mark(letter.row, Mark.DOT)
        try:
            ending = self._act(letter, message)
        except DigestError:
            self._desk.mark(letter.row, Mark.NOTHING)
            raise
        if ending.fate is not Fate.UNSURE:
            self._desk.mark(letter.row, Mark.ACCEPTED if ending.fate is Fate.SENT else Mark.NOTHING)
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

    def _learn(self, letter: Letter, future: Future[Ending]) -> None:
        """After an error that nobody foresaw nothing is told of the letter: the next process finds its mark."""
        error = future.exception()
        if error is None:
            self._results += self._circuit.note(letter, future.result())
            return
        if isinstance(error, DigestError):
            self._results.append(Result(letter=letter, fate=Fate.KEPT, answer=error.cause[:ANSWER_MOST]))
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


def _whole(letter: Letter) -> bytes | None:
    """The message with LF alone, as programs and mailboxes of Unix take it; `None` unless its lines end with CRLF."""
    pieces = letter.pieces.result() if isinstance(letter.pieces, Future) else letter.pieces
    message = b"".join(pieces)
    lines = message.count(b"\r\n")
    if not message.endswith(b"\r\n") or b"\0" in message or not message.count(b"\r") == message.count(b"\n") == lines:
        return None
    return message.replace(b"\r\n", b"\n")
