"""The sandbox: an instance that behaves like the real one and writes into a passing folder of its own.

Dry runs and rehearsals do everything there that they would do, down to the ledger; no message is handed to anybody.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from digest.editions.readable_copy import EditionFolders, ReadableCopy, SandboxCopy
from digest.errors import CannotWriteError
from digest.foundation.catalogue import _
from digest.foundation.workspace import DATABASE, EDITIONS, SECRET, SENDING, Clock
from digest.settings.instance import Instance

if TYPE_CHECKING:
    from digest.delivery.nowhere import SandboxPlace
    from digest.foundation.database import Database
    from digest.intake.sources.fetched import Round


class Sandbox(Instance):
    """`passing` takes all that would be written; the sources and settings are those of the real workspace."""

    def __init__(self, folder: Path, passing: Path, clock: Clock, *, keeping: ExitStack | None = None) -> None:
        super().__init__(folder, clock, keeping=keeping)
        self.passing = passing

    @property
    def secret(self) -> Path:
        return self.passing / SECRET

    def _opened_database(self) -> "Database":
        from digest.foundation.database import SqliteDatabase

        return SqliteDatabase(self.passing / DATABASE)

    @cached_property
    def copy(self) -> ReadableCopy:
        return SandboxCopy(EditionFolders(self.passing / EDITIONS), EditionFolders(self.workspace.editions))

    def asking(self, *, always: bool = False) -> "Round":
        """Nobody: what was remembered is read."""
        from digest.intake.sources.fetched import Round  # the same

        del always
        return Round((), self.items.memory, self.clock.now())

    @cached_property
    def place(self) -> "SandboxPlace":  # one for all sendings: it counts them
        from digest.delivery.nowhere import SandboxPlace  # the same

        return SandboxPlace(
            folder=self.folder,
            sending=self.passing / SENDING,
            database=self.database,
            settings=self.settings.delivery,
            clock=self.clock,
            zone=self.settings.publisher.timezone,
        )


@contextmanager
def sandbox_of(instance: Instance, clock: Clock | None = None) -> Iterator[Sandbox]:
    """A sandbox that begins with a copy of the workspace's database and key; gone when the block ends."""
    with TemporaryDirectory(prefix="digest-") as name, ExitStack() as keeping:
        passing = Path(name)
        if instance.server is None:
            _copy_database(instance.folder / DATABASE, passing / DATABASE)
        elif instance.database.exists:
            from digest.foundation.database import SqliteDatabase, copy_rows

            copy_rows(instance.database, SqliteDatabase(passing / DATABASE))
        if (instance.folder / SECRET).is_file():
            (passing / SECRET).parent.mkdir(mode=0o700)
            _copy(instance.folder / SECRET, passing / SECRET)
        yield Sandbox(instance.folder, passing, clock or instance.clock, keeping=keeping)


def _copy_database(real: Path, passing: Path) -> None:
    """All who write hold the lock beside the database, so under it the files are a consistent whole."""
    if not real.is_file():
        return
    from digest.foundation.database import unwritten  # the same

    with unwritten(real.with_name(f"{real.name}.lock")):
        for suffix in ("", "-wal"):
            if Path(f"{real}{suffix}").exists():
                _copy(Path(f"{real}{suffix}"), Path(f"{passing}{suffix}"))


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
        target.chmod(0o600)
    except OSError as error:
        raise CannotWriteError(str(error.filename or target), error.strerror or str(error), _("look at it")) from error
