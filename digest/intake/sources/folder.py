"""The folder source: every .txt, .md and .docx in a folder and its sub-folders, and every table of items (.csv, .xlsx).
What nobody touched is not opened.
"""

import codecs
import errno
import hashlib
import io
import os
import re
import stat
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from pathlib import Path, PurePosixPath

from digest.errors import DigestError, NothingUsableError
from digest.foundation.bounded import OutOfBoundsError, in_bounds
from digest.foundation.catalogue import later, plural_later
from digest.foundation.files import open_below
from digest.foundation.problems import Place, Problem, Severity
from digest.intake.item import DateOrder, FoundItem, Reading, Struck
from digest.intake.picture import Picture
from digest.intake.read_file import NONE_KNOWN, Brought, KnownFiles
from digest.intake.sources.album import Album
from digest.intake.sources.damage import repaired
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.held_lines import mark_in_name
from digest.intake.sources.item_table import TABLES, read_table
from digest.intake.sources.items import FileReading
from digest.intake.sources.language import language_code
from digest.intake.sources.lines import split_lines, with_newlines
from digest.intake.sources.listing import read_listing
from digest.intake.sources.markdown import has_front_matter, read_markdown
from digest.intake.sources.repeats import said_once, told_once
from digest.intake.sources.walking import SeenFile, stamp_of, walk
from digest.intake.sources.word.reading import read_word

READER = "12"  # to be raised with every change that makes other items of the same bytes
SECONDS, MEMORY = 5.0, 150 << 20  # of the processor's time, and bytes: for the reading of one file
LARGEST_FILE = 20 * 1024 * 1024
_HEAVY_TEXT = 256 << 10  # bytes; a bulletin has a tenth
_HEAVY_WORD = 4 << 20  # bytes of XML; a long report has one or two million
_COARSEST_CLOCK = 2_000_000_000  # ns: that of FAT
_MOST_NAMED = 5
_MARKDOWN = (".md", ".markdown")
_FOLDERS_OF_DRAFTS = (  # also with a line before them
    *("drafts", "draft", "unpublished", "unlisted", "private", "hidden", "wip"),
    *("borradores", "borrador", "privado", "privados", "sin-publicar"),
)
_SUFFIXES = (".txt", ".docx", *_MARKDOWN, *TABLES)
_LANGUAGE_IN_NAME = len(".es")
_SAVE_AS_WORD = later("Open it and save it as “Word document (.docx)”, or paste its text with: digest new")
_DOCUMENTS = {  # what people write news in, and no source reads
    **dict.fromkeys((".doc", ".dot", ".docm", ".dotm", ".dotx"), later("a Word file of another kind")),
    **dict.fromkeys((".odt", ".fodt", ".ott"), later("an OpenDocument text")),
    **dict.fromkeys((".rtf", ".rtfd"), later("a rich text")),
    **dict.fromkeys((".pages", ".wps", ".wpd", ".gdoc"), later("a text of another word processor")),
    ".pdf": later("a PDF"),
    **dict.fromkeys((".htm", ".html", ".mht", ".mhtml"), later("a web page")),
    **dict.fromkeys((".eml", ".msg"), later("a mail")),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """A source. Files in the reading are named from `root` (the workspace) on.

    `language` and `dates` are the settings of this source, `None` when unsaid; `fallback_language` is taken for an
    item whose language nothing tells. `pictures` finds a picture that was made before; `None` where pictures are not
    let in. A larger file than `largest_file` (bytes) is reported, not read.
    """

    name: str
    path: Path
    language: str | None = field(kw_only=True)
    dates: DateOrder | None = field(kw_only=True)
    struck: Struck = field(default=Struck.LEAVE_OUT, kw_only=True)
    zone: tzinfo | None = field(default=None, kw_only=True)
    fallback_language: str = field(kw_only=True)
    root: Path = field(kw_only=True)
    pictures: Callable[[str], Picture | None] | None = field(default=None, kw_only=True)
    largest_file: int = field(default=LARGEST_FILE, kw_only=True)
    others: Sequence[Path] = field(default=(), kw_only=True)  # the folders of other sources: links may lead there

    def read(self, today: date, known: KnownFiles = NONE_KNOWN) -> Reading:
        folder = os.path.relpath(self.path, self.root)
        found = walk(str(self.path), self.others)
        album = None if self.pictures is None else Album(self.path, self.root, self.pictures)
        look = _Look(today=today, known=known, settings=f"{READER} {self._key().hex()[:16]}", album=album)
        for path, reason in found.unreadable:
            cause = later("this folder cannot be read: {reason}").format(reason=reason)
            look.problems.append(_error(_named(folder, path), cause, later("Check that it is there and may be read.")))
        for path, target in found.leading_out:
            cause = later("this link leads out of the sources, to {target}: it is not followed").format(target=target)
            remedy = later("Put the file itself here, or name its folder as a source in digest.yaml.")
            look.problems.append(_error(_named(folder, path), cause, remedy))
        for seen in found.files:
            file = _named(folder, seen.path)
            if not look.knows(file, seen.stamp):
                look.add(file, self._read(seen, file, look) if _is_readable(seen) else None)
        if look.drafts:
            look.problems.append(_drafts(folder, look.drafts))
        if look.held:
            look.problems.append(_held(folder, look.held))
        look.problems += _copies(look.telling, look.files)
        shown = album.files if album else ()
        return Reading(
            source=self.name,
            items=tuple(look.items),
            problems=tuple(look.problems),
            unread=frozenset(look.unread),
            ignored=tuple(file for file in look.ignored if not shown or (self.root / file).resolve() not in shown),
            complete=not found.unreadable,
            files=look.files,
            reader=READER,
            unchanged=frozenset(look.unchanged),
            brought=look.brought,
            pictures=tuple(album.taken.values()) if album else (),
        )

    def read_as(self, name: str, data: bytes, today: date) -> FileReading:
        """What a file of this name in the folder would bring, if it held these bytes."""
        file = _named(os.path.relpath(self.path, self.root), name)
        return self._reading(lambda: data, self._context(file, today, None)) or FileReading((), ())

    def _read(self, seen: SeenFile, file: str, look: "_Look") -> FileReading | None:
        folders = PurePosixPath(seen.path).parts[:-1]
        if found := next((name for name in folders if name.lower().lstrip("_") in _FOLDERS_OF_DRAFTS), None):
            return FileReading((), (), waiting=True, held=f"in {found}/")
        if mark := mark_in_name(seen.path):
            return FileReading((), (), waiting=True, held=f"“{mark}” in its name")

        def content() -> bytes:
            data, look.stamps[file] = self._bytes(seen, file)
            look.files[file] = self._fingerprint(data)
            return data

        return self._reading(content, self._context(file, look.today, look.album))

    def _reading(self, content: Callable[[], bytes], context: FileContext) -> FileReading | None:
        """`None` for a file that is no item on purpose."""
        file = context.file
        findings = Findings(file)
        try:
            data = content()
            if _is_heavy(data, file):
                reading, findings.problems[:] = self._parsed_in_bounds(data, context)
            else:
                reading = self._parse(data, findings, context)
        except DigestError as error:
            return FileReading((), (*findings.problems, _error(file, error.cause, error.remedy)))
        except OSError as error:
            cause = later("the file cannot be read: {cause}").format(cause=str(error.strerror or error))
            return FileReading((), (_error(file, cause, later("Check that it is there and may be read.")),))
        if reading is None:
            return None
        items = told_once(reading.items, findings)
        return reading._replace(items=items, problems=(*findings.problems, *reading.problems))

    def _parsed_in_bounds(self, data: bytes, context: FileContext) -> tuple[FileReading | None, Sequence[Problem]]:
        """In a process that is ended when it takes too much. A file with pictures is read there to be tried, and then
        here, where its pictures are kept.
        """
        findings = Findings(context.file)

        def parsed() -> tuple[FileReading | None, Sequence[Problem]]:
            return self._parse(data, findings, replace(context, album=None)), findings.problems

        try:
            found = in_bounds(parsed, seconds=SECONDS, memory=MEMORY)
        except OutOfBoundsError as error:
            raise NothingUsableError(context.file, str(error), later("Split it into several files.")) from error
        except RecursionError as error:
            raise NothingUsableError(
                context.file, later("it is nested too deeply"), later("Make it simpler.")
            ) from error
        if context.album is None:
            return found
        return self._parse(data, findings, context), findings.problems

    def _bytes(self, seen: SeenFile, file: str) -> tuple[bytes, str]:
        """With a stamp, if another change would give it another one: what changed just now may change once more within
        the same tick of the file system's clock.
        """
        size, data, stamp = seen.size, b"", ""
        if size <= self.largest_file:
            with os.fdopen(self._opened(seen, file), "rb") as opened:
                before, now = os.fstat(opened.fileno()), time.time_ns()
                data = opened.read(size + 1)
                if len(data) > size:  # it has grown since
                    data += opened.read(self.largest_file)
                after = os.fstat(opened.fileno())
            if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
                cause = later("the file changed while it was read: it is still being written")
                raise NothingUsableError(file, cause, later("Collect again when it is there as a whole."))
            size = len(data)
            if now - max(before.st_mtime_ns, before.st_ctime_ns) > _COARSEST_CLOCK:
                stamp = stamp_of(before)
        if size > self.largest_file:
            cause = later("the file has {size:,} bytes or more (limit: {most:,})").format(
                size=size, most=self.largest_file
            )
            raise NothingUsableError(file, cause, later("Split it into smaller files, or move it out of the folder."))
        return data, stamp

    @staticmethod
    def _opened(seen: SeenFile, file: str) -> int:
        """The file that was judged, whatever stands in its place by now, or in that of a folder on the way to it."""
        try:
            opened = open_below(Path(seen.within), seen.below)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise _put_in_its_place(file) from error
            raise
        found = os.fstat(opened)
        if seen.identity not in ((0, 0), (found.st_dev, found.st_ino)) or not stat.S_ISREG(found.st_mode):
            os.close(opened)
            raise _put_in_its_place(file)
        return opened

    def _fingerprint(self, data: bytes) -> str:
        return hashlib.blake2b(data, digest_size=16, key=self._key()).hexdigest()

    def _key(self) -> bytes:
        """What the settings say of reading a file."""
        said = (
            *(["pictures"] if self.pictures else []),
            self.language,
            self.dates,
            self.struck,
            str(self.zone),
            self.fallback_language,
        )
        return hashlib.blake2b(repr(said).encode()).digest()

    def _context(self, file: str, today: date, album: Album | None) -> FileContext:
        suffix = PurePosixPath(PurePosixPath(file).stem).suffix
        in_name = language_code(suffix) if len(suffix) == _LANGUAGE_IN_NAME else None
        return FileContext(
            source=self.name,
            file=file,
            today=today,
            language=in_name or self.language,
            dates=self.dates,
            struck=self.struck,
            zone=self.zone,
            fallback_language=self.fallback_language,
            album=album,
        )

    def _parse(self, data: bytes, findings: Findings, context: FileContext) -> FileReading | None:
        name = PurePosixPath(context.file).name.lower()
        if name.endswith(".docx"):
            return read_listing(
                read_word(data, findings, context.album, show_struck=context.struck is Struck.SHOW), context
            )
        if name.endswith(".xlsx"):
            return read_table(data, None, context)
        text = repaired(with_newlines(decode(data, findings)), findings, markup=name.endswith(_MARKDOWN))
        if name.endswith(TABLES):
            return read_table(data, text, context)
        if not name.endswith(_MARKDOWN):
            lines = split_lines(said_once(text, findings))
            del text  # of a large file it is an eighth of the memory that reading may take
            return read_listing(lines, context)
        if name.startswith("readme.") and not has_front_matter(text, context.file):
            return None
        return read_markdown(text, context)


@dataclass(slots=True, kw_only=True)
class _Look:
    """What one look at the folder has found so far. `settings` stand for how files are read; `stamps` are those of the
    files that were opened.
    """

    today: date
    known: KnownFiles
    settings: str
    album: Album | None
    items: list[FoundItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, str] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    brought: dict[str, Brought] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    telling: list[str] = field(default_factory=list)  # files with items
    drafts: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    def knows(self, file: str, stamp: str) -> bool:
        """Whether the file is as it was: then all that it brought is added, without its items."""
        known = self.known.get(file)
        if known is None or known.brought is None or not known.brought.holds(self._stamp(stamp), self.today):
            return False
        before = known.brought
        self.files[file] = known.fingerprint
        self.unchanged.add(file)
        self.telling += [file] if before.items else []
        told = FileReading((), before.problems, waiting=before.waiting, held=before.held)
        self._note(file, None if before.ignored else told)
        return True

    def add(self, file: str, reading: FileReading | None) -> None:
        """What reading it brought; `None`: nothing reads it."""
        self._note(file, reading)
        stamp = self.stamps.get(file)
        if stamp and file not in self.unread and not (self.album and file in self.album.readers):
            told = reading or FileReading((), ())
            self.brought[file] = Brought(
                stamp=self._stamp(stamp),
                read_on=self.today,
                until=told.until,
                problems=told.problems,
                waiting=told.waiting,
                held=told.held,
                ignored=reading is None,
                items=len(told.items),
            )

    def _note(self, file: str, reading: FileReading | None) -> None:
        if reading is None:
            self.problems += _unread_document(file)
            self.ignored.append(file)
            return
        self.items += reading.items
        self.telling += [file] if reading.items else []
        self.problems += reading.problems
        if reading.held:
            self.held.append(f"{file} ({reading.held})")
        elif reading.waiting:
            self.drafts.append(file)
        if any(problem.severity is Severity.ERROR for problem in reading.problems):
            self.unread.add(file)

    def _stamp(self, of_file: str) -> str:
        return f"{self.settings} {of_file}"


def _unread_document(file: str) -> tuple[Problem, ...]:
    """A text that somebody wrote for readers, perhaps, in a form that nothing here reads."""
    kind = _DOCUMENTS.get(PurePosixPath(file).suffix.lower())
    if kind is None:
        return ()
    return (
        Problem(
            place=Place(file),
            severity=Severity.WARNING,
            cause=later("this is {kind}: it is not read").format(kind=kind),
            remedy=_SAVE_AS_WORD,
        ),
    )


def _drafts(folder: str, files: Sequence[str]) -> Problem:
    cause = plural_later(
        "{count} draft waits to be finished: {files}",
        "{count} drafts wait to be finished: {files}",
        len(files),
        files=_listed(files),
    )
    remedy = later("When the text is ready, take the line “draft: true” out of it.")
    return Problem(place=Place(PurePosixPath(folder).as_posix()), severity=Severity.NOTE, cause=cause, remedy=remedy)


def _copies(files: Iterable[str], fingerprints: Mapping[str, str]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for file in files:
        fingerprint = fingerprints.get(file)
        if fingerprint and (other := first.setdefault(fingerprint, file)) != file:
            cause = later("this file holds the same as {other}, byte for byte").format(other=other)
            yield Problem(
                place=Place(file), severity=Severity.WARNING, cause=cause, remedy=later("Take one of them out.")
            )


def _held(folder: str, files: Sequence[str]) -> Problem:
    cause = plural_later(
        "{count} text is held back by what they say of themselves: {files}",
        "{count} texts are held back by what they say of themselves: {files}",
        len(files),
        files=_listed(files),
    )
    remedy = later("If readers may see a text, take that line out of it.")
    return Problem(place=Place(PurePosixPath(folder).as_posix()), severity=Severity.WARNING, cause=cause, remedy=remedy)


def _listed(files: Sequence[str]) -> str:
    return ", ".join(files[:_MOST_NAMED]) + (" …" if len(files) > _MOST_NAMED else "")


def _named(folder: str, path: str) -> str:
    """The file as people and the store know it: printable, even when its name is no valid text."""
    named = f"{folder}/{path}" if path and folder != "." else path or folder
    if named.isprintable():
        return named
    return "".join(character if character.isprintable() else "\ufffd" for character in named)


def _put_in_its_place(file: str) -> NothingUsableError:
    cause = later("another file was put in its place while it was read")
    return NothingUsableError(file, cause, later("Collect again."))


def _is_heavy(data: bytes, file: str) -> bool:
    """Whether reading it might take more than anybody has, by its size and by what it says it unpacks to."""
    if not file.lower().endswith((".docx", ".xlsx")):
        return len(data) > _HEAVY_TEXT
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # the reader will say what it is
    return sum(one.file_size for one in members if one.filename.endswith((".xml", ".rels"))) > _HEAVY_WORD


def _is_readable(seen: SeenFile) -> bool:
    return seen.regular and seen.path.lower().endswith(_SUFFIXES)


def _error(file: str, cause: str, remedy: str) -> Problem:
    return Problem(place=Place(file), severity=Severity.ERROR, cause=cause, remedy=remedy)


# -- The text in a file's bytes, by evidence: a byte order mark, valid UTF-8, else Windows-1252.

_MARKS = (
    # UTF-32 first: its mark begins like that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LARGEST_SAMPLE = 200_000  # bytes; more would not change the finding
_HIGH_SIGN = re.compile(r"[^\x00-\x7f]")
_CONTROLS = bytes(range(0x09)) + bytes(range(0x0E, 0x20)) + b"\x7f"
_MOST_CONTROLS = 0.05  # of all bytes; a stray one is removed later, a lot of them is no text
_FEWEST_CONTROLS = 4
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_SAVE_AS_UTF8 = later("Open it in an editor and save it with the encoding UTF-8.")


def decode(data: bytes, findings: Findings) -> str:
    """The text without its byte order mark; raise `NothingUsableError` when the bytes are no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, len(mark), findings.file)
    _refuse_binary(data, findings.file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_a_mixture(data, error.start, findings.file)
    encoding, certain = _most_probable(data)
    text = _strictly(data, encoding, 0, findings.file)
    said = findings.note if encoding == "cp1252" and certain else findings.warning
    cause = later("this is not UTF-8; read as {encoding}, and that is not certain: look at the letters with accents")
    if certain:
        cause = later("this is not UTF-8; read as {encoding}")
    remedy = later("{save} Then accents cannot be misread.").format(save=_SAVE_AS_UTF8)
    said(None, cause.format(encoding=_NAMES[encoding]), remedy)
    return text


# The usual one first: it wins where others explain the bytes no better.
_NAMES = {
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO-8859-15",
    "mac-roman": "Mac Roman",
    "cp850": later("the code page 850 of DOS"),
    "cp437": later("the code page 437 of DOS"),
}
_LETTERS = frozenset("áéíóúüñàâçèêëîïôöùûœãõäß")
_BEFORE_WORDS = frozenset("¿¡«“‘„‚")
_AFTER_WORDS = frozenset("»”’…™®")
_ENGLISH = re.compile(r"(?:s|t|d|m|re|ve|ll)(?![^\W\d_])", re.IGNORECASE)  # behind an apostrophe
_WITH_NUMBERS = frozenset("°ºª€£%½¼¾")
_BETWEEN_WORDS = frozenset("–—•·§©\u00a0\u00ad")
_FEW = 5  # one sign of so many may stand oddly: a name from elsewhere


def _most_probable(data: bytes) -> tuple[str, bool]:
    """The encoding whose signs stand where such signs stand in texts, and whether they do for the most part."""
    scores = {}
    for encoding in _NAMES:
        try:
            scores[encoding] = _scores(data[:_LARGEST_SAMPLE].decode(encoding))
        except UnicodeDecodeError:
            continue
    best = max(scores, key=lambda encoding: sum(scores[encoding]))
    if sum(scores[best]) <= 0:  # nothing speaks for any: then what is wrong with the usual one is said
        return "cp1252", not any(scores.get("cp1252", (-1,)))
    against = sum(score < 0 for score in scores[best])
    return best, against * _FEW < len(scores[best])


def _scores(text: str) -> list[int]:
    """How well each sign that is not ASCII stands where it stands."""
    return [_score(text, found) for found in _HIGH_SIGN.finditer(text)]


def _score(text: str, found: re.Match[str]) -> int:
    before, sign, behind = text[found.start() - 1 : found.start()], found[0], text[found.end() : found.end() + 1]
    inside = before.isalpha() and behind.isalpha()
    if sign.lower() in _LETTERS:
        beside = before.isalpha() or behind.isalpha()
        among_such = inside and not before.isascii() and not behind.isascii()  # three in a row are another alphabet
        small_among_capitals = sign.islower() and before.isupper() and behind.isupper()
        return -2 if among_such or small_among_capitals or (sign.isupper() and before.islower()) else 2 * beside
    if sign in _BEFORE_WORDS:
        return 1 if not before.isalnum() and not behind.isspace() else -2
    if sign in _AFTER_WORDS:
        return 1 + _is_of_english(text, found) if sign == "’" or not inside else -2
    if sign in _WITH_NUMBERS:
        return 1 if before.isdigit() or behind.isdigit() or before == " " or before.lower() in "na." else -2
    if sign in _BETWEEN_WORDS:
        return 1 if not inside else -2
    return -2


def _is_of_english(text: str, found: re.Match[str]) -> bool:
    """“it’s”, “migrants’”: that speaks as much for an apostrophe as a letter beside it for the “í” of a Macintosh."""
    before = text[found.start() - 1 : found.start()]
    is_plural = before in ("s", "S") and not text[found.end() : found.end() + 1].isalpha()
    return found[0] == "’" and before.isalpha() and (is_plural or _ENGLISH.match(text, found.end()) is not None)


def text_in(data: bytes, file: str) -> str:
    """The same, of what lies in no folder yet."""
    return decode(data, Findings(file))


def _strictly(data: bytes, encoding: str, skipped: int, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        offset = error.start + skipped
        shown = data[error.start : error.start + 1].hex()
        name = {"cp1252": "Windows-1252"}.get(encoding, encoding.upper())
        cause = later("the byte {shown} at offset {offset} is neither UTF-8 nor {name}").format(
            shown=shown, offset=offset, name=name
        )
        if skipped:
            cause = later("the file says that it is {name}, but the byte {shown} at offset {offset} is not").format(
                name=name, shown=shown, offset=offset
            )
        raise NothingUsableError(file, cause, _SAVE_AS_UTF8) from error


def _refuse_binary(data: bytes, file: str) -> None:
    zero = data.find(b"\0")
    if zero >= 0:
        cause = later("this is not text (or UTF-16 without a byte order mark): zero byte at offset {zero}").format(
            zero=zero
        )
        raise NothingUsableError(file, cause, _SAVE_AS_UTF8)
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls >= _FEWEST_CONTROLS and controls > len(data) * _MOST_CONTROLS:
        cause = later("this is not text: {controls} of {size} bytes are control characters").format(
            controls=controls, size=len(data)
        )
        raise NothingUsableError(file, cause, later("Take it out of the folder, or save it as text."))


def _refuse_a_mixture(data: bytes, offset: int, file: str) -> None:
    """UTF-8 with stray bytes: read as Windows-1252, every accent in it would become two odd signs."""
    rest, sequences = _UTF8_SEQUENCE.subn(b"", data)
    stray = len(_HIGH_BYTE.findall(rest))
    if sequences and sequences >= stray:
        cause = later("this is UTF-8 in part, but the byte {byte} at offset {offset} is not").format(
            byte=data[offset : offset + 1].hex(), offset=offset
        )
        raise NothingUsableError(file, cause, later("Two encodings were pasted together: correct the character there."))
