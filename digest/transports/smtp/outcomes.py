"""What happened to one message, and what a server's refusal says. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.transports.smtp.replies import Reply


class Stage(StrEnum):
    """Where in the conversation something happened, in its order."""

    CONNECT = "connecting"
    BANNER = "the greeting"
    HELLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    RESET = "RSET"
    MAIL = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    DATA = "DATA"
    BODY = "the message"
    END = "the end of the message"


class Rejection(StrEnum):
    """Why a message was refused for good."""

    DEAD_MAILBOX = "dead-mailbox"  # the address is no (more) mailbox
    FULL_MAILBOX = "full-mailbox"
    ADDRESS = "address"  # it cannot stand in a command, or needs SMTPUTF8, which the server lacks
    POLICY = "policy"  # a block, a filter, a missing right: it says nothing about the mailbox
    SENDER = "sender"  # our envelope sender is not accepted
    TOO_LARGE = "too-large"
    CONTENT = "content"  # the message; also when it would break the protocol or needs what the server lacks
    PROTOCOL = "protocol"  # the server does not understand us
    OTHER = "other"

    @property
    def is_about_the_recipient(self) -> bool:
        """If not, the next one may well meet the same: too many of these in a row stop everything."""
        return self in (Rejection.DEAD_MAILBOX, Rejection.FULL_MAILBOX, Rejection.ADDRESS)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server answered the end of the message with 2yz: it is the server's now."""

    reply: Reply
    queue_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Never to be tried again as it is. Without a `reply` it was decided here, and nothing was sent."""

    why: Rejection
    stage: Stage
    reason: str
    reply: Reply | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The server said “not now” (4yz): it does not have the message; to be tried later."""

    stage: Stage
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """The final dot was written and no answer to it was read: the server may have the message."""

    reason: str
    cause: str = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The final dot was not written: the server cannot have the message, and to try again is safe.

    `withheld`: `before_dot` said no. `asked`: `before_dot` was called.
    """

    stage: Stage
    reason: str
    reply: Reply | None = None
    withheld: bool = False
    asked: bool = False


Outcome = Accepted | Refused | Deferred | Unsure | NotSent

_QUEUE_ID = re.compile(
    r"queued as <?([\w.+/=-]+[\w=])"  # Postfix, Haraka
    r"|\bid=([\w-]+)"  # Exim
    r"|^(\w{8,}) Message accepted"  # Sendmail
    r"|^Ok ([\w-]{20,})$",  # Amazon SES
    re.IGNORECASE,
)

_BLOCK = re.compile(
    r"spam|block|black ?list|deny ?list|polic|reputation|spamhaus|\bd?rbl\b|\bbl\b|dmarc|\bspf\b|dkim|banned|relay"
    r"|authenti|not permitted|not allowed|prohibited|(?<!not )(?<!n.t )\blisted (?:at|by|on)\b",
    re.IGNORECASE,
)

# RFC 3463 §3, by subject and detail; RFC 7372, RFC 7505 and RFC 8616 added to X.7 and X.1.
_BY_ENHANCED = {
    "1.0": Rejection.DEAD_MAILBOX,
    "1.1": Rejection.DEAD_MAILBOX,
    "1.2": Rejection.DEAD_MAILBOX,
    "1.3": Rejection.DEAD_MAILBOX,
    "1.6": Rejection.DEAD_MAILBOX,
    "1.7": Rejection.SENDER,
    "1.8": Rejection.SENDER,
    "1.10": Rejection.DEAD_MAILBOX,
    "2.1": Rejection.DEAD_MAILBOX,
    "2.2": Rejection.FULL_MAILBOX,
    "2.3": Rejection.TOO_LARGE,
    "3.4": Rejection.TOO_LARGE,
    "4.4": Rejection.DEAD_MAILBOX,  # the domain takes no mail
}
_BY_SUBJECT = {"5": Rejection.PROTOCOL, "6": Rejection.CONTENT, "7": Rejection.POLICY}
_BY_CODE = {
    500: Rejection.PROTOCOL,
    501: Rejection.PROTOCOL,
    502: Rejection.PROTOCOL,
    503: Rejection.PROTOCOL,
    504: Rejection.PROTOCOL,
    521: Rejection.POLICY,
    530: Rejection.POLICY,
    535: Rejection.POLICY,
    552: Rejection.TOO_LARGE,
    555: Rejection.PROTOCOL,
    556: Rejection.DEAD_MAILBOX,
}


def judged(reply: Reply, stage: Stage) -> Outcome | None:
    """What a reply of 2yz, 4yz or 5yz makes of the message; `None` if it answers nothing that was asked.

    2yz is an outcome only at the end of the message; 421 before it ends the connection, not the message.
    """
    at_end = stage is Stage.END
    if at_end and reply.is_positive:
        return Accepted(reply, queue_id_of(reply))
    if reply.code >= 500:  # noqa: PLR2004 – RFC 5321 §4.2.1: 5yz
        return Refused(why=rejection_of(reply, stage), stage=stage, reason=reply.text, reply=reply)
    if reply.is_closing and not at_end:
        return NotSent(stage=stage, reason=f"the server closed the connection: {reply.text}", reply=reply)
    if reply.code >= 400:  # noqa: PLR2004 – RFC 5321 §4.2.1: 4yz
        return Deferred(stage=stage, reply=reply)
    return None


def rejection_of(reply: Reply, stage: Stage) -> Rejection:
    """The class of a 5yz reply; the enhanced code rules over the code, and the text decides where both are vague.

    A mailbox is called dead only at RCPT TO or after the message, never for what was said to MAIL FROM.
    """
    why = _by_numbers(reply)
    if why in (None, Rejection.DEAD_MAILBOX) and stage is Stage.MAIL:
        return Rejection.SENDER
    if why is not None:
        return why
    if _BLOCK.search(reply.text):
        return Rejection.POLICY
    if reply.code in (550, 551, 553) and stage is Stage.RECIPIENT:
        return Rejection.DEAD_MAILBOX
    if stage in (Stage.BODY, Stage.END) and reply.code in (550, 554):
        return Rejection.POLICY  # the recipient had been accepted: it is about us or the content
    return Rejection.OTHER


def _by_numbers(reply: Reply) -> Rejection | None:
    if reply.enhanced is not None:
        _, subject, detail = reply.enhanced.split(".")
        return _BY_ENHANCED.get(f"{subject}.{detail}") or _BY_SUBJECT.get(subject)
    return _BY_CODE.get(reply.code)


def queue_id_of(reply: Reply) -> str | None:
    """The name under which the server now has the message, if it told one in a known way."""
    for line in reply.lines:
        found = _QUEUE_ID.search(line)
        if found is not None:
            return next(filter(None, found.groups()), None)
    return None
