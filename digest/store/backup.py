"""Backups: one file with all that is needed to go on somewhere else, whole or not there."""

import hashlib
import os
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from glob import escape
from pathlib import Path

from digest.errors import CannotWriteError, DigestError, UsageError
from digest.failpoints import reach
from digest.foundation.files import passing_name, remove_leftovers, sync_folder
from digest.store import manifest as manifests
from digest.store.archive_reading import DATABASE, manifest_of, verify
from digest.store.connection import Database
from digest.store.database_copy import copy_database
from digest.store.manifest import Manifest, Member

_OURS = re.compile(r"digest-\d{8}T\d{6}Z(-\d+)?\.zip")
_CHUNK = 1 << 20
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # of every member: when it was made stands in the manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into a backup besides the database: files by their names in it, and in sentences what does not."""

    files: Mapping[str, Path]
    left_out: Sequence[str]
    program: str


def name_for(folder: Path, at: datetime) -> Path:
    """A new name by the time, in a folder of backups."""
    stem = f"digest-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    names = (f"{stem}{'' if number == 1 else f'-{number}'}.zip" for number in range(1, 1_000))
    return next(folder / name for name in names if not (folder / name).exists())


def write_backup(target: Path, database: Database, sending: Path, contents: Contents, at: datetime) -> Manifest:
    """Afterwards `target` is a complete and verified backup that only its owner can read, or it is not there and this
    has raised. Nothing is replaced. Others may write to the database meanwhile.
    """
    if target.exists():
        raise UsageError(str(target), "it is there already", "name another file: no backup is overwritten")
    passing, copy = passing_name(target), passing_name(target.with_suffix(".db"))
    with _plain(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_leftovers(target.parent, ".digest-*.new")
        remove_leftovers(target.parent, f".{escape(target.stem)}.*.new")
        try:
            copied = copy_database(database, copy, sending, at)
            reach("backup.copied")
            manifest = Manifest(
                made_at=at,
                program=contents.program,
                schema=copied.schema,
                instance=copied.instance,
                commits=copied.commits,
                journal=copied.journal,
                left_out=contents.left_out,
                members=(),
            )
            _pack(passing, {DATABASE: copy, **contents.files}, manifest)
            reach("backup.written")
            manifest = verify(passing)
            _put_in_place(passing, target)
            reach("backup.linked")
            sync_folder(target.parent)
        finally:
            for one in (passing, copy, copy.with_name(f"{copy.name}-journal")):
                with suppress(OSError):
                    one.unlink(missing_ok=True)
    return manifest


def remove_older(newest: Path, keep: int, instances: Collection[str]) -> list[Path]:
    """Remove all but the `keep` newest backups that these instances made beside `newest`, which is not counted out:
    only files with names of ours that are whole inside. Return what was removed.
    """
    ours = [
        (manifest.made_at, path)
        for path in newest.parent.iterdir()
        if _OURS.fullmatch(path.name) and path != newest and (manifest := _made_by(path, instances)) is not None
    ]
    gone = [path for _, path in sorted(ours, reverse=True)[max(0, keep - 1) :]]
    with _plain(newest.parent):
        for path in gone:
            path.unlink(missing_ok=True)
    return gone


def _pack(passing: Path, files: Mapping[str, Path], manifest: Manifest) -> None:
    descriptor = os.open(passing, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            members = [member for name, path in files.items() if (member := _add(archive, name, path))]
            reach("backup.half-written")
            whole = manifests.written(replace(manifest, members=members))
            archive.writestr(zipfile.ZipInfo(manifests.NAME, _NO_TIME), whole, zipfile.ZIP_DEFLATED)
        file.flush()
        os.fsync(file.fileno())


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> Member | None:
    """What is written is what is measured, should the file change meanwhile. `None`: it has vanished."""
    seen, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name, _NO_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None
    with source, archive.open(info, "w", force_zip64=True) as target:
        while block := source.read(_CHUNK):
            seen.update(block)
            size += len(block)
            target.write(block)
    return Member(name=name, size=size, fingerprint=seen.hexdigest())


def _made_by(path: Path, instances: Collection[str]) -> Manifest | None:
    try:
        manifest = manifest_of(path)
    except DigestError:
        return None
    return manifest if manifest.instance in instances else None


def _put_in_place(passing: Path, target: Path) -> None:
    """A link replaces nothing, unlike a rename; not every disk can do it."""
    try:
        os.link(passing, target)
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise
        passing.rename(target)


@contextmanager
def _plain(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWriteError(
            str(error.filename or target),
            error.strerror or str(error),
            "name a folder where you may write, on a disk with room; make the files of the workspace readable",
        ) from error
