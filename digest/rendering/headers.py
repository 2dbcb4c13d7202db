"""Writes header fields (RFC 5322; RFC 2047 for what is not ASCII) without ever reading what they say: the encoded words
of a hostile text are text, and no text can begin a line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.charset import QP, Charset

from digest.errors import ConfigurationError, IntegrityError
from digest.model.newsletter import Mailbox
from digest.rendering.shortening import one_line, shorten, wrap

LINE_MOST = 76

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_FIELD = re.compile(r"[A-Za-z-]+: [^\r\n]+(?:\r\n [^\r\n]+)*")

_UTF_8 = Charset("utf-8")
_UTF_8.header_encoding = QP
_AROUND_A_WORD = len("=?utf-8?q??=")
_UNCHANGED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-!*+/ ")
_QUOTED_MOST = 60
_NAME_MOST = 100
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # U+202E makes what follows read backwards


@dataclass(frozen=True, slots=True)
class Field:
    """A header field as it is written, `value` folded."""

    name: str
    value: str


def text_field(name: str, text: str) -> Field:
    """Free text, such as a subject."""
    clean = one_line(text)
    taken = len(name) + len(": ")
    if _is_plain(clean):
        return Field(name, wrap(clean, LINE_MOST - taken).replace("\n", "\r\n "))
    return Field(name, encoded_words(clean, taken))


def mailbox(name: str, address: str, taken: int) -> str:
    """`Name <address>` for what `is_address`, folded before it when the line would be too long. `taken` columns are
    used already.
    """
    said = phrase(display_name(name), taken)
    if not said:
        return address
    used = len(said) - said.rfind("\n") - 1 if "\n" in said else taken + len(said)
    gap = " " if used + len(address) + len(" <>") <= LINE_MOST else "\r\n "
    return f"{said}{gap}<{address}>"


def mailbox_field(name: str, box: Mailbox) -> Field:
    """Raise `ConfigurationError` for an address that cannot stand in a header."""
    address_field(name, box.address)
    return Field(name, mailbox(box.name, box.address, len(name) + len(": ")))


def address_field(name: str, address: str) -> Field:
    """An address alone; raise `ConfigurationError` when it cannot stand in a header."""
    if not is_address(address):
        raise ConfigurationError(
            f"{name}: {address}", "this is no address for a message", "write it like me@example.org"
        )
    return Field(name, address)


def display_name(name: str) -> str:
    """A name as it may stand beside an address: one line of at most 100 characters, which turns no direction."""
    return shorten(one_line(_DIRECTIONS.sub("", name)), _NAME_MOST)


def phrase(text: str, taken: int = 0) -> str:
    """A display name: plain words, else a quoted string, else encoded words."""
    clean = one_line(text)
    if not _is_plain(clean) or len(clean) > _QUOTED_MOST:
        return encoded_words(clean, taken)
    if not clean or _ATOMS.fullmatch(clean):
        return clean
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encoded_words(text: str, taken: int) -> str:
    """RFC 2047 §2: words of at most 75 characters, one a line, none cutting a character in two."""
    words = []
    start = width = 0
    room = LINE_MOST - taken - _AROUND_A_WORD
    for place, char in enumerate(text):
        wide = 1 if char in _UNCHANGED else 3 * len(char.encode())
        if width + wide > room:
            words.append(_UTF_8.header_encode(text[start:place]))
            start, width, room = place, 0, LINE_MOST - 1 - _AROUND_A_WORD
        width += wide
    words.append(_UTF_8.header_encode(text[start:]))
    return "\r\n ".join(words)


def is_address(text: str) -> bool:
    """Whether it can stand in a 7-bit header as it is, and is one address."""
    return _ADDRESS.fullmatch(text) is not None


def head_of(fields: Sequence[Field]) -> bytes:
    """The header block without its empty line. Raise `IntegrityError` if any field would not be exactly one field."""
    lines = []
    for field in fields:
        line = f"{field.name}: {field.value}"
        if not (line.isascii() and _FIELD.fullmatch(line)):
            raise IntegrityError(f"the field {field.name}", f"{field.value!r} cannot be its value", "correct the text")
        lines.append(line)
    return "\r\n".join(lines).encode("ascii")


def with_field(head: bytes, field: Field) -> bytes:
    """A block of `head_of` with another value for a field that stands in it once; all other lines are as they were."""
    lines = head.decode("ascii").split("\r\n")
    begins = [number for number, line in enumerate(lines) if line.lower().startswith(f"{field.name.lower()}:")]
    if len(begins) != 1:
        raise IntegrityError(f"the field {field.name}", f"it stands {len(begins)} times", "please report this")
    begin = begins[0]
    end = next((n for n in range(begin + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    return "\r\n".join([*lines[:begin], head_of([field]).decode("ascii"), *lines[end:]]).encode("ascii")


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text
