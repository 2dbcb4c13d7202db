"""Timetables from the words of the settings."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from digest.newsletters.schedule import Covers, Schedule
from digest.newsletters.sentences import read_rhythm
from digest.newsletters.timetable import Timetable


def _timetable(
    every: str | None, send: str | None, covers: Covers | None = None, zone: str = "America/Costa_Rica", **more: object
) -> Timetable:
    rhythm = read_rhythm(every, send, covers)
    return Timetable(
        Schedule(
            kind=rhythm.kind,
            zone=ZoneInfo(zone),
            days=rhythm.days,
            time=rhythm.time,
            covers=rhythm.covers,
            text=rhythm.text,
            **more,  # type: ignore[arg-type] # whatever field a test asks for
        )
    )


@pytest.fixture(scope="session")
def times() -> Callable[..., Timetable]:
    return _timetable
