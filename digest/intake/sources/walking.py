"""The files under a folder: each once, in a stable order, whatever links lead where."""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_BUNDLES = (".pages", ".rtfd")  # a folder that its program shows as a file
_HIDDEN = (".", "~$")  # "~$" are the lock files of Word


class SeenFile(NamedTuple):
    """`path` is below the folder, with forward slashes. Only a `regular` file may be opened: a pipe would block. As
    long as the `stamp` is the same, so are its bytes.
    """

    path: str
    size: int
    regular: bool
    stamp: str = ""
    identity: tuple[int, int] = (0, 0)  # device and inode: what is opened must be what was judged


class FolderWalk(NamedTuple):
    """`unreadable` are folders that could not be opened, with the reason; what they hold is unknown. `leading_out` are
    links to somewhere else, and where: they are not followed, for whoever may put a link here would publish what lies
    there.
    """

    files: Sequence[SeenFile]
    unreadable: Sequence[tuple[str, str]]
    leading_out: Sequence[tuple[str, str]] = ()


def walk(folder: str, others: Sequence[Path] = ()) -> FolderWalk:
    """All files in the folder and its sub-folders, sorted by path, without hidden ones. The folder itself may be a
    link; those in it are followed last, only into it and `others`, and only to what has not been met yet, so that a
    loop ends and nothing is read twice.
    """
    found = _Found(folder, [one.resolve() for one in (Path(folder), *others)])
    found.look_into("")
    while found.links:
        found.links.sort(reverse=True)
        found.follow(found.links.pop())
    return FolderWalk(sorted(found.files), found.unreadable, sorted(found.leading_out))


class _Found:
    def __init__(self, folder: str, allowed: Sequence[Path]) -> None:
        self._allowed = allowed
        self.leading_out: list[tuple[str, str]] = []
        self.files: list[SeenFile] = []
        self.links: list[str] = []
        self.unreadable: list[tuple[str, str]] = []
        self._folder = folder
        self._met: set[tuple[int, int]] = set()

    def look_into(self, path: str) -> None:
        folders = [path]
        while folders:
            here = folders.pop()
            try:
                if self._meet(Path(self._folder, here).stat()):
                    with os.scandir(f"{self._folder}/{here}") as entries:
                        folders.extend(self._sort(here, entries))
            except OSError as error:
                self.unreadable.append((here, error.strerror or str(error)))

    def follow(self, path: str) -> None:
        target = Path(self._folder, path)
        try:
            real = target.resolve()
            if not any(real.is_relative_to(one) or one.is_relative_to(real) for one in self._allowed):
                self.leading_out.append((path, str(real)))
                return
            status = target.stat()
            around = Path(self._folder).resolve().is_relative_to(target.resolve())
        except OSError:
            self.files.append(SeenFile(path, 0, regular=True))  # opening it will say what is wrong
            return
        if stat.S_ISDIR(status.st_mode):
            if not around:  # else it leads out of the folder and back in
                self.look_into(path)
        elif self._meet(status):
            self._add(path, status)

    def _sort(self, here: str, entries: "Iterable[os.DirEntry[str]]") -> list[str]:
        """Add the files and the links; return the folders."""
        folders = []
        for entry in entries:
            if entry.name.startswith(_HIDDEN):
                continue
            path = f"{here}/{entry.name}" if here else entry.name
            if entry.is_symlink():
                self.links.append(path)
            elif entry.is_dir() and not entry.name.lower().endswith(_BUNDLES):
                folders.append(path)
            else:
                status = entry.stat()
                self._meet(status)
                self._add(path, status)
        return folders

    def _meet(self, status: os.stat_result) -> bool:
        """Whether this is met for the first time."""
        identity = (status.st_dev, status.st_ino)
        known = identity in self._met
        self._met.add(identity)
        return not known

    def _add(self, path: str, status: os.stat_result) -> None:
        self.files.append(
            SeenFile(
                path, status.st_size, stat.S_ISREG(status.st_mode), stamp_of(status), (status.st_dev, status.st_ino)
            )
        )


def stamp_of(status: os.stat_result) -> str:
    """The time of the last change of any kind is in it: programs can set the other one back, not this."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
