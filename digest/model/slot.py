"""Slots: the only places in which the messages of one variant differ from reader to reader.

A mark is the slot's name between NUL characters. No collected text can hold NUL (sources remove control characters),
so a mark cannot be forged by content, and no encoding of the bytes around it can alter it.
"""

from enum import StrEnum

EDGE = "\x00"


class Slot(StrEnum):
    TO = "to"
    DATE = "date"
    MESSAGE_ID = "message-id"
    LIST_UNSUBSCRIBE = "list-unsubscribe"
    LEAVE = "leave"  # the link in the footer
    PREFERENCES = "preferences"
    WEB_VIEW = "web-view"
    GREETING = (
        "greeting"  # the whole salutation; in a mark its wording follows the name, see `digest.rendering.greeting`
    )

    @property
    def mark(self) -> str:
        return f"{EDGE}{self.value}{EDGE}"
