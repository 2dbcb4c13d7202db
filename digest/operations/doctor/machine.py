"""The machine: file system, free space, clock, time zones, the modes of files, and the lock of whoever sends."""

import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from digest.foundation.catalogue import _, plural
from digest.foundation.kernel_clock import kept
from digest.foundation.neighbours import exposures, modes_hold
from digest.operations.doctor.diagnosis import Diagnosis, fail, listed, ok, shortened, unknown, warn

MOUNTS = Path("/proc/self/mountinfo")
LEDGER_BYTES = 1024  # for each reader: rows, index, journal and log
TWICE = 2  # what is expected, and as much again
LEAST = 50_000_000  # bytes
_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "glusterfs", "afs", "lustre", "gpfs", "ncpfs"),
    *("beegfs", "orangefs", "ocfs2", "gfs2", "davfs", "vboxsf", "vmhgfs", "prl_fs", "fakeowner", "grpcfuse"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.grpcfuse", "fuse.vmhgfs-fuse", "fuse.rclone", "fuse.s3fs", "fuse.davfs"),
}
_PASSING = {"tmpfs", "ramfs"}
_LAYERS = {"overlay", "aufs", "fuse.fuse-overlayfs"}
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    point: Path
    kind: str


def file_system(folder: Path, mounts: Path = MOUNTS) -> Diagnosis:
    what = _("File system")
    try:
        mount = mount_of(folder.resolve(), mounts.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError as error:
        return unknown(what, error.strerror or str(error))
    if mount is None:
        return unknown(what, _("{mounts} does not name it").format(mounts=mounts))
    place = _("{kind} at {point}").format(kind=mount.kind, point=mount.point)
    if mount.kind in _NETWORK:
        said = _(
            "the workspace lies on {place}, which other machines or programs share; SQLite gets damaged there"
        ).format(place=place)
        return fail(what, said, _("move the workspace onto a disk of this machine; keep only backups on the share"))
    if mount.kind in _PASSING:
        said = _("the workspace lies on {place}: in memory, and gone when the machine starts again").format(place=place)
        return warn(what, said, _("move the workspace onto a disk"))
    if mount.kind in _LAYERS:
        said = _("the workspace lies in a container's own layer ({place}) and is gone with the container").format(
            place=place
        )
        return warn(what, said, _("put the workspace on a volume"))
    return ok(what, place)


def mount_of(path: Path, mountinfo: str) -> Mount | None:
    """The mount on which an absolute path without links lies; of several at the same place the last one is seen."""
    found: Mount | None = None
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) > 4 and after:  # noqa: PLR2004 – the fifth is the mount point, see proc(5)
            point = Path(_ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[4]))
            deeper = found is None or len(point.parts) >= len(found.point.parts)
            if deeper and path.is_relative_to(point):
                found = Mount(point=point, kind=after.split(" ")[0])
    return found


def room(folder: Path, readers: int, message: int | None) -> Iterator[Diagnosis]:
    """`message` is the size of the largest mail where mails are written into files here, else `None`."""
    what = _("Free space")
    each = LEDGER_BYTES + (message or 0)
    needed = max(LEAST, TWICE * readers * each)
    per_reader = _("1 KB for the ledger")
    if message:
        per_reader = _("1 KB for the ledger and {size} KB for the mail").format(size=message // 1024 + 1)
    why = plural(
        "twice what {count:,} reader needs ({per_reader} each), at least {least}",
        "twice what {count:,} readers need ({per_reader} each), at least {least}",
        readers,
        per_reader=per_reader,
        least=_megabytes(LEAST),
    )
    if not readers:
        why = _("no reader is in the database yet")
    try:
        found = os.statvfs(folder)
    except OSError as error:
        yield unknown(what, error.strerror or str(error))
        return
    free = found.f_bavail * found.f_frsize
    if free < needed:
        said = _("{free}, but the next sending may need {needed}: {why}").format(
            free=_megabytes(free), needed=_megabytes(needed), why=why
        )
        yield fail(what, said, _("make room on this disk"))
    else:
        yield ok(
            what,
            _("{free}; the next sending needs {needed} at most: {why}").format(
                free=_megabytes(free), needed=_megabytes(needed), why=why
            ),
        )
    if found.f_files and not found.f_favail:
        yield fail(
            _("Free files"), _("the file system can hold no more files (inodes)"), _("delete files that nobody needs")
        )
    if found.f_flag & os.ST_RDONLY:
        yield fail(
            _("Writing"), _("the file system is mounted read-only"), _("mount it for writing, and look why it is not")
        )


def _megabytes(count: int) -> str:
    return _("{count:,} MB").format(count=count // 1_000_000)


# -- The clock: does somebody keep it, did it jump back, and are the time zones known?

MAY_STEP_BACK = timedelta(hours=1)  # as `digest run` bears it


def clock(now: datetime, last_run_at: datetime | None, changed: Sequence[Path]) -> Iterator[Diagnosis]:
    """`changed` are files that people or the program write: none can have been written in the future."""
    what = _("Clock")
    said = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if last_run_at is not None and now < last_run_at - MAY_STEP_BACK:
        wrong = _("it says {now}, but the last run was at {last} UTC: it jumped back, and `digest run` refuses to work")
        yield fail(
            what,
            wrong.format(now=said, last=f"{last_run_at:%Y-%m-%d %H:%M}"),
            _("set the clock right, or, if it is right: digest run --clock-is-right"),
        )
    elif ahead := _written_ahead(now, changed):
        wrong = _("it says {now}, but {file} was written later than that").format(now=said, file=ahead.name)
        yield warn(what, wrong, _("look whether the clock is right; if the file's time is wrong: touch it"))
    else:
        yield ok(what, _("{now}; it has not jumped back since the last run").format(now=said) if last_run_at else said)
    yield _kept()


def zones(names: Sequence[str]) -> Diagnosis:
    """The rules of all zones that the settings name."""
    missing = [name for name in names if not _is_known(name)]
    if missing:
        return fail(_("Time zones"), _("no data for {names}").format(names=listed(missing)), _("install tzdata"))
    source = next((folder for folder in TZPATH if Path(folder).is_dir()), None)
    if source is None:
        return ok(_("Time zones"), _("{zones}, from the package tzdata").format(zones=listed(names)))
    return ok(_("Time zones"), _("{zones}, from {folder}").format(zones=listed(names), folder=source))


def _kept() -> Diagnosis:
    what = _("Time service")
    if kept():
        return ok(what, _("the clock is kept by one (NTP)"))
    said = _("no sign that the clock is kept by one; some keep it without telling the kernel, so look yourself")
    return warn(
        what, said, _("switch one on, such as systemd-timesyncd or chrony, unless the machine's host keeps the time")
    )


def _written_ahead(now: datetime, paths: Sequence[Path]) -> Path | None:
    for path in paths:
        try:
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except (OSError, ValueError, OverflowError):
            continue
        if at > now + MAY_STEP_BACK:
            return path
    return None


def _is_known(name: str) -> bool:
    try:
        ZoneInfo.no_cache(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


# -- Files and folders: ours, closed to others where they hold secrets or addresses, and writable by nobody else.

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_READ_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH


class Care(Enum):
    """How a path must be guarded."""

    CLOSED = "closed"  # nobody but its owner may do anything
    PERSONAL = "personal"  # holds addresses: should be readable by its owner only
    OURS = "ours"  # the world must not write there


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    path: Path
    name: str  # as people know it
    care: Care


def guarded(files: list[Guarded], user: int) -> Iterator[Diagnosis]:
    """`user` is who runs the program. What does not exist is left to others; all that is well is one line."""
    good: list[str] = []
    for each in files:
        try:
            found = each.path.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            said = _("it cannot be looked at: {reason}").format(reason=error.strerror or error)
            yield fail(each.name, said, _("run digest as the user who owns the workspace"))
            continue
        faults = list(_faults(each, found, user))
        yield from faults
        if not faults:
            good.append(each.name)
    if good:
        yield ok(_("Owners and modes"), listed(good))


def neighbours(
    folder: Path, inputs: Sequence[Path], outputs: Sequence[Path], named: Collection[Path]
) -> Iterator[Diagnosis]:
    """What others can change, beyond what was said of those that are `named`; and whether modes say anything here."""
    if not modes_hold(folder):
        said = _("this file system does not keep them (another system's drive, or a share); anybody here may change it")
        yield warn(_("Modes"), said, _("move the workspace onto a disk of this system"))
        return
    for one in exposures(folder, inputs, outputs):
        if one.path not in named or not one.remedy.startswith("chmod o-w"):
            yield fail(str(one.path), one.said, one.remedy)


def writable(folder: Path) -> Iterator[Diagnosis]:
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail(_("Workspace"), _("we cannot write into it"), _("run digest as the user who owns it"))


def secret(path: Path, *, has_sealed: bool, is_agreed: bool = True) -> Iterator[Diagnosis]:
    """The key behind Message-IDs and links. Not `is_agreed`: other hosts have another one."""
    if not is_agreed:
        said = _("the other hosts have another secret, or a newer one: nobody's links would be known everywhere")
        yield fail(f"keys/{path.name}", said, _("copy keys/ from a host that sends"))
    if path.exists():
        return
    if has_sealed:
        said = _("it is missing, and every link in mails that were sent depends on it")
        yield fail(f"keys/{path.name}", said, _("restore keys/ from the backup; a new key cannot replace it"))
    else:
        yield ok(f"keys/{path.name}", _("there is none yet: the first draft makes it"))


def _faults(each: Guarded, found: os.stat_result, user: int) -> Iterator[Diagnosis]:
    mode = stat.S_IMODE(found.st_mode)
    is_folder = stat.S_ISDIR(found.st_mode)
    if found.st_uid != user:
        said = _("it belongs to user {owner}, and we are user {user}").format(owner=found.st_uid, user=user)
        fix = _("run digest as its owner, or: chown {user} {path}").format(user=user, path=each.path)
        # Root can do everything, but what root writes, the owner cannot change any more.
        yield warn(each.name, said, fix) if user == 0 else fail(each.name, said, fix)
    if each.care is Care.CLOSED and is_folder and mode & _OTHERS and not mode & _WRITTEN_BY_OTHERS:
        # What lies in it is looked at one by one.
        yield warn(
            each.name,
            _("other users may look into it (mode {mode})").format(mode=f"{mode:04o}"),
            _("run: chmod {mode} {path}").format(mode="700", path=each.path),
        )
    elif each.care is Care.CLOSED and mode & _OTHERS:
        said = _("other users have access to it (mode {mode})").format(mode=f"{mode:04o}")
        yield fail(
            each.name, said, _("run: chmod {mode} {path}").format(mode="700" if is_folder else "600", path=each.path)
        )
    elif mode & stat.S_IWOTH:
        said = _("every user of this machine may change it (mode {mode})").format(mode=f"{mode:04o}")
        yield fail(each.name, said, _("run: chmod {mode} {path}").format(mode="o-w", path=each.path))
    elif each.care is Care.PERSONAL and mode & _READ_BY_OTHERS:
        said = _("other users may read it (mode {mode}), and it holds your readers' addresses").format(
            mode=f"{mode:04o}"
        )
        yield warn(each.name, said, _("run: chmod {mode} {path}").format(mode="600", path=each.path))


# -- The lock of the one process that runs or sends: is it free, and if not, who has it? Nothing is taken.

LOCKS = Path("/proc/locks")
COMMANDS = ("run", "send", "daemon")  # that hold it


def sending_lock(path: Path, locks: Path = LOCKS) -> Diagnosis:
    """Taking it, were it for a moment, could turn away a run that starts just now: the kernel's list is read."""
    what = _("Sending lock")
    try:
        found = path.stat()
    except FileNotFoundError:
        return ok(what, _("free: nothing was ever sent here"))
    try:
        holders = list(_holders(locks.read_text(), found))
    except OSError as error:
        return unknown(what, f"{locks}: {error.strerror}")
    if holders:
        return ok(
            what,
            _("held by process {process}: it runs or sends now").format(process=f"{holders[0]}{_command(holders[0])}"),
        )
    return ok(what, _("free: nobody runs or sends"))


def _holders(locks: str, found: os.stat_result) -> Iterator[str]:
    """`1: FLOCK ADVISORY WRITE 1234 fe:00:99 0 EOF`, see proc(5); lines of those who wait have a `->`.

    Some file systems (btrfs, overlay) show another device there than stat does: then the process must be one of ours.
    """
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    for line in locks.splitlines():
        fields = line.split()
        if len(fields) < 6 or fields[1] != "FLOCK":  # noqa: PLR2004 – the sixth names the file
            continue
        where, _, inode = fields[5].rpartition(":")
        if inode == str(found.st_ino) and (where == device or "digest" in _command(fields[4])):
            yield fields[4]


def _command(process: str) -> str:
    """The program's name and its command, without its arguments, which may hold anything."""
    try:
        words = Path("/proc", process, "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    names = [Path(word).name for word in words]
    name = "digest" if "digest" in names else names[0]
    command = next((word for word in words[1:] if word in COMMANDS), "")
    return shortened(f" ({' '.join(filter(None, (name, command)))})")
