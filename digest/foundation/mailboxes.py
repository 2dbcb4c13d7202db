"""Mailboxes that are read: a Maildir, an mbox, a pipe."""

import mailbox
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self

from digest.errors import BusyError, CannotWriteError, ConfigurationError, PartlyFailedError
from digest.foundation.catalogue import _
from digest.foundation.mime import fingerprint_of

DONE = ".digest-done"  # of a Maildir, as Maildir++ names the folder digest-done
DONE_SUFFIX = ".digest-done"  # of an mbox
KEY_BYTES = 1 << 20  # of a message in an mbox tell it from others
PIPED_KEY = "message"
_SEEN = "S"


class Mailbox(Protocol):
    """Messages of strangers, each under a key that stays the same as long as the message lies there."""

    @property
    def place(self) -> str:
        """Names the mailbox, without secrets; keys mean something within one place only."""
        ...

    @property
    def is_kept(self) -> bool:
        """Whether messages stay there: what came through a pipe is gone afterwards."""
        ...

    def keys(self) -> Sequence[str]:
        """Of all messages, the oldest first. Raise when the mailbox cannot be read at all."""
        ...

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        """The message, or its first `most` bytes; `None` when it is gone. Raise when just this one cannot be read."""
        ...

    def mark(self, key: str) -> str:
        """What is another where another message lies under this key."""
        ...

    def settle(self, keys: Sequence[str]) -> None:
        """Put away messages that were understood. A message that is gone, or put away already, is no mistake."""
        ...


class Maildir:
    """One file per message, in `new` and `cur`. A message's key is its name without flags: it stays the same in `cur`.

    The standard library's class cannot move a message without writing it anew; a rename can, and is one step.
    """

    is_kept = True

    def __init__(self, folder: Path, then: str) -> None:
        self._folder, self._then = folder, then
        self._seen_at: dict[str, Path] = {}  # as of the last look
        self._marks: dict[str, str] = {}
        self.place = f"maildir:{folder}"

    def keys(self) -> Sequence[str]:
        found = sorted(self._files())
        self._seen_at = {key: path for _, key, path, _ in found}
        self._marks = {key: f"{when} {size}" for when, key, _, size in found}
        return list(self._seen_at)

    def mark(self, key: str) -> str:
        return self._marks.get(key, "")

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
                    str(path), error.strerror or str(error), _("make it readable for the user who runs digest")
                ) from error
        return None

    def settle(self, keys: Sequence[str]) -> None:
        wanted = set(keys)
        try:
            for _when, key, path, _size in list(self._files()):
                if key in wanted:
                    self._put_away(key, path)
        except OSError as error:
            raise CannotWriteError(
                str(error.filename or self._folder),
                error.strerror or str(error),
                _("make the Maildir writable for the user who runs digest"),
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
        yield from (path for _, other, path, _ in self._files() if other == key)

    def _files(self) -> Iterator[tuple[float, str, Path, int]]:
        """When it came, its key, where it is, its size. Only files: a pipe in the folder would keep us waiting."""
        for name in ("new", "cur"):
            try:
                with os.scandir(self._folder / name) as entries:
                    for entry in entries:
                        with suppress(FileNotFoundError):
                            found = entry.stat(follow_symlinks=False)
                            if stat.S_ISREG(found.st_mode) and not entry.name.startswith("."):
                                yield found.st_mtime, entry.name.partition(":2,")[0], Path(entry.path), found.st_size
            except OSError as error:
                raise ConfigurationError(
                    str(self._folder / name),
                    error.strerror or str(error),
                    _("name a Maildir, the folder that holds new and cur, readable for the user who runs digest"),
                ) from error


def _done_folder(folder: Path) -> Path:
    done = folder / DONE
    for name in ("", "tmp", "new", "cur"):
        (done / name).mkdir(mode=0o700, exist_ok=True)
    (done / "maildirfolder").touch(mode=0o600)
    return done


class Mbox:
    """One file with all messages, as Debian delivers mail to its users. It has no names for messages, so a key is made
    from what one says.

    With `keep` the file is never written to.
    """

    is_kept = True

    def __init__(self, path: Path, then: str) -> None:
        self._path, self._then = path, then
        self._box: mailbox.mbox | None = None  # as of the last look; what others write meanwhile does not disturb it
        self._at: dict[str, str] = {}  # our key → the library's
        self.place = f"mbox:{path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._box is not None:
            self._box.close()

    def keys(self) -> Sequence[str]:
        self.__exit__()
        with self._plain_errors():
            self._box = mailbox.mbox(self._path, create=False)
            self._at = {_key(self._box, at): at for at in self._box.iterkeys()}
        return list(self._at)

    def mark(self, key: str) -> str:
        """The key is made from the message."""
        return key

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        if self._box is None or key not in self._at:
            return None
        with self._plain_errors(), self._box.get_file(self._at[key]) as file:
            return file.read() if most is None else file.read(most)

    def settle(self, keys: Sequence[str]) -> None:
        """One writing for all, under the locks that deliverers know; the copies are on disk before they go here."""
        if self._then == "keep":
            return
        wanted = set(keys)
        with self._plain_errors():
            box = mailbox.mbox(self._path, create=False)
            try:
                box.lock()
                found = [at for at in box.iterkeys() if _key(box, at) in wanted]
                if self._then == "move":
                    self._copy(box, found)
                for at in found:
                    box.remove(at)
                box.flush()
            finally:
                box.close()  # unlocks

    def _copy(self, box: mailbox.mbox, found: Sequence[str]) -> None:
        path = self._path.with_name(self._path.name + DONE_SUFFIX)
        path.touch(mode=0o600)
        done = mailbox.mbox(path, create=False)
        try:
            done.lock()
            for at in found:
                done.add(box.get_bytes(at, from_=True))
            done.flush()
        finally:
            done.close()

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except mailbox.NoSuchMailboxError as error:
            raise ConfigurationError(
                str(self._path), _("there is no such file"), _("name the mbox in digest.yaml")
            ) from error
        except mailbox.ExternalClashError as error:
            raise BusyError(
                str(self._path), _("mail is being delivered into it"), _("try again in a moment")
            ) from error
        except OSError as error:
            raise CannotWriteError(
                str(self._path),
                error.strerror or str(error),
                _("make it readable and writable for the user who runs digest"),
            ) from error


def _key(box: mailbox.mbox, at: str) -> str:
    with box.get_file(at) as file:
        return fingerprint_of(file.read(KEY_BYTES))


def remove_messages(place: Path, is_meant: Callable[[bytes], bool]) -> int:
    """From a Maildir or an mbox, and from where what was understood is put away; return how many went."""
    if place.is_dir():
        folders = [each / name for each in (place, place / DONE) for name in ("new", "cur", "tmp")]
        files = [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir()) if file.is_file()]
        meant = [file for file in files if is_meant(file.read_bytes())]
        for file in meant:
            file.unlink(missing_ok=True)
        return len(meant)
    return sum(
        _remove_from_mbox(path, is_meant)
        for path in (place, place.with_name(place.name + DONE_SUFFIX))
        if path.exists()
    )


def _remove_from_mbox(path: Path, is_meant: Callable[[bytes], bool]) -> int:
    box = mailbox.mbox(path, create=False)
    try:
        box.lock()
        meant = [at for at in box.iterkeys() if is_meant(box.get_bytes(at))]
        for at in meant:
            box.remove(at)
        if meant:
            box.flush()
        return len(meant)
    finally:
        box.close()  # unlocks


class Piped:
    """One message from the program that delivers mail. Nothing is left of it when the program ends."""

    is_kept = False
    place = "pipe"

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def keys(self) -> Sequence[str]:
        return [PIPED_KEY]

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        return (self._raw if most is None else self._raw[:most]) if key == PIPED_KEY else None

    def mark(self, key: str) -> str:
        return key

    def settle(self, keys: Sequence[str]) -> None:
        """There is nothing to put away."""


class OnlyLooking:
    """Any mailbox, without touching it."""

    def __init__(self, real: Mailbox) -> None:
        self._real = real
        self.place, self.is_kept = real.place, real.is_kept

    def keys(self) -> Sequence[str]:
        return self._real.keys()

    def fetch(self, key: str, most: int | None = None) -> bytes | None:
        return self._real.fetch(key, most)

    def mark(self, key: str) -> str:
        return self._real.mark(key)

    def settle(self, keys: Sequence[str]) -> None:
        """Nothing is put away."""
