"""The pictures of an edition's messages, kept once however many of its mails carry them.

In a stored message a mark stands for each, which no message can hold: what is put back is the very bytes. Where a
picture is lost or another, the message is another as well, and its fingerprint says so.
"""

import re
from collections.abc import Mapping

_PART = re.compile(
    rb"(Content-ID: <([0-9a-f]{32})@pictures\.invalid>\r\nContent-Disposition: [^\r\n]*\r\n\r\n)"
    rb"([A-Za-z0-9+/=\r\n]+)(?=\r\n--)"
)
_EDGE = b"\0\0"
_MARK = re.compile(rb"\0\0([0-9a-f]{32})\0\0")


def without_pictures(message: bytes, kept: dict[str, bytes]) -> bytes:
    """The message with marks; what they stand for is put into `kept`. One that is kept with other bytes stays."""

    def mark(part: re.Match[bytes]) -> bytes:
        name = part[2].decode("ascii")
        if kept.setdefault(name, part[3]) != part[3]:
            return part[0]
        return b"".join((part[1], _EDGE, part[2], _EDGE))

    return _PART.sub(mark, message)


def with_pictures(message: bytes, kept: Mapping[str, bytes]) -> bytes:
    return _MARK.sub(lambda mark: kept.get(mark[1].decode("ascii"), mark[0]), message) if _EDGE in message else message
