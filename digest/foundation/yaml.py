"""YAML files that people write: plain values with line and column, and every refusal with its place, in plain words."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from digest.errors import ConfigurationError
from digest.foundation.catalogue import Number, _, later
from digest.foundation.problems import Place, Problem, Severity
from digest.foundation.words import quoted

MEGABYTE = 1_000_000
MOST_FOR_SETTINGS = 2 * MEGABYTE  # which people write by hand; it takes two seconds and 100 MB at most
MOST_FOR_ROWS = 20 * MEGABYTE  # some 200,000 of them, kept in 130 MB
_AS_TABLE = later(
    "keep so long a list in the database: save it as CSV and import it, see digest subscribers import --help"
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TakeRow = Callable[["Node", Sequence[Problem]], None]


@dataclass(slots=True)
class Node:
    """A value and where it begins, counted from 1. A mapping holds its keys and values under the keys as written."""

    line: int
    column: int
    value: "str | int | float | bool | list[Node] | dict[str, tuple[Node, Node]] | None"

    def plain(self) -> object:
        """The value without places: text, numbers, booleans, `None`, lists and dictionaries."""
        if isinstance(self.value, dict):
            return {name: value.plain() for name, (_, value) in self.value.items()}
        if isinstance(self.value, list):
            return [value.plain() for value in self.value]
        return self.value


@dataclass(frozen=True, slots=True)
class YamlDocument:
    root: Node
    problems: tuple[Problem, ...]


def read_yaml(path: Path) -> YamlDocument:
    """Raise `ConfigurationError` for what is no YAML or larger than 2 MB. Problems do not stop the reading."""
    return parse_yaml(path, _read_bytes(path, MOST_FOR_SETTINGS, later("this cannot be the right file")))


def read_yaml_rows(path: Path, rows: str, take_row: TakeRow) -> YamlDocument:
    """Like `read_yaml`, for up to 20 MB: the rows of the list under the top key `rows` are given to `take_row`, with
    their problems, and do not stand in the document.
    """
    return _parse(path, _read_bytes(path, MOST_FOR_ROWS, _AS_TABLE), rows, take_row)


def parse_yaml(path: Path, data: bytes) -> YamlDocument:
    """Like `read_yaml`, for what the file holds, or is going to hold."""
    return _parse(path, data)


def _parse(path: Path, data: bytes, rows: str | None = None, take_row: TakeRow | None = None) -> YamlDocument:
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        data.decode("utf-8")
        builder = _TreeBuilder(_events(path, data), path.name, len(data), rows, take_row)
        return YamlDocument(builder.document(), tuple(builder.problems))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise _refusal(path, before, _("this is not UTF-8"), _("save the file as 'UTF-8' text")) from error
    except yaml.reader.ReaderError as error:
        text = data.decode("utf-8")
        found = _NOT_PRINTABLE.search(text)
        before, character = (text[: found.start()], ord(found[0])) if found else ("", error.character)
        cause = _("the control character U+{character:04X} stands here").format(character=character)
        raise _refusal(path, before, cause, _("take it out")) from error
    except yaml.MarkedYAMLError as error:
        line, column, cause, remedy = _in_plain_words(error, data.decode("utf-8").splitlines())
        raise ConfigurationError(str(Place(path.name, line, column)), cause, remedy) from error


def _read_bytes(path: Path, most: int, remedy: str) -> bytes:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size or most  # what is asked for is taken from the memory at once
            data = file.read(min(size, most) + 1)
    except FileNotFoundError as error:
        raise ConfigurationError(str(path), _("there is no such file"), _("make it, or correct its name")) from error
    except OSError as error:
        raise ConfigurationError(
            str(path), _("cannot be read: {cause}").format(cause=error.strerror), _("it must be a readable file")
        ) from error
    if len(data) > most:
        cause = _("is larger than {megabytes} MB").format(megabytes=most // MEGABYTE)
        raise ConfigurationError(str(path), cause, _(remedy))
    return data


def _events(path: Path, data: bytes) -> Callable[[], Any]:
    if hasattr(yaml, "CSafeLoader"):
        return yaml.CSafeLoader(data).get_event
    parser: Any = yaml.SafeLoader(data)

    def next_event() -> Any:
        try:
            return parser.get_event()
        except (ValueError, OverflowError) as error:  # PyYAML's own scanner trips over wild escapes
            raise ConfigurationError(str(path), _("this is no YAML: {cause}").format(cause=error)) from error

    return next_event


def _refusal(path: Path, before: str, cause: str, remedy: str) -> ConfigurationError:
    """`before` is all the text that stands before the place."""
    lines = re.split("\r\n|\r|\n", before)
    return ConfigurationError(str(Place(path.name, len(lines), len(lines[-1]) + 1)), cause, remedy)


# -- What an unquoted text means, by the core rules of YAML 1.2 alone.

LONGEST_NUMBER = 300
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST_OF_NUMBERS = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL_OR_HEXADECIMAL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def scalar(text: str) -> str | int | float | bool | None:
    """`NO`, `yes`, `2018-04-01` and `09:00` are texts. A number of more than 300 digits stays text as well."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST_OF_NUMBERS or len(text) > LONGEST_NUMBER:
        return text
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL_OR_HEXADECIMAL.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _NOT_FINITE.fullmatch(text) else text


# -- Values built from events. `yaml.compose` is not used: libyaml's composer recurses in C, so that ten thousand
# brackets kill the process, and it holds the whole file as nodes. Events take the same time and let a long list be
# read row by row.

DEEPEST = 50
MOST_VALUES = 1_000_000  # of a document, or of one streamed row: each takes some ninety bytes
ALIASED_VALUES_FOR_FREE = 1_000
BYTES_PER_ALIASED_VALUE = 4  # beyond the free ones, aliases may bring as many values as the file has room for


@dataclass(slots=True, frozen=True)
class _Anchored:
    """A value that aliases may repeat: how many values it brings, and how many levels."""

    node: Node
    values: int
    height: int


class _TreeBuilder:
    """Builds one document. Small mistakes go into `problems` and the building goes on; of equal keys the first wins.

    Raise `ConfigurationError` where reading on makes no sense: nested too deep, aliases that multiply, a second
    document. The rows of the list under the top key `rows` go to `take_row` one by one, each with its own problems,
    and are not kept.
    """

    def __init__(
        self,
        next_event: Callable[[], Any],
        file: str,
        size: int,
        rows: str | None = None,
        take_row: TakeRow | None = None,
    ) -> None:
        self.problems: list[Problem] = []
        self._next = next_event
        self._file = file
        self._rows = rows
        self._take_row = take_row
        self._anchored: dict[str, _Anchored] = {}
        self._reached = 0
        self._values = 0  # as many as there would be with every alias written out
        self._most = MOST_VALUES
        self._aliased = 0
        self._most_aliased = ALIASED_VALUES_FOR_FREE + size // BYTES_PER_ALIASED_VALUE

    def document(self) -> Node:
        """The only document; an empty one is `None` at 1:1."""
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return Node(1, 1, None)
        root = self._node(self._next(), 1)
        self._next()
        if not isinstance(after := self._next(), yaml.StreamEndEvent):
            raise self._refusal(after, _("a second document begins here"), _("take the line '---' out"))
        return root

    def _node(self, event: Any, depth: int, *, rows: bool = False) -> Node:
        if type(event) is yaml.AliasEvent:
            return self._alias(event, depth)
        if event.anchor is None:
            return self._value(event, depth, rows=rows)
        values, reached, self._reached = self._values, self._reached, depth
        node = self._value(event, depth, rows=rows)
        self._anchored[event.anchor] = _Anchored(node, self._values - values, self._reached - depth)
        self._reached = max(reached, self._reached)
        return node

    def _value(self, event: Any, depth: int, *, rows: bool) -> Node:
        if depth > self._reached:
            self._descend(event, depth)
        self._values += 1
        if self._values > self._most:
            raise self._refusal(
                event,
                _("there are more than {most:,} values in this file").format(most=Number(MOST_VALUES)),
                _("split it, or say less"),
            )
        mark = event.start_mark
        node = Node(mark.line + 1, mark.column + 1, None)
        if event.tag is not None:
            self._problem(
                node, _("a text cannot begin with {tag}").format(tag=quoted(event.tag)), _("put it in quotes")
            )
        if type(event) is yaml.ScalarEvent:
            node.value = scalar(event.value) if event.implicit[0] else event.value
        elif type(event) is yaml.MappingStartEvent:
            node.value = self._mapping(depth)
        else:
            node.value = self._streamed(depth, self._take_row) if rows and self._take_row else self._sequence(depth)
        return node

    def _sequence(self, depth: int) -> list[Node]:
        nodes = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            nodes.append(self._node(event, depth + 1))
        return nodes

    def _streamed(self, depth: int, take_row: TakeRow) -> list[Node]:
        before = len(self.problems)
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            self._most = self._values + MOST_VALUES
            row = self._node(event, depth + 1)
            take_row(row, self.problems[before:])
            del self.problems[before:]
        return []

    def _mapping(self, depth: int) -> dict[str, tuple[Node, Node]]:
        members: dict[str, tuple[Node, Node]] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self._node(event, depth + 1)
            name = event.value if type(event) is yaml.ScalarEvent else ""
            rows = depth == 1 and name == self._rows and name not in members
            value = self._node(self._next(), depth + 1, rows=rows)
            if not name:
                self._problem(key, _("there is no key before the ':'"), _("a key is a word, such as 'name:'"))
            elif name in members:
                line = members[name][0].line
                self._problem(
                    key,
                    _("the key {name} stands here twice, first in line {line}").format(name=quoted(name), line=line),
                    _("take one out"),
                )
            else:
                members[name] = key, value
        return members

    def _alias(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        node = Node(mark.line + 1, mark.column + 1, None)
        known = self._anchored.get(event.anchor)
        if known is None:
            self._problem(node, _("a text cannot begin with '*'"), _("put it in quotes"))
            return node
        self._descend(event, depth + known.height)
        self._values += known.values
        self._aliased += known.values
        if self._aliased > self._most_aliased:
            raise self._refusal(event, _("the aliases in this file multiply beyond measure"), _("write the values out"))
        node.value = known.node.value
        return node

    def _descend(self, event: Any, depth: int) -> None:
        if depth > DEEPEST:
            raise self._refusal(
                event,
                _("nested more than {deepest} levels deep").format(deepest=DEEPEST),
                _("no setting needs that many"),
            )
        self._reached = max(self._reached, depth)

    def _problem(self, node: Node, cause: str, remedy: str) -> None:
        place = Place(self._file, node.line, node.column)
        self.problems.append(Problem(place=place, severity=Severity.ERROR, cause=cause, remedy=remedy))

    def _refusal(self, event: Any, cause: str, remedy: str) -> ConfigurationError:
        mark = event.start_mark
        return ConfigurationError(str(Place(self._file, mark.line + 1, mark.column + 1)), cause, remedy)


# -- What a parser found, in plain words, at the place where a person would look.

# Part of the parser's words (libyaml's and PyYAML's differ), ours, and whether the place is where the trouble began.
_WORDS: tuple[tuple[str, str, str, bool], ...] = (
    ("tab character", later("a tab stands here"), later("indent with spaces"), False),
    (
        "mapping values are not allowed",
        later("there is a ':' too many, or the line is not indented like the one above"),
        later("put a text that holds ': ' in quotes, and write a space after the ':' of a key"),
        False,
    ),
    ("could not find expected ':'", later("this line has no ':' after its key"), later("write 'key: value'"), True),
    ("end of stream", later("a quotation mark is opened here and never closed"), later("close it"), True),
    ("document indicator", later("a quotation mark is opened here and never closed"), later("close it"), True),
    ("expected ',' or", later("a bracket is opened here and not closed, or a comma is missing in it"), "", True),
    (
        "<document start>",
        later("this line does not belong to what stands above it"),
        later("indent all keys alike"),
        False,
    ),
    (
        "did not find expected '-' indicator",
        later("this line does not begin with '- ' as the rows above do"),
        "",
        False,
    ),
    ("node content", later("there is a comma or a bracket too many here"), "", False),
    (
        "expected key",
        later("this does not fit what stands above it"),
        later("look at the indentation and the quotes"),
        False,
    ),
    (
        "<block end>",
        later("this does not fit what stands above it"),
        later("look at the indentation and the quotes"),
        False,
    ),
    ("alphabetic or numeric", later("a text cannot begin with '*' or '&'"), later("put it in quotes"), True),
    ("unexpected ':'", later("there is no space after this ':'"), later("write 'key: value'"), False),
    ("tag", later("a text cannot begin with '!'"), later("put it in quotes"), True),
    ("escape", later("a backslash inside double quotes"), later("write it twice, or use single quotes"), False),
)


def _in_plain_words(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> tuple[int, int, str, str]:
    """Line and column, counted from 1, the cause and the next step."""
    problem = error.problem or _("is no YAML")
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    character = lines[line][column : column + 1] if line < len(lines) else ""
    if character == "\t":
        return line + 1, column + 1, _("a tab stands here"), _("indent with spaces")
    if "cannot start any token" in problem:
        return (
            line + 1,
            column + 1,
            _("a text cannot begin with '{character}'").format(character=character),
            _("put it in quotes"),
        )
    for part, cause, remedy, where_it_began in _WORDS:
        if part in problem:
            if where_it_began and error.context_mark:
                line, column = error.context_mark.line, error.context_mark.column
            return line + 1, column + 1, _(cause), _(remedy) if remedy else ""
    return line + 1, column + 1, _("this is no YAML: {cause}").format(cause=problem), ""
