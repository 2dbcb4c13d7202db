"""Statements and expressions that both databases understand, where SQLAlchemy alone would write them for one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, overload

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    bindparam,
    case,
    cast,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

upsert = insert  # PostgreSQL's own would load all of its dialect, and says the same


def greater(one: ColumnElement[Any], other: Any) -> ColumnElement[Any]:
    return case((one > other, one), else_=literal(other))


# -- What is written in another way for each.


class as_bytes(FunctionElement[bytes]):  # noqa: N801 – SQLAlchemy's functions are classes, and written so
    """A text or bytes as the very bytes that are stored, whether they are a text or not."""

    type = LargeBinary()
    inherit_cache = True


class _each(FunctionElement[Any]):  # noqa: N801
    """The rows of a JSON value: `key` and `value` of an object."""

    inherit_cache = True


class _each_of_list(FunctionElement[Any]):  # noqa: N801
    """The rows of a JSON value: `value` of a list."""

    inherit_cache = True


class _told(FunctionElement[str]):  # noqa: N801
    """Of a JSON object of lists: the text under a key, at a place."""

    type = String()
    inherit_cache = True


class _is_among(FunctionElement[bool]):  # noqa: N801
    """A number is one of those that a statement finds. PostgreSQL looks each of them up: it knows nothing of how many
    rows a table has that was filled just now, and would read them all.
    """

    inherit_cache = True


def is_among(column: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """Whether it is among the numbers of the JSON list that is given as `name`."""
    rows = _each_of_list(bindparam(name, type_=String)).table_valued("value")
    return _is_among(column, select(cast(rows.c.value, Integer)).scalar_subquery())


def is_key(column: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """Whether it is among the keys, which are numbers, of the JSON object that is given as `name`."""
    rows = _each(bindparam(name, type_=String)).table_valued("key")
    return _is_among(column, select(cast(rows.c.key, Integer)).scalar_subquery())


def told(name: str, key: ColumnElement[Any], place: int) -> ColumnElement[str]:
    """Of the JSON object of lists that is given as `name`: the text at a place of the list under a key, a number."""
    return _told(bindparam(name, type_=String), cast(key, String), literal_column(str(place)))


class its_time(FunctionElement[str]):  # noqa: N801
    """In so many seconds by the clock of the database of several machines, at the moment at which it comes to this, as
    times are stored. No clock of theirs needs to be right.
    """

    type = String()
    inherit_cache = True


@compiles(its_time, "postgresql")
def _(element: its_time, compiler: SQLCompiler, **kw: Any) -> str:
    at = f"clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **kw)})"
    return f"""to_char(({at}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""


class its_seconds(FunctionElement[float]):  # noqa: N801
    """The same moment in seconds since 1970, to be reckoned with."""

    type = Float()
    inherit_cache = True


@compiles(its_seconds, "postgresql")
def _(_element: its_seconds, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::float8"


@compiles(OnConflictDoNothing, "postgresql")
@compiles(OnConflictDoUpdate, "postgresql")
def _(clause: Any, compiler: Any, **kw: Any) -> str:
    clause.constraint_target = None  # which SQLite's has not, and PostgreSQL's compiler asks for
    if isinstance(clause, OnConflictDoUpdate):
        return str(compiler.visit_on_conflict_do_update(clause, **kw))
    return str(compiler.visit_on_conflict_do_nothing(clause, **kw))


@compiles(as_bytes)
def _(element: as_bytes, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS BLOB)"


@compiles(as_bytes, "postgresql")
def _(element: as_bytes, compiler: SQLCompiler, **kw: Any) -> str:
    (given,) = element.clauses
    said = compiler.process(given, **kw)
    return said if isinstance(given.type, LargeBinary) else f"convert_to({said}, 'UTF8')"


@compiles(_each)
@compiles(_each_of_list)
def _(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_each, "postgresql")
def _(element: _each, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each(CAST({compiler.process(element.clauses, **kw)} AS json))"


@compiles(_each_of_list, "postgresql")
def _(element: _each_of_list, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **kw)} AS json))"


@compiles(_is_among)
def _(element: _is_among, compiler: SQLCompiler, **kw: Any) -> str:
    column, found = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} IN {found}"


@compiles(_is_among, "postgresql")
def _(element: _is_among, compiler: SQLCompiler, **kw: Any) -> str:
    column, found = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY (ARRAY{found})"


@compiles(_told)
def _(element: _told, compiler: SQLCompiler, **kw: Any) -> str:
    document, key, place = (compiler.process(one, **kw) for one in element.clauses)
    return f"json_extract({document}, '$.' || json_quote({key}) || '[' || {place} || ']')"


@compiles(_told, "postgresql")
def _(element: _told, compiler: SQLCompiler, **kw: Any) -> str:
    document, key, place = (compiler.process(one, **kw) for one in element.clauses)
    return f"(CAST({document} AS jsonb) -> {key} ->> {place})"


# -- Statements for loops: "driver SQL only where a benchmark asks" (design §8), and this is where it asks.


class Prepared:
    """A statement whose text is made once for each kind of database, and goes to the driver: SQLAlchemy's way to it and
    back takes longer than SQLite's to its end.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Mapping[str, Any], Sequence[str] | None]] = {}

    def run(self, connection: Connection, **values: object) -> DBAPICursor:
        made = self._compiled.get(connection.dialect.name)
        if made is None:
            made = self._compiled[connection.dialect.name] = self._compile(connection)
        text, fixed, places = made
        given = {**fixed, **values}
        cursor = connection.connection.cursor()
        cursor.execute(text, given if places is None else [given[name] for name in places])
        return cursor

    def scalar(self, connection: Connection, **values: object) -> Any:
        """The first value of the first row; nothing when there is none."""
        rows = self.run(connection, **values).fetchall()  # a statement that has not ended keeps others from committing
        return rows[0][0] if rows else None

    def _compile(self, connection: Connection) -> tuple[str, Mapping[str, Any], Sequence[str] | None]:
        compiled = self._statement.compile(dialect=connection.dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 – what is no SQL is no statement
        places = tuple(compiled.positiontup or ()) if compiled.positional else None
        return compiled.string, dict(compiled.params), places


# -- Times as they stand in the database: instants as text in UTC, so that they sort everywhere.


@overload
def stored(at: datetime) -> str: ...


@overload
def stored(at: None) -> None: ...


@overload
def stored(at: datetime | None) -> str | None: ...


def stored(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def loaded(at: str | None) -> datetime | None:
    return None if at is None else datetime.fromisoformat(at)
