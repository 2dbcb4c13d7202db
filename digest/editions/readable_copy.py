"""The readable copy: `editions/<newsletter>/<period>/`, what is stored as files that people can open."""

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import yaml

from digest.errors import CannotWriteError
from digest.foundation.failpoints import reach
from digest.foundation.files import passing_name, remove_leftovers
from digest.mail.composing import Composer
from digest.mail.content import Variant
from digest.newsletters.edition import Edition

VARIANTS = "variants"
DESCRIPTION = "edition.yaml"
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD


class ReadableCopy(Protocol):
    """The copy of an edition in `editions/`, for people and other programs; `files` are the variants' files by name."""

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        """Replace the edition's folder as a whole: afterwards the old or the new is there, never a mixture."""
        ...

    def differences(
        self, edition: Edition, files: Mapping[str, bytes], description: Mapping[str, object]
    ) -> Sequence[str] | None:
        """The names of files that are not what was written, or are missing; `None`: no copy is there. Whatever else
        lies there (`.DS_Store`, `Thumbs.db`, what an editor leaves behind) is nobody's business.
        """
        ...

    def description(self, edition: Edition) -> Mapping[str, object]:
        """What the copy says of itself; nothing when there is none."""
        ...


class EditionFolders:
    """The copies of all editions, below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, edition: Edition) -> Path:
        return self._root / edition.name

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        target = self.folder(edition)
        fresh = passing_name(target)
        with _plain_errors(target):
            remove_leftovers(target.parent, f".{target.name}.*.new")
            (fresh / VARIANTS).mkdir(mode=0o700, parents=True)
            text = yaml.safe_dump(dict(description), allow_unicode=True, sort_keys=False, width=120)
            _write(fresh / DESCRIPTION, text.encode())
            reach("copy.half-written")
            for name, content in files.items():
                _write(fresh / VARIANTS / name, content)
            reach("copy.before-rename")
            _put_in_place(fresh, target)
        reach("copy.renamed")

    def differences(
        self, edition: Edition, files: Mapping[str, bytes], description: Mapping[str, object]
    ) -> Sequence[str] | None:
        folder = self.folder(edition) / VARIANTS
        if not folder.is_dir():
            return None
        with _plain_errors(folder):
            found = sorted(name for name, content in files.items() if not _holds(folder / name, content))
        return found if self._says(edition, description) else [*found, DESCRIPTION]

    def _says(self, edition: Edition, description: Mapping[str, object]) -> bool:
        """Compared as what it says: how YAML writes it may change from version to version."""
        written = self.description(edition)
        return {key: written.get(key) for key in description} == description

    def description(self, edition: Edition) -> Mapping[str, object]:
        try:
            written = yaml.safe_load((self.folder(edition) / DESCRIPTION).read_bytes())
        except (OSError, yaml.YAMLError):
            return {}
        return written if isinstance(written, dict) else {}


class SandboxCopy:
    """Writes to a copy of its own; what it has not written itself is the real one's."""

    def __init__(self, own: ReadableCopy, real: ReadableCopy) -> None:
        self._own, self._real = own, real

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        self._own.write(edition, description, files)

    def differences(
        self, edition: Edition, files: Mapping[str, bytes], description: Mapping[str, object]
    ) -> Sequence[str] | None:
        own = self._own.differences(edition, files, description)
        return self._real.differences(edition, files, description) if own is None else own

    def description(self, edition: Edition) -> Mapping[str, object]:
        return self._own.description(edition) or self._real.description(edition)


def readable_files(composer: Composer, edition: Edition, variants: Sequence[Variant]) -> dict[str, bytes]:
    """Each variant as a sample reader gets it: HTML, text and the whole message. A pure function of the edition."""
    files = {}
    for variant in variants:
        files[f"{variant.name}.html"] = composer.sample_body(edition, variant.rendered.html).encode()
        files[f"{variant.name}.txt"] = composer.sample_body(edition, variant.rendered.text).encode()
        files[f"{variant.name}.eml"] = composer.sample(edition, variant.rendered.message).message
    return files


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _put_in_place(fresh: Path, target: Path) -> None:
    """One atomic step: a new name, or an exchange with the old folder, which is then removed."""
    try:
        fresh.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    else:
        return
    if not _exchange(fresh, target):
        # No such call on this system: for an instant the copy is missing, and a missing copy is written anew.
        old = target.with_name(f".{target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        fresh.rename(target)
        fresh = old
    shutil.rmtree(fresh)


def _exchange(one: Path, other: Path) -> bool:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWriteError(
            str(error.filename or path), error.strerror or str(error), "make the workspace writable and the disk roomy"
        ) from error
