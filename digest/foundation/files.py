"""Files that are there whole or not at all: written beside their place, synced, and renamed or linked into it."""

import errno
import os
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath

from digest.errors import CannotWriteError, ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.processes import is_running

_PACKAGE = Path(__file__).resolve().parent.parent
_ON_THE_WAY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def passing_name(target: Path, ending: str = "new") -> Path:
    """`.NAME.PID.new`, hidden beside the target."""
    return target.with_name(f".{target.name}.{os.getpid()}.{ending}")


def is_left(path: Path) -> bool:
    """Whether nobody needs it: the number before the name's last part is that of the process that made it."""
    number = path.name.split(".")[-2]
    return not (number.isdecimal() and int(number) != os.getpid() and is_running(int(number)))


def remove_leftovers(folder: Path, pattern: str) -> None:
    """What killed processes left under names that `passing_name` gave."""
    for left in folder.glob(pattern):
        if not is_left(left):
            continue
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            with suppress(OSError):
                left.unlink()


def write_synced(path: Path, content: bytes, *, mode: int = 0o600, is_new: bool = False) -> None:
    """Write the file itself and sync it; `is_new`: fail if it is there. Others never see more of it than `mode` lets
    them.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_EXCL if is_new else os.O_TRUNC)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        if mode != 0o600:  # noqa: PLR2004 – what it was made with
            os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Afterwards the file holds the content, or what it held before (`OSError`). A link is replaced, not followed."""
    passing = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.new")
    try:
        write_synced(passing, content, mode=mode, is_new=True)
        passing.replace(path)
    except OSError:
        with suppress(OSError):
            passing.unlink()
        raise


def write_private(path: Path, text: str) -> None:
    """A file for a person, readable by its owner only, as `replace_whole` writes it."""
    try:
        replace_whole(path, text.encode())
    except OSError as error:
        remedy = _("name a file in a folder where you may write, on a disk with room")
        raise CannotWriteError(str(path), error.strerror or str(error), remedy) from error


def open_below(folder: Path, below: str) -> int:
    """A file or folder, opened from a folder on name by name: its own path may lead over links, what is below it may
    not, for whoever puts files there could lead us anywhere. A pipe or a device is not opened. Raise `OSError`, with
    `ELOOP` for whatever else than a file or folder stands there.
    """
    *above, last = PurePosixPath(below).parts or (".",)
    here = os.open(folder, _ON_THE_WAY & ~os.O_NOFOLLOW)
    try:
        for name in above:
            there = os.open(name, _ON_THE_WAY, dir_fd=here)
            os.close(here)
            here = there
        _refuse_others(os.stat(last, dir_fd=here, follow_symlinks=False))
        reading = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        opened = os.open(last, reading, dir_fd=here)
    finally:
        os.close(here)
    try:
        _refuse_others(os.fstat(opened))  # it may be another by now
    except OSError:
        os.close(opened)
        raise
    return opened


def _refuse_others(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def keep_private(folder: Path) -> None:
    """A new workspace, and all in it, is for its owner only, whatever umask the folder was made with."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXU)


def sync_folder(folder: Path) -> None:
    """What was renamed, linked or removed in it holds afterwards."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def data_folder(name: str, package: Path = _PACKAGE) -> Path:
    """A folder that ships with the program, such as `templates` or `seeds`: inside the package in a wheel, beside it in
    an editable install.
    """
    for folder in (package / "_data" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise ConfigurationError(
        _("the program's own folder {name!r}").format(name=name),
        _("it is neither in {data} nor beside {package}").format(data=package / "_data", package=package),
        _("install the program again"),
    )
