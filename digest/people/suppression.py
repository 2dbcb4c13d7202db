"""Suppression: who has left, or must not be written to any more, and why.

It is kept in the database, and beside it in a file to which every suppression is added, without an address: a restored
database does not know who left since, and to send to them again would be the worst that a restore can do.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, exists, func, insert, select, update

from digest.errors import CannotWriteError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, Prepared, stored
from digest.foundation.schema import choices, departures, subscribers, subscriptions
from digest.people.erasure import erase_again
from digest.people.subscriber import Suppression, SuppressionCause

NAME = "leavings"  # the file's
_ALL = "*"
TOLD_AGAIN_AFTER = timedelta(days=30)
_FIELDS = 5
_ERASED, _LET_IN = "erased", "let-in"  # said of an address by its hash: it is kept out, and no more
_TAIL = 4096

# Prepared: a thousand people a second may leave, and making these statements anew takes three times what they take.
_WHO: BindParameter[Any] = bindparam("who")
_WHAT: BindParameter[Any] = bindparam("what")
_SINCE: BindParameter[Any] = bindparam("since")
_VOID = update(subscriptions).where(subscriptions.c.subscriber == _WHO, subscriptions.c.unconfirmed_since.is_not(None))
_VOIDED = {"active": 0, "left_at": func.coalesce(subscriptions.c.left_at, _SINCE), "unconfirmed_since": None}
_ALL_ASKED_IS_VOID = Prepared(_VOID.values(_VOIDED))
_ASKED_IS_VOID = Prepared(_VOID.where(subscriptions.c.newsletter == _WHAT).values(_VOIDED))
_PERSON_ENDS = Prepared(
    update(subscribers)
    .where(subscribers.c.number == _WHO, subscribers.c.suppressed_at.is_(None))
    .values(suppressed_at=_SINCE)
)
_SUBSCRIPTION_ENDS = Prepared(
    update(subscriptions)
    .where(subscriptions.c.subscriber == _WHO, subscriptions.c.newsletter == _WHAT, subscriptions.c.active == 1)
    .values(active=0, left_at=_SINCE)
)
_NEWSLETTERS = Prepared(
    select(subscriptions.c.newsletter, choices.c.language)
    .join(choices, subscriptions.c.choice == choices.c.number)
    .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
    .where(subscriptions.c.subscriber == _WHO, subscriptions.c.active == 1, subscribers.c.suppressed_at.is_(None))
    .order_by(subscriptions.c.newsletter)
)
_DEPARTURE = Prepared(
    insert(departures).values(
        subscriber=_WHO,
        newsletter=_WHAT,
        language=bindparam("spoken"),
        cause=bindparam("why"),
        at=_SINCE,
        confirmation=bindparam("told"),
    )
)


def suppress(connection: Connection, suppression: Suppression, now: datetime) -> bool:
    """Write to them no more. Whether that changed anything: who has left already is not told again, and it is only
    written down where they had left by their own wish, which could bring them back.
    """
    newsletters = newsletters_of(connection, suppression.subscriber)
    ended = _ends(connection, suppression.subscriber, suppression.newsletter, stored(now))
    if not ended and (suppression.cause is SuppressionCause.ASKED or not _by_wish(connection, suppression)):
        return False
    tells = suppression.confirm and ended and not _told(connection, suppression, now)
    _DEPARTURE.run(
        connection,
        who=suppression.subscriber,
        what=suppression.newsletter,
        spoken=newsletters.get(suppression.newsletter or "") or next(iter(newsletters.values()), None),
        why=suppression.cause.value,
        since=stored(now),
        told="due" if tells else "none",
    )
    return ended


def _told(connection: Connection, suppression: Suppression, now: datetime) -> bool:
    """Whether they were told lately: whoever writes in their name again and again fills no mailbox."""
    lately = exists().where(
        departures.c.subscriber == suppression.subscriber,
        departures.c.confirmation != "none",
        departures.c.at > stored(now - TOLD_AGAIN_AFTER),
    )
    return bool(connection.execute(select(lately)).scalar())


def _by_wish(connection: Connection, suppression: Suppression) -> bool:
    """Whether they asked for it when mail to them ended."""
    query = (
        select(departures.c.cause)
        .where(
            departures.c.subscriber == suppression.subscriber,
            departures.c.newsletter.is_not_distinct_from(suppression.newsletter),
        )
        .order_by(departures.c.number.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() == SuppressionCause.ASKED.value


def _ends(connection: Connection, subscriber: int, newsletter: str | None, at: str) -> bool:
    """Whether anything was sent to them until now. What they were asked to confirm is void."""
    if newsletter is None:
        _ALL_ASKED_IS_VOID.run(connection, who=subscriber, since=at)
        return _PERSON_ENDS.run(connection, who=subscriber, since=at).rowcount == 1
    _ASKED_IS_VOID.run(connection, who=subscriber, what=newsletter, since=at)
    return _SUBSCRIPTION_ENDS.run(connection, who=subscriber, what=newsletter, since=at).rowcount == 1


def newsletters_of(connection: Connection, subscriber: int) -> dict[str, str]:
    """What they get now, each with its language."""
    return dict(_NEWSLETTERS.run(connection, who=subscriber).fetchall())


def left_by(connection: Connection, subscriber: int) -> frozenset[str]:
    """What they got and left."""
    query = select(subscriptions.c.newsletter).where(
        subscriptions.c.subscriber == subscriber, subscriptions.c.active == 0
    )
    return frozenset(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """A line of the file. `number` and `at` are as in the database; `newsletter` is `None` for all of them."""

    number: int
    at: str
    cause: str
    newsletter: str | None
    subscriber: str  # the public id

    def line(self) -> str:
        return f"{self.number} {self.at} {self.cause} {self.newsletter or _ALL} {self.subscriber}\n"


def note_suppressions(database: Database, path: Path) -> None:
    """Add to the file those that it does not have yet, durably. Hardly ever there are any: that costs one small query.

    A database that has fewer than the file is an older one, or another life's: it learns from the file first, and the
    file begins anew.
    """
    last = _last(path)
    with database.read() as connection:
        most = connection.execute(select(func.max(departures.c.number))).scalar() or 0
    if most < last:
        carried = [replace(one, number=0) for one in _read(path) if one.cause in (_ERASED, _LET_IN)]
        with database.write() as connection:
            repeat(connection, path)
        _begin_anew(path)
        _append(path, carried)
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
            _Noted(number=row.number, at=row.at, cause=row.cause, newsletter=row.newsletter, subscriber=row.public_id)
            for row in connection.execute(query)
        ]
    _append(path, new)


def repeat(connection: Connection, path: Path) -> int:
    """Suppress again whom the file names and the database does not know to have left, and erase again who was erased;
    return their number.
    """
    erased, left = erased_in(path), 0
    for one in _read(path):
        left += one.cause not in (_ERASED, _LET_IN) and _suppressed_again(connection, one)
    return left + erase_again(connection, erased)


def note_erasures(path: Path, hashes: Sequence[str], at: datetime, *, let_in: bool = False) -> None:
    """Add to the file, before the database is told, what is kept of addresses that are erased; or that are let in."""
    last, cause = _last(path), _LET_IN if let_in else _ERASED
    notes = [_Noted(number=last, at=stored(at), cause=cause, newsletter=None, subscriber=one) for one in hashes]
    _append(path, notes)


def erased_in(path: Path) -> dict[str, str]:
    """Hash → when, of the addresses that the file knows to be kept out."""
    found: dict[str, str] = {}
    for one in _read(path):
        if one.cause == _ERASED:
            found[one.subscriber] = one.at
        elif one.cause == _LET_IN:
            found.pop(one.subscriber, None)
    return found


def _append(path: Path, new: Sequence[_Noted]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "w") as file:
            file.writelines(one.line() for one in new)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error


def _begin_anew(path: Path) -> None:
    """The old file is kept."""
    names = (path.with_name(f"{path.name}-before-{number}") for number in range(1, 1_000))
    path.rename(next(name for name in names if not name.exists()))


def _suppressed_again(connection: Connection, one: _Noted) -> bool:
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
    _ends(connection, person, one.newsletter, one.at)
    connection.execute(
        insert(departures).values(
            subscriber=person, newsletter=one.newsletter, cause=one.cause, at=one.at, confirmation="none"
        )
    )
    return True


def _read(path: Path) -> Iterator[_Noted]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if text.endswith(b"\n"):
                yield _noted(text, f"{path}:{number}")


def _last(path: Path) -> int:
    """The number of the last one; a torn last line, of a crash, is cut off."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error
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
    return _noted(lines[-1], _("{path}, last line").format(path=path)).number if lines else 0


def _noted(text: bytes, place: str) -> _Noted:
    parts = text.decode("utf-8", "replace").split()
    causes = {_ERASED, _LET_IN, *(cause.value for cause in SuppressionCause)}
    if len(parts) != _FIELDS or not parts[0].isdecimal() or parts[2] not in causes:
        raise IntegrityError(
            place, _("this says of nobody that they left: the file was damaged or edited"), _("bring it back as it was")
        )
    number, at, cause, newsletter, subscriber = parts
    return _Noted(
        number=int(number),
        at=at,
        cause=cause,
        newsletter=None if newsletter == _ALL else newsletter,
        subscriber=subscriber,
    )
