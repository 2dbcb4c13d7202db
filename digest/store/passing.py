"""Passing files: what is written beside its place and renamed when it is whole. What killed processes left goes."""

import os
import shutil
from contextlib import suppress
from pathlib import Path


def passing_name(target: Path, ending: str = "new") -> Path:
    """`.NAME.PID.new`, hidden beside the target."""
    return target.with_name(f".{target.name}.{os.getpid()}.{ending}")


def remove_leftovers(folder: Path, pattern: str) -> None:
    """The number before a name's last part is its process: if that lives, the file stays."""
    for left in folder.glob(pattern):
        number = left.name.split(".")[-2]
        if number.isdecimal() and int(number) != os.getpid() and _lives(int(number)):
            continue
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            with suppress(OSError):
                left.unlink()


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lives(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
