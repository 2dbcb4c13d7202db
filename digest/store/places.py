"""Places: whether a workspace is where it was. A mark that is never written again has an inode and a time of birth,
which moving a folder keeps and no copy has; a machine has an id.

A copy of a whole disk has all of them: only the journal can tell then (`digest.policy.fencing`).
"""

import ctypes
import hashlib
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from digest.errors import CannotWriteError
from digest.foundation.files import passing_name, remove_leftovers, sync_folder, write_synced

MARK = "place"
RESTORING = "restoring"  # stands while a restore is under way
MACHINE = "DIGEST_MACHINE"  # names the machine where it has no id that lasts, such as in a container
_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_HERE = -100  # AT_FDCWD
_WANTED = 0x0900  # STATX_INO | STATX_BTIME, statx(2)
_BORN = 0x0800


def place_of(folder: Path) -> str | None:
    """What identifies the mark in `folder`; nothing where there is none."""
    mark = folder / MARK
    try:
        inode = mark.stat().st_ino
    except OSError:
        return None
    return f"{inode}:{_born(mark)}"


def make_mark(folder: Path, instance: str, *, anew: bool) -> str:
    """A mark that says whose place this is; return what identifies it. Unless it is made `anew`, one that is there
    stays: of several processes at once, the first one makes it.
    """
    mark, passing = folder / MARK, passing_name(folder / MARK)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_leftovers(folder, f".{MARK}.*.new")
        write_synced(passing, f"{instance}\n".encode("ascii"))
        if anew:
            passing.replace(mark)
        else:
            with suppress(FileExistsError):
                os.link(passing, mark)
            passing.unlink()
        sync_folder(folder)
    except OSError as error:
        raise CannotWriteError(str(mark), error.strerror or str(error), "make the workspace writable") from error
    return place_of(folder) or ""


def is_same_instance(one: Path, other: Path) -> bool:
    """Whether two folders have marks of the same instance, and are not one folder under two names."""
    try:
        return (one / MARK).read_bytes() == (other / MARK).read_bytes() and not one.samefile(other)
    except OSError:
        return False


def machine_of(instance: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The machine's id, hashed for this instance alone; nothing where the system has none that lasts."""
    name = environment.get(MACHINE, "").strip() or _machine_id()
    return hashlib.blake2b(name.encode(), key=instance.encode()[:64], digest_size=16).hexdigest() if name else None


def _machine_id() -> str | None:
    if any(path.exists() for path in _CONTAINERS):
        return None  # it is the image's: it changes with every version, or all containers share it
    for path in _IDS:
        try:
            found = path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if found and found != "uninitialized":
            return found
    return None


def _born(path: Path) -> str:
    """Seconds and nanoseconds; empty where the system keeps no such time."""
    ask = getattr(ctypes.CDLL(None), "statx", None)
    told = ctypes.create_string_buffer(256)
    if ask is None or ask(_HERE, os.fsencode(path), 0, _WANTED, told) != 0:
        return ""
    if not struct.unpack_from("=I", told, 0)[0] & _BORN:
        return ""
    seconds, nanoseconds = struct.unpack_from("=qI", told, 80)
    return f"{seconds}.{nanoseconds:09}"
