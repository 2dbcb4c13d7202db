"""Mail transactions on an open session: one message after the other, each final dot held back until it may go."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from digest.delivery.answers import About, Stage
from digest.delivery.outgoing import Rejection
from digest.delivery.transports.smtp.connection import LostError
from digest.delivery.transports.smtp.outcomes import NotSent, Refused, TransactionOutcome, Unsure, judged
from digest.delivery.transports.smtp.payload import Payload, UnsafeMessageError, payload_of
from digest.delivery.transports.smtp.replies import Features, Reply
from digest.delivery.transports.smtp.session import Session
from digest.delivery.transports.smtp.settings import Timeouts
from digest.foundation.addresses import is_sendable
from digest.foundation.catalogue import later

DOT = b".\r\n"  # the CRLF before it ends the message's last line
_START_MAIL_INPUT = 354
BeforeDot = Callable[[], Awaitable[bool]]
Step = tuple[Stage, bytes, float]  # a command line, and the seconds for sending it and for its answer
_XTEXT = frozenset(range(33, 127)) - frozenset(b"+=")  # RFC 3461 §4
_ENVELOPE_ID_MOST = 100
_OURS = {
    Rejection.ADDRESS: About.RECIPIENT,
    Rejection.SENDER: About.US,
    Rejection.TOO_LARGE: About.US,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMessage:
    """`delivery` is the caller's name for it; a server that offers DSN gets it as ENVID (RFC 3461 §4.4) and names it
    in its reports. `pieces` together are the whole message, and `payload_of` makes its payload.
    """

    delivery: str
    sender: str  # of the envelope; empty: nobody, to whom nothing is returned
    recipient: str
    pieces: Sequence[bytes]
    payload_of: Callable[[Sequence[bytes]], Payload] = payload_of


@dataclass(frozen=True, slots=True)
class Announced:
    """`mail` and `recipient` are whole command lines."""

    mail: bytes
    recipient: bytes
    payload: Payload


class Transactions:
    """At most one message is under way; `count` is how many were begun. Once `is_open` is false, the connection is
    closed and never used again.
    """

    def __init__(self, session: Session, timeouts: Timeouts) -> None:
        self._connection = session.connection
        self._features = session.features
        self._timeouts = timeouts
        self._stage = Stage.MAIL
        self._asked = False
        self._envelope = ("", "")  # sender and recipient of the message under way
        self._needs_reset = False
        self.count = 0

    @property
    def is_open(self) -> bool:
        return not self._connection.is_lost

    async def transact(self, message: ReadyMessage, before_dot: BeforeDot) -> TransactionOutcome:
        """Offer the message, write it, and end it once `before_dot` has returned true.

        `before_dot` is called when the kernel has all but the dot, and again after a wait for room for that; when it
        returns true the dot is written at once, in the same step of the event loop. On false, or when it raises (which
        is passed on), the connection is closed without the dot. Nothing else is ever raised.
        """
        plan = announced(message, self._features)
        if isinstance(plan, Refused):
            return plan
        self._asked = False
        self._envelope = (message.sender, message.recipient)
        self.count += 1
        try:
            outcome = await self._announce(plan)
            return outcome or await self._hand_over(plan.payload, before_dot)
        except LostError as lost:
            return self._cut_off(str(lost))
        except BaseException:
            self._connection.lose(later("it was given up"))
            raise

    async def quit(self) -> None:
        """Take leave and close. What the server says to it changes nothing."""
        with contextlib.suppress(LostError):
            if not self._connection.has_spoken():
                await self._connection.send(b"QUIT\r\n", self._timeouts.quit)
                await self._connection.arrival(1, self._timeouts.quit)
        self._connection.lose(later("we have ended it"))

    def abandon(self, reason: str) -> None:
        """Close at once: a message under way is not sent, or in doubt if its dot has been written."""
        self._connection.lose(reason)

    async def _announce(self, plan: Announced) -> TransactionOutcome | None:
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
        if not self._connection.is_quiet:
            raise self._connection.lose(later("it said something that nobody had asked for"))

    async def _ask_each(self, steps: Sequence[Step]) -> TransactionOutcome | None:
        for stage, command, seconds in steps:
            self._stage = stage
            self._require_quiet()
            await self._connection.send(command, seconds)
            refusal = self._objection(await self._connection.reply(seconds))
            if refusal is not None:
                return refusal
        return None

    async def _ask_at_once(self, steps: Sequence[Step]) -> TransactionOutcome | None:
        """RFC 2920: all commands in one go, the answers in their order."""
        await self._connection.send(b"".join([command for _, command, _ in steps]), self._timeouts.mail)
        await self._connection.arrival(len(steps), max([seconds for _, _, seconds in steps]))
        for done, (stage, _, _) in enumerate(steps, 1):
            self._stage = stage
            reply = self._connection.take()
            refusal = self._objection(reply)
            if refusal is not None:
                if stage is Stage.MAIL and self._connection.is_lost:  # it says so about the connection, not the message
                    return NotSent(stage=stage, reason=f"it closed the connection: {reply.text}", reply=reply)
                self._skip(len(steps) - done)
                return refusal
        return None

    def _skip(self, answers: int) -> None:
        """Pass over what answers the commands behind a refused one. A server that wants the message all the same gets
        no dot, not even the lone one of RFC 2920 §3.1: the connection is closed.
        """
        for _ in range(answers):
            if self._connection.is_lost:
                return
            if self._connection.take().code == _START_MAIL_INPUT:
                self._connection.lose(later("it asked for a message whose recipient it had refused"))

    def _objection(self, reply: Reply) -> TransactionOutcome | None:
        """What the reply means if it is not the one that lets us go on."""
        if reply.code == _START_MAIL_INPUT if self._stage is Stage.DATA else reply.is_positive:
            return None
        outcome = None if self._stage is Stage.RESET else judged(reply, self._stage, *self._envelope)
        if outcome is None or reply.is_closing:
            self._connection.lose(f"it answered {reply.text!r} to {self._stage}")
        return outcome or NotSent(stage=self._stage, reason=f"it answered {reply.text!r}", reply=reply)

    async def _hand_over(self, payload: Payload, before_dot: BeforeDot) -> TransactionOutcome:
        connection, seconds = self._connection, self._timeouts
        self._stage = Stage.BODY
        await connection.send_parts(payload.parts, payload.size, seconds.block)
        self._asked = True
        if not await before_dot():
            connection.lose(later("the message was withheld"))
            return NotSent(stage=self._stage, reason=later("it was withheld"), withheld=True, asked=True)
        if connection.has_spoken():  # or its word would be taken for the answer to the dot
            raise connection.lose(later("it answered before the message had ended"))
        taken = connection.write(DOT)
        if not (taken or connection.is_encrypted):  # nothing of it has left; with TLS that cannot be known
            await connection.room(seconds.block)
            if not await before_dot():
                return self._withheld()
            taken = connection.write(DOT)
        self._stage = Stage.END
        if taken < len(DOT):
            await connection.send(DOT[taken:], seconds.block)
        reply = await connection.reply(seconds.end)
        outcome = judged(reply, Stage.END, *self._envelope)
        if outcome is None or reply.is_closing:
            connection.lose(f"it answered {reply.text!r} to the end of the message")
        self._needs_reset = False
        return outcome or Unsure(reason=f"it answered {reply.text!r}, which is no answer to the end of a message")

    def _withheld(self) -> TransactionOutcome:
        self._connection.lose("the message was withheld")
        return NotSent(stage=self._stage, reason="it was withheld", withheld=True, asked=True)

    def _cut_off(self, reason: str) -> TransactionOutcome:
        """The connection ended within the transaction. What the server said in the middle of the message counts."""
        if self._stage is Stage.END:
            return Unsure(reason=reason)
        reply = self._connection.last_word()
        if reply is None:
            return NotSent(stage=self._stage, reason=reason, asked=self._asked)
        said = judged(reply, self._stage, *self._envelope) if self._stage is Stage.BODY else None
        if said is None or isinstance(said, NotSent):
            return NotSent(stage=self._stage, reason=f"{reason}: {reply.text}", reply=reply, asked=self._asked)
        return said


# -- The commands that announce a message to a server.


def announced(message: ReadyMessage, features: Features) -> Announced | Refused:
    """Everything is checked here, before anything is sent: addresses, bytes, and what the server must be able to do."""
    refusal = _address_refusal(message.recipient, Rejection.ADDRESS, features)
    if refusal is None and message.sender:
        refusal = _address_refusal(message.sender, Rejection.SENDER, features)
    if refusal is not None:
        return refusal
    try:
        payload = message.payload_of(message.pieces)
    except UnsafeMessageError as error:
        return _refused(Rejection.CONTENT, f"the message cannot be sent: {error}")
    if not (payload.has_ascii_head or features.smtputf8):
        return _refused(Rejection.CONTENT, "the head of the message has 8-bit bytes, and the server lacks SMTPUTF8")
    if not (payload.is_ascii or features.eight_bit):
        return _refused(Rejection.CONTENT, "the message has 8-bit bytes, and the server lacks 8BITMIME")
    needs_utf8 = not (message.sender.isascii() and message.recipient.isascii() and payload.has_ascii_head)
    if features.size is not None and payload.size > features.size:
        return _refused(
            Rejection.TOO_LARGE, f"the message has {payload.size} bytes, the server takes at most {features.size}"
        )
    return Announced(
        f"MAIL FROM:<{message.sender}>{_parameters(message, payload, features, needs_utf8=needs_utf8)}\r\n".encode(),
        f"RCPT TO:<{message.recipient}>\r\n".encode(),
        payload,
    )


def _address_refusal(address: str, why: Rejection, features: Features) -> Refused | None:
    if not is_sendable(address):
        return _refused(why, "the address cannot stand in an SMTP command")
    if not (address.isascii() or features.smtputf8):
        return _refused(why, "the address has characters beyond ASCII, and the server lacks SMTPUTF8")
    return None


def _parameters(message: ReadyMessage, payload: Payload, features: Features, *, needs_utf8: bool) -> str:
    parameters = ""
    if features.size is not None:
        parameters += f" SIZE={payload.size}"
    if not payload.is_ascii:
        parameters += " BODY=8BITMIME"
    if needs_utf8:
        parameters += " SMTPUTF8"
    if features.dsn:
        name = message.delivery.encode()
        if 0 < len(name) <= _ENVELOPE_ID_MOST and _XTEXT.issuperset(name):
            parameters += f" ENVID={message.delivery}"
    return parameters


def _refused(why: Rejection, reason: str) -> Refused:
    """Before anything is sent. What is wrong with one message need not be wrong with the next."""
    about = _OURS.get(why, About.UNKNOWN)
    return Refused(why=why, about=about, stage=Stage.MAIL, reason=reason)
