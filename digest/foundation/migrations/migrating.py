"""Bring an older database to today's schema, step by step, after a copy of it was laid aside."""

import logging
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from digest.errors import CannotWriteError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.failpoints import reach
from digest.foundation.files import passing_name, remove_leftovers, sync_folder
from digest.foundation.neighbours import refuse_links
from digest.foundation.workspace import BACKUPS

SCRIPTS = Path(__file__).parent
log = logging.getLogger("digest")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run all steps up to `revision` in one transaction; the caller holds the lock.

    A step may make a table anew to which others refer: references are checked at the end (sqlite.org/lang_altertable).
    """
    with engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection:
        connection.connection.cursor().execute(
            "PRAGMA foreign_keys=OFF"
        )  # before the transaction: inside it says nothing
        with connection.begin():
            step_up(connection, revision)
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                said = _("rows of its table {table} refer to what is not there").format(table=broken[0])
                raise IntegrityError(str(engine.url.database), said, _("please report this; nothing was changed"))


def step_up(connection: Connection, revision: str = "head") -> None:
    """Run all steps up to `revision` in the transaction of the connection."""
    configuration = Config()
    configuration.set_main_option("script_location", str(SCRIPTS))
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, revision)


def lay_aside(database: Path, head: str) -> Path:
    """A whole copy of the database as it is, in `backups`, and a line in the log that says so; the caller holds the
    lock. Raise `CannotWriteError` when it cannot be made.
    """
    folder = database.parent / BACKUPS
    refuse_links(database.parent, (folder,))
    copy = folder / f"before-schema-{head}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.db"
    passing = passing_name(copy)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        remove_leftovers(folder, ".before-schema-*.new")
        os.close(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(passing)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        reach("upgrade.copied")
        with passing.open("rb") as file:
            os.fsync(file.fileno())
        passing.rename(copy)
        sync_folder(folder)
    except (OSError, sqlite3.OperationalError) as error:
        with suppress(OSError):
            passing.unlink()
        raise CannotWriteError(
            str(copy),
            _("before an upgrade the database is copied, and that failed: {cause}").format(cause=error),
            _("make the workspace writable and the disk roomy; nothing was changed"),
        ) from error
    log.warning("The database is brought up to this version of digest; as it was before: %s", copy)
    return copy
