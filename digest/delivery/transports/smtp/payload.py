"""The payload: a message as it goes over a connection, proven to be one, and dot-stuffed (RFC 5321 §2.3.8, §4.5.2).

What one server reads as a line end, and another not, would let a text smuggle a second message (CVE-2023-51764): bare
CR, bare LF, NUL and overlong lines are refused, never repaired.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LINE_MOST = 998  # RFC 5322 §2.1.1, without CRLF
_KNOWN_MOST = 4096  # variants
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


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the messages of a variant share: its pieces, from the last to the first; the parts of a payload in their
    order, with room between them. `longest` is the longest line without what comes there, and `is_plain` says that no
    dot stands where a line may begin, and that the last line ends.
    """

    pieces: Sequence[Piece]
    parts: Sequence[bytes]
    size: int
    longest: int
    is_plain: bool
    is_ascii: bool


class KnownPieces:
    """Remembers what many messages share, so that it is examined once. In every second piece, counted from the end,
    stands what they share; between two of them something of one message's own.
    """

    def __init__(self) -> None:
        self._frames: dict[int, tuple[Sequence[bytes], _Frame]] = {}  # by identity of the last piece, which is kept

    def payload_of(self, pieces: Sequence[bytes]) -> Payload:
        """Like the function of this name, for pieces of which some came before."""
        shared, own = pieces[::-2], pieces[-2:0:-2]
        signature = pieces[0] if len(pieces) % 2 == 0 and pieces else b""
        known = self._frames.get(id(shared[0])) if shared else None
        frame = known[1] if known is not None and known[0] == shared else self._framed(shared)
        text = b" ".join(own)
        is_plain = frame.is_plain and not text.startswith(b".") and b" ." not in text
        fits = len(text) + frame.longest <= LINE_MOST and _NONE_OF.fullmatch(text)
        if not (is_plain and fits and _is_of_lines(signature)):
            mixed: list[bytes | Piece] = list(pieces)
            mixed[::-2] = frame.pieces
            return payload_of(mixed)
        parts = list(frame.parts)
        parts[-2::-2] = own
        if signature:
            parts.insert(0, signature)
        size = frame.size + len(text) - max(0, len(own) - 1) + len(signature)
        return Payload(parts, size, frame.is_ascii and text.isascii() and signature.isascii())

    def _framed(self, shared: Sequence[bytes]) -> _Frame:
        frame = _frame_of([examined(each) for each in shared])
        if len(self._frames) >= _KNOWN_MOST:
            self._frames.clear()
        if shared:
            self._frames[id(shared[0])] = shared, frame
        return frame


def _frame_of(pieces: Sequence[Piece]) -> _Frame:
    """`pieces` from the last to the first."""
    parts = [b""] * (2 * len(pieces) - 1)
    parts[::-2] = [piece.stuffed for piece in pieces]
    line = longest = 0
    for piece in reversed(pieces):
        line += piece.first
        longest = max(longest, line)
        if not piece.is_within:
            line = piece.last
    return _Frame(
        pieces,
        parts,
        size=sum(map(len, parts)),
        longest=longest,
        is_plain=line == 0 and not any(piece.has_dot_first for piece in pieces),
        is_ascii=all(piece.is_ascii for piece in pieces),
    )


def _is_of_lines(data: bytes) -> bool:
    """Whether it is nothing, or whole lines of which the first begins with no dot."""
    if not data:
        return True
    piece = examined(data)
    return not (piece.is_within or piece.last or piece.has_dot_first or b"\n." in data)


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
