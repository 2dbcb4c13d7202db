"""The clerk: the one thread that talks to the ledger while an event loop talks to the server.

Whatever waits when it is free – results to write down, intents to be made durable – goes into one transaction, so
all connections share one sync of the disk (group commit).
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from queue import SimpleQueue
from threading import Thread

from digest.model.dispatch import Fate, Letter, Mark, Result
from digest.ports import Desk
from digest.transports.smtp.outcomes import Accepted, Deferred, NotSent, Outcome, Refused, Unsure
from digest.transports.smtp.outgoing import Outgoing
from digest.transports.smtp.payload import Known

_ANSWER_MOST = 500


class _Ask(Enum):
    LETTERS = "letters"
    END = "end"


@dataclass(slots=True)
class _UnderWay:
    """`granted`: nothing as long as the ledger has not answered; `waiting` is the one who needs the answer."""

    letter: Letter
    granted: bool | None = None
    waiting: asyncio.Future[bool] | None = None


class Clerk:
    """Made inside the running loop; `next_message`, `before_dot` and `report` are for `connections.deliver`."""

    def __init__(self, desk: Desk, ahead: int) -> None:
        self._desk, self._ahead = desk, ahead
        self._known = Known()
        self._loop = asyncio.get_running_loop()
        self._letters: deque[Letter] = deque()
        self._under_way: dict[str, _UnderWay] = {}
        self._arrived = asyncio.Event()
        self._has_asked = True  # for letters
        self._is_out = False  # of letters
        self.failure: BaseException | None = None
        # To the thread: results, letters whose intents are wanted, and what else is asked.
        self._requests: SimpleQueue[Result | Letter | _Ask] = SimpleQueue()
        self._requests.put(_Ask.LETTERS)
        self._thread = Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    async def next_message(self) -> Outgoing | None:
        while not self._letters:
            if self._is_out or self.failure:
                return None
            self._arrived.clear()
            self._ask_for_letters()
            await self._arrived.wait()
        if self.failure:
            raise self.failure
        letter = self._letters.popleft()
        if len(self._letters) < self._ahead // 2 and not self._is_out:
            self._ask_for_letters()
        self._under_way[letter.delivery] = _UnderWay(letter)
        self._requests.put(letter)
        pieces = letter.pieces
        if isinstance(pieces, Future):  # mostly done: letters are fetched ahead
            pieces = pieces.result() if pieces.done() else await asyncio.wrap_future(pieces)
        return Outgoing(
            delivery=letter.delivery,
            sender=letter.sender,
            recipient=letter.recipient,
            pieces=self._known.among(pieces),
        )

    async def before_dot(self, message: Outgoing) -> bool:
        """Once the intent is durable. It was asked for before the message began: all up to the dot overlaps it. False
        for somebody who has left meanwhile.
        """
        mine = self._under_way[message.delivery]
        if mine.granted is None:
            if self.failure:
                raise self.failure
            mine.waiting = self._loop.create_future()
            mine.granted = await mine.waiting
        if mine.granted:
            self._desk.mark(mine.letter.row, Mark.DOT)
        return mine.granted

    def report(self, message: Outgoing, outcome: Outcome) -> None:
        letter = self._under_way.pop(message.delivery).letter
        if isinstance(outcome, Accepted):
            self._desk.mark(letter.row, Mark.ACCEPTED)
        result = _result(letter, outcome)
        if result is not None:
            self._requests.put(result)

    async def close(self) -> None:
        """All results are written down when this returns; raise what stopped the clerk, if anything did."""
        self._requests.put(_Ask.END)
        await asyncio.to_thread(self._thread.join)
        if self.failure:
            raise self.failure

    def _ask_for_letters(self) -> None:
        if not self._has_asked:
            self._has_asked = True
            self._requests.put(_Ask.LETTERS)

    # -- in the thread ----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while self._step():
                pass
        except BaseException as error:  # noqa: BLE001 – raised again in the loop, by `close` and `before_dot`
            self._tell(self._fail, error)

    def _step(self) -> bool:
        """Whatever has come since the last step, at once; false when that was the end."""
        requests = [self._requests.get()]
        while not self._requests.empty():
            requests.append(self._requests.get())
        results = [each for each in requests if isinstance(each, Result)]
        wanted = [each for each in requests if isinstance(each, Letter)]
        if results or wanted:
            granted = self._desk.settle(results, wanted)
            self._tell(self._answer, {letter.delivery: letter.row in granted for letter in wanted})
        if _Ask.END in requests:
            return False
        if _Ask.LETTERS in requests:
            self._tell(self._take, self._desk.fetch(self._ahead))
        return True

    def _tell(self, what: object, value: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, value)  # type: ignore[arg-type] # one of the functions below

    # -- called from the thread, in the loop --------------------------------------------------------------------------

    def _take(self, letters: Sequence[Letter]) -> None:
        self._letters.extend(letters)
        self._has_asked, self._is_out = False, not letters
        self._arrived.set()

    def _answer(self, answers: Mapping[str, bool]) -> None:
        for delivery, granted in answers.items():
            mine = self._under_way.get(delivery)
            if mine is None:
                continue  # it came to its end without
            mine.granted = granted
            if mine.waiting is not None and not mine.waiting.done():
                mine.waiting.set_result(granted)

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        for each in self._under_way.values():
            if each.waiting is not None and not each.waiting.done():
                each.waiting.set_exception(error)
        self._take(())


def _result(letter: Letter, outcome: Outcome) -> Result | None:
    """`None`: the ledger knows already, or nothing changed."""
    match outcome:
        case Accepted():
            return Result(letter=letter, fate=Fate.SENT, answer=outcome.reply.text[:_ANSWER_MOST], why=outcome.queue_id)
        case Refused():
            return Result(letter=letter, fate=Fate.FAILED, answer=outcome.reason[:_ANSWER_MOST], why=outcome.why.value)
        case Deferred():
            return Result(letter=letter, fate=Fate.PUT_OFF, answer=outcome.reply.text[:_ANSWER_MOST], why=outcome.stage)
        case Unsure():
            return Result(letter=letter, fate=Fate.UNSURE, answer=outcome.reason[:_ANSWER_MOST], why=outcome.cause)
        case NotSent(withheld=False):
            return Result(letter=letter, fate=Fate.KEPT, answer=outcome.reason[:_ANSWER_MOST], why=outcome.stage)
        case _:
            return None
