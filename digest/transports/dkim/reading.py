"""Reads a message for signing: its covered fields in canonical form, and the hash of its body in that form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from digest.errors import IntegrityError
from digest.transports.dkim.canonical import CRLF, relaxed_body, relaxed_field
from digest.transports.dkim.covering import covering_of

_NAME = re.compile(rb"[!-9;-~]+")  # RFC 5322 §2.2


@dataclass(frozen=True, slots=True)
class Canonical:
    """`names` for `h=`, the covered fields each with its CRLF, and the body's SHA-256."""

    names: tuple[str, ...]
    covered: bytes
    body_hash: bytes


def canonical(message: bytes) -> Canonical:
    """Raise `IntegrityError` for a message whose header is no header block, or that has not exactly one From."""
    names, covered, body = canonical_parts(message)
    return Canonical(names, covered, sha256(body).digest())


def canonical_parts(message: bytes) -> tuple[tuple[str, ...], bytes, bytes]:
    """The same with the body itself."""
    end = end_of_head(message)
    relaxed = [_relaxed(field) for field in _split(message[:end])]
    covering = covering_of([field.partition(b":")[0] for field in relaxed])
    covered = b"".join([relaxed[place] + CRLF for place in covering.places])
    return covering.names, covered, relaxed_body(message[end + 2 * len(CRLF) :])


def end_of_head(message: bytes) -> int:
    """Where the CRLF before the empty line begins."""
    end = message.find(CRLF + CRLF)
    if end < 0:
        raise _broken("no empty line ends its header")
    return end


def _split(head: bytes) -> Iterator[bytes]:
    """Fields as they are written, folds included."""
    lines = head.split(CRLF)
    if head.count(b"\r") + head.count(b"\n") != 2 * (len(lines) - 1):
        raise _broken("a line of its header has half an end")
    field = lines[0]
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t"):
            field += CRLF + line
        else:
            yield field
            field = line
    yield field


def _relaxed(field: bytes) -> bytes:
    relaxed = relaxed_field(field)
    if b":" not in field or not _NAME.fullmatch(relaxed.partition(b":")[0]):
        raise _broken("a line of its header is no field")
    return relaxed


def _broken(cause: str) -> IntegrityError:
    return IntegrityError("a message to be signed", cause, "build the edition again")
