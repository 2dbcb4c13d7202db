"""Diagnoses: what was looked at, how it is, and what to do when it is not well. All is looked at at once: no concern
hides another, and none holds up the others for longer than the deadline.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread

from digest.errors import DigestError
from digest.foundation.catalogue import _

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
    return warn(
        what,
        _("could not be found out: {why}").format(why=why),
        _("ask again later; if it stays so, look at network and resolver"),
    )


def shortened(text: str) -> str:
    """A text from outside, fit to be quoted."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """`resolver` is the address and port to ask in place of the machine's own; `offline` asks nobody. `send_test`: a
    mail is sent to this address; an empty one is the return path.
    """

    offline: bool = False
    send_test: str | None = None
    resolver: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`look` does all the work; it may raise anything, and may never return."""

    group: str
    what: str
    look: Callable[[], Iterable[Diagnosis]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Diagnoses under one heading, in the order of the concerns."""

    title: str
    diagnoses: tuple[Diagnosis, ...]


def examine(concerns: Sequence[Question], seconds: float) -> tuple[Group, ...]:
    """Each concern in a thread of its own; what is not known after so many seconds is a warning that says so."""
    until = time.monotonic() + seconds
    found: list[list[Diagnosis] | None] = [None] * len(concerns)

    def look(number: int, concern: Question) -> None:
        found[number] = _looked(concern)

    # Daemons: one that hangs in the network must not keep the program from ending.
    threads = [Thread(target=look, args=each, daemon=True) for each in enumerate(concerns)]
    for thread in threads:
        thread.start()
    groups: dict[str, list[Diagnosis]] = {}
    for number, (concern, thread) in enumerate(zip(concerns, threads, strict=True)):
        thread.join(max(0.0, until - time.monotonic()))
        groups.setdefault(concern.group, []).extend(found[number] or _too_late(concern, found[number], seconds))
    return tuple(Group(title=title, diagnoses=tuple(all_)) for title, all_ in groups.items())


def _looked(concern: Question) -> list[Diagnosis]:
    try:
        return list(concern.look())
    except DigestError as error:
        said = f"{error.thing}: {error.cause}" if error.thing else error.cause
        return [fail(concern.what, said, error.remedy or _("mend what is named, then ask again"))]
    except Exception as error:  # noqa: BLE001 – whatever breaks here, the other concerns are still to be told
        said = _("it could not be looked at ({kind}: {error})").format(kind=type(error).__name__, error=error)
        return [fail(concern.what, said, _("please report this line: it is a fault in digest"))]


def _too_late(concern: Question, found: list[Diagnosis] | None, seconds: float) -> list[Diagnosis]:
    if found is not None:
        return []
    return [
        warn(
            concern.what,
            _("not found out within {seconds} s").format(seconds=f"{seconds:g}"),
            _("ask again when machine or network are less busy"),
        )
    ]
