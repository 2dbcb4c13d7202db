"""SMTP as a transport: several clients side by side in one event loop, and one ledger thread beside it."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, Self, TypeVar

from digest.delivery.answers import Stage
from digest.delivery.outgoing import Outbox, OutcomeKind, OutgoingMessage
from digest.delivery.rates import RateLimits
from digest.delivery.transports.breaker import Breaker
from digest.delivery.transports.smtp.ledger_thread import LedgerThread
from digest.delivery.transports.smtp.outcomes import Accepted, Limited, NotSent, Refused, TransactionOutcome, Unsure
from digest.delivery.transports.smtp.session import open_session
from digest.delivery.transports.smtp.settings import SmtpSettings
from digest.delivery.transports.smtp.transaction import ReadyMessage, Transactions
from digest.errors import PRECEDENCE, BusyError, ConfigurationError, DigestError
from digest.foundation.catalogue import _, later

LOOK_FOR_STOP_SECONDS = 0.2
LEAST_AHEAD = 16
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 60.0  # seconds before a session is opened again, doubled each time
_T = TypeVar("_T")


class SmtpTransport:
    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    @property
    def connections(self) -> int:
        return self._settings.connections

    @property
    def name(self) -> str:
        return self._settings.name

    def trace(self, message: OutgoingMessage) -> None:
        """Only the server could tell."""

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        """Raise `BusyError`, `ConfigurationError` or `CircuitBrokenError` when the server takes nothing; what is known
        of every message has been told to the outbox before.
        """
        asyncio.run(self._carry(outbox, stop))

    async def _carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        ledger = LedgerThread(outbox, max(LEAST_AHEAD, 4 * self._settings.connections))
        ending = asyncio.Event()
        watch = asyncio.create_task(_watch(stop, ending))
        try:
            await deliver(ledger, self._settings, ending)
        finally:
            watch.cancel()
            await ledger.close()


async def _watch(stop: Callable[[], bool], ending: asyncio.Event) -> None:
    while not stop():  # noqa: ASYNC110 – asked of a signal handler, which can set no event of a loop
        await asyncio.sleep(LOOK_FOR_STOP_SECONDS)
    ending.set()


class MessageQueue(Protocol):
    """Where the messages of a delivery come from, and who must be asked and told about them; see `deliver`."""

    async def next_message(self) -> ReadyMessage | None: ...

    async def before_dot(self, message: ReadyMessage) -> bool: ...

    def report(self, message: ReadyMessage, outcome: TransactionOutcome) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The monotonic clock behind rates and pauses."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Coroutine[object, object, None]] = asyncio.sleep


_REAL_TIME = Timing()


async def deliver(
    queue: MessageQueue, settings: SmtpSettings, stop: asyncio.Event, *, timing: Timing = _REAL_TIME
) -> None:
    """Return when `next_message` has said `None` to every client, or all is quiet after `stop`.

    Every message taken from `next_message` is reported exactly once, as soon as its outcome is known, unless
    `before_dot` or `report` raises for it: such an error ends the delivery and is raised here. No message is tried
    twice, but for one whose old connection turns out to be closed before it was asked about.

    `stop` makes every client end after the message it is at. What takes longer than `timeouts.drain` is cut off:
    not sent, or in doubt if its dot was written. `next_message` is not interrupted; it should then say `None` soon.

    Raise `ConfigurationError` or `BusyError` when the server lets nobody in, `CircuitBrokenError` when it refuses us.
    Then `before_dot` is asked no more, and what is under way is ended and reported as after `stop`.
    """
    if stop.is_set():
        return
    shared = Shared(queue, settings, stop, timing)
    clients: list[Client] = []
    clients += [Client(shared, clients) for _ in range(settings.connections)]
    works = [asyncio.create_task(each.work()) for each in clients]
    watches = [
        asyncio.create_task(_end_after(stop, shared)),
        asyncio.create_task(_cut_off_late_ones(shared, clients, timing)),
    ]
    try:
        _, under_way = await asyncio.wait(works, return_when=asyncio.FIRST_EXCEPTION)
        shared.has_failed = bool(under_way)
    finally:
        shared.ending.set()
        await asyncio.wait(works)
        for each in watches:
            each.cancel()
    _raise_worst(works, shared)


async def _end_after(stop: asyncio.Event, shared: "Shared") -> None:
    await stop.wait()
    shared.ending.set()


async def _cut_off_late_ones(shared: "Shared", clients: Sequence["Client"], timing: Timing) -> None:
    await shared.ending.wait()
    await timing.sleep(shared.settings.timeouts.drain)
    for each in clients:
        each.cut_off()


def _raise_worst(works: Sequence[asyncio.Task[None]], shared: "Shared") -> None:
    errors = [error for each in works if (error := each.exception()) is not None]
    if (broken := shared.breaker.error(was_stopped=shared.was_stopped)) is not None:
        errors.append(broken)
    if errors:
        raise min(errors, key=lambda each: PRECEDENCE.index(each.exit_code) if isinstance(each, DigestError) else -1)


class Shared:
    """What the clients of one delivery share: the queue, the limits, and the end. `ending`: no more messages are begun.
    `has_failed`: no more dots are asked for. `has_worked`: the server has brought some message to an end.
    """

    def __init__(self, queue: MessageQueue, settings: SmtpSettings, stop: asyncio.Event, timing: Timing) -> None:
        self.queue = queue
        self.settings = settings
        self.limits = RateLimits(settings.rates, timing.clock) if settings.rates.limit_anything else None
        self.asking = asyncio.Lock()  # whoever asks other hosts
        self.breaker = Breaker(settings.name)  # a deferral is said of one message, or is a limit that passes
        self.ending = asyncio.Event()
        self.has_failed = False
        self.has_worked = False
        self._stop = stop
        self._sleep = timing.sleep

    @property
    def was_stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def is_ending(self) -> bool:
        return self._stop.is_set() or self.ending.is_set()

    async def may_go(self, message: ReadyMessage, transactions: Transactions) -> bool:
        if self.has_failed or self.breaker.is_broken:
            transactions.abandon(later("sending was stopped"))  # whereupon the answer does not matter
            return True
        return await self.queue.before_dot(message)

    def settle(self, message: ReadyMessage, outcome: TransactionOutcome) -> None:
        self.queue.report(message, outcome)
        match outcome:
            case Accepted():
                self.breaker.note(message.delivery, OutcomeKind.SENT, outcome.reply.text)
            case Refused():
                said, about, meets_all = outcome.reason, outcome.about, outcome.meets_all
                self.breaker.note(message.delivery, OutcomeKind.FAILED, said, about, meets_all=meets_all)
            case Limited():
                self.breaker.note_limit(outcome.meaning, outcome.reply.text)
            case Unsure():
                self.breaker.note(message.delivery, OutcomeKind.IN_DOUBT, outcome.reason)
            case _:
                pass
        if self.breaker.is_broken:
            self.ending.set()

    async def pause(self, seconds: float) -> None:
        """Not beyond the end of sending."""
        if seconds > 0:
            await self.before_the_end(self._sleep(seconds))

    async def before_the_end(self, work: Coroutine[object, object, _T]) -> _T | None:
        """What the work returns; `None` if sending ended before, and it was cancelled."""
        task, end = asyncio.create_task(work), asyncio.create_task(self.ending.wait())
        try:
            await asyncio.wait((task, end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            end.cancel()
            task.cancel()  # nothing, if it is done
        await asyncio.wait((task,))
        return None if task.cancelled() else task.result()


class Client:
    """One of several: its session is opened when a message is there, and anew whenever it was closed."""

    def __init__(self, shared: Shared, all_of_them: Sequence[Self]) -> None:
        self._shared = shared
        self._settings = shared.settings
        self._all = all_of_them
        self._transactions: Transactions | None = None
        self._failures = 0  # sessions in a row that brought no message to an end
        self._last_failure: BusyError | ConfigurationError = BusyError(shared.settings.name, _("sending was stopped"))
        self._has_worked = False

    @property
    def is_well(self) -> bool:
        return self._has_worked and self._failures == 0

    @property
    def _has_given_up(self) -> bool:
        return self._failures >= self._settings.attempts

    def cut_off(self) -> None:
        if self._transactions is not None:
            self._transactions.abandon(later("sending was stopped and could wait no longer"))

    async def work(self) -> None:
        """Raise when no client at all can do any more; return when this one is done or the others are better."""
        shared = self._shared
        while not (self._has_given_up or shared.is_ending):
            message = await shared.queue.next_message()
            if message is None:
                break
            if shared.limits is not None:
                await shared.pause(await self._turn(shared.limits, message))
            shared.settle(message, await self._attempt(message))
        if self._transactions is not None:
            await self._transactions.quit()
        if self._has_given_up and not any(each.is_well for each in self._all):
            raise self._last_failure

    async def _turn(self, limits: RateLimits, message: ReadyMessage) -> float:
        """In how many seconds it is this message's. Other hosts are asked in a thread, for one message at a time."""
        if not limits.ask_others:
            return limits.reserve(message.recipient)
        try:
            async with self._shared.asking:
                return await asyncio.to_thread(limits.reserve, message.recipient)
        except DigestError as error:
            self._shared.settle(message, NotSent(stage=Stage.CONNECT, reason=error.cause))
            raise

    async def _attempt(self, message: ReadyMessage) -> TransactionOutcome:
        outcome, is_stale = await self._try_once(message)
        return (await self._try_once(message))[0] if is_stale else outcome

    async def _try_once(self, message: ReadyMessage) -> tuple[TransactionOutcome, bool]:
        """The outcome, and whether only an old connection's end stood in the way."""
        transactions = await self._opened()
        if transactions is None:
            return NotSent(stage=Stage.CONNECT, reason=self._last_failure.cause), False
        had_worked = transactions.count > 0
        outcome = await transactions.transact(message, partial(self._shared.may_go, message, transactions))
        self._learn(outcome, had_worked=had_worked)
        return outcome, had_worked and isinstance(outcome, NotSent) and not outcome.asked

    def _learn(self, outcome: TransactionOutcome, *, had_worked: bool) -> None:
        match outcome:
            case NotSent(withheld=True) | Refused(reply=None):
                return
            case NotSent(reason=reason) | Unsure(reason=reason):
                if not had_worked:
                    self._failures += 1
                    cause = _("it breaks the conversation off: {reason}").format(reason=_(reason))
                    self._last_failure = BusyError(
                        self._settings.name, cause, _("try again later, or ask its operator")
                    )
            case _:
                self._failures = 0
                self._has_worked = self._shared.has_worked = True

    async def _opened(self) -> Transactions | None:
        """Those of the session that is open, or of a new one; `None` when sending has ended, or this client has failed
        too often.
        """
        settings, old = self._settings, self._transactions
        if old is not None and old.is_open:
            if old.count < settings.messages_per_connection:
                return old
            await old.quit()
        self._transactions = None
        while not (self._has_given_up or self._shared.is_ending):
            if self._failures:
                await self._shared.pause(min(_FIRST_PAUSE * 2 ** (self._failures - 1), _LONGEST_PAUSE))
            try:
                session = await self._shared.before_the_end(open_session(settings))
            except (BusyError, ConfigurationError) as error:
                self._last_failure = error
                is_final = isinstance(error, ConfigurationError) and not self._shared.has_worked
                self._failures = settings.attempts if is_final else self._failures + 1
            else:
                if session is not None:
                    self._transactions = Transactions(session, settings.timeouts)
                return self._transactions
        return None
