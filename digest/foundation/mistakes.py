"""Mistakes in a file that people write: found by path, told in plain words with line and column, all at once.

The checks look at the file as it was written and pass over what has the wrong shape (pydantic says that), so that one
reading finds all mistakes.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _, later, plural
from digest.foundation.problems import Place, Problem
from digest.foundation.values import NOT_YET, Keys, not_text, slug
from digest.foundation.words import did_you_mean, excerpt, harmless, listed, quoted
from digest.foundation.yaml import Node

KeyPath = tuple[str | int, ...]
MOST_TOLD = 100
_MOST_KNOWN_TOLD = 12


@dataclass(frozen=True, slots=True)
class Mistake:
    """`path` leads through keys and list positions as far as the file goes; a last key that is missing may follow."""

    path: KeyPath
    said: str
    at_key: bool = False  # the key itself is wrong, not what stands behind it


def as_error(file: str, root: Node, mistakes: Iterable[Mistake], problems: Sequence[Problem]) -> ConfigurationError:
    """One line per key and place, in the order of the file; the first mistake found there speaks for it."""
    lines: dict[tuple[int, int, str], str] = {}
    for problem in problems:
        place = problem.place
        remedy = f"; {problem.remedy}" if problem.remedy else ""
        lines.setdefault((place.line or 1, place.column or 1, ""), f"{problem.cause}{remedy}")
    for mistake in mistakes:
        shown, node = _locate(root, mistake)
        keys = ".".join(excerpt(part) for part in shown)
        lines.setdefault((node.line, node.column, keys), f"{keys}: {mistake.said}" if keys else mistake.said)
    ordered = [(Place(file, line, column), harmless(said)) for (line, column, _), said in sorted(lines.items())]
    (first_place, first_said), *others = ordered[:MOST_TOLD]
    told = [first_said, *(f"{place}: {said}" for place, said in others)]
    if len(ordered) > MOST_TOLD:
        told.append(plural("and {count} more mistake", "and {count} more mistakes", len(ordered) - MOST_TOLD))
    return ConfigurationError(str(first_place), "\n".join(told))


def _locate(root: Node, mistake: Mistake) -> tuple[tuple[str, ...], Node]:
    """The path to show, and the node at whose place to look: the value, its key, or the key above what is missing."""
    shown: list[str] = []
    key, node = root, root
    for part in mistake.path:
        if isinstance(node.value, list) and isinstance(part, int):
            key = node = node.value[part]
        elif isinstance(node.value, dict) and isinstance(part, str):
            if part:
                shown.append(part)
            if part not in node.value:
                return tuple(shown), key
            key, node = node.value[part]
        else:
            break
    return tuple(shown), key if mistake.at_key or node.value is None else node


# -- What is asked of several sections.


def mapping(written: object) -> Mapping[str, Any]:
    return written if isinstance(written, dict) else {}


def texts(written: object) -> list[tuple[int, str]]:
    """The texts of a list, with their positions; a text alone is a list of one."""
    values = written if isinstance(written, list) else [written]
    return [(position, value) for position, value in enumerate(values) if isinstance(value, str)]


def bad_names(section: str, things: Iterable[str]) -> Iterator[Mistake]:
    """Names that people gave to the things of a section."""
    for name in things:
        try:
            slug(name)
        except ValueError as error:
            yield Mistake((section, name), _("the name {cause}").format(cause=error), at_key=True)


def unknown(
    path: KeyPath, written: object, what: str, known: Collection[str] | None, *, at_key: bool = False
) -> Iterator[Mistake]:
    """Names that must exist elsewhere. `None`: nobody knows, so nothing is checked."""
    for position, name in texts(written):
        if known is not None and name not in known:
            hint = did_you_mean(name, known)
            if not hint and 0 < len(known) <= _MOST_KNOWN_TOLD:
                hint = _("; there is {names}").format(names=listed(sorted(known), "and"))
            yield Mistake(path if at_key else (*path, position), _(what).format(name=quoted(name)) + hint, at_key)


# -- What pydantic found.

_SECRET = re.compile(r"passw|passphrase|secret|token|api[_-]?key|private[_-]?key|credential", re.IGNORECASE)
_CHOICES = re.compile(r"'([^']*)'")
_BOUNDS = {
    "greater_than": (later("must be more than {bound}"), "gt"),
    "greater_than_equal": (later("must be at least {bound}"), "ge"),
    "less_than_equal": (later("must be at most {bound}"), "le"),
}
_WORDS = {
    "missing": later("is missing"),
    "bool_type": later("must be true or false"),
    "int_type": later("must be a whole number"),
    "float_type": later("must be a number"),
    "dict_type": later("must hold keys, such as 'name: value'"),
    "model_type": later("must hold keys, such as 'name: value'"),
    "list_type": later("must be a list, such as [one, two]"),
    "too_short": later("needs at least one"),
}


def mistakes_in(error: ValidationError, root: type[Keys]) -> Iterator[Mistake]:
    """One per finding; `root` are the keys of the whole file. Keys beside what a later version will know are passed
    over: they may be right there.
    """
    found = error.errors(include_url=False)
    unavailable = {details["loc"][:-1] for details in found if details["type"] == NOT_YET}
    for details in found:
        path, unknown = details["loc"], details["type"] == "extra_forbidden"
        if unknown and _SECRET.search(str(path[-1])):
            yield Mistake(path, _("secrets do not belong into this file: never write a password here"), at_key=True)
        elif path[:-1] in unavailable and details["type"] in ("extra_forbidden", "missing"):
            continue
        elif unknown:
            known = _known_keys(root, path[:-1])
            yield Mistake(path, _("unknown key") + did_you_mean(str(path[-1]), known), at_key=True)
        else:
            yield Mistake(path, _said(details))


def _said(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_type":
        return not_text(details["input"])
    if kind in ("enum", "literal_error"):
        choices = _CHOICES.findall(context["expected"])
        written = details["input"] if isinstance(details["input"], str) else ""
        near = did_you_mean(written, choices)
        said = _("must be one of {choices}").format(choices=listed(choices))
        other = _(", not {written}").format(written=quoted(written)) if written else ""
        return said + (near or other)
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return _(words).format(bound=context[bound])
    return _(_WORDS[kind]) if kind in _WORDS else details["msg"]


def _known_keys(root: type[Keys], place: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that may stand at a place, as the annotations of the keys above it tell."""
    kind: object = root
    for part in place:
        keys = _keys_in(kind)
        if keys is None:
            kind = next(iter(get_args(_mapping_in(kind))[1:]), None)
        else:
            kind = next((field.annotation for name, field in keys.fields() if name == part), None)
    keys = _keys_in(kind)
    return keys.names() if keys else ()


def _keys_in(kind: object) -> type[Keys] | None:
    for each in _alternatives(kind):
        if isinstance(each, type) and issubclass(each, Keys):
            return each
    return None


def _mapping_in(kind: object) -> object:
    return next((each for each in _alternatives(kind) if get_origin(each) is dict), None)


def _alternatives(kind: object) -> Iterator[object]:
    """Through `Annotated` and `X | None`."""
    if get_origin(kind) is Annotated:
        yield from _alternatives(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for each in get_args(kind):
            yield from _alternatives(each)
    else:
        yield kind
