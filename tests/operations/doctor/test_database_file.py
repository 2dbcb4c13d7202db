"""The database is looked through as it lies there, in whatever state, and not a byte of the folder changes."""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from digest.foundation.database import HEAD, SqliteDatabase
from digest.operations.doctor.database_file import database, stored, to_restore
from digest.operations.doctor.diagnosis import Level

KILLED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("INSERT INTO newsletters VALUES ('weekly', '2018-07-01')")
os._exit(0)
"""

WRITING = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("INSERT INTO newsletters VALUES ('weekly', '2018-07-01')")
print("written", flush=True)
sys.stdin.read()
database.execute("INSERT INTO newsletters VALUES ('yearly', '2018-07-01')")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "digest.db"
    with SqliteDatabase(path).write() as connection:
        connection.execute(text("INSERT INTO newsletters VALUES ('monthly', '2018-07-01')"))
    return path


@pytest.fixture
def path(tmp_path, made):
    shutil.copytree(made.parent, tmp_path / "office")
    return tmp_path / "office" / "digest.db"


def state(folder):
    """Names, modes, times and contents: what a change would show in."""
    return {
        path.name: (path.stat().st_mtime_ns, path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.iterdir()
        if path.is_file()
    }


def looked(path):
    before = state(path.parent)
    found = {each.what: each for each in database(path, HEAD)}
    stored(path)
    assert state(path.parent) == before
    return found


def killed_while_writing(path):
    subprocess.run([sys.executable, "-c", KILLED, path], check=True)


def test_a_good_database_is_well(path):
    found = looked(path)
    assert {each.level for each in found.values()} == {Level.OK}
    assert list(found) == ["SQLite", "Journal", "Schema", "Integrity"]
    with SqliteDatabase(path).read() as connection:  # what the doctor says about all connections of digest
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_what_a_killed_process_left_is_read_and_left(path):
    killed_while_writing(path)
    assert {"digest.db-wal", "digest.db-shm"} <= {each.name for each in path.parent.iterdir()}
    assert {each.level for each in looked(path).values()} == {Level.OK}


def test_a_log_without_its_index_is_left_to_the_next_command(path):
    killed_while_writing(path)
    path.with_name("digest.db-shm").unlink()
    assert looked(path)["Database"].level is Level.WARN


def test_it_is_read_while_others_have_it_open(path):
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "written\n"
        assert {each.level for each in looked(path).values()} == {Level.OK}
        other.communicate()
    assert other.returncode == 0, "it could not go on writing"


def test_while_somebody_writes_it_waits_for_nobody(path):
    with path.with_name("digest.db.lock").open("r") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = looked(path)["Database"]
    assert found.level is Level.WARN
    assert "writing" in found.said


def test_none_is_none(tmp_path):
    assert looked(tmp_path / "digest.db")["Database"].level is Level.OK
    assert list(tmp_path.iterdir()) == []


def ruined(path, how):
    data = bytearray(path.read_bytes())
    match how:
        case "no database":
            data[:16] = b"This is no SQLit"
        case "empty":
            data.clear()
        case "torn page":
            data[4096 * 3 : 4096 * 4] = os.urandom(4096)
        case "first page":
            data[100:4096] = os.urandom(3996)
        case "cut":
            del data[len(data) // 2 :]
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("how", "level"),
    [
        ("no database", Level.FAIL),
        ("empty", Level.WARN),
        ("torn page", Level.FAIL),
        ("first page", Level.FAIL),
        ("cut", Level.FAIL),
    ],
)
def test_damage_is_found_and_never_a_traceback(path, how, level):
    ruined(path, how)
    worst = [each for each in looked(path).values() if each.level is not Level.OK]
    assert worst[0].level is level
    assert to_restore() in worst[0].fix or "restore" in worst[0].fix


def changed(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for statement in statements:
            other.execute(statement)


@pytest.mark.parametrize(
    ("statement", "what", "level", "word"),
    [
        ("PRAGMA journal_mode=DELETE", "Journal", Level.WARN, "WAL"),
        ("UPDATE alembic_version SET version_num = '0001'", "Schema", Level.WARN, "0001"),
        ("UPDATE alembic_version SET version_num = '9999'", "Schema", Level.FAIL, "newer"),
        ("DROP TABLE alembic_version", "Schema", Level.FAIL, "lost its tables"),
        ("DELETE FROM alembic_version", "Schema", Level.FAIL, "lost its tables"),
        (
            "INSERT INTO subscriptions (subscriber, newsletter, choice, active) VALUES (77, 'monthly', 99, 1)",
            "Integrity",
            Level.FAIL,
            "2 rows",
        ),
    ],
)
def test_what_another_program_did_is_found(path, statement, what, level, word):
    changed(path, statement)
    found = looked(path)[what]
    assert found.level is level
    assert word in found.said


def test_links_are_refused_because_the_log_would_be_missed(path):
    link = path.with_name("other") / "digest.db"
    link.parent.mkdir()
    link.symlink_to(path)
    assert looked(link)["Database"].level is Level.FAIL
    link.unlink()
    link.hardlink_to(path)
    assert looked(link)["Database"].level is Level.FAIL


def test_it_knows_what_other_concerns_ask(path):
    rows = [
        "INSERT INTO subscribers VALUES (1, 'a', 'a@example.org', 'a@example.org', NULL, NULL)",
        "INSERT INTO choices VALUES (1, 'monthly', 'regional', 'en')",
        "INSERT INTO subscriptions (subscriber, newsletter, choice, active) VALUES (1, 'monthly', 1, 1)",
    ]
    times = ("2018-08-05T09:00:00.000000+00:00", "2030-01-01T09:00:00.000000+00:00")
    rows += [
        f"INSERT INTO runs VALUES ({n}, '{at}', '{at}', 1, 0, {n}, '', '[]', '[]')" for n, at in enumerate(times)
    ]  # the second was rehearsed
    changed(path, *rows)
    found = stored(path)
    assert (found.readers, found.largest, found.has_sealed) == (1, None, False)
    assert found.last_run_at == datetime(2018, 8, 5, 9, tzinfo=UTC)


def test_nothing_is_known_of_a_database_that_cannot_be_read(path, tmp_path):
    ruined(path, "no database")
    assert stored(path).readers == stored(tmp_path / "none.db").readers == 0


def test_a_database_that_is_too_large_for_the_time_is_a_warning(path):
    changed(
        path,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
        "INSERT INTO newsletters SELECT 'n' || i, '2018-07-01' FROM n",
    )
    found = {each.what: each for each in database(path, HEAD, seconds=0)}["Integrity"]
    assert found.level is Level.WARN
    assert "too large" in found.said
