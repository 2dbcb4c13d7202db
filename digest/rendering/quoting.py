"""Encodes a body as quoted-printable (RFC 2045 §6.7) around its slots."""

from binascii import b2a_qp

from digest.model.slot import EDGE

SOFT_BREAK = b"=\r\n"
LINE_MOST = 76

_MARK_EDGE = EDGE.encode()


def quoted_body(body: str) -> bytes:
    """The body with its slot marks standing literally, each on a line of its own between soft breaks: whatever is put
    there, no line around it grows. Lines are at most 76 bytes, all 7-bit, ended by CRLF.
    """
    encoded: list[bytes] = []
    for number, piece in enumerate(body.split(EDGE)):
        if number % 2:
            encoded += (SOFT_BREAK, _MARK_EDGE, piece.encode("ascii"), _MARK_EDGE, SOFT_BREAK)
        else:
            encoded.append(quoted(piece))
    return b"".join(encoded)


def quoted(text: str) -> bytes:
    """One piece, whose lines end with LF alone: a CR is text. Its last line leaves room for a soft break after it."""
    if "\r" in text or " \n" in text or "\t\n" in text:  # here binascii's own reading of lines fails
        encoded = b"\n".join([b2a_qp(line.encode(), istext=False) for line in text.split("\n")])
    else:
        encoded = b2a_qp(text.encode(), istext=True)
    last = len(encoded) - (encoded.rfind(b"\n") + 1)
    if last >= LINE_MOST:
        cut = -3 if encoded[-3:-2] == b"=" else -1
        encoded = encoded[:cut] + b"=\n" + encoded[cut:]
    return encoded.replace(b"\n", b"\r\n")
