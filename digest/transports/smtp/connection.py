"""One of the connections of a delivery: opened when a message is there, and anew whenever it was closed."""

from collections.abc import Sequence
from functools import partial
from typing import Self

from digest.errors import BusyError, ConfigurationError
from digest.policy.answers import Stage
from digest.transports.smtp.conversation import Conversation
from digest.transports.smtp.outcomes import NotSent, Outcome, Refused, Unsure
from digest.transports.smtp.outgoing import ReadyMessage
from digest.transports.smtp.session import open_session
from digest.transports.smtp.shared import Shared

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 60.0  # seconds before a connection is opened again, doubled each time


class Connection:
    def __init__(self, shared: Shared, all_of_them: Sequence[Self]) -> None:
        self._shared = shared
        self._settings = shared.settings
        self._all = all_of_them
        self._conversation: Conversation | None = None
        self._failures = 0  # connections in a row that brought no message to an end
        self._last_failure: BusyError | ConfigurationError = BusyError(shared.settings.name, "sending was stopped")
        self._has_worked = False

    @property
    def is_well(self) -> bool:
        return self._has_worked and self._failures == 0

    @property
    def _has_given_up(self) -> bool:
        return self._failures >= self._settings.attempts

    def cut_off(self) -> None:
        if self._conversation is not None:
            self._conversation.abandon("sending was stopped and could wait no longer")

    async def work(self) -> None:
        """Raise when no connection at all can do any more; return when this one is done or the others are better."""
        shared = self._shared
        while not (self._has_given_up or shared.is_ending):
            message = await shared.next_message()
            if message is None:
                break
            if shared.limits is not None:
                await shared.pause(shared.limits.reserve(message.recipient))
            shared.settle(message, await self._attempt(message))
        if self._conversation is not None:
            await self._conversation.quit()
        if self._has_given_up and not any(each.is_well for each in self._all):
            raise self._last_failure

    async def _attempt(self, message: ReadyMessage) -> Outcome:
        outcome, is_stale = await self._try_once(message)
        return (await self._try_once(message))[0] if is_stale else outcome

    async def _try_once(self, message: ReadyMessage) -> tuple[Outcome, bool]:
        """The outcome, and whether only an old connection's end stood in the way."""
        conversation = await self._open_conversation()
        if conversation is None:
            return NotSent(stage=Stage.CONNECT, reason=self._last_failure.cause), False
        had_worked = conversation.transactions > 0
        outcome = await conversation.transact(message, partial(self._shared.may_go, message, conversation))
        self._learn(outcome, had_worked=had_worked)
        return outcome, had_worked and isinstance(outcome, NotSent) and not outcome.asked

    def _learn(self, outcome: Outcome, *, had_worked: bool) -> None:
        match outcome:
            case NotSent(withheld=True) | Refused(reply=None):
                return
            case NotSent(reason=reason) | Unsure(reason=reason):
                if not had_worked:
                    self._failures += 1
                    cause = f"it breaks the conversation off: {reason}"
                    self._last_failure = BusyError(self._settings.name, cause, "try again later, or ask its operator")
            case _:
                self._failures = 0
                self._has_worked = self._shared.has_worked = True

    async def _open_conversation(self) -> Conversation | None:
        """`None` when sending has ended, or this connection has failed too often."""
        settings, old = self._settings, self._conversation
        if old is not None and old.is_open:
            if old.transactions < settings.messages_per_connection:
                return old
            await old.quit()
        self._conversation = None
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
                    self._conversation = Conversation(session.wire, session.features, settings.timeouts)
                return self._conversation
        return None
