"""The clerk: the one thread that talks to the ledger while an event loop talks to the server.

Whatever waits when it is free – results to write down, intents to be made durable – goes into one transaction, so
all connections share one sync of the disk (group commit).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Condition, Thread

from digest.model.dispatch import Fate, Letter, Mark, Result
from digest.ports import Desk
from digest.transports.smtp.outcomes import Accepted, Deferred, NotSent, Outcome, Refused, Unsure
from digest.transports.smtp.outgoing import Outgoing

_ANSWER_MOST = 500


class Clerk:
    """Made inside the running loop; `next_message`, `before_dot` and `report` are for `connections.deliver`."""

    def __init__(self, desk: Desk, ahead: int) -> None:
        self._desk, self._ahead = desk, ahead
        self._loop = asyncio.get_running_loop()
        self._letters: deque[Letter] = deque()
        self._under_way: dict[str, Letter] = {}
        self._intents: dict[str, asyncio.Future[bool]] = {}
        self._arrived = asyncio.Event()
        self._is_out = False  # of letters
        # Shared with the thread, under the condition:
        self._changed = Condition()
        self._results: list[Result] = []
        self._wanted: list[tuple[Letter, asyncio.Future[bool]]] = []
        self._asks_for_letters = True
        self._is_closed = False
        self.failure: BaseException | None = None
        self._thread = Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    async def next_message(self) -> Outgoing | None:
        while not self._letters:
            if self._is_out or self.failure:
                return None
            self._arrived.clear()
            self._ask_for_letters()
            await self._arrived.wait()
        letter = self._letters.popleft()
        if len(self._letters) < self._ahead // 2 and not self._is_out:
            self._ask_for_letters()
        self._under_way[letter.delivery] = letter
        self._intents[letter.delivery] = self._ask_for_intent(letter)
        pieces = await asyncio.wrap_future(letter.pieces) if isinstance(letter.pieces, Future) else letter.pieces
        return Outgoing(delivery=letter.delivery, sender=letter.sender, recipient=letter.recipient, pieces=pieces)

    async def before_dot(self, message: Outgoing) -> bool:
        """Once the intent is durable. It was asked for before the message began: all up to the dot overlaps it. False
        for somebody who has left meanwhile.
        """
        granted = await self._intents[message.delivery]
        if granted:
            self._desk.mark(self._under_way[message.delivery].row, Mark.DOT)
        return granted

    def report(self, message: Outgoing, outcome: Outcome) -> None:
        letter = self._under_way.pop(message.delivery)
        self._intents.pop(message.delivery).cancel()  # nothing, if it was answered
        if isinstance(outcome, Accepted):
            self._desk.mark(letter.row, Mark.ACCEPTED)
        result = _result(letter, outcome)
        if result is not None:
            with self._changed:
                self._results.append(result)
                self._changed.notify()

    async def close(self) -> None:
        """All results are written down when this returns; raise what stopped the clerk, if anything did."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)
        if self.failure:
            raise self.failure

    def _ask_for_intent(self, letter: Letter) -> asyncio.Future[bool]:
        answer = self._loop.create_future()
        with self._changed:
            if self.failure:
                raise self.failure
            self._wanted.append((letter, answer))
            self._changed.notify()
        return answer

    def _ask_for_letters(self) -> None:
        with self._changed:
            self._asks_for_letters = True
            self._changed.notify()

    # -- in the thread ----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while self._step():
                pass
        except BaseException as error:  # noqa: BLE001 – raised again in the loop, by `close` and `before_dot`
            self._fail(error)

    def _step(self) -> bool:
        with self._changed:
            while not (self._results or self._wanted or self._asks_for_letters or self._is_closed):
                self._changed.wait()
            results, self._results = self._results, []
            wanted, self._wanted = self._wanted, []
            asks, self._asks_for_letters = self._asks_for_letters and not self._is_closed, False
            is_last = self._is_closed and not (results or wanted)
        if is_last:
            return False
        if results or wanted:
            try:
                granted = self._desk.settle(results, [letter for letter, _ in wanted])
            except BaseException:
                with self._changed:
                    self._wanted += wanted
                raise
            self._tell(_answer, [(answer, letter.row in granted) for letter, answer in wanted])
        if asks:
            self._tell(self._take, self._desk.fetch(self._ahead))
        return True

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self.failure = error
            waiting = [answer for _, answer in self._wanted]
        self._tell(_break, (waiting, error))
        self._tell(self._take, ())

    def _tell(self, what: object, value: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, value)  # type: ignore[arg-type] # one of the functions below

    # -- called from the thread, in the loop --------------------------------------------------------------------------

    def _take(self, letters: Sequence[Letter]) -> None:
        self._letters.extend(letters)
        self._is_out = not letters
        self._arrived.set()


def _answer(answers: Sequence[tuple[asyncio.Future[bool], bool]]) -> None:
    for future, granted in answers:
        if not future.done():
            future.set_result(granted)


def _break(broken: tuple[Sequence[asyncio.Future[bool]], BaseException]) -> None:
    for future in broken[0]:
        if not future.done():
            future.set_exception(broken[1])


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
