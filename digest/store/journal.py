"""The send journal: an append-only file beside the database that says what was meant to leave and what did.

It holds no address. Should the database be restored from an old backup, the journal still knows (reliability §3.5).
Each group of lines carries the number of the database commit that it follows; it is synced before any final dot.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from digest.errors import CannotWriteError, IntegrityError

INTENT, SENT, BACK, FAILED = "i", "s", "b", "f"
_KINDS = (INTENT, SENT, BACK, FAILED)


@dataclass(frozen=True, slots=True)
class Line:
    """`edition` is its name, `delivery` the subscriber's public id."""

    kind: str
    edition: str
    delivery: str


class Journal:
    """Open for appending; a torn last line, of a crash in the middle of a write, is cut off."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            _cut_torn_end(self._descriptor)
        except OSError as error:
            raise self._plain(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self._descriptor)

    def append(self, commit: int, lines: Iterable[Line]) -> None:
        """Durable when this returns."""
        text = "".join(f"{commit} {line.kind} {line.edition} {line.delivery}\n" for line in lines)
        if not text:
            return
        try:
            data = text.encode()
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise self._plain(error) from error

    def _plain(self, error: OSError) -> CannotWriteError:
        return CannotWriteError(
            str(self._path), error.strerror or str(error), "make the workspace writable and the disk roomy"
        )


def read(path: Path) -> Iterator[tuple[int, Line]]:
    """All whole lines with the number of their commit. Raise `IntegrityError` for one that is no line of a journal."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, text in enumerate(file, 1):
            if not text.endswith("\n"):
                return  # torn: its commit never let a dot out
            parts = text.split()
            if len(parts) != 4 or not parts[0].isdigit() or parts[1] not in _KINDS:  # noqa: PLR2004 – see `append`
                raise IntegrityError(f"{path}:{number}", "this is no line of a journal", "restore it from the backup")
            yield int(parts[0]), Line(*parts[1:])


def _cut_torn_end(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    if not size or os.pread(descriptor, 1, size - 1) == b"\n":
        return
    tail = os.pread(descriptor, min(size, 4096), max(0, size - 4096))
    os.ftruncate(descriptor, size - len(tail) + tail.rfind(b"\n") + 1)
