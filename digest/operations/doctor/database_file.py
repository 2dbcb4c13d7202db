"""The database: is it there, whole, in the right mode and of this version? And what it says about the next sending."""

import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from digest.editions.carried import with_pictures
from digest.errors import BusyError
from digest.foundation.catalogue import _, plural
from digest.foundation.database import unwritten
from digest.operations.doctor.diagnosis import Diagnosis, fail, ok, shortened, unknown, warn

CHECK_SECONDS = 5.0  # less than those wait who write
_FAULT_SINCE, _FAULT_UNTIL = (3, 7, 0), (3, 51, 3)  # the WAL-reset fault
_MAGIC, _WAL_FORMAT = b"SQLite format 3\0", b"\x02\x02"


def to_restore() -> str:
    """What helps when the file is lost."""
    return _("stop what runs, keep this file, and restore the last backup")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What other concerns want to know. `largest` is the biggest mail of the last edition, in bytes."""

    readers: int = 0
    largest: int | None = None
    last_run_at: datetime | None = None
    has_sealed: bool = False
    is_there: bool = True


def stored(path: Path) -> Stored:
    """All that is known; nothing of a database that cannot be read, for its own concern says why."""
    try:
        with opened(path, CHECK_SECONDS) as connection:
            return Stored(
                readers=int(connection.execute("SELECT count(*) FROM subscriptions WHERE active = 1").fetchone()[0]),
                largest=_largest(connection),
                last_run_at=_last_run_at(connection),
                has_sealed=bool(
                    connection.execute("SELECT 1 FROM editions WHERE sealed_at IS NOT NULL LIMIT 1").fetchone()
                ),
            )
    except (sqlite3.Error, UnopenedError, OSError, ValueError, zlib.error):
        return Stored()


def library() -> Diagnosis:
    version = sqlite3.sqlite_version
    if not _FAULT_SINCE <= sqlite3.sqlite_version_info < _FAULT_UNTIL:
        return ok("SQLite", version)
    said = _(
        "{version}; its fault in resetting the log (before 3.51.3) cannot happen here: one lock guards all writing"
    ).format(version=version)
    return ok("SQLite", said)


def database(path: Path, head: str, seconds: float = CHECK_SECONDS) -> Iterator[Diagnosis]:
    """`head` is the schema's version that this program writes; the whole is looked through for so many seconds."""
    what = _("Database")
    yield library()
    if path.is_symlink():
        fix = _("move the file itself into the workspace: beside the link, SQLite and digest look for its log and lock")
        yield fail(what, _("digest.db is a symbolic link, and a log left at the other place would be lost"), fix)
        return
    if not path.exists():
        yield ok(what, _("there is none yet: the first command that writes makes it"))
        return
    if path.stat().st_nlink > 1:
        fix = _("take the other names of the file away, or copy it")
        yield fail(what, _("digest.db has a second name (a hard link), under which its log would be missed"), fix)
        return
    try:
        yield from _looked_through(path, head, seconds)
    except UnopenedError as error:
        yield warn(
            what,
            _("not looked at: {error}").format(error=error),
            _("run any command, such as digest status, then ask again"),
        )
    except (sqlite3.Error, OSError) as error:
        yield _unreadable(error)


def _looked_through(path: Path, head: str, seconds: float) -> Iterator[Diagnosis]:
    what = _("Database")
    with path.open("rb") as file:
        magic, form = os.pread(file.fileno(), 16, 0), os.pread(file.fileno(), 2, 18)
    if not magic:
        yield warn(what, _("the file is empty"), _("if anything was ever sent from here: restore the last backup"))
        return
    if magic != _MAGIC:
        yield fail(what, _("digest.db is no SQLite database"), to_restore())
        return
    if form == _WAL_FORMAT:
        yield ok(_("Journal"), _("write-ahead log (WAL); whatever digest writes is synced in full (synchronous=FULL)"))
    else:
        said = _("the database is not in WAL mode: another program changed it")
        yield warn(_("Journal"), said, _("nothing is to be done: the next digest command sets it again"))
    with opened(path, seconds) as connection:
        yield _version(connection, head)
        yield from _whole(connection, seconds)


def _version(connection: sqlite3.Connection, head: str) -> Diagnosis:
    what = _("Schema")
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        row = None
    if row is None:
        return fail(what, _("this is not a database of digest, or it has lost its tables"), to_restore())
    if row[0] == head:
        return ok(what, _("version {head}, as this program writes it").format(head=head))
    if row[0] > head:
        return fail(
            what,
            _("version {version}, written by a newer digest (this one knows {head})").format(version=row[0], head=head),
            _("install that version"),
        )
    said = _("version {version}; the next command brings it to {head}").format(version=row[0], head=head)
    return warn(what, said, _("make a backup before, then run any command, such as digest status"))


def _whole(connection: sqlite3.Connection, seconds: float) -> Iterator[Diagnosis]:
    what = _("Integrity")
    try:
        faults = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
        orphans = len(connection.execute("PRAGMA foreign_key_check").fetchmany(1000))
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        fix = _("with nothing running: sqlite3 digest.db 'PRAGMA integrity_check'")
        yield warn(
            what,
            _("it is too large to be looked through within {seconds} s; no fault was met").format(
                seconds=f"{seconds:g}"
            ),
            fix,
        )
        return
    if faults != ["ok"]:
        yield fail(
            what, _("the file is damaged: {fault}").format(fault=shortened(" ".join(faults[0].split()))), to_restore()
        )
    elif orphans:
        yield fail(
            what,
            plural(
                "{count:,} row refers to one that is gone: another program wrote here",
                "{count:,} rows refer to rows that are gone: another program wrote here",
                orphans,
            ),
            to_restore(),
        )
    else:
        yield ok(what, _("all pages and references are whole"))


def _unreadable(error: sqlite3.Error | OSError) -> Diagnosis:
    what, said = _("Database"), str(error)
    if isinstance(error, PermissionError) or "unable to open" in said:
        return fail(
            what,
            _("it cannot be read ({reason})").format(reason=said),
            _("run digest as the user who owns the workspace"),
        )
    if "locked" in said or "interrupted" in said:
        return unknown(what, said)
    return fail(what, _("the file is damaged: {fault}").format(fault=shortened(said)), to_restore())


def _largest(connection: sqlite3.Connection) -> int | None:
    """Of the edition that was built last; its messages are stored compressed, and their pictures beside them."""
    last = connection.execute(
        "SELECT number FROM editions WHERE built_at IS NOT NULL ORDER BY built_at DESC, number DESC LIMIT 1"
    ).fetchone()
    if last is None:
        return None
    with closing(connection.execute("SELECT picture, data FROM carried_pictures WHERE edition = ?", last)) as rows:
        pictures = {name: zlib.decompress(data) for name, data in rows}
    with closing(connection.execute("SELECT message FROM variants WHERE edition = ?", last)) as rows:
        return max((len(with_pictures(zlib.decompress(row[0]), pictures)) for row in rows), default=None)


def _last_run_at(connection: sqlite3.Connection) -> datetime | None:
    """Of runs whose clock was the machine's own."""
    found = connection.execute("SELECT max(last_at) FROM runs WHERE rehearsed = 0").fetchone()[0]
    return None if found is None else datetime.fromisoformat(found)


# -- Opens a SQLite database for looking only: no file is made, changed or taken away, whatever state it is in.

_STEPS = 20_000  # of SQLite's machine between two looks at the clock


class UnopenedError(Exception):
    """Why it cannot be looked at now, in plain words."""


@contextmanager
def opened(path: Path, seconds: float) -> Iterator[sqlite3.Connection]:
    """A connection whose statements are interrupted after so many seconds in all (`sqlite3.OperationalError`).

    Without a write-ahead log the file alone is read, under the lock of those who write. With one, SQLite's own reading
    is used, and its index of the log is not touched. Raise `UnopenedError`, `sqlite3.Error`.
    """
    if not path.exists():
        raise UnopenedError(_("there is none"))
    log, index = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    if not (log.exists() and log.stat().st_size):
        with (
            _under_lock(path.with_name(path.name + ".lock"), seconds),
            _connection(path, "mode=ro&immutable=1", seconds) as connection,
        ):
            yield connection
    elif index.exists():
        with _connection(path, "mode=ro&readonly_shm=1", seconds) as connection:
            yield connection
    else:
        raise UnopenedError(_("a process was killed while it wrote, and what it left can only be taken in by writing"))


@contextmanager
def _connection(path: Path, how: str, seconds: float) -> Iterator[sqlite3.Connection]:
    until = time.monotonic() + seconds
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        yield connection


@contextmanager
def _under_lock(lock: Path, seconds: float) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(unwritten(lock, seconds))
        except BusyError:
            raise UnopenedError(_("somebody is writing to it at this moment")) from None
        yield
