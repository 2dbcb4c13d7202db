"""Attempts: when a message that the server did not take is tried again, and when nobody tries any more."""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
MOST_ATTEMPTS = 20


def next_attempt_at(now: datetime, attempts: int, not_after: datetime | None) -> datetime | None:
    """After so many `attempts` (at least 1) that the server put off: five minutes, doubled up to four hours.

    `None`: it is given up, because it was tried too often or would come too late.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    at = now + min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return None if not_after is not None and at > not_after else at
