"""Lengths of time as people write them: `36 hours`, `10 days`, `2 weeks`."""

import re
from datetime import timedelta

from digest.foundation.words import quoted

LONGEST = timedelta(days=3660)

_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_DURATION = re.compile(r"([0-9]{1,5}) *(hour|day|week)s?", re.IGNORECASE)


def duration(text: str) -> timedelta:
    """Raise `ValueError` for anything else, for nothing at all, and for more than ten years."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"must be a length of time such as '36 hours', '10 days' or '2 weeks', not {quoted(text)}")
    length = int(found[1]) * _UNITS[found[2].lower()]
    if not timedelta(0) < length <= LONGEST:
        raise ValueError("must be at least one hour and at most ten years")
    return length
