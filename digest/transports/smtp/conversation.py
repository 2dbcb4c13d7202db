"""The transaction on an open connection: one message after the other, each final dot held back until it may go."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence

from digest.policy.answers import Stage
from digest.transports.smtp.features import Features
from digest.transports.smtp.outcomes import NotSent, Outcome, Refused, Unsure, judged
from digest.transports.smtp.outgoing import Announced, ReadyMessage, announced
from digest.transports.smtp.payload import Payload
from digest.transports.smtp.replies import Reply
from digest.transports.smtp.settings import Timeouts
from digest.transports.smtp.wire import LostError, Wire

DOT = b".\r\n"  # the CRLF before it ends the message's last line
_START_MAIL_INPUT = 354

BeforeDot = Callable[[], Awaitable[bool]]
Step = tuple[Stage, bytes, float]  # a command line, and the seconds for sending it and for its answer


class Conversation:
    """At most one message is under way. Once `is_open` is false, the connection is closed and never used again."""

    def __init__(self, wire: Wire, features: Features, timeouts: Timeouts) -> None:
        self._wire = wire
        self._features = features
        self._timeouts = timeouts
        self._stage = Stage.MAIL
        self._asked = False
        self._needs_reset = False
        self.transactions = 0

    @property
    def is_open(self) -> bool:
        return not self._wire.is_lost

    async def transact(self, message: ReadyMessage, before_dot: BeforeDot) -> Outcome:
        """Offer the message, write it, and end it once `before_dot` has returned true.

        `before_dot` is called at most once, when the kernel has all but the dot; when it returns true the dot is
        written at once, in the same step of the event loop. On false, or when it raises (which is passed on), the
        connection is closed without the dot. Nothing else is ever raised.
        """
        plan = announced(message, self._features)
        if isinstance(plan, Refused):
            return plan
        self._asked = False
        self.transactions += 1
        try:
            outcome = await self._announce(plan)
            return outcome or await self._hand_over(plan.payload, before_dot)
        except LostError as lost:
            return self._cut_off(str(lost))
        except BaseException:
            self._wire.lose("it was given up")
            raise

    async def quit(self) -> None:
        """Take leave and close. What the server says to it changes nothing."""
        with contextlib.suppress(LostError):
            if not self._wire.has_spoken():
                await self._wire.send(b"QUIT\r\n", self._timeouts.quit)
                await self._wire.arrival(1, self._timeouts.quit)
        self._wire.lose("we have ended it")

    def abandon(self, reason: str) -> None:
        """Close at once: a message under way is not sent, or in doubt if its dot has been written."""
        self._wire.lose(reason)

    async def _announce(self, plan: Announced) -> Outcome | None:
        """Up to 354; `None`: the server waits for the message."""
        self._stage = Stage.MAIL
        self._require_quiet()
        seconds = self._timeouts
        steps = [
            (Stage.MAIL, plan.mail, seconds.mail),
            (Stage.RECIPIENT, plan.recipient, seconds.recipient),
            (Stage.DATA, b"DATA\r\n", seconds.data),
        ]
        if self._needs_reset:
            steps.insert(0, (Stage.RESET, b"RSET\r\n", seconds.mail))
        self._needs_reset = True
        return await (self._ask_at_once(steps) if self._features.pipelining else self._ask_each(steps))

    def _require_quiet(self) -> None:
        """Or a reply to nothing would be taken for the answer to what is said next, and so on."""
        if not self._wire.is_quiet:
            raise self._wire.lose("it said something that nobody had asked for")

    async def _ask_each(self, steps: Sequence[Step]) -> Outcome | None:
        for stage, command, seconds in steps:
            self._stage = stage
            self._require_quiet()
            await self._wire.send(command, seconds)
            refusal = self._objection(await self._wire.reply(seconds))
            if refusal is not None:
                return refusal
        return None

    async def _ask_at_once(self, steps: Sequence[Step]) -> Outcome | None:
        """RFC 2920: all commands in one go, the answers in their order."""
        await self._wire.send(b"".join([command for _, command, _ in steps]), self._timeouts.mail)
        await self._wire.arrival(len(steps), max([seconds for _, _, seconds in steps]))
        for done, (stage, _, _) in enumerate(steps, 1):
            self._stage = stage
            reply = self._wire.take()
            refusal = self._objection(reply)
            if refusal is not None:
                if stage is Stage.MAIL and self._wire.is_lost:  # it says so about the connection, not the message
                    return NotSent(stage=stage, reason=f"it closed the connection: {reply.text}", reply=reply)
                self._skip(len(steps) - done)
                return refusal
        return None

    def _skip(self, answers: int) -> None:
        """Pass over what answers the commands behind a refused one. A server that wants the message all the same gets
        no dot, not even the lone one of RFC 2920 §3.1: the connection is closed.
        """
        for _ in range(answers):
            if self._wire.is_lost:
                return
            if self._wire.take().code == _START_MAIL_INPUT:
                self._wire.lose("it asked for a message whose recipient it had refused")

    def _objection(self, reply: Reply) -> Outcome | None:
        """What the reply means if it is not the one that lets us go on."""
        if reply.code == _START_MAIL_INPUT if self._stage is Stage.DATA else reply.is_positive:
            return None
        outcome = None if self._stage is Stage.RESET else judged(reply, self._stage)
        if outcome is None or reply.is_closing:
            self._wire.lose(f"it answered {reply.text!r} to {self._stage}")
        return outcome or NotSent(stage=self._stage, reason=f"it answered {reply.text!r}", reply=reply)

    async def _hand_over(self, payload: Payload, before_dot: BeforeDot) -> Outcome:
        wire, seconds = self._wire, self._timeouts
        self._stage = Stage.BODY
        await wire.send_parts(payload.parts, payload.size, seconds.block)
        self._asked = True
        if not await before_dot():
            wire.lose("the message was withheld")
            return NotSent(stage=self._stage, reason="it was withheld", withheld=True, asked=True)
        if wire.has_spoken():  # or its word would be taken for the answer to the dot
            raise wire.lose("it answered before the message had ended")
        taken = wire.write(DOT)
        if not (taken or wire.is_encrypted):  # nothing of it has left; with TLS that cannot be known
            await wire.room(seconds.block)
            taken = wire.write(DOT)
        self._stage = Stage.END
        if taken < len(DOT):
            await wire.send(DOT[taken:], seconds.block)
        reply = await wire.reply(seconds.end)
        outcome = judged(reply, Stage.END)
        if outcome is None or reply.is_closing:
            wire.lose(f"it answered {reply.text!r} to the end of the message")
        self._needs_reset = False
        return outcome or Unsure(reason=f"it answered {reply.text!r}, which is no answer to the end of a message")

    def _cut_off(self, reason: str) -> Outcome:
        """The connection ended within the transaction. What the server said in the middle of the message counts."""
        if self._stage is Stage.END:
            return Unsure(reason=reason)
        reply = self._wire.last_word()
        if reply is None:
            return NotSent(stage=self._stage, reason=reason, asked=self._asked)
        said = judged(reply, self._stage) if self._stage is Stage.BODY else None
        if said is None or isinstance(said, NotSent):
            return NotSent(stage=self._stage, reason=f"{reason}: {reply.text}", reply=reply, asked=self._asked)
        return said
