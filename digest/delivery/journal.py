"""The send journal: an append-only file beside the database that says what was meant to leave and what did.

It holds no address. Should the database be restored from an old backup, the journal still knows (reliability §3.5).
Each group of lines carries the number of the database commit that it follows, and the instance that wrote it; it is
synced before any final dot. Of an edition that ended long ago one line is kept: that all of it has left.
"""

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from digest.delivery.fence import JournalEnd
from digest.errors import CannotWriteError, IntegrityError
from digest.foundation.catalogue import _
from digest.foundation.failpoints import reach
from digest.foundation.files import passing_name, remove_leftovers, sync_folder

JOURNAL = "journal"  # its name in the folder `sending`
INTENT, SENT, BACK, FAILED = "i", "s", "b", "f"
NAMED = "n"  # the instance that writes from here on; as its edition, the one that it continues
OVER = "o"  # the edition ended long ago: to whom it went is not kept
_KINDS = (INTENT, SENT, BACK, FAILED, NAMED, OVER)
_NOBODY = "-"
_FIELDS = (4, 5)  # a line without an instance is of an earlier version
_PROOF = re.compile(r"-[0-9a-f]{12}$")  # what stands after the public id in a delivery's name
_BLOCK = 1 << 16
_TOGETHER = 500  # lines: more than the groups of several processes that end at once
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Line:
    """`edition` is its name, `delivery` the subscriber's public id, also with what proves that we made it."""

    kind: str
    edition: str
    delivery: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A line as it is read: `delivery` is the public id alone. `instance` is empty in lines of an earlier version."""

    commit: int
    kind: str
    edition: str
    delivery: str
    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a journal goes: its first `bytes`, their SHA-256 in hex, and the commit of their last line."""

    commit: int
    bytes: int
    lines: int
    fingerprint: str


class Journal:
    """Open for appending; a torn last line, of a crash in the middle of a write, is cut off. `instance` signs each
    line; without it whoever wrote the last one goes on.
    """

    def __init__(self, path: Path, instance: str = "") -> None:
        self._path = path
        self._commit: int | None = None  # that of its last line, once somebody asked for it
        if not instance and (last := end(path)):
            instance = last.instance
        self._tail = f" {instance}\n" if instance else "\n"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            _cut_torn_end(self._descriptor)
            if instance and not os.fstat(self._descriptor).st_size:
                self.append(0, [Line(NAMED, _NOBODY, _NOBODY)])
                sync_folder(path.parent)
        except OSError as error:
            raise _plain(self._path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        os.close(self._descriptor)

    @property
    def commit(self) -> int:
        """That of its last line."""
        if self._commit is None:
            last = end(self._path)
            self._commit = last.commit if last else 0
        return self._commit

    def append(self, commit: int, lines: Iterable[Line]) -> None:
        """Durable when this returns."""
        tail = self._tail
        text = "".join([f"{commit} {line.kind} {line.edition} {line.delivery}{tail}" for line in lines])
        if not text:
            return
        try:
            data = text.encode()
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fdatasync(self._descriptor)
            self._commit = commit
        except OSError as error:
            raise _plain(self._path, error) from error

    def continues(self, before: str, commit: int) -> None:
        """Say that this instance goes on where another stopped."""
        self.append(commit, [Line(NAMED, before, _NOBODY)])


def read(path: Path) -> Iterator[JournalEntry]:
    """All whole lines. Raise `IntegrityError` for one that is no line of a journal."""
    with _opened(path) as file:
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                return  # torn: its commit never let a dot out
            yield _entry(text, f"{path}:{number}")


def end(path: Path) -> JournalEnd | None:
    """Where it ends; nothing where there is no journal, or not one whole line in it."""
    if not path.exists():
        return None
    with _opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        _block, lines = _last_lines(file, size, _BLOCK)
    if not lines:
        return None
    last = _entry(lines[-1], _("{path}, last line").format(path=path))
    return JournalEnd(commit=max(_commits_beside(last, lines)), instance=last.instance)


def _commits_beside(last: JournalEntry, lines: Sequence[bytes]) -> Iterator[int]:
    """Of several processes of one place, which send different editions, the one that committed last may not have
    written last.
    """
    yield last.commit
    for line in lines[-_TOGETHER:-1]:
        number, *_rest, instance = line.split() or [b"", b""]
        if number.isdigit() and instance == last.instance.encode():
            yield int(number)


def position(path: Path, instance: str, commit: int) -> Position | None:
    """How far a database knows the journal that has made `commit` commits as `instance`; nothing if it knows none."""
    if not path.exists():
        return None
    with _opened(path) as file:
        size, room = file.seek(0, os.SEEK_END), _BLOCK
        while True:
            start, lines = _last_lines(file, size, room)
            known = [
                entry.commit <= commit and entry.instance in (instance, "")
                for entry in (_entry(line, str(path)) for line in lines)
            ]
            if any(known) or not start:
                break
            room *= 4
        if not any(known):
            return None
        known.reverse()
        return position_at(path, start + sum(map(len, lines[: len(lines) - known.index(True)])))


def position_at(path: Path, size: int) -> Position | None:
    """The first `size` bytes; nothing if there are not so many, or no whole lines."""
    seen, lines, left = hashlib.sha256(), 0, size
    with _opened(path) as file:
        while left and (block := file.read(min(left, 1 << 20))):
            seen.update(block)
            lines += block.count(b"\n")
            left -= len(block)
        if left or not lines:
            return None
        last = _last_lines(file, size, _BLOCK)[1][-1]
    commit = _entry(last, f"{path}:{lines}").commit
    return Position(commit=commit, bytes=size, lines=lines, fingerprint=seen.hexdigest())


def has_written(path: Path, instance: str) -> bool:
    """Whether the instance wrote in it, or one that went on from it, or an earlier version, which signed nothing."""
    return any(entry.instance in (instance, "") or _goes_on_from(entry, instance) for entry in read(path))


def is_continued(path: Path, instance: str, commit: int) -> bool:
    """Whether it is a shortened one, and goes on from what a copy knew that made its last line at this commit."""
    was_shortened = goes_on = False
    for entry in read(path):
        was_shortened |= entry.kind == OVER
        goes_on |= entry.instance == instance and entry.commit >= commit
    return was_shortened and goes_on


def shorten(path: Path, over: Collection[str]) -> int:
    """Of the editions `over`, named, keep one line for each instance that sent them, in the place of their last one.
    Return how many lines went. Killed anywhere in here, the journal is the old or the new one, and its end the same.
    """
    if not path.exists():
        return 0
    remove_leftovers(path.parent, f".{path.name}.*.new")
    last = {_whose(entry): number for number, entry in enumerate(read(path)) if entry.edition in over}
    gone = 0
    passing = passing_name(path)
    try:
        with _opened(path) as file, os.fdopen(os.open(passing, _ANEW, 0o600), "wb") as shorter:
            for number, text in enumerate(file):
                if not text.endswith(b"\n"):
                    break  # torn, as above
                entry = _entry(text, f"{path}:{number + 1}")
                if entry.kind in (NAMED, OVER) or entry.edition not in over:
                    shorter.write(text)
                elif last[_whose(entry)] == number:
                    kept = f"{entry.commit} {OVER} {entry.edition} {_NOBODY} {entry.instance}".rstrip()
                    shorter.write(f"{kept}\n".encode())
                else:
                    gone += 1
            shorter.flush()
            os.fsync(shorter.fileno())
        reach("journal.shortened")
        if gone:
            passing.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise _plain(path, error) from error
    finally:
        passing.unlink(missing_ok=True)
    return gone


def _whose(entry: JournalEntry) -> tuple[str, str]:
    return entry.edition, entry.instance


def unknown_to(path: Path, instance: str, commit: int) -> Iterator[JournalEntry]:
    """What the journal says that a database does not know which has made `commit` commits as `instance`: its own later
    lines, and those of instances that went on from there.
    """
    is_known = False
    for entry in read(path):
        is_own = entry.instance in (instance, "")
        is_known |= is_own or _goes_on_from(entry, instance)
        if is_known and entry.kind != NAMED and not (is_own and entry.commit <= commit):
            yield entry


def _goes_on_from(entry: JournalEntry, instance: str) -> bool:
    """As `Journal.continues` says it: also of a database that never sent, such as an early backup that was adopted."""
    return entry.kind == NAMED and entry.edition == instance


def _entry(text: bytes, place: str) -> JournalEntry:
    parts = text.decode("utf-8", "replace").split()
    if len(parts) not in _FIELDS or not parts[0].isdecimal() or parts[1] not in _KINDS:
        raise IntegrityError(
            place,
            _("this is no line of a send journal: the file was damaged or edited"),
            _("bring the file back as it was; if that cannot be, see `digest adopt --help`"),
        )
    delivery = _PROOF.sub("", parts[3])
    return JournalEntry(int(parts[0]), parts[1], parts[2], delivery, parts[4] if len(parts) == max(_FIELDS) else "")


def _last_lines(file: BinaryIO, size: int, room: int) -> tuple[int, list[bytes]]:
    """The whole lines in the last `room` bytes, and where they begin."""
    start = max(0, size - room)
    file.seek(start)
    data = file.read(size - start)
    if start:
        skipped = data.find(b"\n") + 1
        start, data = start + skipped, data[skipped:]
    return start, [line + b"\n" for line in data.split(b"\n")[:-1]]


def _plain(path: Path, error: OSError) -> CannotWriteError:
    return CannotWriteError(
        str(path), error.strerror or str(error), _("make the workspace writable and the disk roomy")
    )


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise IntegrityError(str(path), error.strerror or str(error), _("make it readable for its owner")) from error


def _cut_torn_end(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    if not size or os.pread(descriptor, 1, size - 1) == b"\n":
        return
    tail = os.pread(descriptor, min(size, 4096), max(0, size - 4096))
    os.ftruncate(descriptor, size - len(tail) + tail.rfind(b"\n") + 1)
