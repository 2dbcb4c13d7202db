"""Watching: says when a file changed that a preview is made from."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

from digest.errors import ConfigurationError

DATABASE = "digest.db"
MADE_BY_US = ("editions", "out")  # looking at an edition writes there


def changes_in(folders: Iterable[Path], stop: Event, ignored: Iterable[str] = MADE_BY_US) -> Iterator[None]:
    """Yield soon after something changed in or below `folders`, once per burst; end when `stop` is set.

    Not counted: the database, hidden files and folders, and the paths `ignored`, which are relative to each folder.
    Raise `ConfigurationError` when a folder is not there.
    """
    from watchfiles import watch

    watched = [folder.resolve() for folder in folders]
    for folder in watched:
        if not folder.is_dir():
            raise ConfigurationError(str(folder), "there is no such folder to watch", "create it, or correct its path")
    excluded = [folder / path for folder in watched for path in ignored]
    for _ in watch(
        *watched,
        watch_filter=lambda _, path: _counts(Path(path), watched, excluded),
        stop_event=stop,
        debounce=400,
        raise_interrupt=False,
    ):
        yield None


def _counts(path: Path, watched: Iterable[Path], ignored: Iterable[Path]) -> bool:
    inside = next((path.relative_to(folder) for folder in watched if path.is_relative_to(folder)), path)
    return not (
        path.name.startswith(DATABASE)
        or any(part.startswith(".") for part in inside.parts)
        or any(path.is_relative_to(folder) for folder in ignored)
    )
