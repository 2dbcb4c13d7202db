"""What a database promises, whichever kind it is: a consistent view to those who read, one writer at a time, and that
what a block has written is on disk when it ends.
"""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from digest.errors import DigestError, IntegrityError, PersonNeededError
from digest.foundation.catalogue import _
from digest.foundation.retirement import retirement_of
from digest.foundation.words import harmless

HEAD = "0044"
CONNECTIONS_MOST = 16  # of one process to a server: for those who read and write at once, and for the lock
CLOCKS_WARNED, CLOCKS_REFUSED = timedelta(seconds=2), timedelta(seconds=60)  # this machine's and the database's
PATIENCE_SECONDS = 10.0  # for those who write: the others have to end first
VERSION_TABLE = (  # as alembic makes it
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that holds a lock, on whichever host, and since when by the database's clock."""

    host: str
    process: int
    since: datetime

    def __str__(self) -> str:
        """`process 4711 on host web1 (since 2018-08-05 15:00:07 UTC)`."""
        said = _("process {process} on host {host} (since {since} UTC)")
        since = f"{self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        return said.format(process=self.process, host=self.host, since=since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A server that repeats this one. What it is behind is unknown to users who may not look into statistics."""

    name: str
    is_streaming: bool | None
    bytes_behind: int | None
    seconds_behind: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server says of itself. `schema` is the version of our tables; nothing where there are none. `size` is the
    database's, in bytes; `connections` are those of all, of `connections_most` that there may be for us.
    """

    version: str
    schema: str | None
    is_standby: bool
    keeps: bool  # after a power cut what it said it kept
    ahead: timedelta  # its clock, of ours
    size: int
    connections: int
    connections_most: int
    replicas: Sequence[Replica]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


class Database(ABC):
    """One workspace's database, by the `name` that errors give it. Instances are cheap: nothing is opened before it is
    needed. `secret` is where the workspace's key lies: connections tell it to those who hash with it.
    """

    name: str
    secret: Path
    is_shared = False  # other machines may write into it, too

    @property
    @abstractmethod
    def exists(self) -> bool:
        """Whether anything was ever stored in it; asking makes nothing."""

    @abstractmethod
    def kept(self) -> AbstractContextManager[None]:
        """Until the block ends, the blocks of this thread that follow one another may share a connection."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """A consistent view; never open one inside a `write`."""

    @abstractmethod
    def write(self, *, although_retired: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that is durable when the block ends, and gone when it raises. Nobody else writes meanwhile.

        Raise `PersonNeededError` for a database that was copied into another one, unless it may be retired.
        """

    @abstractmethod
    def writer(self) -> AbstractContextManager["Writer"]:
        """A connection that stays open for many small transactions, for one thread; each is like a `write`."""

    @abstractmethod
    def exclusive(self, path: Path) -> AbstractContextManager[None]:
        """Hold the lock of that file, such as that of the one process that runs or sends, against all who have this
        database, on whichever host. Raise `BusyError` at once when another process has it.
        """

    @abstractmethod
    def holder(self, name: str) -> Holder | None:
        """Which other process holds the lock of that name, where the database knows; it knows nothing of files."""

    @abstractmethod
    def clock_ahead(self) -> timedelta:
        """By how much its clock is ahead of this machine's."""

    @abstractmethod
    def size(self) -> int:
        """In bytes; nothing while there is none."""

    def whereabouts(self) -> str | None:
        """What tells it from every copy of it, and from itself before its server was set back or another one took over
        from it. Nothing: the file and its folder tell.
        """
        return None

    def server_facts(self) -> ServerFacts | None:
        """Nothing: it is no server's. Looking makes nothing."""
        return None

    def connection_arguments(self) -> tuple[str, Mapping[str, Any]] | None:
        """The address, and what else makes a connection to a server of the kind that its driver makes; the password is
        among it. Nothing: it is no server's.
        """
        return None

    def look_over(self, connection: Connection, *tables: Table) -> None:  # noqa: B027 – only servers plan so
        """Find out how much is in them, after much was written: statements are planned by that."""

    @abstractmethod
    def scrub(self) -> None:
        """No byte of what was deleted stays in the database's files.

        Raise `BusyError` while somebody reads: the rows are gone, but not yet from the disk.
        """

    @abstractmethod
    def faults(self, connection: Connection) -> Sequence[str]:
        """What is damaged in it, as far as it can tell in short time."""


class Writer(ABC):
    """See `Database.writer`. Others may write between two transactions."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]: ...

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Connection]:
        """Durable when the block ends; refused as in `Database.write`."""

    @abstractmethod
    def refuse_lost(self) -> None:
        """Raise `BusyError` when a lock that this process took is no longer its own. Quick, and from any thread."""

    @abstractmethod
    def claiming(self) -> AbstractContextManager[Connection]:
        """A transaction beside others of this kind, but beside no `transaction` and no `write`: for rows of which each
        has one owner. What else is read in it stays true until it ends. Durable when the block ends.
        """

    @abstractmethod
    def beside(self) -> AbstractContextManager[Connection]:
        """A transaction that waits for no other writer, for what is the caller's own: others may write meanwhile."""


RETIREMENT = "SELECT retired_to, retired_at, arriving_from FROM instance"  # asked in every transaction that writes


def refuse_retired(name: str, row: Sequence[str | None] | None) -> None:
    """`row` is what `RETIREMENT` answers."""
    if row is not None and any(row):
        found = retirement_of(*row)
        raise PersonNeededError(name, found.said, found.remedy)


@contextmanager
def damage_named(name: str) -> Iterator[None]:
    """What was read and cannot be what was written is damage."""
    try:
        yield
    except DigestError:
        raise
    except (ValueError, zlib.error) as error:
        if not is_damage(error):
            raise
        raise IntegrityError(
            name, _("it is damaged: {cause}").format(cause=harmless(str(error))), _("restore the last backup")
        ) from error


def is_damage(error: Exception) -> bool:
    """Whether what was read is not what was written: no text, no JSON, no date, no word that may stand there."""
    if isinstance(error, UnicodeDecodeError | JSONDecodeError | zlib.error):
        return True
    return any(said in str(error) for said in ("isoformat", "is not a valid"))
