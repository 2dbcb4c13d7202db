"""The database: one SQLite file, every write durable and under one lock (design §8).

All transactions that write hold `digest.db.lock`, so no two connections write or checkpoint at once; the WAL-reset bug
of SQLite before 3.51.3 needs exactly that. The kernel releases the lock with the process.
"""

import errno
import fcntl
import os
import secrets
import shlex
import sqlite3
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache, partial
from json import JSONDecodeError
from pathlib import Path
from typing import Any, overload

from sqlalchemy import URL, ClauseElement, Connection, Dialect, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement
from sqlalchemy.sql.compiler import SQLCompiler

from digest.errors import BusyError, CannotWriteError, ConfigurationError, DigestError, IntegrityError
from digest.foundation.schema import TRIGGERS, instance, metadata
from digest.foundation.words import harmless, quoted
from digest.foundation.workspace import SECRET

HEAD = "0036"
PATIENCE_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 0.002  # between two looks at the lock: who answers the web and who sends hold it in turns
_VERSION_TABLE = (  # as alembic makes it
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def open_database(url: str) -> "Database":
    """The database at `sqlite:///digest.db` or `sqlite:////var/digest/digest.db`; nothing is opened until it is used.

    Raise `ConfigurationError` for a database of another kind.
    """
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not path:
        kind = url.partition(":")[0] if ":" in url else url  # what follows may hold a password
        raise ConfigurationError(
            "database", f"{quoted(kind)} is no kind of database known here", "write sqlite:/// and the path of a file"
        )
    return Database(Path(path))


class Database:
    """One workspace's database. Instances are cheap; connections are opened when needed and closed after use, or kept
    for a while where somebody asks for it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self.secret = path.parent / SECRET
        self._engine = _engine(path, self.secret)
        self._ready = False
        self._kept: _Kept | None = None

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
    def write(self) -> Iterator[Connection]:
        """A transaction that is durable (`synchronous=FULL`) when the block ends, and gone when it raises."""
        self._prepare()
        kept = self._kept
        with (
            _plain_errors(self.path),
            self._locked(),
            kept.used(self._engine) if kept is not None and kept.is_free else self._engine.connect() as connection,
            connection.execution_options(begin="BEGIN IMMEDIATE").begin(),
        ):
            yield connection

    @contextmanager
    def writer(self) -> Iterator["Writer"]:
        """A connection that stays open for many small transactions, for one thread; each is like a `write`."""
        self._prepare()
        with _plain_errors(self.path), _lock_file(self._lock_path) as descriptor:
            connection = self._engine.connect()
            try:
                yield Writer(connection, descriptor, self.path)
            finally:
                _wait_for(descriptor, self.path)  # closing may checkpoint
                connection.close()

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
                str(self.path), "somebody reads it, so traces of what was erased are still there", "do it again soon"
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
                str(self.path), f"it was written by a newer digest (schema {version})", "install that version again"
            )
        lay_aside(self.path, HEAD)
        upgrade(self._engine)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with _lock_file(self._lock_path) as descriptor:
            _wait_for(descriptor, self.path)
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


class Writer:
    """See `Database.writer`. The lock is held for each transaction, never between two."""

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
            _wait_for(self._lock, self._path)
            try:
                with self._connection.execution_options(begin="BEGIN IMMEDIATE").begin():
                    yield self._connection
            finally:
                fcntl.flock(self._lock, fcntl.LOCK_UN)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock of the one process that runs or sends; raise `BusyError` at once when another process has it."""
    with _lock_file(path) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                str(path.parent),
                "another digest process is running or sending here",
                "wait for it, then look at `digest status`",
            ) from None
        yield


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:  # whoever put it there would have others hold another lock
            raise ConfigurationError(str(path), "this lock is a link", f"rm {shlex.quote(str(path))}") from error
        raise CannotWriteError(str(path), error.strerror or str(error), "make the workspace writable") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, path: Path) -> None:
    """Whoever asks for the lock first waits at a turnstile, and the next one behind it: who holds the lock again and
    again lets somebody else in between, who would else find it taken each time that they look.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    try:
        _take(partial(_lock_turnstile, descriptor, fcntl.LOCK_EX), until, path)
        _take(partial(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), until, path)
    finally:
        _lock_turnstile(descriptor, fcntl.LOCK_UN)


def _take(lock: Callable[[], object], until: float, path: Path) -> None:
    while True:
        try:
            lock()
        except BlockingIOError:
            if time.monotonic() > until:
                raise BusyError(str(path), "somebody else is writing to it", "try again in a moment") from None
            time.sleep(LOOK_AGAIN_SECONDS)
        else:
            return


def _lock_turnstile(descriptor: int, how: int) -> None:
    """The first byte of the file, which is no part of what `flock` locks. Without such locks nobody waits here."""
    if sys.platform != "linux":
        return
    kind = fcntl.F_UNLCK if how == fcntl.LOCK_UN else fcntl.F_WRLCK
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 1, 0))
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP):
            raise


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
                str(path), f"SQLite cannot keep its journal here (mode {mode})", "use a local disk, not a network share"
            )
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        _cursor(connection).execute(connection.get_execution_options().get("begin", "BEGIN"))

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
    return (*(str(one.compile(dialect=sqlite_dialect())) for one in made), *TRIGGERS, _VERSION_TABLE)


def _schema_version(connection: Connection) -> str | None:
    if connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).first() is None:
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Driver errors stop here."""
    try:
        yield
    except DigestError:
        raise
    except (DBAPIError, sqlite3.Error) as error:
        raise _translated(path, getattr(error, "orig", None) or error) from error
    except (ValueError, zlib.error) as error:
        if not is_damage(error):
            raise
        raise IntegrityError(str(path), f"it is damaged: {harmless(str(error))}", "restore the last backup") from error


def is_damage(error: Exception) -> bool:
    """Whether what was read is not what was written: no text, no JSON, no date, no word that may stand there."""
    if isinstance(error, UnicodeDecodeError | JSONDecodeError | zlib.error):
        return True
    return any(said in str(error) for said in ("isoformat", "is not a valid"))


def _translated(path: Path, error: BaseException) -> DigestError:
    said = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return IntegrityError(str(path), said, "please report this; nothing was changed")
    if "locked" in said or "busy" in said:
        return BusyError(str(path), said, "try again in a moment")
    if isinstance(error, sqlite3.DatabaseError) and ("not a database" in said or "malformed" in said):
        return IntegrityError(str(path), said, "restore the last backup")
    if any(word in said for word in ("readonly", "unable to open", "disk is full", "disk I/O")):
        return CannotWriteError(str(path), said, "look at the disk's space and the file's permissions")
    return DigestError(str(path), said, "please report this")


# -- Statements for loops: "driver SQL only where a benchmark asks" (design §8), and this is where it asks.


class Prepared:
    """A statement whose text is made once, and goes to the driver: SQLAlchemy's way to it and back takes longer than
    SQLite's to its end.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._text = ""
        self._fixed: dict[str, Any] = {}
        self._places: tuple[str, ...] = ()

    def run(self, connection: Connection, **values: object) -> sqlite3.Cursor:
        if not self._text:
            self._compile(connection)
        given = self._fixed | values
        return _cursor(connection).execute(self._text, [given[name] for name in self._places])

    def scalar(self, connection: Connection, **values: object) -> Any:
        """The first value of the first row; nothing when there is none."""
        rows = self.run(connection, **values).fetchall()  # a statement that has not ended keeps others from committing
        return rows[0][0] if rows else None

    def _compile(self, connection: Connection) -> None:
        compiled = self._statement.compile(dialect=connection.dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 – what is no SQL is no statement
        self._fixed, self._places = dict(compiled.params), tuple(compiled.positiontup or ())
        self._text = compiled.string


def _cursor(connection: Connection) -> sqlite3.Cursor:
    cursor: Any = connection.connection.cursor()
    assert isinstance(cursor, sqlite3.Cursor)  # noqa: S101 – there is no other driver
    return cursor


# -- Times as they stand in the database: instants as text in UTC, so that they sort everywhere.


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
