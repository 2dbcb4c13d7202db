"""Copies of the database: whole, consistent while somebody writes, and fenced: none of them may send as it is."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from digest.errors import CannotWriteError, ConfigurationError, IntegrityError
from digest.store.connection import HEAD, Database
from digest.store.fence import JOURNAL, own_of
from digest.store.journal import Position, position
from digest.store.times import stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy of a database is. `journal` is as far as it knows the send journal; nothing if it never sent."""

    schema: str
    instance: str
    commits: int
    journal: Position | None


def copy_database(database: Database, target: Path, sending: Path, at: datetime) -> Copied:
    """Write a new file `target`. Raise `IntegrityError` when the database turns out to be damaged."""
    own_of(database)  # its name must be the same in all copies
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with database.read() as connection:
            source = cast("sqlite3.Connection", connection.connection.driver_connection)
            with _plain(target) as copy:
                source.backup(copy)
        with _plain(target) as copy:
            copied = _fenced(copy, sending, at)
        refuse_unsound(target, str(database.path))
        with target.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotWriteError(
            str(target), error.strerror or str(error), "name a folder where you may write, on a disk with room"
        ) from error
    return copied


def refuse_unsound(copy: Path, name: str) -> None:
    """Raise `IntegrityError` unless all of the copy is sound, and `ConfigurationError` if it is of a newer version."""
    with _plain(copy) as connection:
        said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
        if said != ["ok"]:
            raise IntegrityError(name, f"the database is damaged: {'; '.join(said)}", "use an earlier backup")
        version = schema_of(connection)
    if version > HEAD:
        raise ConfigurationError(name, f"it was made by a newer digest (schema {version})", "install that version")


def schema_of(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _fenced(copy: sqlite3.Connection, sending: Path, at: datetime) -> Copied:
    copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
    instance, commits = copy.execute("SELECT id, commits FROM instance").fetchone()
    known = position(sending / JOURNAL, instance, commits)
    copy.execute(
        "UPDATE instance SET copied_at = coalesce(copied_at, ?), journal_bytes = ?, journal_fingerprint = ?, "
        "subscribers = (SELECT coalesce(max(number), 0) FROM subscribers)",
        (stored(at), known and known.bytes, known and known.fingerprint),
    )
    copy.commit()
    return Copied(schema=schema_of(copy), instance=instance, commits=commits, journal=known)


@contextmanager
def _plain(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own; the driver's errors stop here."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        if any(word in str(error) for word in ("full", "I/O", "readonly", "unable to open")):
            raise CannotWriteError(str(path), str(error), "look at the disk's space and the permissions") from error
        raise IntegrityError(str(path), f"it cannot be read as a database: {error}", "use an earlier backup") from error
