"""A database copied row by row into another one, of whichever kind, and counted in both."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, Select, Table, delete, func, insert, select, text

from digest.errors import IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.database.database import Database
from digest.foundation.schema import forgetting, instance, locks, metadata

_TABLES = [table for table in metadata.sorted_tables if table is not locks]  # which are of the database's own sessions
_AT_ONCE = 1_000
_BYTES = 16


@dataclass(frozen=True, slots=True)
class TableSum:
    """Of all rows of a table, whatever order they come in: how many, and the sum of their hashes."""

    rows: int
    fingerprint: str


def copy_rows(source: Database, target: Database) -> Mapping[str, int]:
    """Into a database that has never held anything; return how many rows each table has. Raise `IntegrityError` when
    the target is not empty, or does not hold in the end what the source holds.
    """
    with source.read() as there, target.write() as here:
        if filled := filled_tables(here):
            raise IntegrityError(
                target.name,
                _("there are rows in it: {tables}").format(tables=", ".join(filled)),
                _("name an empty database"),
            )
        fill(there, here)
        counts, copied = _counts(there), _counts(here)
    if counts != copied:
        raise _unlike(target.name, [name for name in counts if counts[name] != copied[name]])
    return copied


def filled_tables(connection: Connection) -> list[str]:
    """Those with rows of somebody's; a database that was only just made has none."""
    return [name for name, count in _counts(connection).items() if count and name != instance.name]


def empty(connection: Connection) -> None:
    """Of everything, whatever is only added to at other times."""
    connection.execute(insert(forgetting).values(one=1))
    for table in (*reversed([one for one in _TABLES if one is not forgetting]), forgetting):
        connection.execute(delete(table))


def fill(there: Connection, here: Connection) -> None:
    """All rows, into tables that are empty but for what a new database has."""
    here.execute(instance.delete())
    for table in _TABLES:
        rows = there.execute(_all(table))
        for some in rows.mappings().partitions(_AT_ONCE):
            here.execute(insert(table), [dict(row) for row in some])
    _count_on(here)


def refuse_unlike(name: str, there: Connection, here: Connection) -> Mapping[str, TableSum]:
    """Read all of both again; return what each table has. Raise `IntegrityError` where they differ in a value."""
    sums, copied = dict(_sums(there)), dict(_sums(here))
    if sums != copied:
        raise _unlike(name, [table for table in sums if sums[table] != copied[table]])
    return copied


def _unlike(name: str, tables: list[str]) -> IntegrityError:
    said = _("it has not all rows of {tables} as they are").format(tables=", ".join(tables))
    return IntegrityError(name, said, _("please report this"))


def _sums(connection: Connection) -> Iterator[tuple[str, TableSum]]:
    for table in _TABLES:
        count = total = 0
        rows = connection.execute(_all(table))
        for some in rows.partitions(_AT_ONCE):
            for row in some:
                said = repr(tuple(row)).encode("utf-8", "surrogatepass")
                total += int.from_bytes(hashlib.blake2b(said, digest_size=_BYTES).digest())
            count += len(some)
        yield table.name, TableSum(count, f"{total % (1 << 8 * _BYTES):032x}")


def _all(table: Table) -> Select[Any]:
    return select(table).execution_options(yield_per=_AT_ONCE)


def _counts(connection: Connection) -> dict[str, int]:
    return {table.name: _count(connection, table) for table in _TABLES}


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _count_on(connection: Connection) -> None:
    """The next row gets the next number: SQLite sees the greatest, PostgreSQL has to be told."""
    if connection.dialect.name != "postgresql":
        return
    for table in _TABLES:
        column = table.autoincrement_column
        if column is not None and isinstance(column.type, Integer):
            most = connection.execute(select(func.max(column))).scalar()
            if most:
                said = "SELECT setval(pg_get_serial_sequence(:table, :column), :most)"
                connection.execute(text(said), {"table": table.name, "column": column.name, "most": most})
