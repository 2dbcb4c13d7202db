"""A Maildir: one file per message, in `new` and `cur`.

The standard library's class cannot move a message without writing it anew; a rename can, and is one step.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from digest.errors import CannotWriteError, ConfigurationError, PartlyFailedError

DONE = ".digest-done"  # as Maildir++ names the folder digest-done

_SEEN = "S"


class Maildir:
    """Implements `digest.ports.Mailbox`. A message's key is its name without flags: it stays the same in `cur`."""

    is_kept = True

    def __init__(self, folder: Path, then: str) -> None:
        self._folder, self._then = folder, then
        self._seen_at: dict[str, Path] = {}  # as of the last look
        self.place = f"maildir:{folder}"

    def keys(self) -> Sequence[str]:
        found = sorted(self._files())
        self._seen_at = {key: path for _, key, path in found}
        return list(self._seen_at)

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        for path in self._places(key):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                with os.fdopen(descriptor, "rb") as file:
                    return file.read() if most is None else file.read(most)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise PartlyFailedError(
                    str(path), error.strerror or str(error), "make it readable for the user who runs digest"
                ) from error
        return None

    def settle(self, keys: Sequence[str]) -> None:
        wanted = set(keys)
        try:
            for _, key, path in list(self._files()):
                if key in wanted:
                    self._put_away(key, path)
        except OSError as error:
            raise CannotWriteError(
                str(error.filename or self._folder),
                error.strerror or str(error),
                "make the Maildir writable for the user who runs digest",
            ) from error

    def _put_away(self, key: str, path: Path) -> None:
        flags = "".join(sorted({*path.name.rpartition(":2,")[2], _SEEN})) if ":2," in path.name else _SEEN
        with suppress(FileNotFoundError):  # somebody was quicker
            match self._then:
                case "delete":
                    path.unlink()
                case "move":
                    path.rename(_done_folder(self._folder) / "cur" / f"{key}:2,{flags}")
                case _:
                    path.rename(self._folder / "cur" / f"{key}:2,{flags}")

    def _places(self, key: str) -> Iterator[Path]:
        """Where it was, then where it may have been moved to since."""
        if key in self._seen_at:
            yield self._seen_at[key]
        yield from (path for _, other, path in self._files() if other == key)

    def _files(self) -> Iterator[tuple[float, str, Path]]:
        """When it came, its key, where it is. Only files: a pipe in the folder would keep us waiting."""
        for name in ("new", "cur"):
            try:
                with os.scandir(self._folder / name) as entries:
                    for entry in entries:
                        with suppress(FileNotFoundError):
                            found = entry.stat(follow_symlinks=False)
                            if stat.S_ISREG(found.st_mode) and not entry.name.startswith("."):
                                yield found.st_mtime, entry.name.partition(":2,")[0], Path(entry.path)
            except OSError as error:
                raise ConfigurationError(
                    str(self._folder / name),
                    error.strerror or str(error),
                    "name a Maildir, the folder that holds new and cur, readable for the user who runs digest",
                ) from error


def _done_folder(folder: Path) -> Path:
    done = folder / DONE
    for name in ("", "tmp", "new", "cur"):
        (done / name).mkdir(mode=0o700, exist_ok=True)
    (done / "maildirfolder").touch(mode=0o600)
    return done
