"""The readable copy: `editions/<newsletter>/<period>/`, what is stored as files that people can open."""

import ctypes
import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import yaml

from digest.errors import CannotWriteError
from digest.foundation.catalogue import _
from digest.foundation.failpoints import reach
from digest.foundation.files import is_left, passing_name
from digest.mail.composing import Composer
from digest.mail.content import Variant
from digest.mail.message import with_its_pictures
from digest.newsletters.edition import Edition

VARIANTS = "variants"
DESCRIPTION = "edition.yaml"
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE = -100  # AT_FDCWD
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast, where PyYAML was built with libyaml
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class ReadableCopy(Protocol):
    """The copy of an edition in `editions/`, for people and other programs; `files` are the variants' files by name."""

    def replaced(
        self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]
    ) -> AbstractContextManager[None]:
        """Replace the edition's folder as a whole, never by a mixture. When the block fails, the old one is back."""
        ...

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        """Replace it for good."""
        ...

    def recover(self, edition: Edition) -> None:
        """After a crash inside such a block: put back the copy of what is stored."""
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
        return self._root / edition.folder

    @contextmanager
    def replaced(
        self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]
    ) -> Iterator[None]:
        target = self.folder(edition)
        fresh = passing_name(target)
        with _plain_errors(target):
            for left in _left_beside(target):
                shutil.rmtree(left, ignore_errors=True)
            (fresh / VARIANTS).mkdir(mode=0o700, parents=True)
            text = yaml.dump(dict(description), Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=120)
            _write(fresh / DESCRIPTION, text.encode())
            reach("copy.half-written")
            for name, content in files.items():
                _write(fresh / VARIANTS / name, content)
            reach("copy.before-rename")
            old = _put_in_place(fresh, target)
        reach("copy.renamed")
        try:
            yield
        except BaseException:
            with _plain_errors(target):
                fresh = target if old is None else _put_in_place(old, target) or old
                shutil.rmtree(fresh)
            raise
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)  # what stays is removed the next time

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        with self.replaced(edition, description, files):
            pass

    def recover(self, edition: Edition) -> None:
        target = self.folder(edition)
        left = _left_beside(target)
        if not left or _described(target).get("fingerprint") == edition.fingerprint:
            return
        for path in left:
            if _described(path).get("fingerprint") == edition.fingerprint:
                with _plain_errors(target):
                    if (other := _put_in_place(path, target)) is not None:
                        shutil.rmtree(other)
                return

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
        return _described(self.folder(edition))


class SandboxCopy:
    """Writes to a copy of its own; what it has not written itself is the real one's."""

    def __init__(self, own: ReadableCopy, real: ReadableCopy) -> None:
        self._own, self._real = own, real

    def replaced(
        self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]
    ) -> AbstractContextManager[None]:
        return self._own.replaced(edition, description, files)

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        self._own.write(edition, description, files)

    def recover(self, edition: Edition) -> None:
        self._own.recover(edition)

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
        page = with_its_pictures(variant.rendered.html, variant.rendered.message)
        files[f"{variant.name}.html"] = composer.sample_body(edition, page).encode()
        files[f"{variant.name}.txt"] = composer.sample_body(edition, variant.rendered.text).encode()
        files[f"{variant.name}.eml"] = composer.sample(edition, variant.rendered.message).message
    return files


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _described(folder: Path) -> Mapping[str, object]:
    try:
        written = yaml.load((folder / DESCRIPTION).read_bytes(), Loader=_LOADER)  # noqa: S506 – a safe one
    except (OSError, yaml.YAMLError):
        return {}
    return written if isinstance(written, dict) else {}


def _left_beside(target: Path) -> list[Path]:
    """What killed processes left of the target."""
    found = target.parent.glob(f".{target.name}.*.*")
    return [path for path in found if path.name.rsplit(".", 2)[0] == f".{target.name}" and is_left(path)]


def _put_in_place(fresh: Path, target: Path) -> Path | None:
    """One atomic step: a new name, or an exchange with the old folder. Return where that is now, if there was one."""
    try:
        fresh.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    else:
        return None
    if _exchange(fresh, target):
        return fresh
    # No such call on this system: for an instant the copy is missing, and a missing copy is no contradiction.
    old = passing_name(target, "old")
    if old == fresh:
        old = passing_name(target)
    shutil.rmtree(old, ignore_errors=True)
    target.rename(old)
    fresh.rename(target)
    return old


def _exchange(one: Path, other: Path) -> bool:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWriteError(
            str(error.filename or path),
            error.strerror or str(error),
            _("make the workspace writable and the disk roomy"),
        ) from error
