"""The databases of tests: each lies at a path, and is of the kind that its test asks for (`both_databases`).

PostgreSQL is Debian's: one server for each process of the tests, in memory where there is room, on loopback. A database
that a test is done with is emptied and given to the next one, which takes a hundredth of the time of making one.
"""

import atexit
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from digest.delivery.agreed_secret import agree
from digest.delivery.whereabouts import around_of, found_fence, name_in, note_place, own_in
from digest.foundation.database import Database, SqliteDatabase, copy_rows
from digest.foundation.database.postgresql import PostgresqlDatabase
from digest.foundation.schema import metadata
from digest.foundation.workspace import SECRET

PROGRAMS = Path("/usr/lib/postgresql")
USER = "digest"
PATIENCE = 60.0  # seconds, of a busy machine
UNSAFE_AND_QUICK = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=300", "shared_buffers=16MB")
LEFT_OPEN = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
EMPTY = """
DO $$ DECLARE one record; BEGIN
  SET LOCAL session_replication_role = replica;
  DROP SCHEMA IF EXISTS procrastinate CASCADE;
  FOR one IN SELECT relname, relkind FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') LOOP
    IF one.relkind = 'S' THEN
      PERFORM setval(one.relname::regclass, 1, false);
    ELSIF one.relname <> 'alembic_version' THEN
      EXECUTE format('DELETE FROM %I', one.relname);
    END IF;
  END LOOP;
  INSERT INTO instance (id, commits) VALUES (substr(md5(random()::text), 1, 16), 0);
END $$"""


def database_at(path: Path) -> Database:
    """The database of a test's workspace, by the file that it has or would have."""
    return _lent[-1].database_at(path) if _lent else SqliteDatabase(path)


def is_on_postgresql() -> bool:
    """Whether the test that runs gets databases of PostgreSQL."""
    return bool(_lent)


def done_with(path: Path) -> None:
    """The database at a path is not needed any more: who makes many gives them back."""
    if _lent:
        _lent[-1].give_back(path)


def taken_along(folder: Path) -> str:
    """A workspace with a file gets a database of the kind that its test asks for, with all that was in it. What its
    settings have to say of that.
    """
    if not _lent:
        return ""
    file = folder / "digest.db"
    lent = database_at(file)
    copy_rows(SqliteDatabase(file), lent)
    _settle(folder / "sending", lent)
    for path in folder.glob("digest.db*"):
        path.unlink()
    return f"database: {lent.url}\n"


def _settle(sending: Path, database: Database) -> None:
    """What its database knew of the one place, a database of several hosts knows of this folder."""
    with database.write() as connection:
        own = own_in(connection)
        name = name_in(sending)
        if own is not None and name is not None:
            known = replace(own, name=name, is_shared=True)
            note_place(connection, known, around_of(known, sending), journalled=own.commits)
    found_fence(database, sending)  # knows its server from now on
    if (sending.parent / SECRET).exists():
        agree(database, sending.parent / SECRET)


def asked(path: Path, statement: str, *values: object) -> list[tuple]:
    """The rows with which the database at a path answers, if any. `?` stands for a value."""
    if not _lent:
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(statement, values).fetchall()
    database = database_at(path)
    with database.read() if statement.startswith("SELECT") else database.write() as connection:
        found = connection.exec_driver_sql(statement.replace("?", "%s"), values or None)
        return [tuple(row) for row in found] if found.returns_rows else []


def copied(database: Database, path: Path) -> Database:
    """A database as this one is now."""
    if isinstance(database, SqliteDatabase):
        with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
    else:
        _lent[-1].copy(database, path)
    return database_at(path)


def bytes_of(database: Database) -> bytes:
    """All that its files hold."""
    return database.path.read_bytes() if isinstance(database, SqliteDatabase) else server().bytes_of(database)


def contents(database: Database, *, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Every row of every table."""
    with database.read() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in metadata.sorted_tables
            if table.name not in without
        }


@contextmanager
def clock_off(database: PostgresqlDatabase, seconds: int) -> Iterator[None]:
    """Its clock is so far from ours, as sessions that begin in the block see it."""
    database._engine.dispose()
    name = database._parts.path[1:]
    with psycopg.connect(database._parts.geturl(), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA off")
        connection.execute(
            "CREATE FUNCTION off.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
            f"'SELECT pg_catalog.clock_timestamp() + make_interval(secs => {seconds})'"
        )
        connection.execute(f"ALTER DATABASE {name} SET search_path = off, pg_catalog, public")
        yield
        database._engine.dispose()
        connection.execute(f"ALTER DATABASE {name} RESET search_path")
        connection.execute("DROP SCHEMA off CASCADE")


@contextmanager
def replicated(name: str) -> Iterator[None]:
    """Another server repeats ours."""
    process, folder = server().replica(name)
    try:
        yield
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE)
        shutil.rmtree(folder)


@contextmanager
def on_postgresql() -> Iterator[None]:
    """Until the block ends, databases are PostgreSQL's."""
    _lent.append(_Lent(server()))
    try:
        yield
    finally:
        _lent.pop().give_back()


class Server:
    def __init__(self, programs: Path, settings: Sequence[str] = UNSAFE_AND_QUICK) -> None:
        self._programs, self._settings = programs, settings
        self._folder = Path(tempfile.mkdtemp(prefix="digest-postgresql-"))
        if os.geteuid() == 0:  # which PostgreSQL refuses to be run by
            shutil.chown(self._folder, "nobody", "nogroup")
        self.port = _free_port()
        self._free: list[PostgresqlDatabase] = []
        self._count = 0

    def start(self) -> None:
        data = f"{self._folder}/data"
        self._run("initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self._process = self._started(data, f"port={self.port}")
        atexit.register(self.stop)
        self._wait_until_it_answers()

    def crash(self) -> None:
        """Ended at once, in the middle of everything (`immediate`), and started again."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(PATIENCE)
        self._process = self._started(f"{self._folder}/data", f"port={self.port}")
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.02)
            else:
                return

    def _started(self, data: str, *more: str) -> subprocess.Popen[bytes]:
        settings = (*self._settings, "listen_addresses=127.0.0.1", "unix_socket_directories=", *more)
        options = [part for each in settings for part in ("-c", each)]
        with Path(self._folder, "log").open("ab") as log:
            command = [*self._user, str(self._programs / "postgres"), "-D", data, *options]
            return subprocess.Popen(command, stdout=log, stderr=log)

    def replica(self, name: str) -> tuple[subprocess.Popen[bytes], str]:
        """The server, and its folder."""
        data = f"{self._folder}/{name}"
        whole = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-h", "127.0.0.1", "-p", str(self.port))
        self._run("pg_basebackup", "-D", data, "-U", USER, *whole)
        return self._started(data, f"port={_free_port()}", f"cluster_name={name}"), data

    def stop(self) -> None:
        atexit.unregister(self.stop)
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(PATIENCE)
        shutil.rmtree(self._folder)

    @property
    def _user(self) -> list[str]:
        """PostgreSQL refuses to be run by root; it ends with whoever runs the tests, however that ends."""
        ends = ["setpriv", "--pdeathsig=QUIT"]
        return [*ends, "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else ends

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def made(self, like: str = "template1") -> str:
        """The URL of a new database, without a table unless it is `like` another, to which nobody is connected."""
        self._count += 1
        name = f"digest{self._count}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def bytes_of(self, database: PostgresqlDatabase) -> bytes:
        with psycopg.connect(database._parts.geturl(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            (oid,) = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        return b"".join(path.read_bytes() for path in Path(self._folder, "data", "base", str(oid)).iterdir())

    def lend(self) -> PostgresqlDatabase:
        """One that has today's tables, and nothing in them."""
        if self._free:
            return self._free.pop()
        lent = PostgresqlDatabase(self.made(), Path("nowhere"))
        with lent.write():
            pass
        return lent

    def take_back(self, database: PostgresqlDatabase) -> None:
        """Whoever is still connected is of a test that has ended."""
        database._engine.dispose()
        with psycopg.connect(database._parts.geturl()) as connection:
            connection.execute(LEFT_OPEN)
            connection.execute(EMPTY)
        self._free.append(database)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._user, str(self._programs / program), *arguments]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self._folder)
        assert ran.returncode == 0, ran.stderr


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class _Lent:
    """Those that one test has."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._by_path: dict[Path, PostgresqlDatabase] = {}

    def database_at(self, path: Path) -> Database:
        real = self._by_path.get(path)
        if real is None:
            real = self._by_path[path] = self._server.lend()
        database = PostgresqlDatabase(real._parts.geturl(), path.parent / SECRET)
        database._made = (os.getpid(), real._engine.execution_options(secret=database.secret))
        return database

    def copy(self, database: PostgresqlDatabase, path: Path) -> None:
        database._engine.dispose()
        like = database._parts.path[1:]
        self._by_path[path] = PostgresqlDatabase(self._server.made(like), path.parent / SECRET)

    def give_back(self, *paths: Path) -> None:
        for path in paths or [*self._by_path]:
            if (database := self._by_path.pop(path, None)) is not None:
                self._server.take_back(database)


_lent: list[_Lent] = []  # to the test that runs


@cache
def server() -> Server:
    """Without PostgreSQL, CI fails and says why."""
    found = sorted(PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        missing = "PostgreSQL is missing: install it with `apt-get install -y postgresql`"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    made = Server(found[-1])
    made.start()
    return made
