"""Delivery status notifications (RFC 3464): what became of each recipient."""

import re
from collections.abc import Iterator, Mapping
from email.message import Message

from digest.mailbox import opening
from digest.mailbox.wording import harmless
from digest.model.returns import Notice
from digest.policy.severity import severity, status_in

MOST_RECIPIENTS = 50

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,40})[ \t]*:[ \t]*(.*)")
_TYPED = re.compile(r"[A-Za-z0-9_-]{2,20}\s*;\s*(.*)", re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>@\"'(),;:]{1,128}@[^\s<>@\"'(),;:]{1,254}")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_NUMBERS = re.compile(r"([245])\.?(\d{1,3})\.?(\d{1,3})")

Fields = Mapping[str, str]


def notices_of(message: Message) -> tuple[Notice, ...]:
    """One for each recipient of whom it tells; nothing when it is no such report."""
    found = [_notice(block) for block in _blocks(message)]
    return tuple(one for one in found if one is not None)[:MOST_RECIPIENTS]


def _blocks(message: Message) -> Iterator[Fields]:
    """The blocks about recipients of the first report in it; also of one that says of itself that it is plain text."""
    for part in opening.parts(message):
        declared = opening.kind(part) in _STATUS_PARTS
        if declared or (not part.is_multipart() and opening.kind(part).startswith(("text/", "message/", "multipart/"))):
            text = _text(part)
            blocks = [fields for fields in map(fields_of, re.split(r"\n[ \t]*\n", text)) if _is_about_one(fields)]
            if blocks:
                yield from blocks[: 2 * MOST_RECIPIENTS]
                return


def _text(part: Message) -> str:
    """The standard library takes such a part for a list of heads."""
    inner = part.get_payload()
    if not isinstance(inner, list):
        return opening.text_of(part)
    blocks = (
        "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in block.items()[:40])
        + f"\n\n{block.get_payload() if isinstance(block.get_payload(), str) else ''}"
        for block in inner[: 2 * MOST_RECIPIENTS]
        if isinstance(block, Message)
    )
    return "\n\n".join(blocks)[: opening.MOST_TEXT]


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
        elif name and line[:1] in (" ", "\t") and len(found[name]) < opening.MOST_VALUE:
            found[name] = f"{found[name]} {line.strip()}"
    return found


def _is_about_one(fields: Fields) -> bool:
    has_recipient = "final-recipient" in fields or "original-recipient" in fields
    return has_recipient and ("action" in fields or "status" in fields or "diagnostic-code" in fields)


def _notice(fields: Fields) -> Notice | None:
    action = fields.get("action", "failed").lower().strip()
    said = " ".join(_value(fields, "diagnostic-code").split())[:2_000]
    status = _status(fields.get("status", ""))
    if status is None or status.endswith(".0.0"):
        status = status_in(said) or status
    return Notice(
        kind=severity(action, fields.get("status", ""), said),
        address=_recipient(fields),
        status=status,
        said=harmless(said or fields.get("status", "")),
    )


def _status(text: str) -> str | None:
    found = _NUMBERS.search(text)
    return f"{found[1]}.{found[2]}.{found[3]}" if found else None


def _recipient(fields: Fields) -> str | None:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        found = _ADDRESS.search(_COMMENT.sub("", _value(fields, name)))
        if found:
            return found[0]
    return None


def _value(fields: Fields, name: str) -> str:
    """Without the type before the semicolon."""
    written = fields.get(name, "")
    typed = _TYPED.fullmatch(written)
    return typed[1] if typed else written
