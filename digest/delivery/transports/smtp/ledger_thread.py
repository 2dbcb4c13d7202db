"""The ledger thread: the one that talks to the ledger while an event loop talks to the server.

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

from digest.delivery.answers import About
from digest.delivery.outgoing import Mark, Outbox, Outcome, OutcomeKind, OutgoingMessage, WithheldError
from digest.delivery.transports.smtp.outcomes import (
    Accepted,
    Deferred,
    Limited,
    NotSent,
    Refused,
    TransactionOutcome,
    Unsure,
)
from digest.delivery.transports.smtp.payload import KnownPieces
from digest.delivery.transports.smtp.transaction import ReadyMessage

_ANSWER_MOST = 500


class _Ask(Enum):
    MESSAGES = "messages"
    END = "end"


@dataclass(slots=True)
class _UnderWay:
    """`granted`: nothing as long as the ledger has not answered; `waiting` is the one who needs the answer."""

    outgoing: OutgoingMessage
    granted: bool | None = None
    waiting: asyncio.Future[bool] | None = None


class LedgerThread:
    """The queue of a delivery over SMTP. Made inside the running loop."""

    def __init__(self, outbox: Outbox, ahead: int) -> None:
        self._outbox, self._ahead = outbox, ahead
        self._known = KnownPieces()
        self._loop = asyncio.get_running_loop()
        self._messages: deque[OutgoingMessage] = deque()
        self._under_way: dict[str, _UnderWay] = {}
        self._arrived = asyncio.Event()
        self._has_asked = True  # for messages
        self._is_out = False  # of messages
        self.failure: BaseException | None = None
        # To the thread: results, messages whose intents are wanted, and what else is asked.
        self._requests: SimpleQueue[Outcome | OutgoingMessage | _Ask] = SimpleQueue()
        self._requests.put(_Ask.MESSAGES)
        self._thread = Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    async def next_message(self) -> ReadyMessage | None:
        while not self._messages:
            if self._is_out or self.failure:
                return None
            self._arrived.clear()
            self._ask_for_messages()
            await self._arrived.wait()
        if self.failure:
            raise self.failure
        outgoing = self._messages.popleft()
        if len(self._messages) < self._ahead // 2 and not self._is_out:
            self._ask_for_messages()
        self._under_way[outgoing.delivery] = _UnderWay(outgoing)
        self._requests.put(outgoing)
        pieces = outgoing.pieces
        if isinstance(pieces, Future):  # mostly done: messages are fetched ahead
            pieces = pieces.result() if pieces.done() else await asyncio.wrap_future(pieces)
        return ReadyMessage(
            delivery=outgoing.delivery,
            sender=outgoing.sender,
            recipient=outgoing.recipient,
            pieces=pieces,
            payload_of=self._known.payload_of,
        )

    async def before_dot(self, message: ReadyMessage) -> bool:
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
            try:
                self._outbox.mark(mine.outgoing.row, Mark.DOT)
            except WithheldError as error:
                self._requests.put(Outcome(message=mine.outgoing, kind=OutcomeKind.KEPT, answer=error.cause))
                return False
        return mine.granted

    def report(self, message: ReadyMessage, outcome: TransactionOutcome) -> None:
        outgoing = self._under_way.pop(message.delivery).outgoing
        if isinstance(outcome, Accepted):
            self._outbox.mark(outgoing.row, Mark.ACCEPTED)
        result = _result(outgoing, outcome)
        if result is not None:
            self._requests.put(result)

    async def close(self) -> None:
        """All results are written down when this returns; raise what stopped the thread, if anything did."""
        self._requests.put(_Ask.END)
        await asyncio.to_thread(self._thread.join)
        if self.failure:
            raise self.failure

    def _ask_for_messages(self) -> None:
        if not self._has_asked:
            self._has_asked = True
            self._requests.put(_Ask.MESSAGES)

    # In the thread.

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
        results = [each for each in requests if isinstance(each, Outcome)]
        wanted = [each for each in requests if isinstance(each, OutgoingMessage)]
        if results or wanted:
            granted = self._outbox.settle(results, wanted)
            self._tell(self._answer, {outgoing.delivery: outgoing.row in granted for outgoing in wanted})
        if _Ask.END in requests:
            return False
        if _Ask.MESSAGES in requests:
            self._tell(self._take, self._outbox.fetch(self._ahead))
        return True

    def _tell(self, what: object, value: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(what, value)  # type: ignore[arg-type] # one of the functions below

    # Called from the thread, in the loop.

    def _take(self, messages: Sequence[OutgoingMessage]) -> None:
        self._messages.extend(messages)
        self._has_asked, self._is_out = False, not messages
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


def _result(outgoing: OutgoingMessage, outcome: TransactionOutcome) -> Outcome | None:
    """`None`: the ledger knows already, or nothing changed."""
    match outcome:
        case Accepted():
            kind, answer, why = OutcomeKind.SENT, outcome.reply.text, outcome.queue_id
        case Refused():
            kind = OutcomeKind.UNDECIDED if outcome.about is About.US else OutcomeKind.FAILED
            answer, why = outcome.reason, outcome.why.value
        case Limited():
            kind, answer, why = OutcomeKind.KEPT, outcome.reply.text, outcome.stage
        case Deferred():
            kind, answer, why = OutcomeKind.DEFERRED, outcome.reply.text, outcome.stage
        case Unsure():
            kind, answer, why = OutcomeKind.IN_DOUBT, outcome.reason, outcome.cause
        case NotSent(withheld=False):
            kind, answer, why = OutcomeKind.KEPT, outcome.reason, outcome.stage
        case _:
            return None
    return Outcome(message=outgoing, kind=kind, answer=answer[:_ANSWER_MOST], why=why)
