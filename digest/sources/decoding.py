"""Turns the bytes of a text file into text, by evidence: a byte order mark, valid UTF-8, else Windows-1252."""

import codecs
import re

from digest.errors import NothingUsableError
from digest.sources.findings import Findings

_MARKS = (
    # UTF-32 first: its mark begins like that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = bytes(range(0x09)) + bytes(range(0x0E, 0x20)) + b"\x7f"
_MOST_CONTROLS = 0.05  # of all bytes; a stray one is removed later, a lot of them is no text
_FEWEST_CONTROLS = 4
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_SAVE_AS_UTF8 = "Open it in an editor and save it with the encoding UTF-8."


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
    text = _strictly(data, "cp1252", 0, findings.file)
    findings.note(None, "this is not UTF-8; read as Windows-1252", f"{_SAVE_AS_UTF8} Then accents cannot be misread.")
    return text


def _strictly(data: bytes, encoding: str, skipped: int, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        offset = error.start + skipped
        shown = data[error.start : error.start + 1].hex()
        name = {"cp1252": "Windows-1252"}.get(encoding, encoding.upper())
        cause = f"the byte {shown} at offset {offset} is neither UTF-8 nor {name}"
        if skipped:
            cause = f"the file says that it is {name}, but the byte {shown} at offset {offset} is not"
        raise NothingUsableError(file, cause, _SAVE_AS_UTF8) from error


def _refuse_binary(data: bytes, file: str) -> None:
    zero = data.find(b"\0")
    if zero >= 0:
        cause = f"this is not text (or UTF-16 without a byte order mark): zero byte at offset {zero}"
        raise NothingUsableError(file, cause, _SAVE_AS_UTF8)
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls >= _FEWEST_CONTROLS and controls > len(data) * _MOST_CONTROLS:
        cause = f"this is not text: {controls} of {len(data)} bytes are control characters"
        raise NothingUsableError(file, cause, "Take it out of the folder, or save it as text.")


def _refuse_a_mixture(data: bytes, offset: int, file: str) -> None:
    """UTF-8 with stray bytes: read as Windows-1252, every accent in it would become two odd signs."""
    rest, sequences = _UTF8_SEQUENCE.subn(b"", data)
    stray = len(_HIGH_BYTE.findall(rest))
    if sequences and sequences >= stray:
        cause = f"this is UTF-8 in part, but the byte {data[offset : offset + 1].hex()} at offset {offset} is not"
        raise NothingUsableError(file, cause, "Two encodings were pasted together: correct the character there.")
