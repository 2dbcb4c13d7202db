"""The marker: one byte per recipient in memory that outlives the process, to tell what a killed sender was about to do.

Valid only while the machine has not restarted: the file begins with the boot's id. It is no record: the ledger is.
"""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from digest.delivery.outgoing import Mark
from digest.errors import CannotWriteError
from digest.foundation.catalogue import _

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_HEAD = 64
_BYTES = {Mark.NOTHING: 0, Mark.DOT: 1, Mark.ACCEPTED: 2}
_MARKS = {value: mark for mark, value in _BYTES.items()}


class Marker:
    """Bytes for the rows 0 … `rows`. A file of an earlier boot is emptied; `was_kept` says that it was not."""

    def __init__(self, path: Path, rows: int) -> None:
        head = _boot().ljust(_HEAD, b"\0")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self.was_kept = bool(head.strip(b"\0")) and os.pread(descriptor, _HEAD, 0) == head
                if not self.was_kept:
                    os.ftruncate(descriptor, 0)
                size = _HEAD + rows + 1
                if os.fstat(descriptor).st_size < size:
                    os.posix_fallocate(descriptor, 0, size)  # a full disk is told here, not as a signal later
                os.pwrite(descriptor, head, 0)
                self._bytes = mmap.mmap(descriptor, 0)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise CannotWriteError(
                str(path), error.strerror or str(error), _("make the workspace writable and the disk roomy")
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bytes.close()

    def set(self, row: int, mark: Mark) -> None:
        self._bytes[_HEAD + row] = _BYTES[mark]

    def get(self, row: int) -> Mark:
        """Of a row that was never marked: nothing was written."""
        place = _HEAD + row
        return _MARKS[self._bytes[place]] if place < len(self._bytes) else Mark.NOTHING

    def clear(self, rows: Sequence[int]) -> None:
        for row in rows:
            self.set(row, Mark.NOTHING)


def _boot() -> bytes:
    """Empty where the system does not tell: then a marker is never believed."""
    try:
        return _BOOT.read_bytes().strip()
    except OSError:
        return b""
