"""The pictures of one look at a source."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.foundation.files import open_below
from digest.intake.picture import Picture
from digest.intake.sources.miniatures import MOST_BYTES, picture_name, picture_of

_MOST_IN_A_FILE = 40
NOT_ALLOWED = later("Write “pictures: true” under this source in digest.yaml to have its pictures in the mails.")


@dataclass(slots=True)
class Album:
    """`folder` is that of the source, `root` the one from which files are named; `known` finds a picture by its name
    that was made before.
    """

    folder: Path
    root: Path
    known: Callable[[str], Picture | None]
    taken: dict[str, Picture] = field(default_factory=dict)
    files: set[Path] = field(default_factory=set)  # those beside the bulletins
    readers: set[str] = field(default_factory=set)  # the bulletins that name them
    _counted: dict[str, int] = field(default_factory=dict)

    def take(self, data: bytes, file: str) -> Picture:
        """A picture found in this file. Raise `NothingUsableError` for one that no mail can carry, or too many."""
        self._counted[file] = self._counted.get(file, 0) + 1
        if self._counted[file] > _MOST_IN_A_FILE:
            cause = later("more than {most} pictures in one file: this one is left out").format(most=_MOST_IN_A_FILE)
            raise NothingUsableError(file, cause, later("Split the file, or take out what readers can do without."))
        name = picture_name(data)
        if name not in self.taken:
            self.taken[name] = self.known(name) or picture_of(data, file)
        return self.taken[name]

    def take_beside(self, written: str, file: str) -> Picture:
        """The picture file that a bulletin names, from its own folder on, never one outside of the source."""
        self.readers.add(file)
        root = self.folder.resolve()
        path = (self.root / PurePosixPath(file).parent / written.replace("\\", "/")).resolve()
        if not path.is_relative_to(root):
            raise NothingUsableError(
                file,
                later("the picture “{written}” lies outside of this source").format(written=written),
                later("Put it beside the text."),
            )
        try:
            if not path.is_file():
                raise NothingUsableError(
                    file,
                    later("there is no picture “{written}”").format(written=written),
                    later("Put it beside the text, or correct its name."),
                )
            with os.fdopen(open_below(root, path.relative_to(root).as_posix()), "rb") as opened:
                data = opened.read(MOST_BYTES + 1)
                size = os.fstat(opened.fileno()).st_size
            if len(data) > MOST_BYTES:
                cause = later("the picture “{written}” has {size:,} bytes (limit: {most:,})").format(
                    written=written, size=size, most=MOST_BYTES
                )
                raise NothingUsableError(file, cause, later("Save it smaller: 1,200 pixels wide are enough."))
        except OSError as error:
            cause = later("the picture “{written}” cannot be read: {cause}").format(
                written=written, cause=str(error.strerror or error)
            )
            raise NothingUsableError(file, cause, later("Check that it is there and may be read.")) from error
        self.files.add(path)
        return self.take(data, file)
