"""Classifying one message: what it is, and whom it may be about. Whatever the bytes are, there is an answer."""

import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from digest.foundation import mime
from digest.foundation.words import excerpt_without_addresses
from digest.inbound.inbound import FORWARDED, IncomingMail, MailKind, Notice, ReturnKind
from digest.inbound.reports import (
    fields_of,
    guessed,
    is_from_a_server,
    looks_like_a_bounce,
    notices_of,
    speaks_of_delivery,
)
from digest.inbound.signs import (
    answers,
    asked_token,
    clues_of,
    is_automatic,
    is_from_a_list,
    may_be_answered,
    names_a_delivery,
    own_identity,
    undo_code,
)
from digest.inbound.unsubscribes import is_from_all, request_of, wishes_of

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
_ADDRESS = re.compile(r"[^\s<>@\"'(),;:]{1,128}@[^\s<>@\"'(),;:]{1,254}")


def classified(raw: bytes, trusted: str | None = None) -> IncomingMail:
    """Only the first megabyte is looked at. What it raises is a fault of ours, whatever the bytes are. `trusted` is the
    name under which our own mail server says whether a sender is who they say.
    """
    message = mime.opened(raw)
    sender = _sender(message)
    asked = asked_token(message)
    clues = clues_of(raw, message)
    kind, notices, request = _kind_of(raw, message, asked)
    return IncomingMail(
        fingerprint=mime.fingerprint_of(raw),
        kind=kind,
        clues=clues,
        notices=notices,
        sender=sender,
        written_to=_addresses(message, WRITTEN_TO),
        asked=asked,
        from_all=request is not None and is_from_all(request),
        may_be_answered=may_be_answered(message, sender),
        is_own=FORWARDED in message,
        is_forged=mime.failed_authentication(message, trusted),
        wishes=wishes_of(message) if kind is MailKind.OTHER and may_be_answered(message, sender) else (),
        undo=undo_code(message),
        identity=own_identity(message),
        subject=excerpt_without_addresses(mime.value(message, "subject")),
        dated_at=_dated_at(message),
    )


def _kind_of(raw: bytes, message: Message, asked: str | None) -> tuple[MailKind, tuple[Notice, ...], str | None]:
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
    request = None if is_from_a_list(message) or is_feedback(message) else request_of(message)
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
    to_return_path = to_return_path and not answers(message) and speaks_of_delivery(message)
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
    written = [value for name in names for value in mime.values(message, name)]
    try:
        read = getaddresses(written)[:50]
    except RecursionError:  # comments in comments in comments: nobody's address
        return ()
    return tuple(dict.fromkeys(each.strip().lower() for _, each in read if _ADDRESS.fullmatch(each.strip())))


def _dated_at(message: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(mime.value(message, "date"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # no date, or none that is one
        return None


# -- Complaints (RFC 5965): a provider tells us that a person called our mail spam, or wants no more of it.

_TYPE = "feedback-type"
_PERSON = ("original-rcpt-to", "removal-recipient")
_FROM_A_PERSON = ("abuse", "fraud", "opt-out", "opt-out-list", "opt_out", "optout", "unsubscribe", "miscategorized")


def complaint_of(message: Message) -> Notice | None:
    """Who complained, as far as it says. What a machine reports (`virus`, `auth-failure`) and what a person takes back
    (`not-spam`) is no complaint.
    """
    for part in mime.parts(message):
        if mime.kind(part) == "message/feedback-report":
            return _notice(_fields(part))
    return _in_plain_words(message)


def is_feedback(message: Message) -> bool:
    return any(mime.kind(part) == "message/feedback-report" for part in mime.parts(message))


def _fields(part: Message) -> dict[str, str]:
    """Some parsers see a head, some a text."""
    inner = part.get_payload()
    block = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else None
    heads = {} if block is None else {name: mime.value(block, name) for name in (_TYPE, *_PERSON)}
    return {**fields_of(mime.text_of(part)), **{name: value for name, value in heads.items() if value}}


def _notice(fields: dict[str, str]) -> Notice | None:
    feedback = fields.get(_TYPE, "").lower().strip()
    if feedback not in _FROM_A_PERSON:
        return None
    person = next((fields[name] for name in _PERSON if fields.get(name)), None)
    return Notice(
        kind=ReturnKind.COMPLAINT,
        address=person.strip(" <>") if person else None,
        said=excerpt_without_addresses(f"feedback: {feedback}"),
    )


def _in_plain_words(message: Message) -> Notice | None:
    """Hotmail's own form, without a report: the complained-of message with a head of its own before it."""
    for part in mime.parts(message):
        person = mime.value(part, "x-hmxmroriginalrecipient")
        if person:
            return Notice(kind=ReturnKind.COMPLAINT, address=person, said="feedback: abuse")
    return None
