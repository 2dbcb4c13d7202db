"""Outcomes of a mail transaction: what happened to one message, and what a server's refusal says. Pure."""

import re
from dataclasses import dataclass

from digest.delivery.answers import About, AnswerMeaning, ServerAnswer, Stage, meaning_of, meets_everybody, statuses_in
from digest.delivery.outgoing import REJECTIONS, Rejection
from digest.delivery.transports.smtp.replies import Reply

_QUEUE_ID = re.compile(
    r"queued as <?([\w.+/=-]+[\w=])"  # Postfix, Haraka
    r"|\bid=([\w-]+)"  # Exim
    r"|^(\w{8,}) Message accepted"  # Sendmail
    r"|^Ok ([\w-]{20,})$",  # Amazon SES
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server answered the end of the message with 2yz: it is the server's now."""

    reply: Reply
    queue_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not to be tried again as it is. Without a `reply` it was decided here, and nothing was sent. `meets_all`: the
    next message would be refused as well.
    """

    why: Rejection
    about: About
    stage: Stage
    reason: str
    reply: Reply | None = None
    meets_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The server said “not now” (4yz, or 5yz in words that say so): it does not have the message; to be tried later."""

    stage: Stage
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """We have sent as much, or as fast, as we may for now: the next message would meet the same."""

    meaning: AnswerMeaning
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


TransactionOutcome = Accepted | Refused | Deferred | Limited | Unsure | NotSent


def judged(reply: Reply, stage: Stage, sender: str = "", recipient: str = "") -> TransactionOutcome | None:
    """What a reply of 2yz, 4yz or 5yz makes of the message; `None` if it answers nothing that was asked. `sender` and
    `recipient` are those of the envelope.

    2yz is an outcome only at the end of the message; 421 before it ends the connection, not the message.
    """
    at_end = stage is Stage.END
    if at_end and reply.is_positive:
        return Accepted(reply, queue_id_of(reply))
    if reply.code < 400:  # noqa: PLR2004 – RFC 5321 §4.2.1: 4yz and 5yz
        return None
    is_final = reply.code >= 500  # noqa: PLR2004 – RFC 5321 §4.2.1: 5yz
    first = reply.enhanced or reply.lines[0].partition(" ")[0]  # an enhanced code of another class counts as well
    meaning = meaning_of(
        ServerAnswer(
            words=reply.text,
            codes=(reply.code,),
            statuses=statuses_in(first),
            stage=stage,
            sender=sender,
            recipient=recipient,
        )
    )
    if meaning is AnswerMeaning.QUOTA or (is_final and meaning.ends_with_time):
        return Limited(meaning=meaning, stage=stage, reply=reply)
    if reply.is_closing and not at_end:
        return NotSent(stage=stage, reason=f"the server closed the connection: {reply.text}", reply=reply)
    if is_final and meaning is not AnswerMeaning.PASSING:
        return Refused(
            why=REJECTIONS[meaning],
            about=meaning.about,
            stage=stage,
            reason=reply.text,
            reply=reply,
            meets_all=meets_everybody(meaning, stage),
        )
    return Deferred(stage=stage, reply=reply)


def queue_id_of(reply: Reply) -> str | None:
    """The name under which the server now has the message, if it told one in a known way."""
    for line in reply.lines:
        found = _QUEUE_ID.search(line)
        if found is not None:
            return next(filter(None, found.groups()), None)
    return None
