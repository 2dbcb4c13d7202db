"""Times as people type them on the command line."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.policy.local_time import instant


@dataclass(frozen=True, slots=True)
class FixedClock:
    """Implements `digest.ports.Clock`: it stands still."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def fixed_clock(words: str, zone: ZoneInfo) -> FixedClock:
    """`2018-08-05T09:00` in the zone, or with an offset of its own; a date alone is its first minute."""
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise UsageError(words, "is no time", "write it like 2018-08-05T09:00") from None
    if at.tzinfo is None:
        at = instant(at.date(), at.time(), zone)
    return FixedClock(at.astimezone(UTC))
