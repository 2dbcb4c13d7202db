"""What the connections of one delivery share: the caller's answers, the limits, and the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import TypeVar

from digest.model.dispatch import OutcomeKind
from digest.policy.rates import RateLimits
from digest.transports.circuit import Breaker
from digest.transports.smtp.conversation import Conversation
from digest.transports.smtp.outcomes import Accepted, Outcome, Refused, Unsure
from digest.transports.smtp.outgoing import ReadyMessage
from digest.transports.smtp.settings import SmtpSettings

NextMessage = Callable[[], Awaitable[ReadyMessage | None]]
BeforeDot = Callable[[ReadyMessage], Awaitable[bool]]
Report = Callable[[ReadyMessage, Outcome], None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The monotonic clock behind rates and pauses."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Coroutine[object, object, None]] = asyncio.sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What only the caller can answer; see `connections.deliver`."""

    next_message: NextMessage
    before_dot: BeforeDot
    report: Report


class Shared:
    """`ending`: no more messages are begun. `has_failed`: no more dots are asked for. `has_worked`: the server
    has brought some message to an end.
    """

    def __init__(self, questions: Questions, settings: SmtpSettings, stop: asyncio.Event, timing: Timing) -> None:
        self.next_message = questions.next_message
        self.settings = settings
        self.limits = RateLimits(settings.rates, timing.clock) if settings.rates.limit_anything else None
        borne = settings.policy_rejections  # a deferral is said of one message, or is a limit that passes
        self.breaker = Breaker(settings.name, {OutcomeKind.FAILED: borne, OutcomeKind.IN_DOUBT: borne})
        self.ending = asyncio.Event()
        self.has_failed = False
        self.has_worked = False
        self._questions = questions
        self._stop = stop
        self._sleep = timing.sleep

    @property
    def is_ending(self) -> bool:
        return self._stop.is_set() or self.ending.is_set()

    async def may_go(self, message: ReadyMessage, conversation: Conversation) -> bool:
        if self.has_failed or self.breaker.is_broken:
            conversation.abandon("sending was stopped")  # whereupon the answer does not matter
            return True
        return await self._questions.before_dot(message)

    def settle(self, message: ReadyMessage, outcome: Outcome) -> None:
        self._questions.report(message, outcome)
        match outcome:
            case Accepted():
                self.breaker.note(message.delivery, OutcomeKind.SENT, outcome.reply.text)
            case Refused():
                about = outcome.why.is_about_the_recipient
                self.breaker.note(message.delivery, OutcomeKind.FAILED, outcome.reason, is_about_the_recipient=about)
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
