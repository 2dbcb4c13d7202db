"""Rows taken out of the subscriber file: their lines go, every other line stays as a person wrote it."""

from collections.abc import Collection, Sequence
from pathlib import Path

from digest.errors import CannotWriteError, PersonNeededError, UsageError
from digest.foundation.addresses import folded_address
from digest.foundation.catalogue import _
from digest.foundation.files import replace_whole
from digest.foundation.problems import Problem
from digest.foundation.yaml import Node, read_yaml_rows
from digest.people.subscriber_file import TOP_KEY


def rows_of(path: Path, folded: Collection[str]) -> list[int]:
    """The lines of the rows with these addresses, also of those that have mistakes."""
    return [line for line, address in _rows(path) if address in folded]


def take_out(path: Path, folded: Collection[str]) -> int:
    """How many rows went. Raise `PersonNeededError` where they are written so that no lines are theirs alone."""
    before = _rows(path)
    wanted = [line for line, address in before if address in folded]
    if not wanted:
        return 0
    old = path.read_bytes()
    lines = old.decode("utf-8").splitlines(keepends=True)
    for line in reversed(wanted):
        start, end = _span(path, lines, line)
        del lines[start:end]
    _replace(path, "".join(lines).encode())
    if len(_rows(path)) != len(before) - len(wanted) or rows_of(path, folded):
        _replace(path, old)
        raise _by_hand(path, wanted[0])
    return len(wanted)


def _rows(path: Path) -> list[tuple[int, str]]:
    """Each row's line and folded address."""
    found: list[tuple[int, str]] = []

    def take(node: Node, _problems: Sequence[Problem]) -> None:
        members = node.value if isinstance(node.value, dict) else {}
        written = members["address"][1].value if "address" in members else None
        found.append((node.line, _folded(written) if isinstance(written, str) else ""))

    read_yaml_rows(path, TOP_KEY, take)
    return found


def _folded(written: str) -> str:
    try:
        return folded_address(written)
    except UsageError:
        return written.strip().lower()


def _span(path: Path, lines: Sequence[str], line: int) -> tuple[int, int]:
    """From the dash to the last line that belongs to it."""
    start = line - 1
    while start > 0 and not lines[start].lstrip().startswith("-"):
        start -= 1
    indent = _indent(lines[start])
    if not lines[start].lstrip().startswith("-") or line - 1 - start > 1:
        raise _by_hand(path, line)
    end = start + 1
    while end < len(lines) and lines[end].strip() and _indent(lines[end]) > indent:
        end += 1
    return start, end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _replace(path: Path, content: bytes) -> None:
    try:
        replace_whole(path.resolve(), content, mode=path.stat().st_mode & 0o777)
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the workspace writable")) from error


def _by_hand(path: Path, line: int) -> PersonNeededError:
    return PersonNeededError(
        f"{path.name}:{line}",
        _("this row has no lines of its own, so the program leaves it"),
        _("take it out yourself"),
    )
