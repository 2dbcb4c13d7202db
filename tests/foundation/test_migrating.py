"""Before a database is brought to a newer schema, a copy of it is laid aside; without one nothing is changed."""

import logging
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest
from sqlalchemy import text

from digest.errors import CannotWriteError
from digest.foundation.database import HEAD, SqliteDatabase
from digest.foundation.database.sqlite import _engine
from digest.foundation.migrations.migrating import upgrade


@pytest.fixture
def old(tmp_path):
    """A database of the first version."""
    path = tmp_path / "digest.db"
    upgrade(_engine(path, path.with_name("secret")), "0001")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO choices (newsletter, audiences, language) VALUES ('m', 'kept', 'en')")
    return path


def opened(path):
    with SqliteDatabase(path).read() as connection:
        connection.execute(text("SELECT 1"))


def version(path):
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def copies(path):
    return list((path.parent / "backups").glob("before-schema-*.db"))


def test_a_copy_of_the_old_one_is_kept_for_its_owner_alone_and_said_once(old, caplog):
    with caplog.at_level(logging.WARNING):
        opened(old)
        opened(old)
    (copy,) = copies(old)
    assert (version(old), version(copy)) == (HEAD, "0001")
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT audiences FROM choices").fetchall() == [("kept",)]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [str(copy) in record.getMessage() for record in caplog.records] == [True]


def test_every_database_has_a_name_from_its_first_day_that_its_copies_keep(old, tmp_path):
    opened(old)
    opened(tmp_path / "fresh.db")
    for path in (old, tmp_path / "fresh.db"):
        with closing(sqlite3.connect(path)) as database:
            ((name, commits),) = database.execute("SELECT id, commits FROM instance").fetchall()
        assert (len(name), commits) == (16, 0)


def test_a_new_database_leaves_no_copy(tmp_path):
    opened(tmp_path / "digest.db")
    assert not (tmp_path / "backups").exists()


def test_when_the_copy_cannot_be_written_nothing_is_changed(old):
    (old.parent / "backups").write_text("a file")
    with pytest.raises(CannotWriteError, match="nothing was changed"):
        opened(old)
    assert version(old) == "0001"


def test_killed_while_copying_the_old_database_is_as_it_was_and_the_next_start_goes_on(old):
    code = "import pathlib, sys; from digest.foundation.database import SqliteDatabase; "
    code += "SqliteDatabase(pathlib.Path(sys.argv[1]))._prepare()"
    ended = subprocess.run(
        [sys.executable, "-c", code, str(old)], check=False, env={**os.environ, "DIGEST_FAIL": "upgrade.copied:kill"}
    )
    assert ended.returncode == -9
    assert (version(old), copies(old)) == ("0001", [])
    opened(old)
    assert version(old) == HEAD
    assert len(copies(old)) == len(list((old.parent / "backups").iterdir())) == 1
