"""Backups of a database of PostgreSQL: one moment of it, with the keys; from what is restored nothing is sent."""

import stat
import zipfile
from datetime import UTC, datetime

import psycopg
import pytest
from databases import PostgresqlDatabase, contents, database_at, server
from sqlalchemy import insert, text

from digest.delivery.fence import Why
from digest.delivery.journal import Journal, Line, position
from digest.delivery.whereabouts import found_fence, known_of_journal, own_of
from digest.errors import ConfigurationError, IntegrityError, UsageError
from digest.foundation import neighbours
from digest.foundation.schema import choices
from digest.operations import server_dump, server_programs
from digest.operations.archive import DUMP, check_backup, verify
from digest.operations.backup import Contents, write_backup
from digest.operations.restoring import restore

pytestmark = pytest.mark.on_postgresql

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


class Office:
    def __init__(self, folder):
        self.folder, self.database = folder, database_at(folder / "digest.db")
        for name in ("digest.yaml", "keys/secret"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"{name}: x")
        self.add("before")
        found_fence(self.database, folder / "sending")
        with self.database.write() as connection:
            connection.execute(text("UPDATE places SET commits = 1"))
        self.note(1)

    def add(self, word, database=None):
        with (database or self.database).write() as connection:
            connection.execute(insert(choices).values(newsletter="m", audiences=word, language="en"))

    def note(self, commit):
        with Journal(self.folder / "sending" / "journal", own_of(self.database).id) as journal:
            journal.append(commit, [Line("s", "monthly/2018-07", "ana")])

    def back_up(self, path):
        files = {name: self.folder / name for name in ("digest.yaml", "keys/secret")}
        held = Contents(files=files, left_out=(), program="digest")
        return write_backup(path, self.database, self.folder / "sending", held, NOW)


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path / "office")


@pytest.fixture
def archive(office, tmp_path):
    office.back_up(tmp_path / "one.zip")
    return tmp_path / "one.zip"


@pytest.fixture
def empty(tmp_path):
    """A new database without a table."""
    made = PostgresqlDatabase(server().made(), tmp_path / "new" / "keys" / "secret")
    yield made
    made._engine.dispose()


def program(folder, name, lines):
    """One that stands where PostgreSQL's would."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{lines}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The folder in which programs are looked for first."""
    for module in (neighbours, server_programs):
        monkeypatch.setattr(module, "COMMAND_PATH", f"{tmp_path}/bin:{neighbours.COMMAND_PATH}")
    return tmp_path / "bin"


def test_what_is_restored_is_the_moment_of_the_backup_and_may_not_send(office, archive, empty, tmp_path, monkeypatch):
    manifest = verify(archive)
    assert manifest.is_of_server
    assert (manifest.instance, manifest.commits) == (own_of(office.database).id, 1)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    before = contents(office.database, without=("instance",))
    office.add("after")
    known = position(office.folder / "sending" / "journal", manifest.instance, 1)
    restore(archive, tmp_path / "new", NOW, replace=False, server=empty)
    assert contents(empty, without=("instance",)) == before
    assert (tmp_path / "new" / "keys" / "secret").read_text() == "keys/secret: x"
    assert not (tmp_path / "new" / DUMP).exists()
    assert found_fence(empty, tmp_path / "new" / "sending").why is Why.RESTORED
    assert known_of_journal(empty) == (known.bytes, known.fingerprint, 1)
    office.add("later", empty)  # numbers go on
    with pytest.raises(UsageError, match="there are tables in it"):
        restore(archive, tmp_path / "other", NOW, replace=False, server=empty)
    assert not (tmp_path / "other" / "digest.yaml").exists()


def test_what_commits_while_it_is_made_is_not_in_it_and_not_told_of_it(office, tmp_path, empty, monkeypatch):
    """The dump, and what the manifest says of the send journal, are of one moment."""
    carry_out = server_dump.carry_out

    def meanwhile(*arguments):
        with office.database.write() as connection:
            connection.execute(text("UPDATE places SET commits = 2"))
        office.add("meanwhile")
        office.note(2)
        carry_out(*arguments)

    monkeypatch.setattr(server_dump, "carry_out", meanwhile)
    manifest = office.back_up(tmp_path / "one.zip")
    monkeypatch.undo()
    assert (manifest.commits, manifest.journal.commit) == (1, 1)
    restore(tmp_path / "one.zip", tmp_path / "new", NOW, replace=False, server=empty)
    assert "meanwhile" not in str(contents(empty)["choices"])


def test_the_password_is_in_no_list_of_processes(office, programs, tmp_path):
    real = neighbours.own_program("pg_dump")
    said = tmp_path / "said"
    program(programs, "pg_dump", f'echo "$@" >> {said}; echo "password $PGPASSWORD" >> {said}; exec {real} "$@"')
    secret = PostgresqlDatabase(office.database.url, office.database.secret, lambda: "hunter2")
    server_dump.dump_database(secret, tmp_path / "dump", office.folder / "sending")
    *arguments, last = said.read_text().splitlines()
    assert last == "password hunter2"
    assert office.database.url in arguments[-1]
    assert "hunter2" not in str([line for line in arguments if not line.startswith("password ")])


NEW = "[ $1 = --version ] && echo 'x (PostgreSQL) 99.1' && exit"
INTO_THE_FILE = "$(echo $* | grep -o '/[^ ]*.new')"


@pytest.mark.parametrize(
    ("lines", "error", "cause", "remedy"),
    [
        ("echo 'pg_dump (PostgreSQL) 14.2'", ConfigurationError, "14.2, and the server is", "apt install postgresql-"),
        (f"{NEW}; echo 'pg_dump: error: no' >&2; exit 1", IntegrityError, "error: no", "nothing was changed"),
        (f"{NEW}; echo garbage > {INTO_THE_FILE}", IntegrityError, "pg_restore: ", "use an earlier backup"),
    ],
    ids=["older", "failing", "writing-something-else"],
)
def test_a_program_that_cannot_do_it_leaves_no_backup_and_says_why(
    office, programs, tmp_path, lines, error, cause, remedy
):
    program(programs, "pg_dump", lines)
    with pytest.raises(error) as refused:
        office.back_up(tmp_path / "backups" / "one.zip")
    assert cause in refused.value.cause
    assert remedy in refused.value.remedy
    assert [*(tmp_path / "backups").iterdir()] == []


def test_where_postgresqls_programs_are_missing_it_says_what_to_install(office, tmp_path, monkeypatch):
    monkeypatch.setattr(neighbours, "COMMAND_PATH", str(tmp_path))
    with pytest.raises(ConfigurationError) as refused:
        office.back_up(tmp_path / "one.zip")
    assert refused.value.thing == "pg_dump"
    assert "apt install postgresql-client" in refused.value.remedy


def test_an_altered_dump_is_found_before_anything_is_changed(archive, empty, tmp_path):
    with zipfile.ZipFile(archive) as opened:
        files = {info.filename: opened.read(info) for info in opened.infolist()}
    dump = bytearray(files[DUMP])
    dump[len(dump) // 2] ^= 0xFF
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as altered:
        for name, data in files.items():
            altered.writestr(name, bytes(dump) if name == DUMP else data)
    with pytest.raises(IntegrityError, match="altered"):
        restore(tmp_path / "two.zip", tmp_path / "new", NOW, replace=False, server=empty)
    assert not empty.has_tables
    assert check_backup(archive).is_of_server


def test_what_would_act_in_our_name_is_refused(office, tmp_path, empty):
    foreign = PostgresqlDatabase(server().made(), office.database.secret)
    office.add("x", foreign)
    with psycopg.connect(foreign.url) as connection:
        connection.execute("CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        connection.execute("CREATE TRIGGER spy BEFORE INSERT ON choices FOR EACH ROW EXECUTE FUNCTION spy()")
    office.database = foreign
    office.back_up(tmp_path / "one.zip")
    foreign._engine.dispose()
    with pytest.raises(IntegrityError, match="trigger spy"):
        restore(tmp_path / "one.zip", tmp_path / "new", NOW, replace=False, server=empty)


def test_each_kind_of_backup_says_where_it_has_to_go(archive, tmp_path):
    with pytest.raises(UsageError, match="one of PostgreSQL") as refused:
        restore(archive, tmp_path / "new", NOW, replace=False)
    assert "--to postgresql://" in refused.value.remedy
    assert not (tmp_path / "new").exists()
