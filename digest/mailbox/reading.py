"""Reading one message: what it is, and whom it may be about. Whatever the bytes are, there is an answer."""

import hashlib
import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from digest.mailbox import opening
from digest.mailbox.automatic import is_automatic, is_from_a_list, may_be_answered
from digest.mailbox.clues import asked_token, clues_of, names_a_delivery
from digest.mailbox.complaints import complaint_of, is_feedback
from digest.mailbox.delivery_status import notices_of
from digest.mailbox.guessing import guessed, is_from_a_server, looks_like_a_bounce
from digest.mailbox.wishes import is_from_all, wish_of
from digest.mailbox.wording import harmless
from digest.model.returns import IncomingMail, MailKind, Notice

FORWARDED = "X-Bulletin-Forwarded"  # the field that marks what we forwarded ourselves

WRITTEN_TO = (
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "apparently-to",
    "x-delivered-to",
)
_OF_A_COPY = re.compile(  # what differs between two copies of one message
    rb"^(?:return-path|delivered-to|received|x-original-to|envelope-to|x-envelope-to|status|x-status|x-keywords|x-uid|x-mozilla\S*"
    rb"|content-length|lines|x-imap\w*|authentication-results|x-spam\S*|arc-\S*|x-received)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>@\"'(),;:]{1,128}@[^\s<>@\"'(),;:]{1,254}")


def read(raw: bytes) -> IncomingMail:
    """Never raises. Only the first megabyte is looked at."""
    fingerprint = fingerprint_of(raw)
    message = opening.opened(raw)
    try:
        return _read(raw, message, fingerprint)
    except Exception:  # noqa: BLE001 – a message that nobody understands is none of ours
        return IncomingMail(fingerprint=fingerprint, kind=MailKind.OTHER)


def fingerprint_of(raw: bytes) -> str:
    """The same for every copy of a message, however it was stored or which way it came."""
    head, _, body = opening.unified(raw).partition(b"\n\n")
    fields = re.split(rb"\n(?![ \t])", head)
    kept = [b" ".join(field.split()) for field in fields if not _OF_A_COPY.match(field.partition(b":")[0].strip())]
    text = b"\n".join(re.sub(rb"^>+(?=From )", b"", line.rstrip()) for line in body.rstrip().split(b"\n"))
    return hashlib.sha256(b"\n".join(kept) + b"\n\n" + text).hexdigest()


def _read(raw: bytes, message: Message, fingerprint: str) -> IncomingMail:
    sender = _sender(message)
    asked = asked_token(message)
    clues = clues_of(raw, message)
    kind, notices, request = _classed(raw, message, asked)
    return IncomingMail(
        fingerprint=fingerprint,
        kind=kind,
        clues=clues,
        notices=notices,
        sender=sender,
        written_to=_addresses(message, WRITTEN_TO),
        asked=asked,
        from_all=request is not None and is_from_all(request),
        may_be_answered=may_be_answered(message, sender),
        is_own=FORWARDED in message,
        subject=harmless(opening.value(message, "subject")),
        dated_at=_dated_at(message),
    )


def _classed(raw: bytes, message: Message, asked: str | None) -> tuple[MailKind, tuple[Notice, ...], str | None]:
    """The kind, what is said of recipients, and the request in words."""
    complaint = complaint_of(message)
    if complaint is not None:
        return MailKind.COMPLAINT, (complaint,), None
    if asked is not None:
        return MailKind.LEAVING, (), None
    if notices := _reported(raw, message):
        return MailKind.REPORT, notices, None
    if is_automatic(message):
        return MailKind.AUTOMATIC, (), None
    request = None if is_from_a_list(message) or is_feedback(message) else wish_of(message)
    return (MailKind.OTHER if request is None else MailKind.LEAVING), (), request


def _reported(raw: bytes, message: Message) -> tuple[Notice, ...]:
    """What it says of deliveries. A message to one of our return paths that speaks of a status is believed to be a
    report, whatever it looks like; what merely looks like one must name somebody.
    """
    if notices := () if is_feedback(message) else notices_of(message):
        return notices
    if is_from_a_server(message):
        return guessed(raw, message)
    to_return_path = names_a_delivery(message, WRITTEN_TO) and not is_automatic(message)
    if not (to_return_path or looks_like_a_bounce(message)):
        return ()
    notices = guessed(raw, message)
    told = [one for one in notices if one.address or (to_return_path and one.status)]
    return notices if told else ()


def _sender(message: Message) -> str | None:
    """The only address in From; of several, nobody knows who wrote it."""
    found = _addresses(message, ("from",))
    return found[0] if len(found) == 1 and len(message.get_all("from", [])) == 1 else None


def _addresses(message: Message, names: tuple[str, ...]) -> tuple[str, ...]:
    written = [value for name in names for value in opening.values(message, name)]
    found = dict.fromkeys(
        address.strip().lower() for _, address in getaddresses(written)[:50] if _ADDRESS.fullmatch(address.strip())
    )
    return tuple(found)


def _dated_at(message: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(opening.value(message, "date"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except Exception:  # noqa: BLE001 – no date, or none that is one
        return None
