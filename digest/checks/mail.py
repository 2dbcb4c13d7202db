"""The message as a receiving server reads it: its fields as written, its parts decoded, its defects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import SMTP
from functools import lru_cache

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.DOTALL)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(r"\r\n|\n|\r")

# What the parser of the standard library raises on hostile fields besides its own errors.
_PARSER_FAULTS = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class Field:
    """`raw` is the unfolded value as written, `value` what it says to a person; `None` when nobody can read it."""

    name: str
    raw: str
    value: str | None
    defects: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the message. `text` is `None` when it cannot be decoded as UTF-8."""

    kind: str
    charset: str
    encoding: str
    text: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """`stray` are lines of the head that belong to no field; `boundary` is `None` when there is none."""

    fields: tuple[Field, ...]
    stray: tuple[str, ...]
    kind: str
    boundary: str | None
    parts: tuple[Part, ...]
    defects: tuple[str, ...]

    def all(self, name: str) -> list[Field]:
        return [each for each in self.fields if each.key == name]

    def first(self, name: str) -> Field | None:
        return next((each for each in self.fields if each.key == name), None)

    def raw(self, name: str) -> str:
        """The first field of that name; empty when there is none."""
        found = self.first(name)
        return "" if found is None else found.raw


def read(message: bytes) -> Mail:
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
        return Mail(fields, stray, "", None, (), (f"the message cannot be parsed ({type(fault).__name__})",))
    return Mail(fields, stray, kind, boundary, parts, defects)


def _fields(head: str) -> tuple[tuple[Field, ...], tuple[str, ...]]:
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
def _field(line: str) -> Field:
    found = _FIELD.fullmatch(line)
    name, raw = (found[1], found[2].strip(" \t")) if found else ("", line)
    try:
        header = SMTP.header_factory(name, raw)
        return Field(name, raw, str(header), tuple(_said(each) for each in header.defects))
    except _PARSER_FAULTS as fault:
        return Field(name, raw, None, (f"it cannot be parsed ({type(fault).__name__})",))


def _part(leaf: Message) -> Part:
    content = leaf.get_payload(decode=True)
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else None
    except UnicodeDecodeError:
        text = None
    fields = tuple(_field(f"{name}: {''.join(_LINE_END.split(str(value)))}") for name, value in leaf.items())
    charset = leaf.get_content_charset() or ""
    encoding = str(leaf.get("content-transfer-encoding", "")).strip().lower()
    return Part(leaf.get_content_type(), charset, encoding, text, fields)


def _defects(parsed: Message) -> Iterator[str]:
    for part in parsed.walk():
        for defect in part.defects:
            yield f"{_said(defect)} in {part.get_content_type()}"


def _said(defect: Exception) -> str:
    explained = str(defect) or (type(defect).__doc__ or "").split("\n", maxsplit=1)[0]
    return f"{type(defect).__name__}: {explained}".rstrip(": ")
