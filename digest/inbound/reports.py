"""Reports: what became of each recipient. Bounces that follow a standard say so in fields (RFC 3464); of the others
flufl.bounce recognises some, and the rest is guessed from their text.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from itertools import islice

from digest.delivery.answers import AnswerMeaning, meaning_of, repeated, statuses_in
from digest.foundation import mime
from digest.foundation.catalogue import _
from digest.foundation.words import excerpt_without_addresses
from digest.inbound.inbound import Notice, ReturnKind
from digest.inbound.signs import is_absence, is_automatic, is_from_a_daemon

log = logging.getLogger("digest")
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)  # what it says of a message holds addresses
MOST_RECIPIENTS = 50
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,40})[ \t]*:[ \t]*(.*)")
_TYPED = re.compile(r"[A-Za-z0-9_-]{2,20}\s*;\s*(.*)", re.DOTALL)
_FIELD_ADDRESS = re.compile(r"[^\s<>@\"'(),;:]{1,128}@[^\s<>@\"'(),;:]{1,254}")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_NUMBERS = re.compile(r"([245])\.?(\d{1,3})\.?(\d{1,3})")
Fields = Mapping[str, str]
_ARRIVED = ("delivered", "relayed", "expanded")
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
_QUOTED_FIELD = re.compile(
    r"^[ \t>|*]*(?:subject|asunto|assunto|betreff|objet|oggetto|onderwerp|temat|sent|enviado|gesendet|date|fecha"
    r"|to|para|from|de|von"
    r"|filename|file|archivo|attachment)[ \t]*:[^\n]*(?:\n[ \t]{2,}[^\n:]*(?=\n[ \t]*\n))?",
    re.IGNORECASE | re.MULTILINE,
)
_ATTACHMENTS = re.compile(
    r"^[^\n]*(?:contains \[?\d+\]? (?:file )?attachments?|\.(?:pdf|docx?|xlsx?|jpe?g|png)\b)[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
# Exchange and its like repeat our subject; “Returned mail: Host unknown” is a server's own word.
_REPEATED = re.compile(
    r"(?:undeliver(?:able|ed)|unzustellbar|non remis|non recapitabile|onbestelbaar|no (?:se (?:puede|pudo) )?entreg\w+"
    r"|n[aã]o entregue|olevererbar|ikke leveret|niedostarczon\w+)\s*: *(.+)",
    re.IGNORECASE,
)
_SUBJECT_LEAST = 8  # characters; shorter ones stand in many a sentence
_CODE = re.compile(r"(?<![\d.])(?:[45]\d\d[ \-]|[45]\.\d{1,3}\.\d{1,3})")
_REPLIED = re.compile(
    r"(?:^|[\s:;<(])[45]\d\d[ \-]#?[45]\.\d{1,3}\.\d{1,3}\b|\(#[45]\.\d{1,3}\.\d{1,3}\)|(?:^|\n"
    r"|: )[ \t]*5\d\d[ \-][A-Za-z<]"
    r"|(?:(?:not|n.t) (?:be )?(?:deliver|reach)|undeliverable|unable to deliver|delivery (?:has )?failed"
    r"|no (?:se )?pud[oi]\w* entregar"
    r"|automatically rejected)",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"^[- =*_>]*(?:below this line is a copy|this is a copy|original message|message (?:header|text) follows"
    r"|returned message"
    r"|the original message|returned mail follows|included (?:is|message)|----- unsent message|received: from"
    r"|return-path:)",
    re.IGNORECASE | re.MULTILINE,
)


# -- By the standard.


def notices_of(message: Message) -> tuple[Notice, ...]:
    """One for each recipient of whom it tells; nothing when it is no such report."""
    blocks = list(_blocks(message))
    said = told(message) if any(map(_says_nothing, blocks)) else ""
    found = [_notice_of_fields(block, said) for block in blocks]
    return tuple(one for one in found if one is not None)[:MOST_RECIPIENTS]


def _says_nothing(fields: Fields) -> bool:
    """Exim often leaves the reason to its text: RFC 3463 calls 5.0.0 an undefined status."""
    status = _status(fields.get("status", ""))
    return not fields.get("diagnostic-code", "").strip() and (status is None or status.endswith(".0.0"))


def _blocks(message: Message) -> Iterator[Fields]:
    """The blocks about recipients of the first report in it; also of one that says of itself that it is plain text."""
    for part in mime.parts(message):
        declared = mime.kind(part) in _STATUS_PARTS
        if declared or (not part.is_multipart() and mime.kind(part).startswith(("text/", "message/", "multipart/"))):
            text = _text(part)
            blocks = [fields for fields in map(fields_of, re.split(r"\n[ \t]*\n", text)) if _is_about_one(fields)]
            if blocks:
                yield from blocks[: 2 * MOST_RECIPIENTS]
                return


def _text(part: Message) -> str:
    """The standard library takes such a part for a list of heads."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return mime.text_of(part)
    blocks = (
        "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in block.items()[:40])
        + f"\n\n{block.get_payload() if isinstance(block.get_payload(), str) else ''}"
        for block in inner[: 2 * MOST_RECIPIENTS]
        if isinstance(block, Message)
    )
    return "\n\n".join(blocks)[: mime.MOST_TEXT]


def fields_of(block: str) -> Fields:
    """`Name: value` lines, continued ones joined; names in lower case, the first of each."""
    found: dict[str, str] = {}
    name = ""
    for line in block.split("\n")[:200]:
        match = _FIELD.match(line)
        if match:
            name = match[1].lower()
            if name in found:
                name = ""
            else:
                found[name] = match[2].strip()
        elif name and line[:1] in (" ", "\t") and len(found[name]) < mime.MOST_VALUE:
            found[name] = f"{found[name]} {line.strip()}"
    return found


def _is_about_one(fields: Fields) -> bool:
    has_recipient = "final-recipient" in fields or "original-recipient" in fields
    return has_recipient and ("action" in fields or "status" in fields or "diagnostic-code" in fields)


def _notice_of_fields(fields: Fields, told_there: str) -> Notice | None:
    """`told_there` is the text of the report, for fields that say nothing."""
    action = fields.get("action", "failed").lower().strip()
    said = " ".join(_value(fields, "diagnostic-code").split())[:2_000]
    if _says_nothing(fields):
        said = _behind(_recipient(fields), told_there)
    status = _status(fields.get("status", ""))
    if status is None or status.endswith(".0.0"):
        status = status_in(said) or status
    return Notice(
        kind=severity(action, fields.get("status", ""), said),
        address=_recipient(fields),
        status=status,
        said=excerpt_without_addresses(said or fields.get("status", "")),
    )


def _status(text: str) -> str | None:
    found = _NUMBERS.search(text)
    return f"{found[1]}.{found[2]}.{found[3]}" if found else None


def _recipient(fields: Fields) -> str | None:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        found = _FIELD_ADDRESS.search(_COMMENT.sub("", _value(fields, name)))
        if found:
            return found[0]
    return None


def _value(fields: Fields, name: str) -> str:
    """Without the type before the semicolon."""
    written = fields.get(name, "")
    typed = _TYPED.fullmatch(written)
    return typed[1] if typed else written


# -- Guessed.


def is_from_a_server(message: Message) -> bool:
    """Whether a mail server says of itself that it returns something. Who sends from nobody may be anybody's machine,
    and answers the more when it answers to a mail.
    """
    return (
        "x-failed-recipients" in message
        or mime.parameter(message, "report-type") == "delivery-status"
        or (is_from_a_daemon(message) and not is_absence(message))
        or ("<>" in mime.values(message, "return-path") and not is_automatic(message) and speaks_of_delivery(message))
    )


def speaks_of_delivery(message: Message) -> bool:
    """Whether it tells of a message that did not arrive, in its subject or with a server's reply in its text."""
    return looks_like_a_bounce(message) or _REPLIED.search(told(message)) is not None


def looks_like_a_bounce(message: Message) -> bool:
    """By its subject alone."""
    return _SUBJECT.match(mime.value(message, "subject").strip()) is not None and not is_automatic(message)


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
        return (Notice(kind=ReturnKind.DELAYED, said=excerpt_without_addresses(said)),)
    return (_notice(None, said, "failed"),)


def told(message: Message) -> str:
    """What the daemon says itself: the first text, up to the copy of what it returns, without what it quotes of it."""
    for part in mime.parts(message):
        if not part.is_multipart() and mime.kind(part).startswith(("text/", "multipart/")):
            text = mime.text_of(part)
            if mime.kind(part) == "text/html":
                text = re.sub(r"<[^<>]{0,500}>", " ", text)
            return _without_quoted(_COPY.split(text, maxsplit=1)[0] or text, message)
    return ""


def _without_quoted(text: str, message: Message) -> str:
    """The words of our own message never judge it: a bulletin may speak of policies, or of “Guide 2.1.5”."""
    for subject in _own_subjects(message):
        letters = map(re.escape, "".join(subject.split()))  # it may be folded anywhere
        text = re.sub(r"\s*".join(letters), " ", text, flags=re.IGNORECASE)
    return _ATTACHMENTS.sub("", _QUOTED_FIELD.sub("", text))


def _own_subjects(message: Message) -> list[str]:
    """Those of what is returned, and what a report repeats of it behind its own words."""
    found = [mime.value(part, "subject") for part in islice(mime.parts(message), 1, None)]
    own = mime.value(message, "subject")
    if repeated_subject := _REPEATED.match(own.strip()):
        found.append(repeated_subject[1])
    return [one.strip() for one in found if len(one.strip()) >= _SUBJECT_LEAST]


def _notice(address: str | None, said: str, action: str) -> Notice:
    about = _about(address, said)
    return Notice(
        kind=severity(action, None, about),
        address=address,
        status=status_in(about),
        said=excerpt_without_addresses(_sentence(about)),
    )


def _behind(address: str | None, said: str) -> str:
    """What stands behind the address, up to another one; all, where it does not stand there."""
    at = said.lower().find(address.lower()) if address else -1
    if address is None or at < 0:
        return " ".join(said[:_SAID_MOST].split())
    rest = said[at + len(address) :][:_AROUND]
    others = (one.start() for one in _ADDRESS.finditer(rest) if one[0].lower() != address.lower())
    return " ".join(rest[: next(others, None)].split())


def _about(address: str | None, said: str) -> str:
    """What stands near the address, from the first code on if there is one."""
    if not address or address.lower() not in said.lower():
        return said[:_SAID_MOST]
    at = said.lower().index(address.lower())
    return said[max(0, at - _AROUND // 2) : at + _AROUND][:_SAID_MOST]


def _sentence(about: str) -> str:
    found = _CODE.search(about)
    return about[found.start() :] if found else about


def _failed_recipients(message: Message) -> list[str]:
    """Exim and Gmail name them in the head."""
    return [
        one.strip() for value in mime.values(message, "x-failed-recipients") for one in value.split(",") if "@" in one
    ]


def _named_in(said: str, message: Message) -> list[str]:
    """Who else than sender and receiver is named in the text."""
    known = f"{mime.value(message, 'from')} {mime.value(message, 'to')}".lower()
    found = dict.fromkeys(_ADDRESS.findall(said))
    return [one for one in found if one.lower() not in known and not _DAEMON.match(one)][:MOST_NAMED]


def _flufl(raw: bytes, message: Message) -> tuple[set[str], set[str]]:
    from flufl.bounce import all_failures  # 12 ms: only for bounces

    examined = message if len(raw) <= MOST_EXAMINED else mime.opened(raw[:MOST_EXAMINED])
    try:
        temporary, permanent = all_failures(examined)
    except Exception as error:  # noqa: BLE001 – not our code: written for what servers send, not for what attackers do
        log.info(_("flufl.bounce cannot read a message (%s); the rest of its text is read all the same"), type(error))
        return set(), set()
    return ({one.decode("latin-1") for one in found if b"@" in one} for found in (temporary, permanent))  # type: ignore[return-value]


# -- What an answer makes of a delivery.


def severity(action: str, status: str | None, said: str) -> ReturnKind:
    """`action` is the field of RFC 3464 (`failed`, `delayed` …) in lower case; what is no such word is as good as
    `failed`. `said` is what the server answered, or any text about it.
    """
    if action.startswith("delay"):
        return ReturnKind.DELAYED
    answer = repeated(said, status)
    if action.startswith(_ARRIVED) or any(first[0] == 2 for first in answer.statuses[:1]):  # noqa: PLR2004 – success
        return ReturnKind.DELIVERED
    meaning = meaning_of(answer)
    if meaning is AnswerMeaning.GONE:
        return ReturnKind.HARD
    is_alive = meaning.is_about_us or meaning is AnswerMeaning.TOO_BIG
    return ReturnKind.BLOCKED if is_alive else ReturnKind.SOFT


def status_in(text: str) -> str | None:
    """The first status code in a text; more telling ones before 5.0.0."""
    found = ["{}.{}.{}".format(*code) for code in statuses_in(text) if code[0] != 2]  # noqa: PLR2004 – success
    return next((one for one in found if not one.endswith(".0.0")), found[0] if found else None)
