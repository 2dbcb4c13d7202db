"""Builds plain values from YAML events, each with the line and column where it begins.

`yaml.compose` is not used: libyaml's composer recurses in C, so that ten thousand brackets kill the process, and it
holds the whole file as nodes. Events take the same time and let a long list be read row by row.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from digest.config.yaml_scalars import scalar
from digest.errors import ConfigurationError
from digest.foundation.words import quoted
from digest.model.place import Place, Problem, Severity

DEEPEST = 50
ALIASED_VALUES_FOR_FREE = 1_000
BYTES_PER_ALIASED_VALUE = 4  # beyond the free ones, aliases may bring as many values as the file has room for

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


@dataclass(slots=True, frozen=True)
class _Anchored:
    """A value that aliases may repeat: how many values it brings, and how many levels."""

    node: Node
    values: int
    height: int


class TreeBuilder:
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
            raise self._refusal(after, "a second document begins here", "take the line '---' out")
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
        mark = event.start_mark
        node = Node(mark.line + 1, mark.column + 1, None)
        if event.tag is not None:
            self._problem(node, f"a text cannot begin with {quoted(event.tag)}", "put it in quotes")
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
                self._problem(key, "there is no key before the ':'", "a key is a word, such as 'name:'")
            elif name in members:
                line = members[name][0].line
                self._problem(key, f"the key {quoted(name)} stands here twice, first in line {line}", "take one out")
            else:
                members[name] = key, value
        return members

    def _alias(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        node = Node(mark.line + 1, mark.column + 1, None)
        known = self._anchored.get(event.anchor)
        if known is None:
            self._problem(node, "a text cannot begin with '*'", "put it in quotes")
            return node
        self._descend(event, depth + known.height)
        self._values += known.values
        self._aliased += known.values
        if self._aliased > self._most_aliased:
            raise self._refusal(event, "the aliases in this file multiply beyond measure", "write the values out")
        node.value = known.node.value
        return node

    def _descend(self, event: Any, depth: int) -> None:
        if depth > DEEPEST:
            raise self._refusal(event, f"nested more than {DEEPEST} levels deep", "no setting needs that many")
        self._reached = max(self._reached, depth)

    def _problem(self, node: Node, cause: str, remedy: str) -> None:
        place = Place(self._file, node.line, node.column)
        self.problems.append(Problem(place=place, severity=Severity.ERROR, cause=cause, remedy=remedy))

    def _refusal(self, event: Any, cause: str, remedy: str) -> ConfigurationError:
        mark = event.start_mark
        return ConfigurationError(str(Place(self._file, mark.line + 1, mark.column + 1)), cause, remedy)
