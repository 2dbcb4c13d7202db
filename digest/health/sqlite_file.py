"""Opens a SQLite database for looking only: no file is made, changed or taken away, whatever state it is in."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

_STEPS = 20_000  # of SQLite's machine between two looks at the clock


class UnopenedError(Exception):
    """Why it cannot be looked at now, in plain words."""


@contextmanager
def opened(path: Path, seconds: float) -> Iterator[sqlite3.Connection]:
    """A connection whose statements are interrupted after so many seconds in all (`sqlite3.OperationalError`).

    Without a write-ahead log the file alone is read, under the lock of those who write. With one, SQLite's own reading
    is used, and its index of the log is not touched. Raise `UnopenedError`, `sqlite3.Error`.
    """
    if not path.exists():
        raise UnopenedError("there is none")
    log, index = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    if not (log.exists() and log.stat().st_size):
        with (
            _reading(path.with_name(path.name + ".lock")),
            _connection(path, "mode=ro&immutable=1", seconds) as connection,
        ):
            yield connection
    elif index.exists():
        with _connection(path, "mode=ro&readonly_shm=1", seconds) as connection:
            yield connection
    else:
        raise UnopenedError("a process was killed while it wrote, and what it left can only be taken in by writing")


@contextmanager
def _connection(path: Path, how: str, seconds: float) -> Iterator[sqlite3.Connection]:
    until = time.monotonic() + seconds
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        yield connection


@contextmanager
def _reading(lock: Path) -> Iterator[None]:
    """The lock of those who write, shared, without making it: nobody has ever written where there is none."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnopenedError("somebody is writing to it at this moment") from None
        yield
    finally:
        os.close(descriptor)
