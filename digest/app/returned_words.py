"""What a reading of the mailbox did, in words; no address is in them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from digest.model.returns import Outcome

if TYPE_CHECKING:
    from digest.pipeline.returns import Read

ONE_AND_MANY = {
    Outcome.HARD: ("returned for good", "returned for good"),
    Outcome.SOFT: ("returned for now", "returned for now"),
    Outcome.BLOCKED: ("refused by a filter", "refused by a filter"),
    Outcome.DELAYED: ("delayed", "delayed"),
    Outcome.DELIVERED: ("delivered", "delivered"),
    Outcome.COMPLAINT: ("complaint", "complaints"),
    Outcome.LEAVING: ("request to leave", "requests to leave"),
    Outcome.AUTOMATIC: ("automatic answer", "automatic answers"),
    Outcome.UNPROVEN: ("not proven to be about our mail", "not proven to be about our mail"),
    Outcome.UNKNOWN_LEAVER: ("request to leave from somebody unknown", "requests to leave from somebody unknown"),
    Outcome.OTHER: ("other", "others"),
}


def summary(read: "Read") -> list[str]:
    """Sentences without their full stops; the first says how many messages were what."""
    kinds = [f"{count} {ONE_AND_MANY[kind][count != 1]}" for kind in Outcome if (count := read.outcomes[kind])]
    messages = f"{read.messages} new message{'s' if read.messages != 1 else ''}"
    return [f"{messages}: {', '.join(kinds)}" if kinds else "Nothing new in the mailbox", *_done(read)]


def told(read: "Read") -> list[str]:
    """What a run says of it: nothing when nothing happened."""
    happened = read.messages or read.confirmed or read.forwarded or read.doubts_closed
    return [f"the mailbox was read: {'; '.join(summary(read))}"] if happened else []


def _done(read: "Read") -> Iterator[str]:
    for count, one, many, verb in (
        (read.suppressed, "address gets", "addresses get", "no more mail, for what came back"),
        (read.left, "person has", "people have", "left as they asked"),
        (read.confirmed, "was", "were", "told so by mail"),
        (read.forwarded, "message was", "messages were", "passed on"),
        (read.waiting, "message waits", "messages wait", "for a person"),
        (read.doubts_closed, "doubt is", "doubts are", "resolved: it came back, so it was delivered"),
    ):
        if count:
            yield f"{count} {one if count == 1 else many} {verb}"
