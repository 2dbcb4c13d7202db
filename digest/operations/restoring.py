"""Restoring: what a backup holds, put into a folder. What it replaces is kept beside it; the send journal stays.

While it is under way a mark stands in the folder, and nothing is sent: a process killed anywhere in between leaves a
workspace that refuses, and the same restore run again mends it.
"""

import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from filecmp import cmp
from pathlib import Path, PurePosixPath

from digest.delivery.whereabouts import RESTORING
from digest.errors import CannotWriteError, PersonNeededError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, SqliteDatabase, exclusive
from digest.foundation.failpoints import reach
from digest.foundation.files import passing_name, remove_leftovers, sync_folder
from digest.foundation.workspace import DATABASE, EDITIONS, LOCK, SENDING, SETTINGS
from digest.operations.archive import DUMP, Manifest, extract, manifest_of, writing_to
from digest.operations.erasing import erase_again_in

_SHOWN = 5
# Of the database that is replaced, or made from it: beside another database they would be wrong.
_GOES_ALONG = (f"{DATABASE}-wal", f"{DATABASE}-shm", EDITIONS)
_MARKERS = f"{SENDING}/*.marker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """`kept` is the folder with what was replaced, if anything was."""

    manifest: Manifest
    kept: Path | None


def restore(archive: Path, folder: Path, at: datetime, *, replace: bool, server: Database | None = None) -> Restored:
    """Check all of the archive, then put its files into the workspace `folder`, which need not exist; a database of
    PostgreSQL into `server`, which is empty.

    Raise `BusyError` while a process runs, sends or writes there, and `PersonNeededError` when something else stands in
    their place and `replace` was not said.
    """
    _require_server(archive, manifest_of(archive), server)  # before a folder is made for nothing
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(
            str(folder), error.strerror or str(error), _("name a folder that you may write to")
        ) from error
    with exclusive(folder / LOCK):
        with exclusive(folder / f"{DATABASE}.lock"):
            restored = _restore(archive, folder, at, replace=replace, server=server)
        erase_again_in(folder, server or SqliteDatabase(folder / DATABASE))
        return restored


def _require_server(archive: Path, manifest: Manifest, server: Database | None) -> None:
    if manifest.is_of_server and server is None:
        raise UsageError(
            str(archive),
            _("its database was one of PostgreSQL"),
            _("name an empty one: digest restore FILE --to postgresql://user@host/name"),
        )
    if server is not None and not manifest.is_of_server:
        raise UsageError(
            str(archive),
            _("its database is a file"),
            _("restore it without --to, then: digest database copy --to postgresql://user@host/name"),
        )


def _restore(archive: Path, folder: Path, at: datetime, *, replace: bool, server: Database | None) -> Restored:
    fresh = passing_name(folder / "restore")
    remove_leftovers(folder, ".restore.*.new")
    try:
        manifest = extract(archive, fresh)
        with writing_to(folder, _("make the folder writable and the disk roomy")):
            names = [
                member.name
                for member in manifest.members
                if member.name != DUMP and not _is_same(fresh / member.name, folder / member.name)
            ]
            taken = _taken(folder, names)
            if taken and not replace:
                raise _occupied(folder, taken)
            _shut(folder)
            if server is not None:
                _load(fresh / DUMP, server, manifest)
            kept = _put(fresh, folder, names, at)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Restored(manifest=manifest, kept=kept)


def _load(dump: Path, server: Database, manifest: Manifest) -> None:
    """Before any file: where this fails, nothing was changed."""
    from digest.foundation.database.postgresql import PostgresqlDatabase  # psycopg: only who has it needs it
    from digest.operations.server_dump import load_dump  # the same

    assert isinstance(server, PostgresqlDatabase)  # noqa: S101 – there is no other kind
    load_dump(dump, server, manifest)


def _shut(folder: Path) -> None:
    """Others can neither read nor change what is put into it, whatever umask it was made with; in a workspace that
    stood there already its group may go on.
    """
    mode = stat.S_IMODE(folder.stat().st_mode)
    is_new = not (folder / SETTINGS).exists() and folder.stat().st_uid == os.geteuid()
    shut = mode & ~(stat.S_IRWXO | (stat.S_IRWXG if is_new else 0))
    if shut != mode:
        folder.chmod(shut)


def _put(fresh: Path, folder: Path, names: Sequence[str], at: datetime) -> Path | None:
    """The mark first; then all that is in the way goes, then all that is new comes; the mark last."""
    mark = folder / SENDING / RESTORING
    mark.parent.mkdir(mode=0o700, exist_ok=True)
    mark.touch(mode=0o600)
    sync_folder(mark.parent)
    sync_folder(folder)
    reach("restore.marked")
    kept = _new_folder(folder, at)
    markers = (str(path.relative_to(folder)) for path in folder.glob(_MARKERS))
    in_the_way = [*_taken(folder, names), *_GOES_ALONG, *markers]
    moved = [name for name in in_the_way if _move(folder / name, kept / name)]
    reach("restore.set-aside")
    for name in sorted(names, key=lambda name: name == DATABASE):  # the database last
        target = folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(fresh / name, target)  # a folder may be a link to another disk
        reach("restore.placing")
    for parent in sorted({(folder / name).parent for name in names}):
        sync_folder(parent)
    reach("restore.placed")
    mark.unlink()
    sync_folder(mark.parent)
    return kept if moved else None


def _move(path: Path, target: Path) -> bool:
    if not os.path.lexists(path):
        return False
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.move(path, target)
    return True


def _taken(folder: Path, names: Sequence[str]) -> list[str]:
    """What stands where these files shall be, or where their folders shall."""
    parents = {str(parent) for name in names for parent in PurePosixPath(name).parents[:-1]}
    files = [name for name in sorted(parents) if os.path.lexists(folder / name) and not (folder / name).is_dir()]
    return [*files, *(name for name in names if os.path.lexists(folder / name))]


def _new_folder(folder: Path, at: datetime) -> Path:
    """A name that is free; the folder itself is made when it is needed."""
    stem = f"replaced-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = (f"{stem}{'' if number == 1 else f'-{number}'}" for number in range(1, 1_000))
    return next(folder / name for name in names if not (folder / name).exists())


def _is_same(one: Path, other: Path) -> bool:
    """The database never is: without its own write-ahead file it may be something else."""
    if one.name == DATABASE or other.is_symlink() or not other.is_file():
        return False
    return cmp(one, other, shallow=False)


def _occupied(folder: Path, taken: Sequence[str]) -> PersonNeededError:
    shown = ", ".join(taken[:_SHOWN])
    if len(taken) > _SHOWN:
        shown = _("{names} and {count} more").format(names=shown, count=len(taken) - _SHOWN)
    return PersonNeededError(
        str(folder),
        _("something else stands here already: {names}").format(names=shown),
        _("name an empty folder with -C, or add --replace: what is replaced is kept in a folder beside it"),
    )
