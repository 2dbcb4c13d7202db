"""The words of `digest mailbox`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.app.discreet import discreet
from digest.app.returned_words import ONE_AND_MANY
from digest.app.returned_words import summary as in_words
from digest.model.returns import Outcome

if TYPE_CHECKING:
    from digest.model.returns import IncomingMail
    from digest.pipeline.concerning import Judged
    from digest.pipeline.returns import Read


def summary(read: "Read", *, dry: bool) -> str:
    """One line."""
    sentences = in_words(read)
    if dry:
        sentences.append("This was a dry run: nothing was changed")
    return " ".join(f"{one}." for one in sentences)


def line(mail: "IncomingMail", judged: "Judged") -> str:
    """One message, without an address."""
    about = "" if judged.concern is None else f" {_about(judged)}"
    words = " ".join(_said(judged))
    subject = f" “{mail.subject}”" if judged.outcome.is_for_a_person and mail.subject else ""
    return f"{ONE_AND_MANY[judged.outcome][0]}{about}{f': {words}' if words else ''}{subject}"


def read_data(read: "Read") -> dict[str, object]:
    return {
        "messages": read.messages,
        "again": read.again,
        "outcomes": {kind.value: read.outcomes[kind] for kind in Outcome},
        "suppressed": read.suppressed,
        "left": read.left,
        "told": read.confirmed,
        "passed_on": read.forwarded,
        "waiting": read.waiting,
        "doubts_closed": read.doubts_closed,
        "trouble": [{"about": one.thing, "said": one.cause, "code": one.exit_code} for one in read.trouble],
    }


def entry_data(mail: "IncomingMail", judged: "Judged") -> dict[str, object]:
    concern, returned = judged.concern, judged.returned
    departure = judged.departure
    return {
        "outcome": judged.outcome.value,
        "subscriber": concern.person.public_id if concern else None,
        "edition": concern.edition.name if concern and concern.edition else None,
        "status": returned.status if returned else None,
        "said": returned.said if returned else None,
        "leaves": (departure.newsletter or "everything") if departure else None,
        "subject": mail.subject,
    }


def _about(judged: "Judged") -> str:
    concern = judged.concern
    if concern is None:
        return ""
    what = concern.edition.name if concern.edition else concern.newsletter
    if judged.departure is not None:
        what = judged.departure.newsletter or "everything"
    return f"{discreet(concern.person.address)}{f' ({what})' if what else ''}"


def _said(judged: "Judged") -> Iterator[str]:
    if judged.returned is not None:
        status = judged.returned.status or ""
        if status and status not in judged.returned.said:
            yield status
        if judged.returned.said:
            yield judged.returned.said
