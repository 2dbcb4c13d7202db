"""The payload: a message as it goes over a connection, proven to be one, and dot-stuffed (RFC 5321 §2.3.8, §4.5.2).

What one server reads as a line end, and another not, would let a text smuggle a second message (CVE-2023-51764): bare
CR, bare LF, NUL and overlong lines are refused, never repaired.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LINE_MOST = 998  # RFC 5322 §2.1.1, without CRLF
_LONG = 512  # bytes
_KNOWN_MOST = 4096  # pieces
_NONE_OF = re.compile(rb"[^\0\r\n]*")


class UnsafeMessageError(ValueError):
    """The bytes are not to be sent; the text says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of messages, examined once and used in many of them. To be made by `examined` only.

    `stuffed` has a second dot wherever a line *inside* the piece begins with one; `first` and `last` are the bytes
    before its first and after its last CRLF, both its length if it `is_within` one line.
    """

    stuffed: bytes
    first: int
    last: int
    is_within: bool
    has_dot_first: bool
    is_ascii: bool


@dataclass(frozen=True, slots=True)
class Payload:
    """A whole message, ready for the wire but for the final dot. The parts are not joined: what they share with other
    messages need not be copied for each. `size` is at least what SIZE means (RFC 1870 §6): stuffed dots count too.
    """

    parts: Sequence[bytes]
    size: int
    is_ascii: bool

    @property
    def stuffed(self) -> bytes:
        return b"".join(self.parts)

    @property
    def has_ascii_head(self) -> bool:
        return self.is_ascii or self.stuffed.partition(b"\r\n\r\n")[0].isascii()


def examined(data: bytes) -> Piece:
    """Raise `UnsafeMessageError` for bytes that no message may hold. A piece neither begins nor ends within a CRLF."""
    size = len(data)
    if _NONE_OF.fullmatch(data):
        return Piece(data, size, size, is_within=True, has_dot_first=data[:1] == b".", is_ascii=data.isascii())
    if b"\0" in data:
        raise UnsafeMessageError("it holds a NUL")
    lines = data.split(b"\r\n")
    if not data.count(b"\r") == data.count(b"\n") == len(lines) - 1:
        raise UnsafeMessageError("it holds a CR or an LF that is no part of a CRLF")
    longest = max(map(len, lines))
    if longest > LINE_MOST:
        raise UnsafeMessageError(f"it has a line of {longest} bytes; {LINE_MOST} are allowed")
    return Piece(
        data.replace(b"\n.", b"\n.."),
        len(lines[0]),
        len(lines[-1]),
        is_within=False,
        has_dot_first=data[:1] == b".",
        is_ascii=data.isascii(),
    )


class KnownPieces:
    """Remembers the pieces that many messages share, so that each is examined once."""

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[bytes, Piece]] = {}  # by identity; the bytes are kept, so that it stays theirs

    def among(self, pieces: Iterable[bytes]) -> list[bytes | Piece]:
        """The same, examined as far as that pays. What must not be sent stays as it is, for `payload_of` to refuse."""
        known = self._pieces
        return [known[id(each)][1] if id(each) in known else self._examined(each) for each in pieces]

    def _examined(self, data: bytes) -> bytes | Piece:
        if len(data) < _LONG and _NONE_OF.fullmatch(data):  # as is most that is one person's own
            return data
        try:
            piece = examined(data)
        except UnsafeMessageError:
            return data
        if len(self._pieces) >= _KNOWN_MOST:
            self._pieces.clear()
        self._pieces[id(data)] = data, piece
        return piece


def payload_of(pieces: Iterable[bytes | Piece]) -> Payload:
    """Join the pieces of one message; those that are bytes are examined now.

    Raise `UnsafeMessageError` unless the whole is a message of CRLF-ended lines that SMTP carries unchanged.
    """
    parts: list[bytes] = []
    line, is_ascii = 0, True
    for each in pieces:
        if isinstance(each, bytes) and _NONE_OF.fullmatch(each):  # as is most that is one person's own: quicker so
            if line == 0 and each.startswith(b"."):
                parts.append(b".")
            line += len(each)
            is_ascii = is_ascii and each.isascii()
            parts.append(each)
            continue
        piece = each if isinstance(each, Piece) else examined(each)
        if piece.has_dot_first and line == 0:
            parts.append(b".")
        line += piece.first
        if line > LINE_MOST:
            raise UnsafeMessageError(f"it has a line of {line} bytes or more; {LINE_MOST} are allowed")
        if not piece.is_within:
            line = piece.last
        is_ascii = is_ascii and piece.is_ascii
        parts.append(piece.stuffed)
    if line or not parts:
        raise UnsafeMessageError("its last line has no end")
    return Payload(parts, sum(map(len, parts)), is_ascii)
