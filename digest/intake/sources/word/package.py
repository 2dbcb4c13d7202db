"""A Word file as a package of parts: opened within limits, nothing in it believed, run or fetched."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

LARGEST_UNPACKED = 200 * 1024 * 1024
LARGEST_TEXT = 40 * 1024 * 1024  # of one XML part: ten novels
MOST_MARKS = 600_000  # tags of one XML part: as many pages of text as a year has days; each takes memory
SAVE_AGAIN = later("Open it in Word and save it as “Word document (.docx)”")

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", R[1:-1].encode()),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .doc, and of a .docx with a password
_PASSWORD = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED = 0x1
_WORD = ("wordprocessingml.document.main+xml", "wordprocessingml.template.main+xml")
_WITH_MACROS = ("ms-word.document.macroEnabled.main+xml", "ms-word.template.macroEnabledTemplate.main+xml")
_OTHERS = (  # what begins otherwise is told by name, so that people know what they have
    (b"{\\rtf", later("this is an .rtf file under the name .docx")),
    (b"%PDF", later("this is a .pdf file under the name .docx")),
)


class Relation(NamedTuple):
    """What a part points to: another part by its name in the package, or an address outside of it."""

    kind: str  # the last word of its type: hyperlink, image, footnotes …
    target: str
    external: bool


@dataclass(frozen=True, slots=True)
class Package:
    """`file` is the name that people know it by; `main` the name of the part with the text."""

    file: str
    archive: zipfile.ZipFile
    main: str
    macros: bool

    def relations(self, part: str) -> Mapping[str, Relation]:
        folder, name = posixpath.split(part)
        tree = self.tree(posixpath.join(folder, "_rels", f"{name}.rels"))
        return {} if tree is None else _relations(tree, folder)

    def tree(self, part: str) -> "Element | None":
        """The XML of a part, `None` when it is not there. Raise `NothingUsableError` for what no Word writes."""
        return _tree(self.archive, part, self.file)

    def bytes_of(self, part: str) -> bytes | None:
        """`None` when it is not there."""
        try:
            return self.archive.read(part)
        except KeyError:
            return None


def open_package(data: bytes, file: str, *, largest_unpacked: int = LARGEST_UNPACKED) -> Package:
    """Raise `NothingUsableError` for anything that is not a Word document, or would unpack to more than
    `largest_unpacked` bytes.
    """
    _refuse_other_formats(data, file)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        _refuse_bombs(archive, file, largest_unpacked)
        main = _main_part(archive, file)
        kind = _content_type(archive, main, file)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,  # a way of packing that Word does not use
    ) as error:
        raise damaged(file, error) from error
    if not kind.endswith((*_WORD, *_WITH_MACROS)):
        cause = later("this is another kind of file under the name .docx ({kind})").format(
            kind=kind or later("of no kind")
        )
        raise NothingUsableError(file, cause, f"{SAVE_AGAIN}.")
    return Package(file, archive, main, macros=kind.endswith(_WITH_MACROS))


def damaged(file: str, error: Exception) -> NothingUsableError:
    cause = later("this Word file is damaged, still being written, or another kind of file ({kind})").format(
        kind=type(error).__name__
    )
    return NothingUsableError(
        file, cause, later("Collect again; if it stays so: open it in Word and save it as “Word document (.docx)”.")
    )


def _refuse_other_formats(data: bytes, file: str) -> None:
    if data.startswith(_OLD_OFFICE):
        if _PASSWORD in data:
            raise NothingUsableError(
                file,
                later("this Word file is protected by a password"),
                later("Take off the password in Word and save it again."),
            )
        raise NothingUsableError(file, later("this is an old .doc file under the name .docx"), f"{SAVE_AGAIN}.")
    for mark, cause in _OTHERS:
        if data.startswith(mark):
            raise NothingUsableError(file, cause, later("{save_again}, or take it out.").format(save_again=SAVE_AGAIN))
    if not data:
        cause = later("this Word file is empty (0 bytes): it may still be written")
        raise NothingUsableError(file, cause, later("Collect again when it is there; else save it anew."))
    if not data.startswith(b"PK"):
        raise NothingUsableError(
            file,
            later("this is no Word document (.docx)"),
            later("{save_again}, or take it out.").format(save_again=SAVE_AGAIN),
        )


def _refuse_bombs(archive: zipfile.ZipFile, file: str, largest_unpacked: int) -> None:
    """Judge by the directory of the archive, before anything is unpacked; unpacking stops at the sizes named there."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > largest_unpacked:
        cause = later("this file would unpack to {unpacked:,} bytes (limit: {most:,})").format(
            unpacked=unpacked, most=largest_unpacked
        )
        raise NothingUsableError(file, cause, later("Save the text without its pictures, or take the file out."))
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise NothingUsableError(
            file,
            later("this file is protected by a password"),
            later("Take off the password in Word and save it again."),
        )


def _main_part(archive: zipfile.ZipFile, file: str) -> str:
    tree = _tree(archive, "_rels/.rels", file)
    relations = {} if tree is None else _relations(tree, "")
    return next((each.target for each in relations.values() if each.kind == "officeDocument"), "")


def _content_type(archive: zipfile.ZipFile, main: str, file: str) -> str:
    tree = _tree(archive, "[Content_Types].xml", file)
    if tree is None:
        return ""
    named = {each.get("PartName", "").lstrip("/"): each.get("ContentType", "") for each in tree}
    by_ending = {each.get("Extension", ""): each.get("ContentType", "") for each in tree}
    return str(named.get(main) or by_ending.get(main.rpartition(".")[2], ""))


def _relations(tree: "Element", folder: str) -> dict[str, Relation]:
    found = {}
    for each in tree.iter(f"{_PACKAGE}Relationship"):
        external = each.get("TargetMode") == "External"
        target = each.get("Target", "")
        if not external:
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found[each.get("Id", "")] = Relation(each.get("Type", "").rpartition("/")[2], target, external)
    return found


def _tree(archive: zipfile.ZipFile, part: str, file: str) -> "Element | None":
    from lxml import etree  # 15 ms: only for Word files

    try:
        info = archive.getinfo(part)
        if info.file_size > LARGEST_TEXT:
            cause = later("the part {part} has {file_size:,} bytes (limit: {most:,})").format(
                part=part, file_size=info.file_size, most=LARGEST_TEXT
            )
            raise NothingUsableError(file, cause, later("Split it into several files."))
        data = archive.read(info)
    except KeyError:
        return None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise damaged(file, error) from error
    if (marks := data.count(b"<")) > MOST_MARKS:
        cause = later("the part {part} has {marks:,} marks (limit: {most:,})").format(
            part=part, marks=marks, most=MOST_MARKS
        )
        raise NothingUsableError(file, cause, later("Split it into several files."))
    if b"purl.oclc.org/ooxml" in data:  # “Strict Open XML Document”: the same elements under other names
        for strict, usual in _STRICT:
            data = data.replace(strict, usual)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise damaged(file, error) from error
    if tree.getroottree().docinfo.internalDTD is not None:
        raise NothingUsableError(
            file, later("the part {part} declares entities, as no Word does").format(part=part), f"{SAVE_AGAIN}."
        )
    return tree
