"""The transaction on an open connection: one message after the other, each final dot held back until it may go."""

import contextlib
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from digest.delivery.answers import Stage
from digest.delivery.transports.smtp.connection import LostError, Wire
from digest.delivery.transports.smtp.replies import (
    Features,
    NotSent,
    Outcome,
    Refused,
    Rejection,
    Reply,
    Unsure,
    judged,
)
from digest.delivery.transports.smtp.settings import Timeouts
from digest.foundation.addresses import is_sendable

# -- The message as it goes over the wire: proven to be one, and dot-stuffed (RFC 5321 §2.3.8, §4.5.2).
# What one server reads as a line end, and another not, would let a text smuggle a second message (CVE-2023-51764): bare
# CR, bare LF, NUL and overlong lines are refused, never repaired.

LINE_MOST = 998  # RFC 5322 §2.1.1, without CRLF
_LONG = 512  # bytes
_KNOWN_MOST = 4096  # pieces
_NONE_OF = re.compile(rb"[^\0\r\n]*")


class UnsafeMessageError(ValueError):
    """The bytes are not to be sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of messages, examined once and used in many of them. To be made by `examined` only.

    `stuffed` has a second dot wherever a line *inside* the piece begins with one; `first` and `last` are the bytes
    before its first and after its last CRLF, both its length if it `is_within` one line.
    """

    stuffed: bytes
    first: int
    last: int
    is_within: bool
    has_dot_first: bool
    is_ascii: bool


@dataclass(frozen=True, slots=True)
class Payload:
    """A whole message, ready for the wire but for the final dot. The parts are not joined: what they share with other
    messages need not be copied for each. `size` is at least what SIZE means (RFC 1870 §6): stuffed dots count too.
    """

    parts: Sequence[bytes]
    size: int
    is_ascii: bool

    @property
    def stuffed(self) -> bytes:
        return b"".join(self.parts)

    @property
    def has_ascii_head(self) -> bool:
        return self.is_ascii or self.stuffed.partition(b"\r\n\r\n")[0].isascii()


def examined(data: bytes) -> Piece:
    """Raise `UnsafeMessageError` for bytes that no message may hold. A piece neither begins nor ends within a CRLF."""
    size = len(data)
    if _NONE_OF.fullmatch(data):
        return Piece(data, size, size, is_within=True, has_dot_first=data[:1] == b".", is_ascii=data.isascii())
    if b"\0" in data:
        raise UnsafeMessageError("it holds a NUL")
    lines = data.split(b"\r\n")
    if not data.count(b"\r") == data.count(b"\n") == len(lines) - 1:
        raise UnsafeMessageError("it holds a CR or an LF that is no part of a CRLF")
    longest = max(map(len, lines))
    if longest > LINE_MOST:
        raise UnsafeMessageError(f"it has a line of {longest} bytes; {LINE_MOST} are allowed")
    return Piece(
        data.replace(b"\n.", b"\n.."),
        len(lines[0]),
        len(lines[-1]),
        is_within=False,
        has_dot_first=data[:1] == b".",
        is_ascii=data.isascii(),
    )


class KnownPieces:
    """Remembers the pieces that many messages share, so that each is examined once."""

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[bytes, Piece]] = {}  # by identity; the bytes are kept, so that it stays theirs

    def among(self, pieces: Iterable[bytes]) -> list[bytes | Piece]:
        """The same, examined as far as that pays. What must not be sent stays as it is, for `payload_of` to refuse."""
        known = self._pieces
        return [known[id(each)][1] if id(each) in known else self._examined(each) for each in pieces]

    def _examined(self, data: bytes) -> bytes | Piece:
        if len(data) < _LONG and _NONE_OF.fullmatch(data):  # as is most that is one person's own
            return data
        try:
            piece = examined(data)
        except UnsafeMessageError:
            return data
        if len(self._pieces) >= _KNOWN_MOST:
            self._pieces.clear()
        self._pieces[id(data)] = data, piece
        return piece


def payload_of(pieces: Iterable[bytes | Piece]) -> Payload:
    """Join the pieces of one message; those that are bytes are examined now.

    Raise `UnsafeMessageError` unless the whole is a message of CRLF-ended lines that SMTP carries unchanged.
    """
    parts: list[bytes] = []
    line, is_ascii = 0, True
    for each in pieces:
        if isinstance(each, bytes) and _NONE_OF.fullmatch(each):  # as is most that is one person's own: quicker so
            if line == 0 and each.startswith(b"."):
                parts.append(b".")
            line += len(each)
            is_ascii = is_ascii and each.isascii()
            parts.append(each)
            continue
        piece = each if isinstance(each, Piece) else examined(each)
        if piece.has_dot_first and line == 0:
            parts.append(b".")
        line += piece.first
        if line > LINE_MOST:
            raise UnsafeMessageError(f"it has a line of {line} bytes or more; {LINE_MOST} are allowed")
        if not piece.is_within:
            line = piece.last
        is_ascii = is_ascii and piece.is_ascii
        parts.append(piece.stuffed)
    if line or not parts:
        raise UnsafeMessageError("its last line has no end")
    return Payload(parts, sum(map(len, parts)), is_ascii)


# -- One message on its way to one person, and the commands that announce it to a server.

_XTEXT = frozenset(range(33, 127)) - frozenset(b"+=")  # RFC 3461 §4
_ENVELOPE_ID_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMessage:
    """`delivery` is the caller's name for it; a server that offers DSN gets it as ENVID (RFC 3461 §4.4) and names it
    in its reports. `pieces` together are the whole message.
    """

    delivery: str
    sender: str  # of the envelope; empty: nobody, to whom nothing is returned
    recipient: str
    pieces: Sequence[bytes | Piece]


@dataclass(frozen=True, slots=True)
class Announced:
    """`mail` and `recipient` are whole command lines."""

    mail: bytes
    recipient: bytes
    payload: Payload


def announced(message: ReadyMessage, features: Features) -> Announced | Refused:
    """Everything is checked here, before anything is sent: addresses, bytes, and what the server must be able to do."""
    refusal = _address_refusal(message.recipient, Rejection.ADDRESS, features)
    if refusal is None and message.sender:
        refusal = _address_refusal(message.sender, Rejection.SENDER, features)
    if refusal is not None:
        return refusal
    try:
        payload = payload_of(message.pieces)
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
    return Refused(why=why, stage=Stage.MAIL, reason=reason)


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
