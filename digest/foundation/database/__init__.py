"""The database of a workspace (design §8): one SQLite file, or a database of PostgreSQL. No room knows which it is."""

from collections.abc import Callable
from pathlib import Path

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.database.copying import TableSum, copy_rows, empty, fill, filled_tables, refuse_unlike
from digest.foundation.database.database import (
    CLOCKS_REFUSED,
    CLOCKS_WARNED,
    CONNECTIONS_MOST,
    HEAD,
    Database,
    Holder,
    Replica,
    ServerFacts,
    Writer,
    is_damage,
)
from digest.foundation.database.file_lock import exclusive, unwritten
from digest.foundation.database.sqlite import SqliteDatabase
from digest.foundation.database.statements import (
    Prepared,
    as_bytes,
    greater,
    is_among,
    is_key,
    its_seconds,
    its_time,
    loaded,
    stored,
    told,
    upsert,
)
from digest.foundation.words import quoted

__all__ = [
    "CLOCKS_REFUSED",
    "CLOCKS_WARNED",
    "CONNECTIONS_MOST",
    "HEAD",
    "Database",
    "Holder",
    "Prepared",
    "Replica",
    "ServerFacts",
    "SqliteDatabase",
    "TableSum",
    "Writer",
    "as_bytes",
    "copy_rows",
    "empty",
    "exclusive",
    "fill",
    "filled_tables",
    "greater",
    "is_among",
    "is_damage",
    "is_key",
    "its_seconds",
    "its_time",
    "loaded",
    "open_database",
    "refuse_unlike",
    "stored",
    "told",
    "unwritten",
    "upsert",
]


def open_database(url: str, secret: Path | None = None, password: Callable[[], str] | None = None) -> Database:
    """The database at `sqlite:///digest.db`, `sqlite:////var/digest/digest.db` or `postgresql://user@host/name`;
    nothing is opened until it is used. `secret` is where the workspace's key lies, if not beside a file; `password`
    tells one that no other place tells.

    Raise `ConfigurationError` for a database of another kind.
    """
    scheme, _slashes, path = url.partition("://")
    if scheme == "sqlite" and path.startswith("/") and path != "/":
        return SqliteDatabase(Path(path[1:]), secret)
    if scheme == "postgresql" and path and secret is not None:
        try:
            from digest.foundation.database.postgresql import PostgresqlDatabase  # psycopg: only who has it needs it
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "psycopg":
                raise
            remedy = _("install it: pip install 'bulletin-digest[postgresql]'")
            raise ConfigurationError(
                "database", _("psycopg, which speaks to PostgreSQL, is missing"), remedy
            ) from error
        return PostgresqlDatabase(url, secret, password)
    kind = url.partition(":")[0] if ":" in url else url  # what follows may hold a password
    raise ConfigurationError(
        "database",
        _("{kind} is no kind of database known here").format(kind=quoted(kind)),
        _("write sqlite:/// and the path of a file"),
    )
