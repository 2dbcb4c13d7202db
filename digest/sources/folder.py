"""The folder source: every .txt, .md and .docx in a folder and its sub-folders, read anew each time."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from digest.errors import DigestError, NothingUsableError
from digest.model.date_order import DateOrder
from digest.model.item import FoundItem, Reading
from digest.model.place import Place, Problem, Severity
from digest.sources.decoding import decode
from digest.sources.file_context import FileContext
from digest.sources.findings import Findings
from digest.sources.found_items import FileReading
from digest.sources.language import language_code
from digest.sources.lines import split_lines
from digest.sources.listing import read_listing
from digest.sources.markdown import has_front_matter, read_markdown
from digest.sources.walking import SeenFile, walk
from digest.sources.word import read_word

LARGEST_FILE = 20 * 1024 * 1024
MOST_NAMED = 5
_MARKDOWN = (".md", ".markdown")
_SUFFIXES = (".txt", ".docx", *_MARKDOWN)
_LANGUAGE_IN_NAME = len(".es")


@dataclass(frozen=True, slots=True)
class Folder:
    """Implements `digest.ports.Source`. Files in the reading are named from `root` (the workspace) on.

    `language` and `dates` are the settings of this source, `None` when unsaid; `fallback_language` is taken for an
    item whose language nothing tells. A larger file than `largest_file` (bytes) is reported, not read.
    """

    name: str
    path: Path
    language: str | None = field(kw_only=True)
    dates: DateOrder | None = field(kw_only=True)
    fallback_language: str = field(kw_only=True)
    root: Path = field(kw_only=True)
    largest_file: int = field(default=LARGEST_FILE, kw_only=True)

    def read(self, today: date) -> Reading:
        items: list[FoundItem] = []
        problems: list[Problem] = []
        unread: set[str] = set()
        ignored: list[str] = []
        waiting: list[str] = []
        folder = os.path.relpath(self.path, self.root)
        found = walk(str(self.path))
        for path, reason in found.unreadable:
            cause = f"this folder cannot be read: {reason}"
            problems.append(_error(_named(folder, path), cause, "Check that it is there and may be read."))
        for seen in found.files:
            file = _named(folder, seen.path)
            reading = self._read(seen, file, today) if _is_readable(seen) else None
            if reading is None:
                ignored.append(file)
                continue
            items += reading.items
            problems += reading.problems
            if reading.waiting:
                waiting.append(file)
            if any(problem.severity is Severity.ERROR for problem in reading.problems):
                unread.add(file)
        if waiting:
            problems.append(_waiting(folder, waiting))
        return Reading(
            source=self.name,
            items=tuple(items),
            problems=tuple(problems),
            unread=frozenset(unread),
            ignored=tuple(ignored),
            complete=not found.unreadable,
        )

    def _read(self, seen: SeenFile, file: str, today: date) -> FileReading | None:
        """`None` for a file that is no item on purpose."""
        findings = Findings(file)
        try:
            data = self._bytes(seen, file)
            reading = self._parse(data, findings, self._context(file, today))
        except DigestError as error:
            return FileReading((), (*findings.problems, _error(file, error.cause, error.remedy)))
        except OSError as error:
            cause = f"the file cannot be read: {error.strerror or error}"
            return FileReading((), (_error(file, cause, "Check that it is there and may be read."),))
        if reading is None:
            return None
        return reading._replace(problems=(*findings.problems, *reading.problems))

    def _bytes(self, seen: SeenFile, file: str) -> bytes:
        size, data = seen.size, b""
        if size <= self.largest_file:
            with Path(self.path, seen.path).open("rb") as opened:
                data = opened.read(size + 1)
                if len(data) > size:  # it has grown since
                    data += opened.read(self.largest_file)
            size = len(data)
        if size > self.largest_file:
            cause = f"the file has {size:,} bytes or more (limit: {self.largest_file:,})"
            raise NothingUsableError(file, cause, "Split it into smaller files, or move it out of the folder.")
        return data

    def _context(self, file: str, today: date) -> FileContext:
        suffix = PurePosixPath(PurePosixPath(file).stem).suffix
        in_name = language_code(suffix) if len(suffix) == _LANGUAGE_IN_NAME else None
        return FileContext(
            source=self.name,
            file=file,
            today=today,
            language=in_name or self.language,
            dates=self.dates,
            fallback_language=self.fallback_language,
        )

    def _parse(self, data: bytes, findings: Findings, context: FileContext) -> FileReading | None:
        name = PurePosixPath(context.file).name.lower()
        if name.endswith(".docx"):
            return read_listing(read_word(data, findings), context)
        text = decode(data, findings)
        if not name.endswith(_MARKDOWN):
            return read_listing(split_lines(text), context)
        if name.startswith("readme.") and not has_front_matter(text, context.file):
            return None
        return read_markdown(text, context)


def _waiting(folder: str, files: Sequence[str]) -> Problem:
    drafts = "1 draft waits" if len(files) == 1 else f"{len(files)} drafts wait"
    shown = ", ".join(files[:MOST_NAMED]) + (" …" if len(files) > MOST_NAMED else "")
    cause = f"{drafts} to be finished: {shown}"
    remedy = "When the text is ready, take the line “draft: true” out of it."
    return Problem(place=Place(PurePosixPath(folder).as_posix()), severity=Severity.NOTE, cause=cause, remedy=remedy)


def _named(folder: str, path: str) -> str:
    """The file as people and the store know it: printable, even when its name is no valid text."""
    named = PurePosixPath(folder, path).as_posix()
    if named.isprintable():
        return named
    return "".join(character if character.isprintable() else "\ufffd" for character in named)


def _is_readable(seen: SeenFile) -> bool:
    return seen.regular and seen.path.lower().endswith(_SUFFIXES)


def _error(file: str, cause: str, remedy: str) -> Problem:
    return Problem(place=Place(file), severity=Severity.ERROR, cause=cause, remedy=remedy)
