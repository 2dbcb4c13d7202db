"""Times as they stand in the database: instants as text in UTC, so that they sort everywhere."""

from datetime import UTC, datetime
from typing import overload


@overload
def stored(at: datetime) -> str: ...


@overload
def stored(at: None) -> None: ...


@overload
def stored(at: datetime | None) -> str | None: ...


def stored(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def loaded(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
