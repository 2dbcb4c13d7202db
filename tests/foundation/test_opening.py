"""Opening a database by its URL, and keeping it open."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import pytest
from sqlalchemy import text

from digest.errors import BusyError, ConfigurationError
from digest.foundation.database import SqliteDatabase, open_database, unwritten

COMMITS = text("SELECT commits FROM instance")
COMMIT = text("UPDATE instance SET commits = commits + 1")


def test_a_file_is_opened_whatever_signs_are_in_its_path(tmp_path):
    folder = tmp_path / "¿qué? 100%20 #1"
    folder.mkdir()
    with open_database(f"sqlite:///{folder / 'digest.db'}").read() as connection:
        assert connection.execute(COMMITS).scalar() == 0
    assert {file.name for file in folder.iterdir()} == {"digest.db", "digest.db.lock"}


@pytest.mark.parametrize(
    "url",
    ["postgresql://ana:hunter2@example.org/digest", "sqlite://", "sqlite:///", "mysql:///digest", "digest.db", ""],
)
def test_another_kind_of_database_is_refused_and_no_password_is_told(url):
    with pytest.raises(ConfigurationError) as refused:
        open_database(url)
    assert "hunter2" not in str(refused.value)
    assert "sqlite:///" in refused.value.remedy


@pytest.fixture
def database(tmp_path):
    return SqliteDatabase(tmp_path / "digest.db")


def session(connection):
    """What tells one connection to the file from another."""
    return id(connection.connection.dbapi_connection)


def test_blocks_that_follow_one_another_share_a_kept_connection_which_is_gone_in_the_end(database, tmp_path):
    with database.kept():
        with database.read() as first:
            one = session(first)
        with database.write() as second:
            assert session(second) == one
        with database.read(), database.read() as within:
            assert session(within) != one
        with database.kept(), database.read() as third:
            assert session(third) == one
        assert (tmp_path / "digest.db-wal").exists()
    assert {file.name for file in tmp_path.iterdir()} == {"digest.db", "digest.db.lock"}


def test_what_another_has_written_is_seen_and_what_raised_is_gone(database, tmp_path):
    with database.kept():
        with database.read() as connection:
            assert connection.execute(COMMITS).scalar() == 0
        with SqliteDatabase(tmp_path / "digest.db").write() as connection:
            connection.execute(COMMIT)
        with pytest.raises(ZeroDivisionError), database.write() as connection:
            connection.execute(COMMIT)
            raise ZeroDivisionError
        with database.read() as connection:
            assert connection.execute(COMMITS).scalar() == 1
        database.scrub()
        assert (tmp_path / "digest.db-wal").stat().st_size == 0


def test_neither_another_thread_nor_a_child_touches_a_kept_connection(database):
    def seen():
        with database.read() as connection:
            return session(connection)

    with database.kept(), ThreadPoolExecutor(1) as pool:
        own = seen()
        assert pool.submit(seen).result() != own
        child = os.fork()
        if not child:
            os._exit(seen() == own)
        assert os.waitpid(child, 0)[1] == 0
        assert seen() == own


def test_who_writes_again_and_again_lets_somebody_else_in_between(database):
    """Each who looks now and then whether the database is free would else find it taken for a long time."""
    done, is_over = [0], Event()

    def write_on():
        with SqliteDatabase(database.path).writer() as busy:
            while not is_over.is_set():
                with busy.transaction() as connection:
                    connection.execute(COMMIT)
                done[0] += 1

    waited = []
    with database.writer() as mine, ThreadPoolExecutor(1) as threads:
        busy = threads.submit(write_on)
        try:
            for _ in range(15):
                before = done[0]
                while done[0] == before:
                    sleep(0.001)
                before = done[0]
                with mine.transaction():
                    waited.append(done[0] - before)
        finally:
            is_over.set()
        busy.result()
    assert sorted(waited)[len(waited) // 2] <= 2


def test_a_child_that_a_thread_forks_meanwhile_holds_no_lock_of_its_parent(database):
    """It would hold it for as long as it lives: here, longer than anybody waits."""
    lock = database.path.with_name("digest.db.lock")
    with database.write() as connection:
        connection.execute(COMMIT)
        child = ThreadPoolExecutor(1).submit(forked_sleeper).result()
    try:
        with unwritten(lock):
            pass
        with database.read() as connection:
            assert connection.execute(COMMITS).scalar() == 1
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def forked_sleeper():
    child = os.fork()
    if not child:
        sleep(600)
        os._exit(0)
    return child


def test_who_only_looks_waits_for_who_writes_and_is_told_when_it_takes_too_long(database):
    lock = database.path.with_name("digest.db.lock")
    with unwritten(lock):
        assert not lock.exists()
    with ThreadPoolExecutor(1) as threads:
        with database.write():
            with pytest.raises(BusyError, match="somebody else is writing"), unwritten(lock, patience=0.05):
                pass
            waiting = threads.submit(lambda: unwritten(lock).__enter__())
            sleep(0.05)
            assert not waiting.done()
        waiting.result()
