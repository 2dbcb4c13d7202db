"""Complaints (RFC 5965): a provider tells us that a person called our mail spam, or wants no more of it."""

from email.message import Message

from digest.mailbox import opening
from digest.mailbox.delivery_status import fields_of
from digest.mailbox.wording import harmless
from digest.model.returns import Notice, ReturnKind

_TYPE = "feedback-type"
_PERSON = ("original-rcpt-to", "removal-recipient")
_FROM_A_PERSON = ("abuse", "fraud", "opt-out", "opt-out-list", "opt_out", "optout", "unsubscribe", "miscategorized")


def complaint_of(message: Message) -> Notice | None:
    """Who complained, as far as it says. What a machine reports (`virus`, `auth-failure`) and what a person takes back
    (`not-spam`) is no complaint.
    """
    for part in opening.parts(message):
        if opening.kind(part) == "message/feedback-report":
            return _notice(_fields(part))
    return _in_plain_words(message)


def is_feedback(message: Message) -> bool:
    return any(opening.kind(part) == "message/feedback-report" for part in opening.parts(message))


def _fields(part: Message) -> dict[str, str]:
    """Some parsers see a head, some a text."""
    inner = part.get_payload()
    block = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else None
    heads = {} if block is None else {name: opening.value(block, name) for name in (_TYPE, *_PERSON)}
    return {**fields_of(opening.text_of(part)), **{name: value for name, value in heads.items() if value}}


def _notice(fields: dict[str, str]) -> Notice | None:
    feedback = fields.get(_TYPE, "").lower().strip()
    if feedback not in _FROM_A_PERSON:
        return None
    person = next((fields[name] for name in _PERSON if fields.get(name)), None)
    return Notice(
        kind=ReturnKind.COMPLAINT,
        address=person.strip(" <>") if person else None,
        said=harmless(f"feedback: {feedback}"),
    )


def _in_plain_words(message: Message) -> Notice | None:
    """Hotmail's own form, without a report: the complained-of message with a head of its own before it."""
    for part in opening.parts(message):
        person = opening.value(part, "x-hmxmroriginalrecipient")
        if person:
            return Notice(kind=ReturnKind.COMPLAINT, address=person, said="feedback: abuse")
    return None
