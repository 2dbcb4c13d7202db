"""Replies of an SMTP server (RFC 5321 §4.2), read piece by piece as they arrive, and what it says it can do. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from digest.foundation.words import heard

LINE_MOST = 2048  # bytes; RFC 5321 §4.5.3.1.5 grants a server 512
REPLY_MOST = 65536
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?:[ \t]|$)")  # RFC 3463 §2, where RFC 2034 §4 puts it
_NUMBER = re.compile(r"[0-9]{1,20}")  # RFC 1870 §4
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole reply. `lines` are its texts without code and enhanced code, free of control characters."""

    code: int
    enhanced: str | None
    lines: tuple[str, ...]

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004 – RFC 5321 §4.2.1: 2yz

    @property
    def is_closing(self) -> bool:
        """Whether the server says that it ends the connection (RFC 5321 §3.8)."""
        return self.code == 421  # noqa: PLR2004 – the number has no other name

    @property
    def text(self) -> str:
        """All that was said, on one line, fit to be shown."""
        return " ".join(filter(None, (str(self.code), self.enhanced, *self.lines)))


class ReplyReader:
    """Collects what arrives. After a `fault` nothing more is read: whatever follows cannot be told apart."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []
        self._size = 0

    @property
    def is_within(self) -> bool:
        """Whether a reply has begun and not ended."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes, in order, up to the first fault."""
        replies: list[Reply] = []
        if self.fault is not None:
            return replies
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            for line in lines:
                reply = self._reply(line)
                if reply is not None:
                    replies.append(reply)
            _require_short(self._rest)
        except _FaultError as fault:
            self.fault = str(fault)
        return replies

    def _reply(self, line: bytes) -> Reply | None:
        """The reply that ends with this line."""
        is_last, code, text = _read(line)
        if is_last and not self._lines:
            return _only_line(line)
        self._size += len(line)
        if self._size > REPLY_MOST:
            raise _FaultError(f"it sent a reply of more than {REPLY_MOST} bytes")
        if self._lines and code != self._code:
            raise _FaultError(f"it answered {_shown(line)} in the middle of a reply {self._code}")
        self._code = code
        self._lines.append(text)
        if not is_last:
            return None
        reply = _reply(code, self._lines)
        self._lines, self._size = [], 0
        return reply


class _FaultError(Exception):
    """What was read is no reply; the text says why."""


def _require_short(line: bytes) -> None:
    if len(line) >= LINE_MOST:
        raise _FaultError(f"it sent a line of more than {LINE_MOST} bytes")


@lru_cache(maxsize=64)  # "250 2.1.5 Ok" comes once or twice with every message
def _read(line: bytes) -> tuple[bool, int, str]:
    """Whether it is the last of its reply, the code, the text."""
    _require_short(line)
    parts = _LINE.fullmatch(line.removesuffix(b"\r"))
    if parts is None:
        raise _FaultError(f"it answered {_shown(line)}, which is no SMTP reply")
    return parts[2] != b"-", int(parts[1]), _decoded(parts[3] or b"")


@lru_cache(maxsize=64)
def _only_line(line: bytes) -> Reply:
    _, code, text = _read(line)
    return _reply(code, [text])


def _reply(code: int, lines: list[str]) -> Reply:
    """An enhanced code of another class than the code's is text like any other (RFC 2034 §4)."""
    found = _ENHANCED.match(lines[0])
    if found is None or int(found[1]) != code // 100:
        return Reply(code, None, tuple(lines))
    enhanced = found[0].rstrip()
    return Reply(code, enhanced, tuple(line.removeprefix(enhanced).lstrip() for line in lines))


def _decoded(text: bytes) -> str:
    return _CONTROL.sub(" ", heard(text)).strip()


def _shown(line: bytes) -> str:
    most = 60
    return repr(_decoded(line[:most])) + ("…" if len(line) > most else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """`size` is the largest message it takes, `None` if it says none (RFC 1870)."""

    starttls: bool = False
    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    dsn: bool = False
    size: int | None = None
    mechanisms: frozenset[str] = frozenset()


def features_of(reply: Reply) -> Features:
    """Unknown and malformed lines say nothing."""
    offered: dict[str, list[str]] = {}
    for line in reply.lines[1:]:
        # "AUTH=LOGIN PLAIN" is how servers wrote it before RFC 2554.
        keyword, *parameters = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
        offered.setdefault(keyword, []).extend(parameters)
    size = next((int(each) for each in offered.get("SIZE", ()) if _NUMBER.fullmatch(each)), 0)
    return Features(
        starttls="STARTTLS" in offered,
        pipelining="PIPELINING" in offered,
        eight_bit="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        dsn="DSN" in offered,
        size=size or None,
        mechanisms=frozenset(offered.get("AUTH", ())),
    )
