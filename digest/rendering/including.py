"""Puts the parts of a template where `<mj-include path="…" />` asks for them, and remembers where each line stood.

The compiler could include too, but then neither its errors nor Jinja's would name a file and a line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from digest.errors import ConfigurationError
from digest.model.place import Place

_INCLUDE = re.compile(r"""<mj-include\s+path=(?:"([^"]*)"|'([^']*)')\s*(?:/>|>\s*</mj-include>)""")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Source:
    """A whole template. `places` tells for each of its lines in which file it stands."""

    text: str
    places: tuple[Place, ...]

    def place(self, line: int) -> Place:
        """Of a line counted from 1; beyond the end, the last one's."""
        return self.places[min(max(line, 1), len(self.places)) - 1]


def whole(name: str, files: Mapping[str, str]) -> Source:
    """The file with all its parts. Raise `ConfigurationError`, with the place, for a part that is not there, and for
    parts that include each other.
    """
    lines = _lines(name, files, ())
    return Source("\n".join(text for text, _ in lines), tuple(place for _, place in lines))


def _lines(name: str, files: Mapping[str, str], above: tuple[str, ...]) -> list[tuple[str, Place]]:
    found: list[tuple[str, Place]] = []
    for number, line in enumerate(files[name].split("\n"), start=1):
        place = Place(name, number)
        found.append(("", place))
        rest = 0
        for include in _INCLUDE.finditer(line):
            part = include[1] or include[2] or ""
            _refuse(part, place, files, (*above, name))
            _append(found, line[rest : include.start()])
            first, *others = _lines(part, files, (*above, name))
            before, here = found[-1]
            found[-1] = (before + first[0], here if before.strip() else first[1])
            found += others
            rest = include.end()
        _append(found, line[rest:])
    return found


def _append(lines: list[tuple[str, Place]], text: str) -> None:
    before, place = lines[-1]
    lines[-1] = (before + text, place)


def _refuse(part: str, place: Place, files: Mapping[str, str], above: tuple[str, ...]) -> None:
    if part not in files:
        raise ConfigurationError(
            str(place), f"the set has no part {part!r}", "include a file of the set or of templates/shared by its name"
        )
    if part in above or len(above) > _DEEPEST:
        raise ConfigurationError(str(place), f"{part!r} includes itself", "take the <mj-include> out")
