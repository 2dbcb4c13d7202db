"""The message as a receiving server reads it: its fields as written, its parts decoded, its defects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import SMTP
from functools import lru_cache

from digest.foundation.catalogue import _

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(r"\r\n|\n|\r")
# What the parser of the standard library raises on hostile fields besides its own errors.
_PARSER_FAULTS = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class MessageField:
    """`raw` is the unfolded value as written, `value` what it says to a person; `None` when nobody can read it."""

    name: str
    raw: str
    value: str | None
    defects: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class MimePart:
    """A leaf of the message. `text` is `None` when it cannot be decoded as UTF-8."""

    kind: str
    charset: str
    encoding: str
    text: str | None
    fields: tuple[MessageField, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """`stray` are lines of the head that belong to no field; `boundary` is `None` when there is none."""

    fields: tuple[MessageField, ...]
    stray: tuple[str, ...]
    kind: str
    boundary: str | None
    parts: tuple[MimePart, ...]
    defects: tuple[str, ...]

    @property
    def texts(self) -> tuple[MimePart, ...]:
        return tuple(part for part in self.parts if not part.kind.startswith("image/"))

    @property
    def carried(self) -> frozenset[str]:
        """The Content-IDs of its pictures, as they are written."""
        return frozenset(
            field.raw
            for part in self.parts
            if part not in self.texts
            for field in part.fields
            if field.key == "content-id"
        )

    def all(self, name: str) -> list[MessageField]:
        return [each for each in self.fields if each.key == name]

    def first(self, name: str) -> MessageField | None:
        return next((each for each in self.fields if each.key == name), None)

    def raw(self, name: str) -> str:
        """The first field of that name; empty when there is none."""
        found = self.first(name)
        return "" if found is None else found.raw


def read_mail(message: bytes) -> Mail:
    """Never fails: what cannot be read is a defect."""
    head = _HEAD_END.split(message, maxsplit=1)[0].decode("utf-8", "replace")
    fields, stray = _fields(head)
    try:
        parsed = message_from_bytes(message)
        leaves = [part for part in parsed.walk() if not part.is_multipart()]
        parts = tuple(_part(leaf) for leaf in leaves)
        defects = tuple(_defects(parsed))
        kind, boundary = parsed.get_content_type(), parsed.get_boundary()
    except _PARSER_FAULTS as fault:
        return Mail(
            fields,
            stray,
            "",
            None,
            (),
            (_("the message cannot be parsed ({fault})").format(fault=type(fault).__name__),),
        )
    return Mail(fields, stray, kind, boundary, parts, defects)


def _fields(head: str) -> tuple[tuple[MessageField, ...], tuple[str, ...]]:
    unfolded: list[str] = []
    stray = []
    for line in _LINE_END.split(head):
        if line.startswith((" ", "\t")) and unfolded:
            unfolded[-1] += line
        elif _FIELD.fullmatch(line):
            unfolded.append(line)
        elif line:
            stray.append(line)
    return tuple(_field(line) for line in unfolded), tuple(stray)


@lru_cache(maxsize=512)  # most fields are the same in all variants of an edition
def _field(line: str) -> MessageField:
    found = _FIELD.fullmatch(line)
    name, raw = (found[1], found[2].strip(" \t")) if found else ("", line)
    try:
        header = SMTP.header_factory(name, raw)
        return MessageField(name, raw, str(header), tuple(_said(each) for each in header.defects))
    except _PARSER_FAULTS as fault:
        return MessageField(name, raw, None, (_("it cannot be parsed ({fault})").format(fault=type(fault).__name__),))


def _part(leaf: Message) -> MimePart:
    content = leaf.get_payload(decode=True)
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else None
    except UnicodeDecodeError:
        text = None
    fields = tuple(_field(f"{name}: {''.join(_LINE_END.split(str(value)))}") for name, value in leaf.items())
    charset = leaf.get_content_charset() or ""
    encoding = str(leaf.get("content-transfer-encoding", "")).strip().lower()
    return MimePart(leaf.get_content_type(), charset, encoding, text, fields)


def _defects(parsed: Message) -> Iterator[str]:
    for part in parsed.walk():
        for defect in part.defects:
            yield _("{defect} in {part}").format(defect=_said(defect), part=part.get_content_type())


def in_field(name: str) -> str:
    """The place of a finding."""
    return _("field {name}").format(name=name)


def _said(defect: Exception) -> str:
    explained = str(defect) or (type(defect).__doc__ or "").split("\n", maxsplit=1)[0]
    return f"{type(defect).__name__}: {explained}".rstrip(": ")


# -- Addresses and identifiers in fields, read from what is written, not from what it means.

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"
DOMAIN = rf"{_LABEL}(?:\.{_LABEL})+"
ENCODED_WORD = re.compile(r"=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=")
MESSAGE_ID = re.compile(rf"<{DOT_ATOM}@{DOMAIN}>")
LIST_ID = re.compile(rf"(?:(?:\"(?:[^\"\\]|\\.)*\"|{_ATOM}(?:\s+{_ATOM})*)\s+)?<({DOT_ATOM})>")
_ADDRESS = re.compile(rf"(?P<local>{DOT_ATOM})@(?P<domain>{DOMAIN})")
_MAILBOX = re.compile(
    r"(?:(?P<name>\"(?:[^\"\\]|\\.)*\"|[^\"<>@,;:()]*)\s*<(?P<inside>[^<>\s]*)>|(?P<alone>[^<>\s\",]*))"
)
_URIS = re.compile(r"<[^<>\s]+>(?:\s*,\s*<[^<>\s]+>)*")
_LOCAL_MOST, _ADDRESS_MOST = 64, 254


def address_of(mailbox: str) -> str | None:
    """The address of `Name <me@example.org>` or `me@example.org`; `None` unless it is exactly one good mailbox."""
    found = _MAILBOX.fullmatch(mailbox.strip())
    if found is None:
        return None
    address = found["inside"] if found["alone"] is None else found["alone"]
    parts = _ADDRESS.fullmatch(address)
    if parts is None or len(parts["local"]) > _LOCAL_MOST or len(address) > _ADDRESS_MOST:
        return None
    return address


def uris(value: str) -> list[str] | None:
    """The URIs of a List-* field (RFC 2369 §2); `None` when it is not a list of them in angle brackets."""
    if not _URIS.fullmatch(value.strip()):
        return None
    return re.findall(r"<([^<>\s]+)>", value)
