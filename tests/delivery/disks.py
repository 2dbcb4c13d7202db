"""Disks that fail, and power that goes: SQLite's own way to the disk, and the journal's, with a test in between.

SQLite asks its VFS for everything it does to a file. `stand_between` puts two of its methods, write and sync, behind
functions of Python; all others stay SQLite's. Only for processes that a test has started.
"""

import _sqlite3  # the library that Python itself uses
import ctypes
import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

OK, IO_ERROR_WRITE, IO_ERROR_SYNC, FULL = 0, 778, 1034, 13
KEPT = ("digest.db", "digest.db-wal", "sending/journal")  # what a power cut may take
_OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)  # the name as a pointer: SQLite keeps it, and a copy of ours would not live so long
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_alive: list[object] = []  # what C points to


class _Vfs(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("path_most", ctypes.c_int),
        ("following", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
    ]


class _Methods(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("close", "read", "write", "truncate", "sync")),
        ("others", ctypes.c_void_p * 13),
    ]


class _File(ctypes.Structure):
    _fields_ = [("methods", ctypes.POINTER(_Methods))]


Before = Callable[[str, str], int]  # ("write" or "sync", path) → OK, or the error in place of doing it
After = Callable[[str], None]  # the path that has been synced


def stand_between(before: Before, after: After = lambda _path: None) -> None:
    """From now on, for every file that SQLite opens in this process."""
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))  # where Python has it inside, Python itself
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    usual_open = _OPEN(vfs.open)
    paths: dict[int, str] = {}
    made: dict[int, _Methods] = {}  # by the address of the usual methods

    def methods_for(usual: Any) -> _Methods:
        address = ctypes.addressof(usual)
        if address not in made:
            mine = _Methods.from_buffer_copy(usual)
            usual_write, usual_sync = _WRITE(usual.write), _SYNC(usual.sync)

            def write(file: int, data: int, size: int, offset: int) -> int:
                return before("write", paths[file]) or usual_write(file, data, size, offset)

            def sync(file: int, flags: int) -> int:
                said = before("sync", paths[file]) or usual_sync(file, flags)
                if said == OK:
                    after(paths[file])
                return said

            kept = (_WRITE(write), _SYNC(sync), usual_write, usual_sync)
            _alive.extend(kept)
            mine.write, mine.sync = (ctypes.cast(each, ctypes.c_void_p).value for each in kept[:2])
            made[address] = mine
        return made[address]

    def open_file(vfs_: int, name: int | None, file: int, flags: int, out: Any) -> int:
        said = usual_open(vfs_, name, file, flags, out)
        opened = ctypes.cast(file, ctypes.POINTER(_File)).contents
        if said == OK and name and opened.methods:
            paths[file] = os.fsdecode(ctypes.string_at(name))
            opened.methods = ctypes.pointer(methods_for(opened.methods.contents))
        return said

    replaced = _OPEN(open_file)
    _alive.extend((replaced, usual_open, made))
    vfs.open = ctypes.cast(replaced, ctypes.c_void_p).value


def _journal(**replaced: Callable[..., Any]) -> None:
    """Give the send journal an `os` in which these functions are others."""
    from digest.delivery import journal

    journal.os = SimpleNamespace(**{**vars(os), **replaced})


# ── a disk that fails ───────────────────────────────────────────────────────────────────────────────────────────────


def failing(value: str) -> None:
    """`database-write=7`: the 7th write of a page fails, and all later ones; `database-sync`, `journal-write` and
    `journal-sync` likewise; `full=7` counts the writes of both and says that the disk is full.
    """
    kind, _, text = value.partition(":")
    left = [int(text)]
    counting = threading.Lock()

    def is_over() -> bool:
        with counting:
            left[0] -= 1
            return left[0] <= 0

    def writes(descriptor: int, data: bytes) -> int:
        if kind in ("journal-write", "full") and is_over():
            raise OSError(errno.ENOSPC if kind == "full" else errno.EIO, os.strerror(errno.ENOSPC))
        return os.write(descriptor, data)

    def syncs(descriptor: int) -> None:
        if kind == "journal-sync" and is_over():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fdatasync(descriptor)

    def before(what: str, path: str) -> int:
        if "digest.db" not in path:
            return OK
        if kind == f"database-{what}" and is_over():
            return IO_ERROR_WRITE if what == "write" else IO_ERROR_SYNC
        return FULL if kind == "full" and what == "write" and is_over() else OK

    _journal(write=writes, fdatasync=syncs)
    stand_between(before)


# ── power that goes ─────────────────────────────────────────────────────────────────────────────────────────────────


class Power:
    """Keeps what is on the disk for certain: of each file what it was when it was last synced."""

    def __init__(self, workspace: Path, folder: Path) -> None:
        self.workspace, self.folder = workspace.resolve(), folder
        self.boot = folder / "boot"

    def begin(self) -> None:
        """All that is there now is on the disk."""
        self.folder.mkdir(parents=True)
        self.boot.write_text("boot 0\n")
        for name in KEPT:
            if (self.workspace / name).exists():
                self._keep(self.workspace / name)

    def cut(self) -> None:
        """After the processes have ended: what was not synced is gone, and the machine starts again."""
        for name in KEPT:
            kept, path = self._kept(self.workspace / name), self.workspace / name
            path.unlink(missing_ok=True)
            if kept.exists():
                shutil.copyfile(kept, path)
        (self.workspace / "digest.db-shm").unlink(missing_ok=True)
        self.boot.write_text(f"boot {int(self.boot.read_text().split()[1]) + 1}\n")

    def watch(self) -> None:
        """In the program: remember each sync from now on, and believe that this is the machine's boot."""
        from digest.delivery import marker
        from digest.foundation import processes

        marker._BOOT = processes._BOOT = self.boot
        copying = threading.Lock()

        def synced(path: str) -> None:
            with copying:
                self._keep(Path(path))

        def journal_synced(descriptor: int) -> None:
            os.fdatasync(descriptor)
            synced(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

        _journal(fdatasync=journal_synced)
        stand_between(lambda _what, _path: OK, synced)

    def _kept(self, path: Path) -> Path:
        return self.folder / path.name

    def _keep(self, path: Path) -> None:
        """Whole, or as before. The file is never closed: that would take SQLite's locks on it away (POSIX)."""
        if path not in {self.workspace / name for name in KEPT}:
            return
        source = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        _alive.append(source)
        passing = self._kept(path).with_name(f"{path.name}.new")
        with passing.open("wb") as target:
            size = os.fstat(source).st_size
            offset = 0
            while offset < size:
                sent = os.sendfile(target.fileno(), source, offset, size - offset)
                if not sent:
                    break
                offset += sent
        passing.replace(self._kept(path))


def powered(value: str) -> None:
    """`power=WORKSPACE:FOLDER`"""
    workspace, _, folder = value.partition(":")
    Power(Path(workspace), Path(folder)).watch()
