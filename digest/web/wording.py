"""The words of the pages: dates, sizes, counts and the names of states, in English."""

from datetime import date, datetime, tzinfo

from digest.model.delivery import DeliveryState
from digest.model.edition import Ruling
from digest.model.newsletter import Unanswered
from digest.model.period import Period
from digest.model.place import Severity
from digest.model.review import Standing

RULINGS = {
    Ruling.INCLUDED: "included",
    Ruling.NO_AUDIENCE: "no audience",
    Ruling.DEFERRED: "deferred",
    Ruling.DROPPED: "dropped",
    Ruling.TOO_OLD: "too old",
    Ruling.WITHDRAWN: "withdrawn",
}

DELIVERIES = {
    DeliveryState.SENT: "sent",
    DeliveryState.PENDING: "waiting",
    DeliveryState.INTENT: "leaving now",
    DeliveryState.FAILED: "failed",
    DeliveryState.HELD: "in doubt, held for a person",
    DeliveryState.NO_VARIANT: "with nothing for them",
    DeliveryState.LEFT: "unsubscribed meanwhile",
}

# A tone and a word.
STANDINGS = {
    Standing.APPROVED: ("good", "Approved"),
    Standing.REFUSED: ("bad", "Refused"),
    Standing.CHANGED: ("draft", "Changed since the answer"),
    Standing.UNANSWERED: ("quiet", "No answer yet"),
}

SILENCE = {
    Unanswered.HOLD: "The edition waits for a person.",
    Unanswered.SEND: "It goes out as it is.",
    Unanswered.LEAVE_OUT: "The edition goes out without it.",
    Unanswered.SKIP: "Nothing of the edition goes out.",
}

SEVERITIES = {Severity.ERROR: "Left out", Severity.WARNING: "Please look", Severity.NOTE: "Good to know"}

KILO = 1024


def day(value: date) -> str:
    """`5 August 2018`."""
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime, timezone: tzinfo) -> str:
    """`5 August 2018, 09:00 CST`."""
    local = value.astimezone(timezone)
    return f"{day(local)}, {local:%H:%M %Z}"


def window(period: Period) -> str:
    """First and last day, without saying anything twice: `1–31 July 2018`, `30 July – 5 August 2018`."""
    first, last = period.start, period.last_day
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    return f"{first.day} {first:%B}{'' if first.year == last.year else f' {first.year}'} – {day(last)}"


def size(count: int) -> str:
    """`38 KB`; a small file has at least one."""
    kilobytes = max(1, round(count / KILO))
    return f"{kilobytes} KB" if kilobytes < KILO else f"{kilobytes / KILO:.1f} MB"
