"""Mentions of people who are erased: their addresses in bytes, also in a form that mail or a list gave them.

A mail server returns our mails as it likes, and a list is a workbook as often as a text. What is claimed of the form is
not asked: every reading that the bytes allow is looked through.
"""

import binascii
import html
import io
import re
import zipfile
import zlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

SAID = "(erased)"
_BEFORE = re.compile(rb"[\w.!#$%&*+/=?^`{|}~-]", re.ASCII)  # what belongs to an address that ends like the one meant
_DOMAIN = re.compile(rb"[a-z0-9\x80-\xff]+(?:[.-]+[a-z0-9\x80-\xff]+)*")
_DEEPEST = 4  # readings of readings: base64 within base64, a mail in an archive
_MOST_DECODED, _TIMES = 4 << 20, 16  # bytes of all readings; and as many times what there is
_QUOTED_PRINTABLE = re.compile(rb"=(?:[0-9A-Fa-f]{2}|[ \t]*\r?\n)")
_BASE64 = re.compile(rb"(?:^[ \t>]*[A-Za-z0-9+/]{2,}={0,2}[ \t]*(?:\r?\n|\Z))+", re.MULTILINE)
_QUOTED = re.compile(rb"^[ \t>]+", re.MULTILINE)
_WORD = re.compile(rb"=\?[^?\s]+\?([bq])\?([^?]*)\?=(?:[ \t\r\n]+(?==\?))?", re.IGNORECASE)  # RFC 2047
_XTEXT = re.compile(rb"\+([0-9A-F]{2})")  # RFC 3461 §4
_NAMED = re.compile(rb"=([^\s<>:;,\"@=]{1,253})@")  # the end of a local part that holds an address
_OUTSIDE = re.compile(rb"[\s<>:;,\"@]")
_LONGEST_NAME = 330  # characters of what may stand before that end
_LIST = re.compile(rb"(?:.*\+|.*-return-\d+-)?(.+)", re.DOTALL)
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")


class Mentions:
    """Finds addresses in bytes, each as a whole: not at the end of a longer one."""

    def __init__(self, folded: Iterable[str]) -> None:
        self._locals: defaultdict[bytes, set[bytes]] = defaultdict(set)
        for one in folded:
            local, _, domain = one.encode().rpartition(b"@")
            for form in _forms(domain):
                self._locals[form].add(local)
        self._lengths = {domain: sorted({len(one) for one in some}) for domain, some in self._locals.items()}

    def found(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where each begins and ends, as it is written."""
        low = data.lower()
        at = low.find(b"@")
        while at >= 0:
            domain = _DOMAIN.match(low, at + 1)
            locals_ = self._locals.get(domain[0]) if domain else None
            if domain and locals_:
                for length in self._lengths[domain[0]]:
                    start = at - length
                    is_whole = start >= 0 and (start == 0 or not _BEFORE.match(low, start - 1))
                    if is_whole and low[start:at] in locals_:
                        yield start, domain.end()
            at = low.find(b"@", at + 1)

    def stand_in(self, data: bytes) -> bool:
        """In any reading."""
        return any(True for reading in readings(data) for _ in self.found(reading))

    def without(self, text: str) -> str:
        data, done = text.encode(), 0
        parts = []
        for start, end in self.found(data):
            parts += [data[done:start], SAID.encode()]
            done = end
        return b"".join([*parts, data[done:]]).decode()


def readings(data: bytes) -> Iterator[bytes]:
    """The bytes themselves, then what they say to who decodes them, the nearest first. It never raises, and has an end
    whatever they are.
    """
    waiting, seen = deque([(data, 0)]), set[int]()
    left = _MOST_DECODED + _TIMES * len(data)
    while waiting and left >= 0:
        one, depth = waiting.popleft()
        yield one
        if depth < _DEEPEST and not one.startswith(_PICTURES):
            for said in _unpacked(one, left) if one.startswith((_ZIP, _GZIP)) else _decoded(one):
                left -= len(said)
                if left >= 0 and (key := hash(said)) not in seen:
                    seen.add(key)
                    waiting.append((said, depth + 1))


def _decoded(data: bytes) -> Iterator[bytes]:
    yield from _carried(data)
    yield from _written(data)
    named = [one for found in _NAMED.finditer(data) for one in _named(data, found)]
    if named:
        yield b"\n".join(named)


def _carried(data: bytes) -> Iterator[bytes]:
    """As mail is brought from server to server (RFC 2045, RFC 2047)."""
    if b"\0" in data:  # UTF-16, as workbooks are saved in, and servers of one maker write
        for charset in ("utf-16-le", "utf-16-be"):
            yield data.decode(charset, "ignore").encode("utf-8", "ignore").replace(b"\0", b"")
    if b"=?" in data:
        yield _WORD.sub(lambda found: _word(*found.groups()), data)
    if _QUOTED_PRINTABLE.search(data):
        yield binascii.a2b_qp(data)
    for run in _BASE64.finditer(data):
        if said := _base64(run[0]):
            yield said


def _written(data: bytes) -> Iterator[bytes]:
    """As single signs are written in charsets, links, pages, and reports."""
    if b"+AEA-" in data:  # "@" in UTF-7
        yield data.decode("utf-7", "ignore").encode()
    if b"%40" in data:
        yield unquote_to_bytes(data)
    if b"&#" in data or b"&commat;" in data:
        yield html.unescape(data.decode("utf-8", "replace")).encode("utf-8", "replace")
    if _XTEXT.search(data):
        yield _XTEXT.sub(lambda found: bytes([int(found[1], 16)]), data)


def _named(data: bytes, found: re.Match[bytes]) -> Iterator[bytes]:
    """What the local part of a return path holds: `list+ana=example.org@…`, or `SRS0=…=example.org=ana@…`."""
    before = _OUTSIDE.split(data[max(0, found.start() - _LONGEST_NAME) : found.start()])[-1].split(b"=")
    if whole := _LIST.fullmatch(before[-1]):
        yield whole[1] + b"@" + found[1]
    if before[0][:3].upper() == b"SRS":
        yield found[1] + b"@" + before[-1]


def _word(kind: bytes, said: bytes) -> bytes:
    if kind in b"bB":
        return _base64(said)
    return binascii.a2b_qp(said.replace(b"_", b" "))


def _base64(text: bytes) -> bytes:
    """Of what was cut off, as much as there is."""
    text = _QUOTED.sub(b"", text)
    try:
        return binascii.a2b_base64(text + b"==")
    except binascii.Error:  # one sign too many at its end
        signs = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
        return binascii.a2b_base64(signs[: len(signs) // 4 * 4])


def _unpacked(data: bytes, room: int) -> Iterator[bytes]:
    """What is damaged, or protected by a password, says nothing."""
    if data.startswith(_GZIP):
        try:
            yield zlib.decompressobj(wbits=31).decompress(data, max(1, room))
        except zlib.error:
            return
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for member in packed.infolist():
                with packed.open(member) as file:
                    said = file.read(max(0, room))
                room -= len(said)
                yield said
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError):
        return


def _forms(domain: bytes) -> set[bytes]:
    """As it stands in mails, and as people write it."""
    try:
        return {domain, domain.decode().encode("ascii").decode("idna").encode()}
    except UnicodeError:
        return {domain}
