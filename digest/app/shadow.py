"""Shadows: a workspace that behaves like the real one and writes into a passing folder of its own.

Dry runs and rehearsals do everything there that they would do, down to the ledger; no message is handed to anybody.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from digest.app.adapters import DATABASE, EDITIONS, SECRET, SENDING
from digest.app.workspace import Workspace
from digest.errors import BusyError, CannotWriteError
from digest.model.dispatch import Found, Outcome, OutcomeKind, OutgoingMessage
from digest.model.edition import Edition, Variant
from digest.model.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.pipeline.dispatching import Sign
    from digest.ports import Clock, Outbox, OutboxRows, ReadableCopy, Transport
    from digest.store.connection import Database

AT_ONCE = 20_000  # messages per commit: nobody waits for a mail here


class Nowhere:
    """Implements `digest.ports.Transport`: counts what it is given, and lets it go. Whatever the settings say, nothing
    leaves a shadow.
    """

    name = "nowhere"
    connections = AT_ONCE

    def __init__(self) -> None:
        self.delivered = 0

    def carry(self, outbox: "Outbox", stop: Callable[[], bool]) -> None:
        results: list[Outcome] = []
        while not stop() and (messages := outbox.fetch(AT_ONCE)):
            granted = outbox.settle(results, messages)
            results = [
                Outcome(message=message, kind=OutcomeKind.SENT, answer="")
                for message in messages
                if message.row in granted
            ]
            self.delivered += len(results)
        if results:
            outbox.settle(results, ())

    def trace(self, message: OutgoingMessage) -> Found:  # noqa: ARG002 – whichever it is
        """What a dead process left behind is to be sent, as far as a shadow goes."""
        return Found.PENDING


class ShadowCopy:
    """Implements `digest.ports.ReadableCopy`: what the shadow has not written itself is the real one's."""

    def __init__(self, own: "ReadableCopy", real: "ReadableCopy") -> None:
        self._own, self._real = own, real

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        self._own.write(edition, description, files)

    def differences(self, edition: Edition, files: Mapping[str, bytes]) -> Sequence[str] | None:
        own = self._own.differences(edition, files)
        return self._real.differences(edition, files) if own is None else own


class Shadow(Workspace):
    """`passing` takes all that would be written; the sources and settings are those of the real workspace."""

    def __init__(self, folder: Path, passing: Path, clock: "Clock") -> None:
        super().__init__(folder, clock)
        self.passing = passing
        self.nowhere = Nowhere()

    @property
    def secret(self) -> Path:
        return self.passing / SECRET

    @cached_property
    def database(self) -> "Database":
        from digest.store.connection import Database

        return Database(self.passing / DATABASE)

    @cached_property
    def copy(self) -> "ReadableCopy":
        from digest.store.readable_copy import EditionFolders

        return ShadowCopy(EditionFolders(self.passing / EDITIONS), EditionFolders(self.folder / EDITIONS))

    @property
    def sending(self) -> Path:
        return self.passing / SENDING

    def transport(self, readers: int = 1) -> "Transport":  # noqa: ARG002 – however many they are
        return self.nowhere

    def rows(self, edition: Edition) -> "AbstractContextManager[OutboxRows]":
        """As fast as they come, whatever rates and quota are set."""
        from digest.app.delivering import rows_for

        return rows_for(self, edition, paced=False)

    def signing(
        self,
        newsletter: Newsletter,  # noqa: ARG002 – whatever it is
        edition: Edition,  # noqa: ARG002
        variants: Sequence[Variant],  # noqa: ARG002
    ) -> "AbstractContextManager[Sign | None]":
        """Nobody will read a signature."""
        return nullcontext()

    def refuse_unsure(self, edition: Edition) -> None:
        """Nothing leaves."""

    def lock(self) -> AbstractContextManager[None]:
        return nullcontext()


@contextmanager
def shadow_of(workspace: Workspace, clock: "Clock | None" = None) -> Iterator[Shadow]:
    """A shadow that begins with a copy of the workspace's database and key; gone when the block ends."""
    with TemporaryDirectory(prefix="digest-") as name:
        passing = Path(name)
        _copy_database(workspace.folder / DATABASE, passing / DATABASE)
        if (workspace.folder / SECRET).is_file():
            (passing / SECRET).parent.mkdir(mode=0o700)
            _copy(workspace.folder / SECRET, passing / SECRET)
        yield Shadow(workspace.folder, passing, clock or workspace.clock)


def _copy_database(real: Path, passing: Path) -> None:
    """All who write hold the lock beside the database, so under it the files are a consistent whole."""
    if not real.is_file():
        return
    with _reading(real.with_name(f"{real.name}.lock")):
        for suffix in ("", "-wal"):
            if Path(f"{real}{suffix}").exists():
                _copy(Path(f"{real}{suffix}"), Path(f"{passing}{suffix}"))


@contextmanager
def _reading(lock: Path) -> Iterator[None]:
    """The lock, without making or changing a file. Without one nobody has ever written."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BusyError(str(lock.parent), "somebody is writing to the database", "try again in a moment") from None
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
        target.chmod(0o600)
    except OSError as error:
        raise CannotWriteError(str(error.filename or target), error.strerror or str(error), "look at it") from error
