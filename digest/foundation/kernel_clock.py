"""What the kernel says of its clock: whether a time service keeps it."""

import ctypes
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

_TIME_ERROR = 5  # adjtimex(2): the kernel's clock is not synchronised
_TIMEX_BYTES = 512  # the structure has 208 on most machines
_TIME_AT = 72  # where it says the time, in two longs of eight bytes
_SAME = timedelta(seconds=10)
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


def kept() -> bool | None:
    """Whether somebody keeps the kernel's clock; `None` where nobody can say. Nothing is set."""
    if _SYNCHRONISED.exists():
        return True
    asked = _asked()
    return None if asked is None else asked[0]


def keeps(now: datetime) -> bool | None:
    """The same of the clock that says `now`: the kernel speaks of its own only."""
    asked = _asked()
    if asked is None or asked[1] is None or abs(asked[1] - now) > _SAME:
        return None
    return True if _SYNCHRONISED.exists() else asked[0]


def _asked() -> tuple[bool, datetime | None] | None:
    """Whether it is synchronised, and what time it is by this clock."""
    answer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        state = int(ctypes.CDLL(None).adjtimex(answer))
    except (OSError, AttributeError):
        return None
    if state < 0:
        return None
    wide = ctypes.sizeof(ctypes.c_long) == 8 and sys.platform == "linux"  # noqa: PLR2004 – bytes
    seconds = struct.unpack_from("q", answer, _TIME_AT)[0] if wide else None
    return state != _TIME_ERROR, None if seconds is None else datetime.fromtimestamp(seconds, UTC)
