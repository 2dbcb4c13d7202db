"""Reads the YAML between `---` lines at the top of a Markdown file; every value stays text."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from digest.errors import NothingUsableError
from digest.sources.cleaning import clean
from digest.sources.fields import Field, Fields, Said, field_named
from digest.sources.findings import Findings

_FENCE = "---"
_ENDS = ("---", "...")
_NOTHING = ("~", "null")
_YES = ("true", "True", "TRUE", "yes", "Yes", "sí", "Sí", "si", "Si")
_NO = ("false", "False", "FALSE", "no", "No")
_LONGEST = 16_000  # characters; deep nesting makes the parser slow beyond

_Value = str | tuple[str, ...] | None


class Parted(NamedTuple):
    """A Markdown file in two. `yaml` is `None` when there is no front matter; `body_line` is where the body begins."""

    yaml: str | None
    yaml_line: int
    body: str
    body_line: int


def part(text: str, file: str) -> Parted:
    """Part the front matter from the body; raise `NothingUsableError` when it has no end."""
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[first].rstrip() != _FENCE:
        return Parted(None, 1, text, 1)
    for index in range(first + 1, len(lines)):
        if lines[index].rstrip() in _ENDS:
            yaml = "\n".join(lines[first + 1 : index]) + "\n"
            return Parted(yaml, first + 2, "\n".join(lines[index + 1 :]), index + 2)
    cause = f"the front matter that begins in line {first + 1} has no end"
    raise NothingUsableError(file, cause, "Put a line with --- under it.")


def read_fields(yaml: str, first_line: int, removed: Counter[str], findings: Findings) -> dict[Field, Said] | None:
    """The fields of the front matter; `None`, with an error reported, when it cannot be read or says a thing twice."""
    from yaml import YAMLError

    if len(yaml) > _LONGEST:
        findings.error(first_line, f"the front matter is longer than {_LONGEST:,} characters", "Shorten it.")
        return None
    try:
        pairs = list(_pairs(yaml))
    except YAMLError as error:
        cause = getattr(error, "problem", None) or "it is no YAML"
        findings.error(
            first_line + getattr(getattr(error, "problem_mark", None), "line", 0),
            f"the front matter cannot be read: {cause}",
            "Write lines such as “title: …”; a value with a colon or a quotation mark in it goes into quotes.",
        )
        return None
    return _fields(pairs, first_line, removed, findings)


def is_draft(fields: Fields, findings: Findings) -> bool:
    """Whether the file says `draft: true`. What is neither yes nor no counts as yes: it would be read by everybody."""
    said = fields.get(Field.DRAFT)
    if said is None or said.value == "" or said.value in _NO:
        return False
    if said.value not in _YES:
        findings.warning(
            said.line, f"“draft: {said.value}” is neither true nor false; taken as true", "Write true, or take it out."
        )
    return True


def _pairs(yaml: str) -> Iterator[tuple[str, _Value, int]]:
    """Key, value and line (from 0) of the top level. From events, because composing deep nesting ends the process."""
    import yaml as pyyaml

    events = pyyaml.parse(yaml, Loader=getattr(pyyaml, "CBaseLoader", pyyaml.BaseLoader))
    begun = (pyyaml.StreamStartEvent, pyyaml.DocumentStartEvent)
    first = next((event for event in events if not isinstance(event, begun)), None)
    if isinstance(first, pyyaml.StreamEndEvent):
        return
    if not isinstance(first, pyyaml.MappingStartEvent):
        raise pyyaml.MarkedYAMLError(problem="it holds no keys", problem_mark=getattr(first, "start_mark", None))
    for event in events:
        if isinstance(event, pyyaml.MappingEndEvent):
            break
        key = _value(event, events)
        yield key if isinstance(key, str) else "", _value(next(events), events), getattr(event.start_mark, "line", 0)
    for _ in events:
        pass  # a second document, or text behind the end, is found here


def _value(event: Any, events: Iterator[Any]) -> _Value:
    """The text or the list of texts that begins with this event; `None` for any other shape."""
    kind = type(event).__name__
    if kind == "ScalarEvent":
        return "" if not event.style and event.value in _NOTHING else str(event.value)
    flat, depth, values = kind == "SequenceStartEvent", int(kind.endswith("StartEvent")), []
    while depth:
        inner = next(events)
        kind = type(inner).__name__
        if kind == "ScalarEvent":
            values.append(str(inner.value))
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        flat = flat and not kind.endswith("StartEvent") and kind != "AliasEvent"
    return tuple(values) if flat else None


def _fields(
    pairs: Iterable[tuple[str, _Value, int]], first_line: int, removed: Counter[str], findings: Findings
) -> dict[Field, Said] | None:
    fields: dict[Field, Said] = {}
    keys: set[str] = set()
    unknown: dict[str, int] = {}
    for key, value, offset in pairs:
        line, field = first_line + offset, field_named(key)
        if key in keys:
            findings.error(line, f"the front matter has the key “{key}” twice", "Keep one of them.")
            return None
        keys.add(key)
        if field is None:
            unknown[key] = line
        elif field in fields:
            findings.warning(line, f"“{key}” says {field} again; the first counts", "Keep one of them.")
        elif value is None:
            findings.warning(
                line, f"the value of “{key}” is neither a text nor a list; left out", "Write it on one line."
            )
        else:
            fields[field] = Said(_cleaned(value, removed), line)
    if unknown:
        named = ", ".join(f"“{key}”" for key in unknown)
        findings.note(min(unknown.values()), f"nothing here reads these keys: {named}")
    return fields


def _cleaned(value: str | tuple[str, ...], removed: Counter[str]) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return clean(value, removed).strip()
    return tuple(text for part in value if (text := clean(part, removed).strip()))
