"""Files: one `.eml` per recipient in a folder. Nothing leaves the machine; everything can be looked at."""

import os
from collections.abc import Sequence
from pathlib import Path

from digest.errors import CannotWriteError
from digest.model.delivery import Envelope


class FolderTransport:
    """Implements `digest.ports.Transport`: `<folder>/<newsletter>/<period>/<stem>.eml`, readable by the owner only."""

    repeatable = True  # the same envelope becomes the same file again

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Each file is synced under a passing name, then renamed; the folders are synced before this returns."""
        folders: set[Path] = set()
        try:
            for envelope in envelopes:
                folder = self._folder / envelope.edition
                if folder not in folders:
                    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                    folders.add(folder)
                _write_durably(folder / f"{envelope.stem}.eml", envelope.message)
            for folder in folders:
                _sync_folder(folder)
        except OSError as error:
            raise CannotWriteError(
                str(error.filename or self._folder),
                error.strerror or str(error),
                "make the folder writable and the disk roomy, then `digest send` again: it goes on where it stopped",
            ) from error


def _write_durably(path: Path, content: bytes) -> None:
    passing = path.with_name(f".{path.name}.new")
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    passing.rename(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
