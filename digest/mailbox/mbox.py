"""An mbox: one file with all messages, as Debian delivers mail to its users."""

import mailbox
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from digest.errors import BusyError, CannotWriteError, ConfigurationError
from digest.mailbox.reading import fingerprint_of

DONE_SUFFIX = ".digest-done"
KEY_BYTES = 1 << 20  # of a message tell it from others


class Mbox:
    """Implements `digest.ports.Mailbox`. The file has no names for messages, so a key is made from what one says.

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
                str(self._path), "there is no such file", "name the mbox in digest.yaml"
            ) from error
        except mailbox.ExternalClashError as error:
            raise BusyError(str(self._path), "mail is being delivered into it", "try again in a moment") from error
        except OSError as error:
            raise CannotWriteError(
                str(self._path),
                error.strerror or str(error),
                "make it readable and writable for the user who runs digest",
            ) from error


def _key(box: mailbox.mbox, at: str) -> str:
    with box.get_file(at) as file:
        return fingerprint_of(file.read(KEY_BYTES))
