"""Shadows: a workspace that behaves like the real one and writes into a passing folder of its own.

Dry runs and rehearsals do everything there that they would do, down to the ledger; no message is handed to anybody.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from digest.app.adapters import DATABASE, EDITIONS, SECRET
from digest.app.workspace import Workspace
from digest.errors import BusyError, CannotWriteError
from digest.model.delivery import Envelope
from digest.model.edition import Edition
from digest.model.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.pipeline.send import OneByOne
    from digest.ports import Clock, ReadableCopy, Transport
    from digest.store.connection import Database


class Nowhere:
    """Implements `digest.ports.Transport`: counts what it is given, and lets it go."""

    repeatable = True

    def __init__(self) -> None:
        self.delivered = 0

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        self.delivered += len(envelopes)


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

    @cached_property
    def transport(self) -> "Transport":
        return Nowhere()

    def one_by_one(self, newsletter: Newsletter) -> "OneByOne | None":
        """Whatever the settings say, nothing leaves a shadow."""

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
