"""Turns a Word file (.docx) into the lines of a listing: one per paragraph, also inside tables and text boxes."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from digest.errors import NothingUsableError
from digest.intake.sources.balance import Seen, balance
from digest.intake.sources.draft import Findings
from digest.intake.sources.lines import Lines

LARGEST_UNPACKED = 200 * 1024 * 1024
_OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .doc, and of a .docx with a password
_PASSWORD = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED = 0x1
_SAVE_AGAIN = "Open it in Word and save it as “Word document (.docx)”"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # a copy for old programs
_SPECIAL = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "\u2011"}
_NOT_TEXT = frozenset((f"{_W}pPr", f"{_W}rPr", f"{_W}del", f"{_W}moveFrom", f"{_W}txbxContent", _FALLBACK))
_TITLES = ("heading", "title")


def read_word(data: bytes, findings: Findings, *, largest_unpacked: int = LARGEST_UNPACKED) -> Lines:
    """The paragraphs of the document; their numbers count as in Word. Raise `NothingUsableError` for anything that is
    not a Word document, or would unpack to more than `largest_unpacked` bytes.
    """
    _refuse_other_formats(data, findings.file)
    document, headings = _open(data, findings.file, largest_unpacked)
    if document.find(f".//{_W}footnoteReference") is not None:
        findings.warning(None, "footnotes are left out", "Write what matters into the text.")
    texts: list[str] = []
    numbers: list[int] = []
    heading_lines: set[int] = set()
    seen: list[Seen] = []
    for number, paragraph in enumerate(_paragraphs(document), 1):
        seen.append(Seen(number, "".join(_all_text(paragraph))))
        for line in "".join(_pieces(paragraph)).split("\n"):
            if paragraph.style in headings and line.strip():
                heading_lines.add(len(texts))
            texts.append(line)
            numbers.append(number)
    findings.account(*texts)
    balance(seen, findings)
    return Lines(texts=texts, numbers=numbers, headings=frozenset(heading_lines))


def _refuse_other_formats(data: bytes, file: str) -> None:
    if data.startswith(_OLD_WORD):
        if _PASSWORD in data:
            raise NothingUsableError(file, "this Word file is protected by a password", "Save it without a password.")
        raise NothingUsableError(file, "this is an old .doc file under the name .docx", f"{_SAVE_AGAIN}.")
    if not data.startswith(b"PK"):
        raise NothingUsableError(file, "this is no Word document (.docx)", f"{_SAVE_AGAIN}, or take it out.")


def _open(data: bytes, file: str, largest_unpacked: int) -> tuple[Any, frozenset[str]]:
    """The XML of the text, and the ids of the styles that make a title."""
    import docx  # 30 ms: only for Word files
    from docx.opc.exceptions import OpcError

    try:
        _refuse_bombs(data, file, largest_unpacked)
        document = docx.Document(io.BytesIO(data))
        return document.element, _heading_styles(document)
    except (
        OpcError,
        SyntaxError,  # the parser's name for broken XML
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        ValueError,
        AttributeError,  # python-docx meets a part of another kind than it expects,
        TypeError,  # … or none at all
        NotImplementedError,  # a way of packing that Word does not use
    ) as error:
        cause = f"this Word file is damaged, or is another kind of file ({type(error).__name__})"
        raise NothingUsableError(file, cause, f"{_SAVE_AGAIN}.") from error


def _refuse_bombs(data: bytes, file: str, largest_unpacked: int) -> None:
    """Judge by the directory of the archive, before anything is unpacked; unpacking stops at the sizes named there."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > largest_unpacked:
        cause = f"this file would unpack to {unpacked:,} bytes (limit: {largest_unpacked:,})"
        raise NothingUsableError(file, cause, "Save the text without its pictures, or take the file out.")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise NothingUsableError(file, "this file is protected by a password", "Save it without a password.")


def _heading_styles(document: Any) -> frozenset[str]:
    """The ids of the styles for titles and headings; their names are English whatever the language of Word."""
    return frozenset(
        style.style_id for style in document.styles if style.name is not None and style.name.lower().startswith(_TITLES)
    )


def _paragraphs(document: Any) -> Iterator[Any]:
    for paragraph in document.iter(f"{_W}p"):
        if next(paragraph.iterancestors(_FALLBACK), None) is None:
            yield paragraph


def _pieces(element: Any) -> Iterator[str]:
    """The text inside, with insertions, without deletions and without the text of boxes (their paragraphs count)."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _SPECIAL:
            yield _SPECIAL[child.tag]
        elif child.tag not in _NOT_TEXT:
            yield from _pieces(child)


def _all_text(element: Any) -> Iterator[str]:
    """Whatever is called a text inside, also of formulas and other elements that are not known."""
    for child in element:
        if str(child.tag).endswith("}t"):
            yield child.text or ""
        elif child.tag not in _NOT_TEXT:
            yield _SPECIAL.get(child.tag, "")
            yield from _all_text(child)
