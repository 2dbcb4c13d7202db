"""The disk: a local file system that keeps what is written, and room for the next sending."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.foundation.words import counted
from digest.health.diagnosis import Diagnosis, fail, ok, unknown, warn

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
    what = "File system"
    try:
        mount = mount_of(folder.resolve(), mounts.read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError as error:
        return unknown(what, error.strerror or str(error))
    if mount is None:
        return unknown(what, f"{mounts} does not name it")
    place = f"{mount.kind} at {mount.point}"
    if mount.kind in _NETWORK:
        said = f"the workspace lies on {place}, which other machines or programs share; SQLite gets damaged there"
        return fail(what, said, "move the workspace onto a disk of this machine; keep only backups on the share")
    if mount.kind in _PASSING:
        said = f"the workspace lies on {place}: in memory, and gone when the machine starts again"
        return warn(what, said, "move the workspace onto a disk")
    if mount.kind in _LAYERS:
        said = f"the workspace lies in a container's own layer ({place}) and is gone with the container"
        return warn(what, said, "put the workspace on a volume")
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
    what = "Free space"
    each = LEDGER_BYTES + (message or 0)
    needed = max(LEAST, TWICE * readers * each)
    per_reader = "1 KB for the ledger" + (f" and {message // 1024 + 1} KB for the mail" if message else "")
    people = counted(readers, "reader needs", "readers need")
    why = f"twice what {people} ({per_reader} each), at least {_megabytes(LEAST)}"
    if not readers:
        why = "no reader is in the database yet"
    try:
        found = os.statvfs(folder)
    except OSError as error:
        yield unknown(what, error.strerror or str(error))
        return
    free = found.f_bavail * found.f_frsize
    if free < needed:
        said = f"{_megabytes(free)}, but the next sending may need {_megabytes(needed)}: {why}"
        yield fail(what, said, "make room on this disk")
    else:
        yield ok(what, f"{_megabytes(free)}; the next sending needs {_megabytes(needed)} at most: {why}")
    if found.f_files and not found.f_favail:
        yield fail("Free files", "the file system can hold no more files (inodes)", "delete files that nobody needs")
    if found.f_flag & os.ST_RDONLY:
        yield fail("Writing", "the file system is mounted read-only", "mount it for writing, and look why it is not")


def _megabytes(count: int) -> str:
    return f"{count // 1_000_000:,} MB"
