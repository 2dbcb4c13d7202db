"""Statements for loops: "driver SQL only where a benchmark asks" (design §8), and this is where it asks."""

from typing import Any

from sqlalchemy import ClauseElement, Connection, CursorResult
from sqlalchemy.sql.compiler import SQLCompiler


class Prepared:
    """A statement whose text is made once: SQLAlchemy's way to it takes longer than SQLite's to its end."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: SQLCompiler | None = None

    def run(self, connection: Connection, **values: object) -> CursorResult[Any]:
        compiled = self._compiled = self._compiled or self._compile(connection)
        given = {**compiled.params, **values}
        places = compiled.positiontup  # nothing where the driver takes names
        return connection.exec_driver_sql(
            compiled.string, given if places is None else tuple([given[name] for name in places])
        )

    def _compile(self, connection: Connection) -> SQLCompiler:
        compiled = self._statement.compile(dialect=connection.dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 – what is no SQL is no statement
        return compiled
