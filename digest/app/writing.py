"""Writing: files for people, as a whole and readable by the owner only."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from digest.errors import CannotWriteError


def write_private(path: Path, text: str) -> None:
    """Afterwards the file holds the text, or what it held before; a link is replaced, not followed."""
    passing = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.new")
    try:
        try:
            descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            passing.replace(path)
        except OSError:
            with suppress(OSError):
                passing.unlink()
            raise
    except OSError as error:
        remedy = "name a file in a folder where you may write, on a disk with room"
        raise CannotWriteError(str(path), error.strerror or str(error), remedy) from error
