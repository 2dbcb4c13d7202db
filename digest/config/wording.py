"""Turns what pydantic found in `digest.yaml` into plain words."""

import re
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from digest.config.keys import KEYS_AT
from digest.config.mistakes import Mistake
from digest.config.written_values import NOT_YET, not_text
from digest.foundation.words import did_you_mean, listed, quoted

_SECRET = re.compile(r"passw|passphrase|secret|token|api[_-]?key|private[_-]?key|credential", re.IGNORECASE)
_CHOICES = re.compile(r"'([^']*)'")

_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "dict_type": "must hold keys, such as 'name: value'",
    "model_type": "must hold keys, such as 'name: value'",
    "list_type": "must be a list, such as [one, two]",
    "too_short": "needs at least one",
}


def mistakes_in(error: ValidationError) -> Iterator[Mistake]:
    """One per finding. Keys beside what a later version will know are passed over: they may be right there."""
    found = error.errors(include_url=False)
    unavailable = {details["loc"][:-1] for details in found if details["type"] == NOT_YET}
    for details in found:
        path, unknown = details["loc"], details["type"] == "extra_forbidden"
        if unknown and _SECRET.search(str(path[-1])):
            yield Mistake(path, "secrets do not belong into this file: never write a password here", at_key=True)
        elif path[:-1] in unavailable and details["type"] in ("extra_forbidden", "missing"):
            continue
        elif unknown:
            known = _known_keys(path[:-1])
            yield Mistake(path, f"unknown key{did_you_mean(str(path[-1]), known)}", at_key=True)
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
        return f"must be one of {listed(choices)}{near or (f', not {quoted(written)}' if written else '')}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]}"
    return _WORDS.get(kind) or details["msg"]


def _known_keys(place: tuple[str | int, ...]) -> tuple[str, ...]:
    for pattern, keys in KEYS_AT.items():
        if len(pattern) == len(place) and all(known in ("*", part) for known, part in zip(pattern, place, strict=True)):
            return keys.names()
    return ()
