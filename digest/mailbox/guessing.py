"""Bounces that follow no standard: what flufl.bounce recognises, and what stands in the text of the others."""

import re
from email.message import Message

from digest.mailbox import opening
from digest.mailbox.automatic import is_absence, is_automatic, is_from_a_daemon
from digest.mailbox.wording import harmless
from digest.model.returns import Notice, ReturnKind
from digest.policy.severity import severity, status_in

MOST_RECIPIENTS = 50
MOST_NAMED = 5
MOST_EXAMINED = 1 << 17  # bytes: flufl.bounce reads everything several times
_AROUND = 600  # characters before and behind a place that are about it
_SAID_MOST = 1_500

_SUBJECT = re.compile(
    r".{0,40}?(?:undeliver|returned (?:mail|to sender)|delivery (?:status|fail|problem|notif|error|report|has failed"
    r"|unsuccess|incomplete)"
    r"|mail (?:delivery|system error|could not)|failure notice|failed (?:mail|delivery)|not (?:be )?delivered"
    r"|could ?n.t be delivered"
    r"|mail failure|message status|non.?delivery|nicht zugestellt|unzustellbar|no se (?:ha )?(?:podido|pudo) entregar"
    r"|no entregad"
    r"|devuelto|error de entrega|fallo (?:de|en la) entrega|permanent error|user unknown|delivery to the following"
    r"|warning: (?:could not|message)|rejected(?: mail)?:|message not delivered|unable to deliver|bounced? mail"
    r"|mail error)",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"\b(?:delayed|warning (?:message )?only|will (?:be|keep) (?:re)?tr(?:y|ied)|still trying|no need to resend"
    r"|not yet been)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|abuse|support|admin|help|info)@", re.IGNORECASE)
_CODE = re.compile(r"(?<![\d.])(?:[45]\d\d[ \-]|[45]\.\d{1,3}\.\d{1,3})")
_COPY = re.compile(
    r"^[- =*_>]*(?:below this line is a copy|this is a copy|original message|message (?:header|text) follows"
    r"|returned message"
    r"|the original message|returned mail follows|included (?:is|message)|----- unsent message|received: from"
    r"|return-path:)",
    re.IGNORECASE | re.MULTILINE,
)


def is_from_a_server(message: Message) -> bool:
    """Whether a mail server says of itself that it returns something; nobody else writes so, or sends from nobody."""
    return (
        "x-failed-recipients" in message
        or opening.parameter(message, "report-type") == "delivery-status"
        or (is_from_a_daemon(message) and not is_absence(message))
        or ("<>" in opening.values(message, "return-path") and not is_automatic(message))
    )


def looks_like_a_bounce(message: Message) -> bool:
    """By its subject alone."""
    return _SUBJECT.match(opening.value(message, "subject").strip()) is not None and not is_automatic(message)


def guessed(raw: bytes, message: Message) -> tuple[Notice, ...]:
    """What a message says that looks like a bounce. Where nobody is named, the notice has no address."""
    said = told(message)
    temporary, permanent = _flufl(raw, message)
    named = dict.fromkeys([*sorted(permanent), *_failed_recipients(message)])
    if not (named or temporary) and not _LATE.search(said):
        named = dict.fromkeys(_named_in(said, message))
    notices = [_notice(address, said, "failed") for address in named]
    notices += [_notice(address, said, "delayed") for address in sorted(temporary - named.keys())]
    if notices:
        return tuple(notices[:MOST_RECIPIENTS])
    if _LATE.search(said):
        return (Notice(kind=ReturnKind.DELAYED, said=harmless(said)),)
    return (_notice(None, said, "failed"),)


def told(message: Message) -> str:
    """What the daemon says itself: the first text, up to the copy of what it returns."""
    for part in opening.parts(message):
        if not part.is_multipart() and opening.kind(part).startswith(("text/", "multipart/")):
            text = opening.text_of(part)
            if opening.kind(part) == "text/html":
                text = re.sub(r"<[^<>]{0,500}>", " ", text)
            return _COPY.split(text, maxsplit=1)[0] or text
    return ""


def _notice(address: str | None, said: str, action: str) -> Notice:
    about = _about(address, said)
    return Notice(
        kind=severity(action, None, about), address=address, status=status_in(about), said=harmless(_sentence(about))
    )


def _about(address: str | None, said: str) -> str:
    """What stands near the address, from the first code on if there is one."""
    at = said.lower().find(address.lower()) if address else -1
    return said[max(0, at - _AROUND // 2) : at + _AROUND][:_SAID_MOST] if at >= 0 else said[:_SAID_MOST]


def _sentence(about: str) -> str:
    found = _CODE.search(about)
    return about[found.start() :] if found else about


def _failed_recipients(message: Message) -> list[str]:
    """Exim and Gmail name them in the head."""
    return [
        one.strip()
        for value in opening.values(message, "x-failed-recipients")
        for one in value.split(",")
        if "@" in one
    ]


def _named_in(said: str, message: Message) -> list[str]:
    """Who else than sender and receiver is named in the text."""
    known = f"{opening.value(message, 'from')} {opening.value(message, 'to')}".lower()
    found = dict.fromkeys(_ADDRESS.findall(said))
    return [one for one in found if one.lower() not in known and not _DAEMON.match(one)][:MOST_NAMED]


def _flufl(raw: bytes, message: Message) -> tuple[set[str], set[str]]:
    from flufl.bounce import all_failures

    examined = message if len(raw) <= MOST_EXAMINED else opening.opened(raw[:MOST_EXAMINED])
    try:
        temporary, permanent = all_failures(examined)
    except Exception:  # noqa: BLE001 – it was written for what servers send, not for what attackers do
        return set(), set()
    return ({one.decode("latin-1") for one in found if b"@" in one} for found in (temporary, permanent))  # type: ignore[return-value]
