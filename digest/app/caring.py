"""Caring for the instance: what goes into a backup, and backups put back."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from digest.app.adapters import DATABASE, LOCK, SETTINGS
from digest.errors import CannotWriteError, ConfigurationError

if TYPE_CHECKING:
    from digest.app.workspace import Workspace
    from digest.config.settings import Settings
    from digest.store.backup import Contents
    from digest.store.manifest import Manifest
    from digest.store.restoring import Restored

SENDING = "sending"
BACKUPS = "backups"
_ALWAYS = (SETTINGS, "keys", "plans", "templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """`removed` are the older ones that went. `is_partial`: the settings could not be read, so nobody knows what else
    belongs to the workspace.
    """

    path: Path
    manifest: "Manifest"
    removed: tuple[Path, ...]
    is_partial: bool


def back_up(workspace: "Workspace", target: Path | None, keep: int | None, *, with_sources: bool) -> Backup:
    """`target` is a new file, or a folder for one with the time in its name. With `keep`, all but so many of the
    backups there that were made like this go, once the new one is verified.
    """
    from digest.store.adoption import ancestors
    from digest.store.backup import name_for, remove_older, write_backup

    at = workspace.clock.now()
    path = target or workspace.folder / BACKUPS
    if target is None or path.is_dir():
        path = name_for(path, at)
    found, is_partial = _found(workspace, with_sources=with_sources)
    contents = found.contents(f"digest {version('bulletin-digest')}")
    manifest = write_backup(path, workspace.database, workspace.folder / SENDING, contents, at)
    removed: list[Path] = []
    if keep is not None:
        with workspace.database.read() as connection:
            instances = {manifest.instance, *ancestors(connection)}
        removed = remove_older(path, keep, instances)
    return Backup(path=path, manifest=manifest, removed=tuple(removed), is_partial=is_partial)


def restore(archive: Path, folder: Path, at: datetime, *, replace: bool) -> "Restored":
    """Into a folder that need not exist. Raise `BusyError` while a process runs, sends or writes there."""
    from digest.store.archive_reading import manifest_of
    from digest.store.connection import exclusive
    from digest.store.restoring import restore as put_back

    manifest_of(archive)  # before a folder is made for nothing
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(
            str(folder), error.strerror or str(error), "name a folder that you may write to"
        ) from error
    with exclusive(folder / LOCK), exclusive(folder / f"{DATABASE}.lock"):
        return put_back(archive, folder, at, replace=replace)


def check_backup(archive: Path) -> "Manifest":
    """Every byte of it, and the database inside. Raise `IntegrityError` unless all is well."""
    from digest.store.archive_reading import extract

    with TemporaryDirectory(prefix="digest-") as folder:
        return extract(archive, Path(folder, "restore"))


def _found(workspace: "Workspace", *, with_sources: bool) -> "tuple[_Found, bool]":
    found = _Found(workspace.folder)
    for name in _ALWAYS:
        found.add(workspace.folder / name, name)
    try:
        settings = workspace.settings
    except ConfigurationError:
        for path in sorted(workspace.folder.glob("*.yaml")):
            found.add(path, path.name)
        found.left_out.append("digest.yaml holds mistakes: the bulletins, and what else it names, are not in it")
        return found, True
    _named(found, settings)
    for source in settings.sources:
        if with_sources:
            found.add(source.path, f"the source {source.name}", without=settings.delivery.path)
        else:
            found.left_out.append(f"the source {source.name}: {source.path} was left out as you wished")
    return found, False


def _named(found: "_Found", settings: "Settings") -> None:
    """Files that the settings name, such as passwords."""
    smtp = settings.delivery.smtp
    for path, name in (
        (settings.subscribers, "the subscriber file"),
        (settings.taxonomy, "the taxonomy"),
        (settings.monitoring.ping_file, "the file with the address to ping"),
        (smtp.password_file if smtp else None, "the file with the password"),
        (smtp.certificates if smtp else None, "the file with the certificates"),
    ):
        if path is not None:
            found.add(path, name)
    if smtp is not None and smtp.password_env is not None:
        found.left_out.append(f"the password: it is in the environment variable {smtp.password_env}")


@dataclass(slots=True)
class _Found:
    """Files by their names in the backup. What is not in the workspace is not in it, and named."""

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def contents(self, program: str) -> "Contents":
        from digest.store.backup import Contents

        return Contents(files=dict(sorted(self.files.items())), left_out=tuple(self.left_out), program=program)

    def add(self, path: Path, called: str, without: Path | None = None) -> None:
        """A file, or all files in a folder that are not hidden."""
        here = Path(os.path.normpath(self.folder))
        path = Path(os.path.normpath(path))
        if not path.is_relative_to(here):
            self.left_out.append(f"{called}: {path} lies outside the workspace")
            return
        for one in _files(path, without):
            self._add_file(one, one.relative_to(here).as_posix())

    def _add_file(self, path: Path, name: str) -> None:
        from digest.store.archive_reading import is_backed_up_elsewhere, is_plain

        if is_plain(name):
            self.files[name] = path
        elif not is_backed_up_elsewhere(name):
            self.left_out.append(f"{name!a}: its name is hidden, or cannot stand in a backup")


def _files(path: Path, without: Path | None) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for place, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and Path(place, name) != without)
        for name in sorted(names):
            if not name.startswith(".") and Path(place, name).is_file():
                yield Path(place, name)
