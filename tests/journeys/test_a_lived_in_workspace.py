"""A workspace in which everything has happened once, every table has a row: trying things out works there as well."""

import re
import sqlite3
import zlib
from contextlib import closing

import pytest
from doses import some
from sqlalchemy import Integer, LargeBinary

from digest.foundation.schema import metadata

FIFTH = "2018-08-05T09:00"


@pytest.fixture
def lived_in(office):
    """July is half sent and paused, the mails were tried out; what never happened there has a row all the same."""
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: required\n    starts_on: 2018-07-01"))
    office.run("run", "--now", "2018-08-02T09:00", code=None)
    office.run("send", "2018-07", "--test", "marta@example.org")
    office.run("approve", "2018-07", "--by", "Marta")
    office.run("send", "2018-07", "--limit", "1", "--yes")
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        database.execute("PRAGMA foreign_keys=ON")
        for table in metadata.sorted_tables:
            if not database.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone():
                row = {column.name: value(database, table, column) for column in table.columns}
                names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
                database.execute(f"INSERT INTO {table.name} ({names}) VALUES ({places})", list(row.values()))
        database.commit()
    return office


def value(database, table, column):
    """Something that may stand there; what refers to another table refers to a row of it."""
    for key in column.foreign_keys:
        return database.execute(f"SELECT {key.column.name} FROM {key.column.table.name} LIMIT 1").fetchone()[0]
    for allowed in (str(rule.sqltext) for rule in table.constraints if hasattr(rule, "sqltext")):
        if allowed.startswith(f"{column.name} IN "):
            return re.findall(r"'([^']+)'", allowed)[0]
    if isinstance(column.type, Integer):
        return 1
    if isinstance(column.type, LargeBinary):
        return zlib.compress(b"{}")
    if column.name == "at" or column.name.endswith("_at"):
        return "2018-08-01T09:00:00.000000+00:00"
    return "2018-07-31" if column.name.endswith(("_on", "_until")) else "monthly"


def everything(office):
    with closing(sqlite3.connect(office.folder / "digest.db")) as database:
        return {t.name: database.execute(f"SELECT * FROM {t.name}").fetchall() for t in metadata.sorted_tables}


@pytest.mark.parametrize(
    "command",
    [
        ("rehearse", "--from", "2018-07-01", "--to", "2018-08-31"),
        ("send", "2018-07", "--dry-run"),
        ("run", "--dry-run", "--now", FIFTH),
    ],
    ids=" ".join,
)
def test_whatever_is_in_the_database_it_can_be_rehearsed_and_tried_out(lived_in, command):
    before = everything(lived_in)
    assert [name for name, rows in before.items() if not rows] == []
    said = lived_in.run(*command, code=None)
    assert said.returncode in (0, 3), said.stderr  # what is paused waits for a person
    assert "FOREIGN KEY" not in said.stderr
    assert everything(lived_in) == before


def test_a_rehearsal_there_says_what_it_says_in_a_fresh_workspace(lived_in):
    rehearsed = lived_in.json("rehearse", "--from", "2018-07-01", "--to", "2018-08-31")
    (lived_in.folder / "digest.db").unlink()
    assert lived_in.json("rehearse", "--from", "2018-07-01", "--to", "2018-08-31") == rehearsed
    (july,) = rehearsed["editions"]
    assert (july["edition"], july["state"], july["readers"]) == ("monthly/2018-07", "finished", 2)


TEXTS = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if not isinstance(column.type, Integer | LargeBinary) and not column.foreign_keys
]


def test_a_value_that_a_disk_has_spoilt_is_told_in_words(lived_in):
    """SQLite keeps no checksums: a time that is none any more reaches us, and so does a state that nobody knows."""
    database, journal = lived_in.folder / "digest.db", lived_in.folder / "sending" / "journal"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    whole, sent = database.read_bytes(), journal.read_bytes()
    for table, column in some(TEXTS, daily=10):
        for path in lived_in.folder.glob("digest.db-*"):
            path.unlink()
        database.write_bytes(whole)
        spoil(database, table, column)
        for command in (("status", "--all"), ("send", "2018-07", "--yes"), ("subscribers", "show", "ana@example.org")):
            journal.write_bytes(sent)
            said = lived_in.run(*command, code=None)
            assert "fault in digest" not in said.stderr, (table, column, command, said.stderr)


def spoil(database, table, column):
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(
            f'UPDATE {table} SET "{column}" = substr("{column}", 1, 3) || char(30) || substr("{column}", 5)'
        )
