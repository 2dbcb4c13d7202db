"""Backups: one file with all that is needed to go on somewhere else, whole or not there."""

import hashlib
import os
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from glob import escape
from importlib.metadata import version
from pathlib import Path

from digest.delivery.adoption import ancestors
from digest.errors import ConfigurationError, DigestError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, SqliteDatabase
from digest.foundation.failpoints import reach
from digest.foundation.files import passing_name, remove_leftovers, sync_folder
from digest.foundation.neighbours import refuse_links
from digest.foundation.workspace import BACKUPS, DATABASE, PLANS, SECRET, SETTINGS, TEMPLATES
from digest.operations.archive import (
    CHUNK,
    DUMP,
    MANIFEST,
    ArchiveMember,
    Copied,
    Manifest,
    copy_database,
    is_backed_up_elsewhere,
    is_plain,
    manifest_of,
    manifest_text,
    verify,
    writing_to,
)
from digest.settings.instance import Instance
from digest.settings.settings import Settings

_ALWAYS = (SETTINGS, SECRET.parts[0], PLANS, TEMPLATES)
_OURS = re.compile(r"digest-\d{8}T\d{6}Z(-\d+)?\.zip")
_NO_TIME = (1980, 1, 1, 0, 0, 0)  # of every member: when it was made stands in the manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """`removed` are the older ones that went. `is_partial`: the settings could not be read, so nobody knows what else
    belongs to the workspace.
    """

    path: Path
    manifest: Manifest
    removed: tuple[Path, ...]
    is_partial: bool


def back_up(instance: Instance, target: Path | None, keep: int | None, *, with_sources: bool) -> Backup:
    """`target` is a new file, or a folder for one with the time in its name. With `keep`, all but so many of the
    backups there that were made like this go, once the new one is verified.
    """
    at = instance.clock.now()
    path = target or instance.folder / BACKUPS
    if target is None:
        refuse_links(instance.folder, (path,))
    if target is None or path.is_dir():
        path = name_for(path, at)
    found, is_partial = _found(instance, with_sources=with_sources)
    contents = found.contents(f"digest {version('bulletin-digest')}")
    manifest = write_backup(path, instance.database, instance.workspace.sending, contents, at)
    removed: list[Path] = []
    if keep is not None:
        with instance.database.read() as connection:
            instances = {manifest.instance, *ancestors(connection)}
        removed = remove_older(path, keep, instances)
    return Backup(path=path, manifest=manifest, removed=tuple(removed), is_partial=is_partial)


# -- What goes into it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into a backup besides the database: files by their names in it, and in sentences what does not."""

    files: Mapping[str, Path]
    left_out: Sequence[str]
    program: str


def _found(instance: Instance, *, with_sources: bool) -> "tuple[_Found, bool]":
    found = _Found(instance.folder)
    for name in _ALWAYS:
        found.add(instance.folder / name, name)
    try:
        settings = instance.settings
    except ConfigurationError:
        for path in sorted(instance.folder.glob("*.yaml")):
            found.add(path, path.name)
        found.left_out.append(_("digest.yaml holds mistakes: the bulletins, and what else it names, are not in it"))
        return found, True
    _named(found, settings)
    for source in settings.sources:
        if source.path is None:
            continue  # what it remembers is in the database
        if with_sources:
            found.add(source.path, _("the source {source}").format(source=source.name), without=settings.delivery.path)
        else:
            found.left_out.append(
                _("the source {source}: {path} was left out as you wished").format(source=source.name, path=source.path)
            )
    return found, False


def _named(found: "_Found", settings: Settings) -> None:
    """Files that the settings name, such as passwords."""
    smtp = settings.delivery.smtp
    for path, name in (
        (settings.subscribers, _("the subscriber file")),
        (settings.taxonomy, _("the taxonomy")),
        (settings.monitoring.ping_file, _("the file with the address to ping")),
        (settings.database.password_file if settings.database else None, _("the file with the password")),
        (smtp.password_file if smtp else None, _("the file with the password")),
        (smtp.certificates if smtp else None, _("the file with the certificates")),
    ):
        if path is not None:
            found.add(path, name)
    for password in (smtp, settings.database):
        if password is not None and password.password_env is not None:
            found.left_out.append(
                _("the password: it is in the environment variable {variable}").format(variable=password.password_env)
            )


@dataclass(slots=True)
class _Found:
    """Files by their names in the backup. What is not in the workspace is not in it, and named."""

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def contents(self, program: str) -> Contents:
        return Contents(files=dict(sorted(self.files.items())), left_out=tuple(self.left_out), program=program)

    def add(self, path: Path, called: str, without: Path | None = None) -> None:
        """A file, or all files in a folder that are not hidden."""
        here = Path(os.path.normpath(self.folder))
        path = Path(os.path.normpath(path))
        if not path.is_relative_to(here):
            self.left_out.append(_("{called}: {path} lies outside the workspace").format(called=called, path=path))
            return
        for one in _files(path, without):
            self._add_file(one, one.relative_to(here).as_posix())

    def _add_file(self, path: Path, name: str) -> None:
        if is_plain(name):
            self.files[name] = path
        elif not is_backed_up_elsewhere(name):
            self.left_out.append(_("{name}: its name is hidden, or cannot stand in a backup").format(name=ascii(name)))


def _files(path: Path, without: Path | None) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for place, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and Path(place, name) != without)
        for name in sorted(names):
            if not name.startswith(".") and Path(place, name).is_file():
                yield Path(place, name)


# -- The file.


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
        raise UsageError(str(target), _("it is there already"), _("name another file: no backup is overwritten"))
    passing, copy = passing_name(target), passing_name(target.with_suffix(".db"))
    with writing_to(target, _remedy()):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_leftovers(target.parent, ".digest-*.new")
        remove_leftovers(target.parent, f".{escape(target.stem)}.*.new")
        try:
            copied = _copy(database, copy, sending, at)
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
            member = DATABASE if isinstance(database, SqliteDatabase) else DUMP
            _pack(passing, {member: copy, **contents.files}, manifest)
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


def _copy(database: Database, target: Path, sending: Path, at: datetime) -> Copied:
    if isinstance(database, SqliteDatabase):
        return copy_database(database, target, sending, at)
    from digest.foundation.database.postgresql import PostgresqlDatabase  # psycopg: only who has it needs it
    from digest.operations.server_dump import dump_database  # the same

    assert isinstance(database, PostgresqlDatabase)  # noqa: S101 – there is no other kind
    return dump_database(database, target, sending)


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
    with writing_to(newest.parent, _remedy()):
        for path in gone:
            path.unlink(missing_ok=True)
    return gone


def _remedy() -> str:
    return _("name a folder where you may write, on a disk with room; make the files of the workspace readable")


def _pack(passing: Path, files: Mapping[str, Path], manifest: Manifest) -> None:
    descriptor = os.open(passing, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            members = [member for name, path in files.items() if (member := _add(archive, name, path))]
            reach("backup.half-written")
            whole = manifest_text(replace(manifest, members=members))
            archive.writestr(zipfile.ZipInfo(MANIFEST, _NO_TIME), whole, zipfile.ZIP_DEFLATED)
        file.flush()
        os.fsync(file.fileno())


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> ArchiveMember | None:
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
        while block := source.read(CHUNK):
            seen.update(block)
            size += len(block)
            target.write(block)
    return ArchiveMember(name=name, size=size, fingerprint=seen.hexdigest())


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
