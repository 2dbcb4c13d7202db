"""The outline of a plan's YAML: every value as it is written, and between which characters of the file it stands.

Ids are why values stay as written: `0012e345` is a number to YAML. Positions are for changing the file without touching
the rest of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

import yaml

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.yaml import scalar


class OutlineShape(StrEnum):
    TEXT = "text"
    LIST = "list"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in the characters `[start, end)`, without the white space behind it.

    `text` is that of a scalar; `None`: nothing stands there. `flow` is what stands in brackets.
    """

    start: int
    end: int
    shape: OutlineShape
    text: str | None = None
    flow: bool = False
    members: tuple["OutlineMember", ...] = ()

    @property
    def empty(self) -> bool:
        return self.shape is OutlineShape.TEXT and self.text is None

    def member(self, name: str) -> "OutlineMember | None":
        """Of equal keys the first."""
        return next((member for member in self.members if member.name == name), None)


class OutlineMember(NamedTuple):
    """A key and its value in a mapping; in a list, the value alone."""

    key: Spot | None
    value: Spot

    @property
    def name(self) -> str:
        return (self.key.text or "") if self.key else ""

    @property
    def start(self) -> int:
        return self.key.start if self.key else self.value.start

    @property
    def end(self) -> int:
        return max(self.key.end if self.key else 0, self.value.end)


def outline(text: str) -> Spot:
    """An empty file is a text of nothing. Raise `ConfigurationError` for what `foundation.yaml` does not read
    without problems: that says in plain words what is wrong.
    """
    try:
        return _Outliner(text).document()
    except (yaml.YAMLError, KeyError) as error:
        raise ConfigurationError(_("the plan"), _("this is no YAML: {cause}").format(cause=error)) from error


class _Outliner:
    def __init__(self, text: str) -> None:
        self._text = text
        parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self._next: Callable[[], Any] = parser.get_event
        self._anchored: dict[str, Spot] = {}

    def document(self) -> Spot:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            return Spot(0, 0, OutlineShape.TEXT)
        return self._spot(self._next())

    def _spot(self, event: Any) -> Spot:
        start, end = event.start_mark.index, event.end_mark.index
        if type(event) is yaml.AliasEvent:
            return replace(self._anchored[str(event.anchor)], start=start, end=end)
        if type(event) is yaml.ScalarEvent:
            nothing = event.implicit[0] and scalar(event.value) is None
            end = start + len(self._text[start:end].rstrip())
            spot = Spot(start, end, OutlineShape.TEXT, None if nothing else event.value)
        else:
            spot = self._collection(event, start)
        if event.anchor is not None:
            self._anchored[event.anchor] = spot
        return spot

    def _collection(self, event: Any, start: int) -> Spot:
        """Without a closing bracket the end is that of the last value: the parser's own lies behind the comments."""
        in_mapping = type(event) is yaml.MappingStartEvent
        members = []
        while type(inner := self._next()) not in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            key = self._spot(inner) if in_mapping else None
            members.append(OutlineMember(key, self._spot(self._next() if in_mapping else inner)))
        end = inner.end_mark.index
        if not event.flow_style or self._text[end - 1] not in "]}":
            end = max((member.end for member in members), default=start)
        shape = OutlineShape.MAPPING if in_mapping else OutlineShape.LIST
        return Spot(start, end, shape, flow=bool(event.flow_style), members=tuple(members))
