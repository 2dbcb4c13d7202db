"""The lock of the one process that runs or sends: is it free, and if not, who has it? Nothing is taken."""

import os
from collections.abc import Iterator
from pathlib import Path

from digest.health.diagnosis import Diagnosis, ok, shortened, unknown

LOCKS = Path("/proc/locks")
WHAT = "Sending lock"
COMMANDS = ("run", "send", "daemon")  # that hold it


def sending_lock(path: Path, locks: Path = LOCKS) -> Diagnosis:
    """Taking it, were it for a moment, could turn away a run that starts just now: the kernel's list is read."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ok(WHAT, "free: nothing was ever sent here")
    try:
        holders = list(_holders(locks.read_text(), found))
    except OSError as error:
        return unknown(WHAT, f"{locks}: {error.strerror}")
    if holders:
        return ok(WHAT, f"held by process {holders[0]}{_command(holders[0])}: it runs or sends now")
    return ok(WHAT, "free: nobody runs or sends")


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
