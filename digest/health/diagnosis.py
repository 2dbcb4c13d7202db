"""Diagnoses: what was looked at, how it is, and what to do when it is not well."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_SHOWN = 120


class Level(StrEnum):
    """In the order of urgency. What could not be found out is a warning that says so, never a failure."""

    FAIL = "fail"  # mail will not leave, not arrive, or something may be lost
    WARN = "warn"
    OK = "ok"
    SKIP = "skip"  # does not apply here, or was not asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`what` was looked at, `said` what was found, `fix` what to do about it: empty only where all is well."""

    level: Level
    what: str
    said: str
    fix: str = ""


def ok(what: str, said: str) -> Diagnosis:
    return Diagnosis(level=Level.OK, what=what, said=said)


def warn(what: str, said: str, fix: str) -> Diagnosis:
    return Diagnosis(level=Level.WARN, what=what, said=said, fix=fix)


def fail(what: str, said: str, fix: str) -> Diagnosis:
    return Diagnosis(level=Level.FAIL, what=what, said=said, fix=fix)


def skip(what: str, said: str) -> Diagnosis:
    return Diagnosis(level=Level.SKIP, what=what, said=said)


def unknown(what: str, why: str) -> Diagnosis:
    """Nobody could be asked: nothing is claimed."""
    return warn(what, f"could not be found out: {why}", "ask again later; if it stays so, look at network and resolver")


def shortened(text: str) -> str:
    """A text from outside, fit to be quoted."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)
