"""A file as it was last read: what tells that it is still as it was, and all that it brought beside its items."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from digest.foundation.catalogue import again, kept
from digest.foundation.problems import Place, Problem, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """`stamp` is what the file system and the settings say of the file: as long as it is the same, so are the bytes and
    how they are read, on each day from `read_on` on and before `until`. `tagging` are the problems that its tags have,
    by the tagger of that fingerprint.
    """

    stamp: str
    read_on: date
    until: date | None = None
    problems: tuple[Problem, ...] = ()
    waiting: bool = False
    held: str = ""
    ignored: bool = False
    items: int = 0
    tagger: str = ""
    tagging: tuple[Problem, ...] = ()

    def holds(self, stamp: str, today: date) -> bool:
        return stamp == self.stamp and self.read_on <= today and (self.until is None or today < self.until)


class ReadFile(NamedTuple):
    """A fingerprint of it, and the version of the reader that first read it so. Without `brought`, it is to be read
    again whatever its stamp says.
    """

    fingerprint: str
    reader: str
    brought: Brought | None = None


KnownFiles = Mapping[str, ReadFile]
NONE_KNOWN: KnownFiles = MappingProxyType({})


def brought_document(brought: Brought) -> str:
    """What is empty is not written."""
    said: dict[str, Any] = {
        "stamp": brought.stamp,
        "read_on": brought.read_on.isoformat(),
        "until": brought.until.isoformat() if brought.until else None,
        "problems": _written(brought.problems),
        "waiting": brought.waiting,
        "held": brought.held,
        "ignored": brought.ignored,
        "items": brought.items,
        "tagger": brought.tagger,
        "tagging": _written(brought.tagging),
    }
    return json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)


def brought_from(document: str) -> Brought:
    said = json.loads(document)
    return Brought(
        **{
            **said,
            "read_on": date.fromisoformat(said["read_on"]),
            "until": date.fromisoformat(said["until"]) if "until" in said else None,
            "problems": _read(said.get("problems", ())),
            "tagging": _read(said.get("tagging", ())),
        }
    )


def _written(problems: Iterable[Problem]) -> list[list[Any]]:
    return [
        [one.place.file, one.place.line, one.place.column, one.severity, kept(one.cause), kept(one.remedy)]
        for one in problems
    ]


def _read(written: Iterable[list[Any]]) -> tuple[Problem, ...]:
    return tuple(
        Problem(place=Place(file, line, column), severity=Severity(severity), cause=again(cause), remedy=again(remedy))
        for file, line, column, severity, cause, remedy in written
    )
