"""The fence in the database and around it: what it knows of itself, what stands beside it, and where it first sent."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, update

from digest.errors import IntegrityError
from digest.model.delivery import DeliveryState
from digest.model.edition import Edition
from digest.policy.fencing import Around, Fence, JournalEnd, Own, fence
from digest.store import journal
from digest.store.connection import Database
from digest.store.places import RESTORING, is_same_instance, machine_of, make_mark, place_of
from digest.store.schema import adoptions, deliveries, instance, releases, subscribers
from digest.store.times import loaded

JOURNAL = "journal"
UNREADABLE = "?"  # no instance is called so


def found_fence(database: Database, folder: Path) -> Fence | None:
    """Why this database may not send, if so. `folder` is that of the journal and the marks; it lies in the workspace.

    The first time, and after the workspace was moved, note where it is. Raise `IntegrityError` for a damaged journal.
    """
    own = own_of(database)
    around = around_of(own, folder)
    found = fence(own, around)
    if found is None and (own.place, own.folder) != (around.place, around.folder):
        _settle_down(database, own, folder)
    return found


def own_of(database: Database) -> Own:
    """What the database knows of itself; a database that has never sent gets its name here."""
    with database.read() as connection:
        own = own_in(connection)
    if own is not None:
        return own
    with database.write() as connection:
        return own_in(connection) or _named(connection)


def own_in(connection: Connection) -> Own | None:
    row = connection.execute(select(instance)).first()
    if row is None:
        return None
    return Own(
        id=row.id,
        commits=row.commits,
        machine=row.machine,
        place=row.place,
        folder=row.folder,
        copied_at=loaded(row.copied_at),
    )


def around_of(own: Own, folder: Path) -> Around:
    here = folder.parent.resolve()
    before = None if own.folder in (None, str(here)) else Path(own.folder or "")
    return Around(
        folder=str(here),
        machine=machine_of(own.id),
        place=place_of(folder),
        journal=_end(folder / JOURNAL),
        original=str(before) if before and is_same_instance(before / folder.name, folder) else None,
        is_interrupted=(folder / RESTORING).exists(),
    )


def known_of_journal(database: Database) -> tuple[int, str] | None:
    """Of a copy: how many bytes the journal had at least, and their fingerprint."""
    with database.read() as connection:
        row = connection.execute(select(instance.c.journal_bytes, instance.c.journal_fingerprint)).first()
    return (int(row[0]), str(row[1])) if row is not None and row[0] is not None else None


def unknown_times(database: Database) -> Sequence[tuple[datetime, date]]:
    """For `policy.fencing.is_uncertain`: when databases were adopted that cannot know what has left elsewhere."""
    query = select(adoptions.c.at, adoptions.c.unknown_until).where(adoptions.c.unknown_until.is_not(None))
    with database.read() as connection:
        return [
            (datetime.fromisoformat(row.at), date.fromisoformat(row.unknown_until)) for row in connection.execute(query)
        ]


def is_released(database: Database, edition: Edition) -> bool:
    with database.read() as connection:
        query = select(releases.c.edition).where(releases.c.edition == edition.name)
        return connection.execute(query).first() is not None


def refuse_damaged(database: Database) -> None:
    """Raise `IntegrityError` unless SQLite finds the database sound, and every address stands in it as it was read.

    SQLite keeps no checksums: a letter of an address that has become another one is found by comparing its two places.
    """
    with database.read() as connection:
        said = connection.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
        if said == ["ok"] and _altered_addresses(connection):
            said = ["an address is not what it was"]
    if said != ["ok"]:
        raise IntegrityError(
            str(database.path),
            f"it is damaged, so nothing is sent: {'; '.join(said)}",
            "restore the last backup: digest restore FILE --replace; the send journal knows what has left since",
        )


def _altered_addresses(connection: Connection) -> bool:
    is_altered = func.lower(subscribers.c.address) != subscribers.c.folded
    is_frozen_otherwise = func.lower(deliveries.c.address) != subscribers.c.folded
    own = select(subscribers.c.number).where(is_altered)
    frozen = (
        select(deliveries.c.subscriber)
        .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
        .where(deliveries.c.state == DeliveryState.PENDING.value, is_frozen_otherwise)
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in (own, frozen))


def _end(path: Path) -> JournalEnd | None:
    try:
        return journal.end(path)
    except IntegrityError:
        return JournalEnd(commit=0, instance=UNREADABLE)


def _named(connection: Connection) -> Own:
    own = Own(id=secrets.token_hex(8), commits=0)
    connection.execute(insert(instance).values(id=own.id, commits=own.commits))
    return own


def _settle_down(database: Database, own: Own, folder: Path) -> None:
    around = around_of(own, folder)
    if around.place is None:
        around = replace(around, place=make_mark(folder, own.id, anew=False))
    with database.write() as connection:
        connection.execute(
            update(instance)
            .where(instance.c.id == own.id)
            .values(machine=around.machine or own.machine, place=around.place, folder=around.folder)
        )
