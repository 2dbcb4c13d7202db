"""SQLite: one file, every write durable and under one lock (design §8).

All transactions that write hold `digest.db.lock`, so no two connections write or checkpoint at once; the WAL-reset bug
of SQLite before 3.51.3 needs exactly that. The kernel releases the lock with the process.
"""

import fcntl
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from digest.errors import BusyError, CannotWriteError, ConfigurationError, DigestError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.database.database import (
    HEAD,
    PATIENCE_SECONDS,
    RETIREMENT,
    VERSION_TABLE,
    Database,
    Writer,
    damage_named,
    refuse_retired,
)
from digest.foundation.database.file_lock import exclusive, lock_file, wait_for
from digest.foundation.schema import TRIGGERS, instance, metadata
from digest.foundation.workspace import SECRET


class SqliteDatabase(Database):
    """Connections are opened when needed and closed after use, or kept for a while where somebody asks for it."""

    def __init__(self, path: Path, secret: Path | None = None) -> None:
        self.path, self.name = path, str(path)
        self._lock_path = path.with_name(path.name + ".lock")
        self.secret = secret or path.parent / SECRET
        self._engine = _engine(path, self.secret)
        self._ready = False
        self._kept: _Kept | None = None

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def faults(self, connection: Connection) -> Sequence[str]:
        said = connection.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
        return () if said == ["ok"] else said

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Until the block ends, the blocks of this thread that follow one another share a connection: opening one takes
        longer than most of them. For work that ends soon: a file that is put in place of this one is not noticed.
        """
        if self._kept is not None:
            yield
            return
        kept = self._kept = _Kept()
        try:
            yield
        finally:
            self._kept = None
            if kept.connection is not None:
                there = self._locked() if self.path.exists() else nullcontext()  # of a file that is gone nobody writes
                with _plain_errors(self.path), there:
                    kept.connection.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view. Closing may checkpoint, so it happens under the lock; never open one inside a `write`."""
        self._prepare()
        with _plain_errors(self.path):
            kept = self._kept
            if kept is not None and kept.is_free:
                with kept.used(self._engine) as connection, connection.execution_options(begin="BEGIN").begin():
                    yield connection
                return
            connection = self._engine.connect()
            try:
                with connection.begin():
                    yield connection
            finally:
                with self._locked():
                    connection.close()

    @contextmanager
    def write(self, *, although_retired: bool = False) -> Iterator[Connection]:
        """A transaction that is durable (`synchronous=FULL`) when the block ends, and gone when it raises."""
        self._prepare()
        kept = self._kept
        with (
            _plain_errors(self.path),
            self._locked(),
            kept.used(self._engine) if kept is not None and kept.is_free else self._engine.connect() as connection,
            connection.execution_options(begin="BEGIN IMMEDIATE").begin(),
        ):
            if not although_retired:
                _refuse_retired(self.path, connection)
            yield connection

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """A connection that stays open for many small transactions, for one thread; each is like a `write`."""
        self._prepare()
        with _plain_errors(self.path), lock_file(self._lock_path) as descriptor:
            connection = self._engine.connect()
            try:
                yield _SqliteWriter(connection, descriptor, self.path)
            finally:
                wait_for(descriptor, self.path)  # closing may checkpoint
                connection.close()

    @contextmanager
    def exclusive(self, path: Path) -> Iterator[None]:
        with exclusive(path):
            yield

    def holder(self, name: str) -> None:  # noqa: ARG002 – the kernel has it
        return None

    def clock_ahead(self) -> timedelta:
        return timedelta()

    def size(self) -> int:
        parts = self.path, self.path.with_name(f"{self.path.name}-wal")
        return sum(part.stat().st_size for part in parts if part.exists())

    def scrub(self) -> None:
        """No byte of what was deleted stays: not in free pages, nor in the file beside it that holds what is newest.

        Raise `BusyError` while somebody reads: the rows are gone, but not yet from the disk.
        """
        self._prepare()
        with _plain_errors(self.path), self._locked(), self._engine.connect() as connection:
            driver = connection.connection.cursor()
            driver.execute("VACUUM")
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise BusyError(
                str(self.path),
                _("somebody reads it, so traces of what was erased are still there"),
                _("do it again soon"),
            )

    def _prepare(self) -> None:
        """Create or upgrade the schema, once per process. A fresh file gets today's schema at once."""
        if self._ready:
            return
        with _plain_errors(self.path), self._locked():
            # The file is made by us first: SQLite would make it readable for everybody.
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            with (
                self._engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection,
                connection.begin(),
            ):
                version = _schema_version(connection)
                if version is None:
                    for statement in _statements():
                        connection.exec_driver_sql(statement)
                    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
                    connection.execute(instance.insert().values(id=secrets.token_hex(8), commits=0))
            if version not in (None, HEAD):
                self._upgrade(version)
        self._ready = True

    def _upgrade(self, version: str) -> None:
        from digest.foundation.migrations.migrating import lay_aside, upgrade  # 300 ms, alembic's

        if version > HEAD:
            raise ConfigurationError(
                str(self.path),
                _("it was written by a newer digest (schema {version})").format(version=version),
                _("install that version again"),
            )
        lay_aside(self.path, HEAD)
        upgrade(self._engine)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with lock_file(self._lock_path) as descriptor:
            wait_for(descriptor, self.path)
            yield


class _Kept:
    """A connection between its uses. It is its thread's and its process's own, and serves one block at a time."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self._owner = (os.getpid(), threading.get_ident())
        self._busy = False

    @property
    def is_free(self) -> bool:
        return not self._busy and self._owner == (os.getpid(), threading.get_ident())

    @contextmanager
    def used(self, engine: Engine) -> Iterator[Connection]:
        self._busy = True
        try:
            connection = self.connection = self.connection or engine.connect()
            yield connection
        finally:
            self._busy = False


class _SqliteWriter(Writer):
    """The lock is held for each transaction, never between two."""

    def __init__(self, connection: Connection, lock: int, path: Path) -> None:
        self._connection, self._lock, self._path = connection, lock, path

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _plain_errors(self._path), self._connection.execution_options(begin="BEGIN").begin():
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Durable when the block ends."""
        with _plain_errors(self._path):
            wait_for(self._lock, self._path)
            try:
                with self._connection.execution_options(begin="BEGIN IMMEDIATE").begin():
                    _refuse_retired(self._path, self._connection)
                    yield self._connection
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)

    def refuse_lost(self) -> None:
        """The kernel takes no lock away from a process that lives."""

    claiming = beside = transaction  # one process sends


@cache
def _sqlite() -> tuple[Dialect, dict[Any, Any]]:
    """What all databases of a process share: what SQLAlchemy knows of SQLite, and the statements it has compiled,
    which takes longer than running them.
    """
    engine = create_engine("sqlite://")
    engine.connect().close()  # it asks SQLite what it can do
    return engine.dialect, {}


def _engine(path: Path, secret: Path) -> Engine:
    """`secret` is where the workspace's key lies: connections tell it to those who hash with it."""
    dialect, compiled = _sqlite()
    url = URL.create("sqlite", database=str(path))  # whatever signs there are in the path
    (name,), arguments = dialect.create_connect_args(url)
    # NullPool: a connection never outlives its block, so it never crosses a fork and never checkpoints unlocked.
    pool = NullPool(lambda: sqlite3.connect(name, **{**arguments, "timeout": PATIENCE_SECONDS}), dialect=dialect)
    engine = Engine(pool, dialect, url).execution_options(secret=secret, compiled_cache=compiled)

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            raise CannotWriteError(
                str(path),
                _("SQLite cannot keep its journal here (mode {mode})").format(mode=mode),
                _("use a local disk, not a network share"),
            )
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.connection.cursor().execute(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


@cache
def _statements() -> tuple[str, ...]:
    """What makes today's schema in an empty file; written once per process, since that takes longer than running it."""
    made: list[ExecutableDDLElement] = []
    for table in metadata.sorted_tables:
        made += [
            CreateTable(table),
            *(CreateIndex(index) for index in sorted(table.indexes, key=lambda one: str(one.name))),
        ]
    return (*(str(one.compile(dialect=sqlite_dialect())) for one in made), *TRIGGERS, VERSION_TABLE)


def _schema_version(connection: Connection) -> str | None:
    if connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).first() is None:
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _refuse_retired(path: Path, connection: Connection) -> None:
    refuse_retired(str(path), connection.connection.cursor().execute(RETIREMENT).fetchone())


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Driver errors stop here."""
    try:
        with damage_named(str(path)):
            yield
    except (DBAPIError, sqlite3.Error) as error:
        raise _translated(path, getattr(error, "orig", None) or error) from error


def _translated(path: Path, error: BaseException) -> DigestError:
    said = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return IntegrityError(str(path), said, _("please report this; nothing was changed"))
    if "locked" in said or "busy" in said:
        return BusyError(str(path), said, _("try again in a moment"))
    if isinstance(error, sqlite3.DatabaseError) and ("not a database" in said or "malformed" in said):
        return IntegrityError(str(path), said, _("restore the last backup"))
    if any(word in said for word in ("readonly", "unable to open", "disk is full", "disk I/O")):
        return CannotWriteError(str(path), said, _("look at the disk's space and the file's permissions"))
    return DigestError(str(path), said, _("please report this"))
