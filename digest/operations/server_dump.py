"""The database of a server in a backup: as it was at one moment while others went on, and into an empty one again."""

import os
from pathlib import Path

from sqlalchemy import func, select, text, update

from digest.delivery.journal import JOURNAL, position
from digest.delivery.whereabouts import own_in, own_of
from digest.errors import IntegrityError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.database import HEAD, stored
from digest.foundation.database.postgresql import PostgresqlDatabase
from digest.foundation.failpoints import reach
from digest.foundation.schema import instance, subscribers
from digest.operations.archive import Copied, Manifest
from digest.operations.server_programs import carry_out, program_for, refuse_unsound_dump

_PLAIN = ("--no-owner", "--no-privileges", "--no-tablespaces", "--no-password")
_WITHOUT = "--exclude-schema=procrastinate"  # jobs, which are no truth: workers make them anew
_PATIENCE = "10s"  # for locks that others hold


def dump_database(database: PostgresqlDatabase, target: Path, sending: Path) -> Copied:
    """Write a new file `target`. What is told of it is of the same moment, however long it takes."""
    program = program_for("pg_dump", database.server_facts().major)
    own_of(database)  # its name must be the same in all copies
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with database.read() as connection:
        own = own_in(connection, sending)
        assert own is not None  # noqa: S101 – see above
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        options = ("--format=custom", f"--snapshot={snapshot}", f"--lock-wait-timeout={_PATIENCE}", _WITHOUT, *_PLAIN)
        carry_out([program, *options, f"--file={target}", f"--dbname={database.url}"], database.environment)
    refuse_unsound_dump(target, database.name)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    known = position(sending / JOURNAL, own.id, own.commits)
    return Copied(schema=HEAD, instance=own.id, commits=own.commits, journal=known)


def refuse_filled(database: PostgresqlDatabase) -> None:
    """Raise `UsageError` for a database with tables, be they ours or not: what is in one is never replaced."""
    if database.has_tables:
        raise UsageError(
            database.name,
            _("there are tables in it"),
            _("name an empty one: createdb --encoding=UTF8 --template=template0 NAME"),
        )


def load_dump(dump: Path, database: PostgresqlDatabase, manifest: Manifest) -> None:
    """Into an empty database, all or nothing. What is in it then may not send until somebody adopts it."""
    refuse_filled(database)
    program = program_for("pg_restore", 0)
    options = ("--single-transaction", "--exit-on-error", *_PLAIN)
    carry_out([program, *options, f"--dbname={database.url}", str(dump)], database.environment)
    reach("restore.loaded")
    if foreign := database.foreign_parts():  # it would act in our name with every change
        raise IntegrityError(
            database.name,
            _("somebody put into the database what digest did not: {named}").format(named=", ".join(foreign[:3])),
            _("drop that database, and use an earlier backup"),
        )
    _fence(database, manifest)


def _fence(database: PostgresqlDatabase, manifest: Manifest) -> None:
    known = manifest.journal
    most = select(func.coalesce(func.max(subscribers.c.number), 0)).scalar_subquery()
    with database.write(although_retired=True) as connection:
        connection.execute(
            update(instance).values(
                copied_at=func.coalesce(instance.c.copied_at, stored(manifest.made_at)),
                journal_bytes=known and known.bytes,
                journal_fingerprint=known and known.fingerprint,
                journal_commit=known and known.commit,
                subscribers=most,
            )
        )
