"""Files: one `.eml` per recipient in a folder. Nothing leaves the machine; everything can be looked at.

A file is written under a passing name and synced, then marked, then renamed: the rename is its final dot. Its name is
the delivery's, the same at every attempt: what is there under it is a whole message, and whatever a crash makes leave
again is the same file again.
"""

from collections.abc import Callable
from pathlib import Path

from digest.delivery.outgoing import Found, Outbox, OutcomeKind, OutgoingMessage
from digest.delivery.transports.one_by_one import Ending, Ways, carry, takes_nothing
from digest.foundation.catalogue import _, later
from digest.foundation.failpoints import reach
from digest.foundation.files import sync_folder, write_synced

AT_ONCE = 32  # files: they share the syncs of the ledger, and mostly those of the disk


_THERE = str(later("in the folder"))  # kept with each message


class FolderTransport:
    """Into `<folder>/<newsletter>/<period>/<stem>.eml`, readable by the owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders: set[Path] = set()  # that are there, durably

    @property
    def connections(self) -> int:
        return AT_ONCE

    @property
    def name(self) -> str:
        return _("the folder {folder}").format(folder=self._folder)

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        """Raise `CannotWriteError` when the folder takes nothing."""
        ways = Ways(name=self.name, at_once=AT_ONCE, line_end=b"\r\n", prepare=self._write)
        carry(outbox, stop, self._rename, ways)

    def trace(self, message: OutgoingMessage) -> Found | None:
        """A file that is there was accepted, and is there for good when this returns. One that is not there was never
        renamed, or was taken away since: nobody can know.
        """
        path = self._path(message)
        try:
            if not path.is_file():
                return None
            sync_folder(path.parent)
        except OSError as error:
            raise takes_nothing(self._folder, error) from error
        return Found.SENT

    def _write(self, message: OutgoingMessage, content: bytes) -> None:
        path = self._path(message)
        try:
            self._make(path.parent)
            write_synced(_passing(path), content)
        except OSError as error:
            raise takes_nothing(self._folder, error) from error
        reach("files.written")

    def _rename(self, message: OutgoingMessage, content: bytes) -> Ending:  # noqa: ARG002 – it was written before
        path = self._path(message)
        try:
            _passing(path).rename(path)
            reach("files.renamed")
            sync_folder(path.parent)
        except OSError as error:
            raise takes_nothing(self._folder, error) from error
        return Ending(OutcomeKind.SENT, _THERE)

    def _path(self, message: OutgoingMessage) -> Path:
        return self._folder / f"{message.file}.eml"

    def _make(self, folder: Path) -> None:
        """From several threads: the set is only a shortcut."""
        if folder in self._folders:
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for above in folder.parents:  # not `parent` of `parent`: that of "." is "."
            if above.is_relative_to(self._folder.parent):
                sync_folder(above)
        self._folders.add(folder)


def _passing(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")
