"""Examines all concerns at once: none hides another, and none holds up the others for longer than the deadline."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Thread

from digest.errors import DigestError
from digest.health.diagnosis import Diagnosis, fail, warn


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """`look` does all the work; it may raise anything, and may never return."""

    group: str
    what: str
    look: Callable[[], Iterable[Diagnosis]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Diagnoses under one heading, in the order of the concerns."""

    title: str
    diagnoses: tuple[Diagnosis, ...]


def examine(concerns: Sequence[Concern], seconds: float) -> tuple[Group, ...]:
    """Each concern in a thread of its own; what is not known after so many seconds is a warning that says so."""
    until = time.monotonic() + seconds
    found: list[list[Diagnosis] | None] = [None] * len(concerns)

    def look(number: int, concern: Concern) -> None:
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


def _looked(concern: Concern) -> list[Diagnosis]:
    try:
        return list(concern.look())
    except DigestError as error:
        said = f"{error.thing}: {error.cause}" if error.thing else error.cause
        return [fail(concern.what, said, error.remedy or "mend what is named, then ask again")]
    except Exception as error:  # noqa: BLE001 – whatever breaks here, the other concerns are still to be told
        said = f"it could not be looked at ({type(error).__name__}: {error})"
        return [fail(concern.what, said, "please report this line: it is a fault in digest")]


def _too_late(concern: Concern, found: list[Diagnosis] | None, seconds: float) -> list[Diagnosis]:
    if found is not None:
        return []
    return [
        warn(concern.what, f"not found out within {seconds:g} s", "ask again when machine or network are less busy")
    ]
