"""The archive: what a backup holds and says of itself, and how one is read that may have been damaged or made by
somebody else. Nothing in it is believed before it was looked at: the checksums tell damage, not malice; what a
malicious file can do is kept small here.
"""

import hashlib
import json
import os
import sqlite3
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, cast

from digest.delivery.journal import JOURNAL, Position, position
from digest.delivery.whereabouts import own_of
from digest.errors import CannotWriteError, ConfigurationError, IntegrityError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.database import HEAD, SqliteDatabase, stored
from digest.foundation.failpoints import reach
from digest.foundation.schema import TRIGGERS
from digest.foundation.workspace import DATABASE
from digest.operations.server_programs import refuse_unsound_dump

MANIFEST = "manifest.json"
FORMAT = "digest-backup"
VERSION = 1
_MANIFEST_MOST = 64 << 20
DUMP = "digest.dump"  # of a server, in place of the file
_NOT_OURS = ("sending", "editions", "backups", "sending.lock", MANIFEST)  # what no backup brings
_NAME_MOST = 1_000
_MEMBERS_MOST = 200_000
_LEAST_SUSPICIOUS = 1 << 30  # bytes; a backup of more must not be a hundred times smaller than its contents
_RATIO_MOST = 100
CHUNK = 1 << 20
_ENCRYPTED = 0x1
_ACTING = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"
_Put = Callable[[bytes], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveMember:
    """A file by its path from the workspace, with `/`; SHA-256 in hex."""

    name: str
    size: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`journal` is as far as the database knows the send journal, which is not in the backup itself. `left_out` says in
    sentences what else is not.
    """

    made_at: datetime
    program: str
    schema: str
    instance: str
    commits: int
    journal: Position | None
    left_out: Sequence[str]
    members: Sequence[ArchiveMember]

    @property
    def size(self) -> int:
        return sum(member.size for member in self.members)

    @property
    def is_of_server(self) -> bool:
        """The database in it was one of PostgreSQL."""
        return any(member.name == DUMP for member in self.members)


def is_plain(name: str) -> bool:
    """Whether it may stand in a backup: a path inside the workspace to a file that is not hidden and not our own."""
    parts = name.split("/")
    return (
        len(name.encode("utf-8", "replace")) <= _NAME_MOST
        and name.isprintable()
        and "\\" not in name
        and all(part and not part.startswith(".") and part == part.strip() for part in parts)
        and parts[0] not in _NOT_OURS
        and not parts[0].startswith(("replaced-", f"{DATABASE}-", f"{DATABASE}."))
        and (parts[0] != DATABASE or name == DATABASE)
    )


def is_backed_up_elsewhere(name: str) -> bool:
    """Whether it is left out because it is our own: the database is copied by itself, and the rest is made anew."""
    first = name.split("/", 1)[0]
    return first in _NOT_OURS or first.startswith(("replaced-", DATABASE))


def manifest_of(archive: Path) -> Manifest:
    """What it says of itself; its files are not read."""
    with _opened(archive) as (_, manifest):
        return manifest


def verify(archive: Path) -> Manifest:
    """Every byte. Raise `IntegrityError` unless the archive holds what its manifest says, and nothing else."""
    with _opened(archive) as (opened, manifest):
        for member in manifest.members:
            _read(opened, archive, member, lambda _block: None)
    return manifest


def extract(archive: Path, folder: Path) -> Manifest:
    """Write all files into the new `folder`, readable by the owner only, and look at the database, too. Raise
    `IntegrityError` when something is wrong; what was written until then is left to the caller.
    """
    with _opened(archive) as (opened, manifest):
        _require_room(manifest, folder.parent)
        with writing_to(folder, _("make the folder writable and the disk roomy")):
            folder.mkdir(mode=0o700)
            for member in manifest.members:
                path = folder.joinpath(*PurePosixPath(member.name).parts)
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
                with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
                    _read(opened, archive, member, file.write)
                    file.flush()
                    os.fsync(file.fileno())
    reach("restore.extracted")
    if manifest.is_of_server:
        refuse_unsound_dump(folder / DUMP, f"{archive}: {DUMP}")
    else:
        refuse_unsound(folder / DATABASE, f"{archive}: {DATABASE}")
    return manifest


def check_backup(archive: Path) -> Manifest:
    """Every byte of it, and the database inside. Raise `IntegrityError` unless all is well."""
    with TemporaryDirectory(prefix="digest-") as folder:
        return extract(archive, Path(folder, "restore"))


@contextmanager
def writing_to(path: Path, remedy: str) -> Iterator[None]:
    """What the system refuses is a `CannotWriteError` that names the file, or else `path`."""
    try:
        yield
    except OSError as error:
        raise CannotWriteError(str(error.filename or path), error.strerror or str(error), remedy) from error


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = opened.infolist()
            _refuse_strange(archive, infos)
            manifest = _manifest_in(opened, archive)
            _refuse_other(archive, infos, manifest)
            yield opened, manifest
    except FileNotFoundError:
        raise UsageError(str(archive), _("there is no such file"), _("name a backup")) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, zlib.error, RuntimeError) as error:
        raise _broken(archive, _("it is no whole backup: {error}").format(error=error)) from error
    except (ValueError, UnicodeError) as error:
        raise _broken(archive, _("it is no backup: {error}").format(error=error)) from error
    except OSError as error:
        raise IntegrityError(str(archive), error.strerror or str(error), _("make it readable")) from error


def _refuse_strange(archive: Path, infos: Sequence[zipfile.ZipInfo]) -> None:
    """What no backup of ours has, before anything is unpacked."""
    names = [info.filename for info in infos]
    if len(names) > _MEMBERS_MOST or len(set(names)) != len(names):
        raise _broken(archive, _("it holds a file twice, or far too many files"))
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir() or kind not in (0, stat.S_IFREG) or info.flag_bits & _ENCRYPTED:
            raise _broken(archive, _("{name} in it is no plain file").format(name=repr(info.filename)))
        if info.filename != MANIFEST and not is_plain(info.filename):
            raise _broken(
                archive,
                _("{name} in it leads out of the workspace, or to what no backup holds").format(
                    name=repr(info.filename)
                ),
            )
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    if both := folders & set(names):
        raise _broken(archive, _("{name} in it is a file and a folder").format(name=repr(min(both))))
    size = archive.stat().st_size
    whole = sum(info.file_size for info in infos)
    if whole > max(_LEAST_SUSPICIOUS, _RATIO_MOST * size) or sum(info.compress_size for info in infos) > size:
        raise _broken(archive, _("it would grow to many times its size"))


def _manifest_in(opened: zipfile.ZipFile, archive: Path) -> Manifest:
    try:
        info = opened.getinfo(MANIFEST)
    except KeyError:
        raise _broken(archive, _("it has no manifest, so it is no backup made by digest")) from None
    if info.file_size > _MANIFEST_MOST:
        raise _broken(archive, _("its manifest is far too long"))
    with opened.open(info) as file:
        manifest = manifest_read(file.read(_MANIFEST_MOST), str(archive))
    if manifest.schema > HEAD:
        raise IntegrityError(
            str(archive),
            _("it was made by a newer digest ({program})").format(program=manifest.program),
            _("install that version first"),
        )
    return manifest


def _refuse_other(archive: Path, infos: Sequence[zipfile.ZipInfo], manifest: Manifest) -> None:
    found = {info.filename: info.file_size for info in infos if info.filename != MANIFEST}
    told = {member.name: member.size for member in manifest.members}
    if found != told or len(told) != len(manifest.members):
        different = sorted(name for name in found.keys() | told.keys() if found.get(name) != told.get(name))
        raise _broken(
            archive,
            _("it does not hold what its manifest says: {files}").format(files=", ".join(map(repr, different[:3]))),
        )
    if len(told.keys() & {DATABASE, DUMP}) != 1:
        raise _broken(archive, _("the database is missing in it"))


def _read(opened: zipfile.ZipFile, archive: Path, member: ArchiveMember, put: _Put) -> None:
    seen, size = hashlib.sha256(), 0
    with opened.open(member.name) as file:
        while block := file.read(CHUNK):
            size += len(block)
            seen.update(block)
            if size > member.size:
                break
            put(block)
    if (size, seen.hexdigest()) != (member.size, member.fingerprint):
        raise _broken(archive, _("{name} in it was altered: its checksum is another").format(name=repr(member.name)))


def _require_room(manifest: Manifest, folder: Path) -> None:
    with writing_to(folder, _("name a folder that you may write to")):
        found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    if manifest.size > free:
        raise CannotWriteError(
            str(folder),
            _("the backup holds {size} MB, and {free} MB are free").format(size=manifest.size >> 20, free=free >> 20),
            _("make room"),
        )


def _broken(archive: Path, cause: str) -> IntegrityError:
    return IntegrityError(str(archive), cause, _("use another backup; nothing was changed"))


# -- The manifest: what the archive was made of, and what each file in it must be.


def manifest_text(manifest: Manifest) -> bytes:
    data = {"format": FORMAT, "version": VERSION, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


def manifest_read(data: bytes, archive: str) -> Manifest:
    """Raise `IntegrityError` for anything that `manifest_text` would not have written."""
    try:
        told = json.loads(data)
        if told["format"] != FORMAT or told["version"] != VERSION:
            raise IntegrityError(
                archive, _("it is of a kind that this version does not know"), _("use the version of then")
            )
        return _manifest(told)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(
            archive, _("its manifest cannot be understood: {error}").format(error=error), _("use another backup")
        ) from error


def _manifest(told: Mapping[str, Any]) -> Manifest:
    made_at = datetime.fromisoformat(told["made_at"])
    if made_at.tzinfo is None:
        raise ValueError("made_at has no zone")
    journal = told["journal"]
    return Manifest(
        made_at=made_at,
        program=str(told["program"]),
        schema=str(told["schema"]),
        instance=str(told["instance"]),
        commits=_whole(told["commits"]),
        journal=None if journal is None else _position(journal),
        left_out=tuple(str(one) for one in told["left_out"]),
        members=tuple(
            ArchiveMember(name=str(one["name"]), size=_whole(one["size"]), fingerprint=str(one["fingerprint"]))
            for one in told["members"]
        ),
    )


def _position(told: Mapping[str, Any]) -> Position:
    return Position(
        commit=_whole(told["commit"]) if "commit" in told else 0,  # earlier versions did not write it
        bytes=_whole(told["bytes"]),
        lines=_whole(told["lines"]),
        fingerprint=str(told["fingerprint"]),
    )


def _whole(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError(f"{number!r} is no number of anything")
    return number


# -- Copies of the database: whole, consistent while somebody writes, and fenced: none of them may send as it is.


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy of a database is. `journal` is as far as it knows the send journal; nothing if it never sent."""

    schema: str
    instance: str
    commits: int
    journal: Position | None


def copy_database(database: SqliteDatabase, target: Path, sending: Path, at: datetime) -> Copied:
    """Write a new file `target`. Raise `IntegrityError` when the database turns out to be damaged."""
    own_of(database)  # its name must be the same in all copies
    with writing_to(target, _("name a folder where you may write, on a disk with room")):
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with database.read() as connection:
            source = cast("sqlite3.Connection", connection.connection.driver_connection)
            with _opened_copy(target) as copy:
                source.backup(copy)
        with _opened_copy(target) as copy:
            copied = _fenced(copy, sending, at)
        refuse_unsound(target, database.name)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    return copied


def refuse_unsound(copy: Path, name: str) -> None:
    """Raise `IntegrityError` unless all of the copy is sound, and `ConfigurationError` if it is of a newer version."""
    with _opened_copy(copy) as connection:
        said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
        if said != ["ok"]:
            raise IntegrityError(
                name, _("the database is damaged: {faults}").format(faults="; ".join(said)), _("use an earlier backup")
            )
        acting = connection.execute(_ACTING)
        foreign = [f"{kind} {called!a}" for kind, called, sql in acting if " ".join(sql.split()) not in TRIGGERS]
        if foreign:  # it would act in our name with every change
            named = ", ".join(foreign[:3])
            raise IntegrityError(
                name,
                _("somebody put into the database what digest did not: {named}").format(named=named),
                _("use an earlier backup"),
            )
        version = schema_of(connection)
    if version > HEAD:
        raise ConfigurationError(
            name,
            _("it was made by a newer digest (schema {version})").format(version=version),
            _("install that version"),
        )


def schema_of(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _fenced(copy: sqlite3.Connection, sending: Path, at: datetime) -> Copied:
    copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
    instance, commits = copy.execute("SELECT id, commits FROM instance").fetchone()
    known = position(sending / JOURNAL, instance, commits)
    copy.execute(
        "UPDATE instance SET copied_at = coalesce(copied_at, ?), journal_bytes = ?, journal_fingerprint = ?, "
        "journal_commit = ?, subscribers = (SELECT coalesce(max(number), 0) FROM subscribers)",
        (stored(at), known and known.bytes, known and known.fingerprint, known and known.commit),
    )
    copy.commit()
    return Copied(schema=schema_of(copy), instance=instance, commits=commits, journal=known)


@contextmanager
def _opened_copy(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own; the driver's errors stop here."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        if any(word in str(error) for word in ("full", "I/O", "readonly", "unable to open")):
            raise CannotWriteError(str(path), str(error), _("look at the disk's space and the permissions")) from error
        raise IntegrityError(
            str(path), _("it cannot be read as a database: {error}").format(error=error), _("use an earlier backup")
        ) from error
