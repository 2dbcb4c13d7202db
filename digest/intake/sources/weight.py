"""Weight: whether reading a file might take more than anybody has, by its size and by what it says it unpacks to."""

import io
import zipfile

_LARGE_TEXT = 256 << 10  # bytes; a bulletin has a tenth
_LARGE_WORD = 4 << 20  # bytes of XML; a long report has one or two million


def is_heavy(data: bytes, file: str) -> bool:
    if not file.lower().endswith(".docx"):
        return len(data) > _LARGE_TEXT
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # the reader will say what it is
    return sum(one.file_size for one in members if one.filename.endswith((".xml", ".rels"))) > _LARGE_WORD
