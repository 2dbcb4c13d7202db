"""The files under a folder: each once, in a stable order, whatever links lead where."""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from digest.foundation.files import open_below

_BUNDLES = (".pages", ".rtfd")  # a folder that its program shows as a file
_HIDDEN = (".", "~$")  # "~$" are the lock files of Word


class SeenFile(NamedTuple):
    """`path` is below the folder, with forward slashes; it is opened as `below` the folder `within`, which is another
    where links led there. Only a `regular` file may be opened: a pipe would block. As long as the `stamp` is the same,
    so are its bytes.
    """

    path: str
    size: int
    regular: bool
    stamp: str = ""
    identity: tuple[int, int] = (0, 0)  # device and inode: what is opened must be what was judged
    within: str = ""
    below: str = ""


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
    found.look_into(_Here("", folder, ""))
    while found.links:
        found.links.sort(reverse=True)
        found.follow(found.links.pop())
    return FolderWalk(sorted(found.files), found.unreadable, sorted(found.leading_out))


class _Here(NamedTuple):
    """A folder: how it is shown, and where it lies without any link."""

    shown: str
    within: str
    below: str

    def on(self, name: str) -> "_Here":
        return _Here(_joined(self.shown, name), self.within, _joined(self.below, name))


class _Found:
    def __init__(self, folder: str, allowed: Sequence[Path]) -> None:
        self._allowed = allowed
        self.leading_out: list[tuple[str, str]] = []
        self.files: list[SeenFile] = []
        self.links: list[str] = []
        self.unreadable: list[tuple[str, str]] = []
        self._folder = folder
        self._met: set[tuple[int, int]] = set()

    def look_into(self, folder: _Here) -> None:
        folders = [folder]
        while folders:
            here = folders.pop()
            try:
                opened = open_below(Path(here.within), here.below)
                try:
                    if self._meet(os.fstat(opened)):
                        with os.scandir(opened) as entries:
                            folders.extend(self._sort(here, entries))
                finally:
                    os.close(opened)
            except OSError as error:
                self.unreadable.append((here.shown, error.strerror or str(error)))

    def follow(self, path: str) -> None:
        here = _Here(path, self._folder, path)
        try:
            real = Path(self._folder, path).resolve()
            root = next((one for one in self._allowed if real.is_relative_to(one)), None)
            if root is None:
                if not self._allowed[0].is_relative_to(real):  # else it leads out of the folder and back in
                    self.leading_out.append((path, str(real)))
                return
            here = here._replace(within=str(root), below=real.relative_to(root).as_posix())
            status = real.lstat()
        except RuntimeError:  # links in a circle
            self.leading_out.append((path, str(Path(self._folder, path).readlink())))
        except OSError:  # opening it will say what is wrong
            self.files.append(SeenFile(path, 0, regular=True, within=here.within, below=here.below))
        else:
            if stat.S_ISDIR(status.st_mode):
                self.look_into(here)
            elif self._meet(status):
                self._add(here, status)

    def _sort(self, folder: _Here, entries: "Iterable[os.DirEntry[str]]") -> list[_Here]:
        """Add the files and the links; return the folders."""
        folders = []
        for entry in entries:
            if entry.name.startswith(_HIDDEN):
                continue
            here = folder.on(entry.name)
            if entry.is_symlink():
                self.links.append(here.shown)
            elif entry.is_dir(follow_symlinks=False) and not entry.name.lower().endswith(_BUNDLES):
                folders.append(here)
            else:
                status = entry.stat(follow_symlinks=False)
                self._meet(status)
                self._add(here, status)
        return folders

    def _meet(self, status: os.stat_result) -> bool:
        """Whether this is met for the first time."""
        identity = (status.st_dev, status.st_ino)
        known = identity in self._met
        self._met.add(identity)
        return not known

    def _add(self, here: _Here, status: os.stat_result) -> None:
        self.files.append(
            SeenFile(
                here.shown,
                status.st_size,
                stat.S_ISREG(status.st_mode),
                stamp_of(status),
                (status.st_dev, status.st_ino),
                here.within,
                here.below,
            )
        )


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def stamp_of(status: os.stat_result) -> str:
    """The time of the last change of any kind is in it: programs can set the other one back, not this."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
