"""Clues: what in a message may name a delivery or a subscription of ours. They are found by their shape, wherever they
stand – in the address it was sent to, in the returned head, in a quoted text – and proven elsewhere.
"""

import re
from collections.abc import Iterator, Sequence
from email.message import Message

from digest.mailbox import opening
from digest.model.returns import Clues

MOST = 16  # of a kind; a message about one delivery has one or two

_DELIVERY = re.compile(r"\+([A-Za-z0-9_-]{1,48}-[0-9a-f]{12})(?:@|=40)")
_TOKEN = re.compile(r"(?:unsubscribe-|/leave/)([A-Za-z0-9_-]{1,48}[0-9a-f]{16})(?![A-Za-z0-9_-])")
_IDENTITY = re.compile(r"<\s*([0-9a-f]{16,32})@[A-Za-z0-9.-]{1,253}\s*>")
_SOFT_BREAK = re.compile(r"=[ \t]*\n")
_ASKED = re.compile(
    r"(?:(?:re|aw|sv|fwd?|rv|wg|tr|enc)\s*:\s*)*unsubscribe-([a-z0-9_-]{1,48}[0-9a-f]{16})", re.IGNORECASE
)


def clues_of(raw: bytes, message: Message) -> Clues:
    texts = [*_texts(raw, message)]
    return Clues(deliveries=_found(_DELIVERY, texts), tokens=_found(_TOKEN, texts), identities=_found(_IDENTITY, texts))


def asked_token(message: Message) -> str | None:
    """The token of a subject that is nothing but a request of our own making: `unsubscribe-…`."""
    subject = opening.value(message, "subject").strip()
    found = _ASKED.fullmatch(subject)
    return found[1] if found else None


def names_a_delivery(message: Message, names: Sequence[str]) -> bool:
    """Whether one of these header fields has the form of a return path of ours."""
    return any(_DELIVERY.search(value) for name in names for value in opening.values(message, name))


def _texts(raw: bytes, message: Message) -> Iterator[str]:
    """The bytes as they are, with soft line breaks of quoted-printable closed; and what base64 hides."""
    yield _SOFT_BREAK.sub("", opening.unified(raw).decode("latin-1"))
    for part in opening.parts(message):
        if opening.value(part, "content-transfer-encoding").lower() == "base64":
            yield opening.text_of(part)


def _found(shape: re.Pattern[str], texts: list[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        for match in shape.finditer(text):
            found.setdefault(match[1])
            if len(found) == MOST:
                return tuple(found)
    return tuple(found)
