"""A database copied row by row into another one, of whichever kind, and counted in both."""

from collections.abc import Mapping

from sqlalchemy import Connection, Integer, func, insert, select, text

from digest.errors import IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.database.database import Database
from digest.foundation.schema import instance, metadata

_AT_ONCE = 1_000


def copy_rows(source: Database, target: Database) -> Mapping[str, int]:
    """Into a database that has never held anything; return how many rows each table has. Raise `IntegrityError` when
    the target is not empty, or does not hold in the end what the source holds.
    """
    with source.read() as there, target.write() as here:
        if filled := [name for name, count in _counts(here).items() if count and name != instance.name]:
            raise IntegrityError(
                target.name,
                _("there are rows in it: {filled}").format(filled=", ".join(filled)),
                _("name an empty database"),
            )
        here.execute(instance.delete())
        for table in metadata.sorted_tables:
            rows = there.execution_options(yield_per=_AT_ONCE).execute(select(table))
            for some in rows.mappings().partitions(_AT_ONCE):
                here.execute(insert(table), [dict(row) for row in some])
        _count_on(here)
        counts, copied = _counts(there), _counts(here)
    if counts != copied:
        different = [name for name in counts if counts[name] != copied[name]]
        raise IntegrityError(
            target.name,
            _("it has not all rows of {different}").format(different=", ".join(different)),
            _("please report this"),
        )
    return copied


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
    }


def _count_on(connection: Connection) -> None:
    """The next row gets the next number: SQLite sees the greatest, PostgreSQL has to be told."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and isinstance(column.type, Integer):
            most = connection.execute(select(func.max(column))).scalar()
            if most:
                said = "SELECT setval(pg_get_serial_sequence(:table, :column), :most)"
                connection.execute(text(said), {"table": table.name, "column": column.name, "most": most})
