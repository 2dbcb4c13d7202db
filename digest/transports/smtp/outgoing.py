"""One message on its way to one person, and the commands that announce it to a server."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.policy.answers import Stage
from digest.transports.smtp.address import is_sendable
from digest.transports.smtp.features import Features
from digest.transports.smtp.outcomes import Refused, Rejection
from digest.transports.smtp.payload import Payload, Piece, UnsafeMessageError, payload_of

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
