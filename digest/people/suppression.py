"""Who has left, beside the database: a file to which every departure is added, without an address.

A restored database does not know who left since; sending to them again would be the worst that a restore can do.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, exists, func, insert, select, update

from digest.errors import CannotWriteError, IntegrityError
from digest.foundation.database import Database, stored
from digest.foundation.schema import choices, departures, subscribers, subscriptions
from digest.people.subscriber import Departure, LeavingCause

NAME = "leavings"
_ALL = "*"
_FIELDS = 5
_TAIL = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """`number` and `at` as in the database; `newsletter` is `None` for all of them."""

    number: int
    at: str
    cause: str
    newsletter: str | None
    subscriber: str  # the public id

    def line(self) -> str:
        return f"{self.number} {self.at} {self.cause} {self.newsletter or _ALL} {self.subscriber}\n"


def note_leavings(database: Database, path: Path) -> None:
    """Add those that the file does not have yet, durably. Hardly ever there are any: that costs one small query.

    A database that has fewer than the file is an older one, or another life's: it learns from the file first, and the
    file begins anew.
    """
    last = _last(path)
    with database.read() as connection:
        most = connection.execute(select(func.max(departures.c.number))).scalar() or 0
    if most < last:
        with database.write() as connection:
            repeat(connection, path)
        _begin_anew(path)
        last = 0
    elif most == last:
        return
    query = (
        select(departures, subscribers.c.public_id)
        .join(subscribers, departures.c.subscriber == subscribers.c.number)
        .where(departures.c.number > last)
        .order_by(departures.c.number)
    )
    with database.read() as connection:
        new = [
            Leaving(number=row.number, at=row.at, cause=row.cause, newsletter=row.newsletter, subscriber=row.public_id)
            for row in connection.execute(query)
        ]
    _append(path, new)


def repeat(connection: Connection, path: Path) -> int:
    """Let everybody leave whom the file names and whose departure the database does not know; return their number."""
    return sum(_leaves_again(connection, one) for one in _read(path))


def _append(path: Path, new: Sequence[Leaving]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "w") as file:
            file.writelines(one.line() for one in new)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), "make the workspace writable") from error


def _begin_anew(path: Path) -> None:
    """The old file is kept."""
    names = (path.with_name(f"{path.name}-before-{number}") for number in range(1, 1_000))
    path.rename(next(name for name in names if not name.exists()))


def _leaves_again(connection: Connection, one: Leaving) -> bool:
    person = connection.execute(select(subscribers.c.number).where(subscribers.c.public_id == one.subscriber)).scalar()
    if person is None:
        return False
    same = exists().where(
        departures.c.subscriber == person,
        departures.c.at == one.at,
        departures.c.newsletter.is_not_distinct_from(one.newsletter),
    )
    if connection.execute(select(same)).scalar():
        return False
    if one.newsletter is None:
        leave = update(subscribers).where(subscribers.c.number == person, subscribers.c.suppressed_at.is_(None))
        connection.execute(leave.values(suppressed_at=one.at))
    else:
        leave = update(subscriptions).where(
            subscriptions.c.subscriber == person,
            subscriptions.c.newsletter == one.newsletter,
            subscriptions.c.active == 1,
        )
        connection.execute(leave.values(active=0, left_at=one.at))
    connection.execute(
        insert(departures).values(
            subscriber=person, newsletter=one.newsletter, cause=one.cause, at=one.at, confirmation="none"
        )
    )
    return True


def _read(path: Path) -> Iterator[Leaving]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if text.endswith(b"\n"):
                yield _leaving(text, f"{path}:{number}")


def _last(path: Path) -> int:
    """The number of the last one; a torn last line, of a crash, is cut off."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), "make the workspace writable") from error
    try:
        size = os.fstat(descriptor).st_size
        start = max(0, size - _TAIL)
        data = os.pread(descriptor, size - start, start)
        whole = data.rfind(b"\n") + 1
        if start + whole < size:
            os.ftruncate(descriptor, start + whole)
    finally:
        os.close(descriptor)
    lines = data[:whole].split(b"\n")[:-1]
    return _leaving(lines[-1], f"{path}, last line").number if lines else 0


def _leaving(text: bytes, place: str) -> Leaving:
    parts = text.decode("utf-8", "replace").split()
    causes = {cause.value for cause in LeavingCause}
    if len(parts) != _FIELDS or not parts[0].isdecimal() or parts[2] not in causes:
        raise IntegrityError(
            place, "this says of nobody that they left: the file was damaged or edited", "bring it back as it was"
        )
    number, at, cause, newsletter, subscriber = parts
    return Leaving(
        number=int(number),
        at=at,
        cause=cause,
        newsletter=None if newsletter == _ALL else newsletter,
        subscriber=subscriber,
    )


# -- Departures: who is to get no more mail because of what came back, and why.


def newsletters_of(connection: Connection, subscriber: int) -> dict[str, str]:
    """What they get now, each with its language."""
    query = (
        select(subscriptions.c.newsletter, choices.c.language)
        .join(choices, subscriptions.c.choice == choices.c.number)
        .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
        .where(
            subscriptions.c.subscriber == subscriber,
            subscriptions.c.active == 1,
            subscribers.c.suppressed_at.is_(None),
        )
        .order_by(subscriptions.c.newsletter)
    )
    return {row.newsletter: row.language for row in connection.execute(query)}


def left_by(connection: Connection, subscriber: int) -> frozenset[str]:
    query = select(subscriptions.c.newsletter).where(
        subscriptions.c.subscriber == subscriber, subscriptions.c.active == 0
    )
    return frozenset(connection.execute(query).scalars())


def depart(connection: Connection, departure: Departure, now: datetime) -> bool:
    """Whether that changed anything: who has left already is not told again."""
    newsletters = newsletters_of(connection, departure.subscriber)
    if departure.newsletter is None:
        changed = connection.execute(
            update(subscribers)
            .where(subscribers.c.number == departure.subscriber, subscribers.c.suppressed_at.is_(None))
            .values(suppressed_at=stored(now))
        )
    else:
        changed = connection.execute(
            update(subscriptions)
            .where(
                subscriptions.c.subscriber == departure.subscriber,
                subscriptions.c.newsletter == departure.newsletter,
                subscriptions.c.active == 1,
            )
            .values(active=0, left_at=stored(now))
        )
    if changed.rowcount != 1:
        return False
    connection.execute(
        insert(departures).values(
            subscriber=departure.subscriber,
            newsletter=departure.newsletter,
            language=newsletters.get(departure.newsletter or "") or next(iter(newsletters.values()), None),
            cause=departure.cause.value,
            at=stored(now),
            confirmation="due" if departure.confirm else "none",
        )
    )
    return True
