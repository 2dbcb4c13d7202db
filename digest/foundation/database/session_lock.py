"""A lock that holds on all hosts which have one database of PostgreSQL: a session's, on a connection of its own, with a
number in a row, its fence.

The server takes the lock back with the connection, whichever way that ends, and who held it may not know yet. So
whoever takes it counts the fence up, and what a holder writes is written only while the fence is still its own.
"""

import os
import select
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import psycopg
from sqlalchemy import Connection
from sqlalchemy import select as select_from

from digest.errors import BusyError
from digest.foundation.catalogue import _
from digest.foundation.database.database import Holder
from digest.foundation.database.statements import stored, upsert
from digest.foundation.schema import locks

FENCES = "SELECT name, fence FROM locks"
# A lock belongs to a session of this database; its number is told in two halves.
_HOLDER = (
    "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database WHERE locktype = 'advisory' AND "
    "granted AND objsubid = 1 AND datname = current_database() AND (classid::bigint << 32) + objid::bigint = %s"
)


class SessionLock:
    """One that may be taken. Several threads may ask about it. `place` is the database's, for errors."""

    def __init__(self, name: str, place: str, connection: psycopg.Connection) -> None:
        """The connection commits by itself, and serves nothing else."""
        self.name, self._place, self._connection = name, place, connection
        self._fence: int | None = None
        self._is_lost = False

    def take(self) -> bool:
        """`False`: another session has it."""
        return self._asked("SELECT pg_try_advisory_lock(%s)", _key(self.name)) == (True,)

    def give_back(self) -> None:
        """A session ends a moment after it was told to; who comes next finds the lock free. A lost one is free."""
        with suppress(psycopg.Error):
            self._asked("SELECT pg_advisory_unlock(%s)", _key(self.name))

    def count(self, connection: Connection, at: datetime) -> None:
        """Count the fence up, and say who holds it, in a transaction while nobody else writes."""
        ours = {"host": socket.gethostname(), "process": os.getpid(), "since": stored(at)}
        row = upsert(locks).values(name=self.name, fence=1, **ours)
        row = row.on_conflict_do_update(index_elements=["name"], set_={"fence": locks.c.fence + 1, **ours})
        self._fence = int(connection.execute(row.returning(locks.c.fence)).scalar_one())

    def refuse_lost(self) -> None:
        """Raise `BusyError` once the connection has ended. Until then hardly anything is said on it: only after a word,
        which may be one of TLS, the server is asked.
        """
        if not self._is_lost:
            try:
                heard = select.poll()
                heard.register(self._connection.fileno(), select.POLLIN)
                self._is_lost = bool(heard.poll(0)) and self._asked("SELECT %s", 1) is None
            except psycopg.Error:
                self._is_lost = True
        if self._is_lost:
            raise self._lost(_("the connection that held it has ended"))

    def refuse_overtaken(self, fences: Mapping[str, int]) -> None:
        """Raise `BusyError` when another process has taken the lock since."""
        if self._fence is not None and fences.get(self.name) != self._fence:
            raise self._lost(_("another process has taken it since"))

    def _asked(self, query: str, value: int) -> object:
        return self._connection.execute(query, [value]).fetchone()

    def _lost(self, why: str) -> BusyError:
        said = _("the lock of the one process that runs or sends is lost: {why}").format(why=why)
        return BusyError(self._place, said, _("nothing more was done here; the next run goes on where it stopped"))


def holder_of(name: str, connection: Connection) -> Holder | None:
    """Who has it, as they said."""
    if connection.exec_driver_sql(_HOLDER, (_key(name),)).first() is None:
        return None
    row = connection.execute(select_from(locks).where(locks.c.name == name)).first()
    if row is None:  # it was taken this very moment, for the first time
        return None
    return Holder(host=row.host, process=row.process, since=datetime.fromisoformat(row.since))


def _key(name: str) -> int:
    """In letters: how the name begins."""
    return int.from_bytes(name.encode()[:7], "big")
