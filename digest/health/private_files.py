"""Files and folders: ours, closed to others where they hold secrets or addresses, and writable by nobody else."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from digest.health.diagnosis import Diagnosis, fail, listed, ok, warn

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
            said = f"it cannot be looked at: {error.strerror or error}"
            yield fail(each.name, said, "run digest as the user who owns the workspace")
            continue
        faults = list(_faults(each, found, user))
        yield from faults
        if not faults:
            good.append(each.name)
    if good:
        yield ok("Owners and modes", listed(good))


def writable(folder: Path) -> Iterator[Diagnosis]:
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail("Workspace", "we cannot write into it", "run digest as the user who owns it")


def secret(path: Path, *, has_sealed: bool) -> Iterator[Diagnosis]:
    """The key behind Message-IDs and links."""
    if path.exists():
        return
    if has_sealed:
        said = "it is missing, and every link in mails that were sent depends on it"
        yield fail(f"keys/{path.name}", said, "restore keys/ from the backup; a new key cannot replace it")
    else:
        yield ok(f"keys/{path.name}", "there is none yet: the first draft makes it")


def _faults(each: Guarded, found: os.stat_result, user: int) -> Iterator[Diagnosis]:
    mode = stat.S_IMODE(found.st_mode)
    is_folder = stat.S_ISDIR(found.st_mode)
    if found.st_uid != user:
        said = f"it belongs to user {found.st_uid}, and we are user {user}"
        fix = f"run digest as its owner, or: chown {user} {each.path}"
        # Root can do everything, but what root writes, the owner cannot change any more.
        yield warn(each.name, said, fix) if user == 0 else fail(each.name, said, fix)
    if each.care is Care.CLOSED and is_folder and mode & _OTHERS and not mode & _WRITTEN_BY_OTHERS:
        # What lies in it is looked at one by one.
        yield warn(each.name, f"other users may look into it (mode {mode:04o})", f"run: chmod 700 {each.path}")
    elif each.care is Care.CLOSED and mode & _OTHERS:
        said = f"other users have access to it (mode {mode:04o})"
        yield fail(each.name, said, f"run: chmod {'700' if is_folder else '600'} {each.path}")
    elif mode & stat.S_IWOTH:
        said = f"every user of this machine may change it (mode {mode:04o})"
        yield fail(each.name, said, f"run: chmod o-w {each.path}")
    elif each.care is Care.PERSONAL and mode & _READ_BY_OTHERS:
        said = f"other users may read it (mode {mode:04o}), and it holds your readers' addresses"
        yield warn(each.name, said, f"run: chmod 600 {each.path}")
