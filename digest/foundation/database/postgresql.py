"""PostgreSQL: a database of a server, for offices that outgrow one machine (design §8).

Transactions that write follow one another, as in SQLite: each waits for an advisory lock, which PostgreSQL releases
with the transaction or the connection. So whatever is read inside a `write` stays true until it ends, and our rules
need no second form; PostgreSQL lets them wait in turn.
"""

import hashlib
import os
import secrets
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import psycopg
from psycopg import IsolationLevel, errors
from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    create_mock_engine,
    event,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from digest.errors import BusyError, CannotWriteError, ConfigurationError, DigestError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.database.database import (
    CONNECTIONS_MOST,
    HEAD,
    PATIENCE_SECONDS,
    RETIREMENT,
    VERSION_TABLE,
    Database,
    Holder,
    Replica,
    ServerFacts,
    Writer,
    damage_named,
    refuse_retired,
)
from digest.foundation.database.file_lock import exclusive
from digest.foundation.database.session_lock import FENCES, SessionLock, holder_of
from digest.foundation.schema import instance, metadata

OLDEST = 15
_LOCK = 0x646967657374  # of all who write; in letters: digest
_DIALECT: Dialect = create_mock_engine("postgresql+psycopg://", lambda *_: None).dialect
_DURABLE = ("on", "remote_apply")
_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_CONNECT_SECONDS = 10
_POOLED = 5  # connections that stay open
# Whoever is gone, or cut off, holds up others for so long: 25 seconds.
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_ON_SERVER = ", ".join(f"set_config('tcp_{name}', '{seconds}', false)" for name, seconds in _ALIVE.items())
_SIZE = "SELECT pg_database_size(current_database())"
_ABOUT = """
SELECT current_setting('server_version'), pg_is_in_recovery(),
current_setting('fsync')::bool AND current_setting('full_page_writes')::bool,
(SELECT count(*) FROM pg_stat_activity WHERE backend_type IS NULL OR backend_type = 'client backend'),
current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"""
_REPLICAS = """
SELECT coalesce(nullif(application_name, ''), host(client_addr), '?') AS name, state = 'streaming' AS is_streaming,
pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn() END, replay_lsn)::bigint
AS bytes_behind, extract(epoch FROM coalesce(replay_lag, CASE WHEN replay_lsn IS NOT NULL THEN interval '0' END))::float
AS seconds_behind FROM pg_stat_replication ORDER BY 1"""
# The cluster, the database and the table in it, none of which a copy keeps; and the timeline, which changes when a
# replica takes over and when a cluster is brought to an earlier moment. A replica tells nothing.
_WHEREABOUTS = """
SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid || '/' || 'instance'::regclass::oid || '/' ||
CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END
FROM pg_database WHERE datname = current_database()"""
LONGEST_IDLE_SECONDS = 20.0  # within one of many small transactions
# What SQLite's triggers do: see `schema.TRIGGERS`.
_ONLY_ADDED = """
CREATE FUNCTION events_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM forgetting) THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'events are only added' USING ERRCODE = 'integrity_constraint_violation';
END $$"""
TRIGGERS = (
    _ONLY_ADDED,
    *(
        f"CREATE TRIGGER subscriber_events_no_{step} BEFORE {step} ON subscriber_events "
        "FOR EACH ROW EXECUTE FUNCTION events_are_only_added()"
        for step in ("update", "delete")
    ),
)


class PostgresqlDatabase(Database):
    """Connections are pooled: a process of the server has to be started for each. `url` holds no password; without
    `password`, libpq looks for one in PGPASSWORD and in the password file.
    """

    is_shared = True

    def __init__(self, url: str, secret: Path, password: Callable[[], str] | None = None) -> None:
        self.secret = secret
        self.url, self._parts = url, urlsplit(url)
        self.name = f"postgresql://{self._parts.netloc.rpartition('@')[2]}{self._parts.path}"
        self._password = password
        self._ready = False
        self._made: tuple[int, Engine] | None = None
        self._held: list[SessionLock] = []

    @property
    def exists(self) -> bool:
        with self._plain_errors(), self._engine.connect() as connection:
            return _schema_version(connection) is not None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """The pool keeps them; here is its end."""
        try:
            yield
        finally:
            if self._made is not None:
                _close(*self._made)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._prepare()
        with self._plain_errors(), self._engine.connect() as connection, _reading(connection):
            yield connection

    @contextmanager
    def write(self, *, although_retired: bool = False) -> Iterator[Connection]:
        self._prepare()
        self.refuse_lost()
        named = None if although_retired else self.name
        with self._plain_errors(), self._engine.connect() as connection, _writing(connection, named):
            self.refuse_overtaken(connection)
            yield connection

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        self._prepare()
        with self._plain_errors(), self._engine.connect() as connection:
            yield _PostgresqlWriter(self, connection)

    @contextmanager
    def exclusive(self, path: Path) -> Iterator[None]:
        """Against those of other hosts by a lock of the server, and in this folder by that of the file, too."""
        self._prepare()
        with self._plain_errors():
            held = self._connected(autocommit=True)
        lock = SessionLock(path.name, self.name, held)
        with closing(held):
            with self._plain_errors():
                held.execute(f"SELECT {_ON_SERVER}".encode())
                is_taken = lock.take()
            if not is_taken:
                said = _("{holder} is running or sending here")
                holder = str(self.holder(path.name) or _("another digest process"))
                remedy = _("wait for it, then look at `digest status`")
                raise BusyError(self.name, said.format(holder=holder), remedy)
            with exclusive(path):
                with self.write() as connection:
                    lock.count(connection, _now_in(connection))
                self._held.append(lock)
                try:
                    yield
                finally:
                    self._held.remove(lock)
                    lock.give_back()

    def holder(self, name: str) -> Holder | None:
        if any(lock.name == name for lock in self._held):
            return None
        with self.read() as connection:
            return holder_of(name, connection)

    def refuse_lost(self) -> None:
        for lock in self._held:
            lock.refuse_lost()

    def clock_ahead(self) -> timedelta:
        with self._plain_errors(), self._engine.connect() as connection, _reading(connection):
            before = datetime.now(UTC)
            there = _now_in(connection)
            return there - (before + (datetime.now(UTC) - before) / 2)

    def look_over(self, connection: Connection, *tables: Table) -> None:
        """The server itself does within a minute or so, if it is allowed to. It takes a sample of some 30,000 rows."""
        connection.exec_driver_sql("ANALYZE " + ", ".join(f'"{table.name}"' for table in tables))

    def scrub(self) -> None:
        """In the files of its tables. Its log and the backups of its server are others' to keep and to throw away."""
        self._prepare()
        try:
            with self._plain_errors(), self._engine.connect() as connection:
                driver = _driver(connection)
                driver.isolation_level, driver.read_only = None, None
                driver.autocommit = True  # VACUUM is no part of a transaction
                try:
                    for table in metadata.sorted_tables:
                        driver.execute(f'VACUUM (FULL) "{table.name}"'.encode())
                finally:
                    driver.autocommit = False
        except BusyError as error:
            raise BusyError(
                self.name, _("somebody reads it, so traces of what was erased are still there"), _("do it again soon")
            ) from error

    def faults(self, connection: Connection) -> Sequence[str]:  # noqa: ARG002 – its own checksums, where it has them
        return ()

    def size(self) -> int:
        with self._plain_errors(), self._engine.connect() as connection, _reading(connection):
            return int(connection.exec_driver_sql(_SIZE).scalar_one())

    def whereabouts(self) -> str | None:
        self._prepare()
        with self._plain_errors(), self._engine.connect() as connection, _reading(connection):
            found = connection.exec_driver_sql(_WHEREABOUTS).scalar()
        return None if found is None else str(found)

    def server_facts(self) -> ServerFacts:
        ahead = self.clock_ahead()
        with self._plain_errors(), self._engine.connect() as connection, _reading(connection):
            version, is_standby, keeps, used, most = connection.exec_driver_sql(_ABOUT).one()
            replicas = [Replica(**row._mapping) for row in connection.exec_driver_sql(_REPLICAS)]
            size, schema = connection.exec_driver_sql(_SIZE).scalar_one(), _schema_version(connection)
        return ServerFacts(
            version=version.split()[0],
            schema=schema,
            is_standby=is_standby,
            keeps=keeps,
            ahead=ahead,
            size=size,
            connections=used,
            connections_most=most,
            replicas=replicas,
        )

    @property
    def has_tables(self) -> bool:
        """Of whomever; looking makes nothing."""
        with self._plain_errors(), self._engine.connect() as connection:
            return connection.exec_driver_sql(_TABLES).first() is not None

    def foreign_parts(self) -> Sequence[str]:
        """What acts by itself and is not ours, before anything was done with it."""
        with self._plain_errors(), self._engine.connect() as connection:
            return [str(one) for one in connection.exec_driver_sql(_ACTING).scalars() if one not in _OUR_ACTING]

    @property
    def environment(self) -> Mapping[str, str]:
        """For PostgreSQL's own programs, beside `url`: the password, which no list of processes shows, and how the
        server has to prove what it is.
        """
        password = {} if self._password is None else {"PGPASSWORD": self._password()}
        more = {f"PG{name.upper()}": value for name, value in self._certified().items()}
        return {"PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS), **password, **more}

    def _certified(self) -> dict[str, str]:
        """What libpq has to be told so that another machine shows a certificate."""
        if "sslmode=" in self._parts.query or _is_local(self._parts):
            return {}
        root = {} if "sslrootcert=" in self._parts.query else {"sslrootcert": "system"}
        return {"sslmode": "verify-full", **root}

    @property
    def _engine(self) -> Engine:
        """Of this process: a connection does not survive a fork."""
        if self._made is None or self._made[0] != os.getpid():
            if self._made is not None:
                self._made[1].dispose(close=False)
            self._made = (os.getpid(), self._new_engine())
            weakref.finalize(self, _close, *self._made)
        return self._made[1]

    def _new_engine(self) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://",
            creator=self._connected,
            max_overflow=CONNECTIONS_MOST - 1 - _POOLED,
            pool_size=_POOLED,
            pool_pre_ping=True,  # the server may have been started anew since
            use_native_hstore=False,
        )
        event.listen(engine, "connect", self._configure)
        return engine.execution_options(secret=self.secret)

    def connection_arguments(self) -> tuple[str, Mapping[str, Any]]:
        given = {"connect_timeout": _CONNECT_SECONDS, "client_encoding": "UTF8", **_ALIVE, **self._certified()}
        password = {} if self._password is None else {"password": self._password()}
        return self._parts.geturl(), {**given, **password}

    def _connected(self, **more: Any) -> psycopg.Connection:
        address, given = self.connection_arguments()
        return psycopg.connect(address, **given, **more)

    def _configure(self, connection: psycopg.Connection, _record: object) -> None:
        """Ask the server what it is, and make the session durable; raise `ConfigurationError` where it cannot be."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), "
                "set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') = 'remote_apply' "
                "THEN 'remote_apply' ELSE 'on' END, false), set_config('lock_timeout', %s, false), " + _ON_SERVER,
                [f"{PATIENCE_SECONDS:g}s"],
            )
            version, encoding, durable, *_more = cursor.fetchone() or (0, "", "")
        connection.commit()
        if version < OLDEST * 10_000:
            raise ConfigurationError(
                self.name,
                _("its server is PostgreSQL {version}").format(version=version // 10000),
                _("use {oldest} or a later one").format(oldest=OLDEST),
            )
        if encoding != "UTF8":
            said = f"createdb --encoding=UTF8 --template=template0 {self._parts.path[1:]}"
            raise ConfigurationError(
                self.name,
                _("its encoding is {encoding}").format(encoding=encoding),
                _("make it anew: {said}").format(said=said),
            )
        if durable not in _DURABLE:
            raise ConfigurationError(
                self.name,
                _("it keeps synchronous_commit = {value}").format(value=durable),
                _("connect to it without a pooler that hides it"),
            )

    def _prepare(self) -> None:
        """Create or upgrade the schema, once per process. An empty database gets today's schema at once."""
        if self._ready:
            return
        with self._plain_errors(), self._engine.connect() as connection:
            with connection.begin():
                version = _schema_version(connection)
            if version != HEAD:
                with _writing(connection, None):
                    self._bring_up(connection, _schema_version(connection))
        self._ready = True

    def _bring_up(self, connection: Connection, version: str | None) -> None:
        if version == HEAD:
            return
        if version is None:
            if connection.exec_driver_sql(_TABLES).first() is not None:
                raise ConfigurationError(
                    self.name, _("it holds tables of another program"), _("give digest a database of its own")
                )
            connection.connection.cursor().execute(";\n".join(statements()))
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
            connection.execute(instance.insert().values(id=secrets.token_hex(8), commits=0))
            return
        if version > HEAD:
            raise ConfigurationError(
                self.name,
                _("it was written by a newer digest (schema {version})").format(version=version),
                _("install that version again"),
            )
        from digest.foundation.migrations.migrating import step_up  # 300 ms, alembic's

        step_up(connection)

    def refuse_overtaken(self, connection: Connection) -> None:
        """Raise `BusyError` when a lock that this process took is another's by now."""
        if self._held:
            fences = dict(connection.connection.cursor().execute(FENCES).fetchall())
            for lock in self._held:
                lock.refuse_overtaken(fences)

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Driver errors stop here."""
        try:
            with damage_named(self.name):
                yield
        except (DBAPIError, psycopg.Error) as error:
            raise _translated(self.name, getattr(error, "orig", None) or error) from error


class _PostgresqlWriter(Writer):
    """A lost connection is an error of the transaction that meets it: nothing of it counts."""

    def __init__(self, database: PostgresqlDatabase, connection: Connection) -> None:
        self._database, self._connection = database, connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._database._plain_errors(), _reading(self._connection):  # noqa: SLF001 – its own
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A process that stands still in the middle of it is cut off: nobody else could write."""
        with self._writing():
            self._database.refuse_overtaken(self._connection)
            yield self._connection

    @contextmanager
    def claiming(self) -> Iterator[Connection]:
        """Who waits for the whole lock comes before those who ask to share it after that."""
        with self._writing("_shared"):
            yield self._connection

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        with self._database._plain_errors(), _beginning(self._connection):  # noqa: SLF001
            _ask(self._connection, self._database.name)
            yield self._connection

    @contextmanager
    def _writing(self, how: str = "") -> Iterator[None]:
        named = self._database.name
        with self._database._plain_errors(), _writing(self._connection, named, LONGEST_IDLE_SECONDS, how):  # noqa: SLF001
            yield

    def refuse_lost(self) -> None:
        self._database.refuse_lost()


@contextmanager
def _reading(connection: Connection) -> Iterator[None]:
    driver = _driver(connection)
    driver.isolation_level, driver.read_only = IsolationLevel.REPEATABLE_READ, True  # one view of all statements
    with connection.begin():
        yield


@contextmanager
def _writing(connection: Connection, named: str | None, idle_seconds: float = 0, how: str = "") -> Iterator[None]:
    """READ COMMITTED: what is seen is what is there once the lock is held, and not when it was asked for. One that is
    `named` is refused when it is retired; the question travels with the one for the lock.
    """
    idle = f"set_config('idle_in_transaction_session_timeout', '{idle_seconds * 1000:.0f}', true)"
    locked = f"SELECT {idle}, pg_advisory_xact_lock{how}({_LOCK})"
    with _beginning(connection):
        _ask(connection, named, locked)
        yield


def _ask(connection: Connection, named: str | None, before: str = "SELECT 1") -> None:
    cursor = _driver(connection).execute((before if named is None else f"{before}; {RETIREMENT}").encode())
    if named is not None and cursor.nextset():
        refuse_retired(named, cursor.fetchone())


@contextmanager
def _beginning(connection: Connection) -> Iterator[None]:
    driver = _driver(connection)
    driver.isolation_level, driver.read_only = IsolationLevel.READ_COMMITTED, False
    with connection.begin():
        yield


def _now_in(connection: Connection) -> datetime:
    at = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    assert isinstance(at, datetime)  # noqa: S101 – with a zone
    return at


def _close(process: int, engine: Engine) -> None:
    """What a fork has from its parent is the parent's."""
    if process == os.getpid():
        engine.dispose()


def _driver(connection: Connection) -> psycopg.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 – there is no other driver
    return driver


def _is_local(parts: SplitResult) -> bool:
    return (parts.hostname or "") in _LOCAL or (parts.hostname or "").startswith("%2f")


# -- The schema: what `digest.foundation.schema` says, as PostgreSQL writes it.

_ACTING = (
    "SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal "
    "UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger "
    "UNION ALL SELECT 'rule ' || rulename FROM pg_rules WHERE schemaname NOT IN ('pg_catalog', 'information_schema') "
    "UNION ALL SELECT 'view ' || viewname FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema') "
    "UNION ALL SELECT 'function ' || proname || ' ' || md5(prosrc) FROM pg_proc JOIN pg_namespace space "
    "ON space.oid = pronamespace WHERE nspname NOT IN ('pg_catalog', 'information_schema')"
)
_OUR_FUNCTION = hashlib.md5(_ONLY_ADDED.split("$$")[1].encode(), usedforsecurity=False).hexdigest()
_OUR_ACTING = (
    "trigger subscriber_events_no_update",
    "trigger subscriber_events_no_delete",
    f"function events_are_only_added {_OUR_FUNCTION}",
)
_TABLES = "SELECT 1 FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"


@cache
def statements() -> tuple[str, ...]:
    """What makes today's schema in an empty database. Texts compare and sort as in SQLite: byte by byte."""
    ours = MetaData(naming_convention=metadata.naming_convention)
    made: list[ExecutableDDLElement] = []
    for table in [one.to_metadata(ours) for one in metadata.sorted_tables]:
        for column in table.columns:
            if isinstance(column.type, String):
                column.type = String(collation="C")
        made.append(CreateTable(table))
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
            made.append(CreateIndex(index))
    return (*(str(one.compile(dialect=_DIALECT)) for one in made), *TRIGGERS, VERSION_TABLE)


def _schema_version(connection: Connection) -> str | None:
    if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is None:
        return None
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _translated(name: str, error: BaseException) -> DigestError:  # noqa: PLR0911 – one line each
    diagnosis = getattr(error, "diag", None)
    said = " ".join((getattr(diagnosis, "message_primary", None) or str(error)).split())  # its details hold addresses
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return IntegrityError(name, said, _("restore the last backup"))
    if isinstance(error, psycopg.IntegrityError):
        return IntegrityError(name, said, _("please report this; nothing was changed"))
    if isinstance(error, errors.LockNotAvailable):
        return BusyError(name, _("somebody else is writing to it"), _("try again in a moment"))
    if isinstance(error, errors.InsufficientPrivilege):
        return ConfigurationError(name, said, _("make the user that digest connects as the owner of the database"))
    if isinstance(error, errors.DiskFull | errors.ReadOnlySqlTransaction):
        return CannotWriteError(
            name, said, _("look at the server's disk, and whether it is the one that is written to")
        )
    if any(one in said for one in ("password", "no pg_hba.conf entry", "does not exist")):
        return ConfigurationError(name, said, _("correct database in digest.yaml, or where its password is told"))
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return BusyError(name, said, _("see whether the server runs and can be reached, then try again"))
    return DigestError(name, said, _("please report this"))
