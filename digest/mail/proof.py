"""The parse-back proof: a finished message is read again, by the standard library and by a reader of our own, and must
say what was meant. Done for the first messages of each variant, to a plain name and to one with accents, and for all
whose name or address is unusual.

The standard library is not trusted alone: versions of it decoded line breaks out of names into the header
(CVE-2024-6923, CVE-2026-1299).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from email.utils import parsedate_to_datetime
from enum import Enum
from quopri import decodestring

from digest.errors import IntegrityError
from digest.foundation.catalogue import _
from digest.mail.content import EDGE, Slot
from digest.mail.message import Recipient, display_name

LINE_MOST = 998  # RFC 5322 §2.1.1
_PLAIN_NAME = re.compile(r"(?:[A-Za-z]{1,40}(?: [A-Za-z]{1,40}){0,3})?")
_ACCENTED_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ſ]{1,20}(?: [A-Za-zÀ-ÖØ-öø-ſ]{1,20}){0,3}")
_USUAL_ADDRESS = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:\.[A-Za-z0-9_+-]{1,40}){0,3}@[A-Za-z0-9.-]{1,100}")
_FIELD = re.compile(rb"([A-Za-z-]+): ([^\r\n]+(?:\r\n [^\r\n]+)*)\r\n")
_WORD = re.compile(r"=\?utf-8\?q\?([!->@-~]+)\?=", re.IGNORECASE)
_BOUNDARY = re.compile(rb'boundary="([^"\r\n]+)"')
_MESSAGE_ID = re.compile(r"<[0-9a-f]+@[A-Za-z0-9.-]+>")
_KINDS = ["text/plain", "text/html"]
_KINDS_WITH_PICTURES = ["text/plain", "multipart/related", "text/html"]  # and then the pictures
_PICTURES = ("image/png", "image/jpeg")
_FIELDS_OF_PARTS = {
    "multipart/related": ["Content-Type"],
    **{kind: ["Content-Transfer-Encoding", "Content-Type"] for kind in _KINDS},
    **{kind: ["Content-Disposition", "Content-ID", "Content-Transfer-Encoding", "Content-Type"] for kind in _PICTURES},
}
_MARK = re.compile(f"{EDGE}([a-z-]+){EDGE}")


class Prover:
    """For all messages of one variant, given with its slot marks."""

    def __init__(self, variant: bytes, date: datetime) -> None:
        self._date = date
        self._fields = list(_fields(variant.partition(b"\r\n\r\n")[0]))
        self._boundary = _boundary(variant)
        self._borders = variant.count(self._boundary)
        self._proven: set[NameKind] = set()

    def __call__(self, recipient: Recipient, pieces: Sequence[bytes]) -> str | None:
        """What is wrong with the person's message; `None` for one that is as it was meant, or need not be looked at.

        Raise `IntegrityError` where no unusual value can be the cause: then it is wrong for everybody.
        """
        kind = kind_of(recipient)
        if kind in self._proven:
            return None
        try:
            fault = self._fault(recipient, b"".join(pieces), whole=kind is not NameKind.UNUSUAL)
        except (MessageError, ValueError, LookupError, AttributeError, TypeError) as error:  # of the library
            fault = _("it cannot be read back ({fault})").format(fault=type(error).__name__)
        if kind is NameKind.UNUSUAL:
            return fault
        if fault is not None:
            raise IntegrityError(
                _("a message"),
                _("read back, {fault}").format(fault=fault),
                _("it and all that follow stay here; report this"),
            )
        self._proven.add(kind)
        return None

    def require(self, sample: Recipient, pieces: Sequence[bytes]) -> None:
        """Raise `IntegrityError` unless the sample's message is right: else an unusual person could be blamed for what
        is wrong for everybody.
        """
        self(sample, pieces)
        self._proven.clear()

    def _fault(self, recipient: Recipient, message: bytes, *, whole: bool) -> str | None:
        head, end, body = message.partition(b"\r\n\r\n")
        lines = message.count(b"\r\n")
        if not end or not message.isascii() or b"\0" in message or not message.endswith(b"\r\n"):
            return _("it is no message of 7-bit lines")
        if not lines == message.count(b"\r") == message.count(b"\n"):
            return _("it has half a line end")
        if any(len(line) > LINE_MOST for line in head.split(b"\r\n")):
            return _("it has a line that is too long")
        if head.count(self._boundary) + body.count(self._boundary) != self._borders:
            return _("it has other parts")
        found = list(_fields(head))
        return (
            self._differing(found)
            or self._misread(recipient, found)
            or _misread_by_library(recipient, head, found, whole=whole)
            or (_other_structure(message) if whole else None)
        )

    def _differing(self, found: Sequence[tuple[str, str]]) -> str | None:
        """All that is no slot is the variant's, to the byte."""
        if [name for name, _value in found] != [name for name, _value in self._fields]:
            return _("it has other fields")
        for (name, value), (_name, meant) in zip(found, self._fields, strict=True):
            if EDGE not in meant and value != meant:
                return _("its field {name} differs").format(name=name)
        return None

    def _misread(self, recipient: Recipient, found: Sequence[tuple[str, str]]) -> str | None:
        """The slots by our own reading."""
        values = dict(found)
        for name, meant in self._fields:
            value = _unfolded(values[name])
            match [Slot(each) for each in _MARK.findall(meant)]:
                case [Slot.TO]:
                    right = _mailbox(value) == (display_name(recipient.name or ""), recipient.address)
                case [Slot.DATE]:
                    date = recipient.dated_at or self._date
                    right = parsedate_to_datetime(value) == date.replace(microsecond=0)
                case [Slot.MESSAGE_ID]:
                    right = _MESSAGE_ID.fullmatch(value) is not None
                case [Slot.LIST_UNSUBSCRIBE]:
                    right = _lists_uris(value, recipient.subscriber)
                case _:
                    right = True
            if not right:
                return _("its field {name} does not say what was meant").format(name=name)
        return None


class NameKind(Enum):
    """How a person's name and address look. All of one kind are written in the same way, but for the unusual."""

    PLAIN = 1
    ACCENTED = 2
    UNUSUAL = 3


def kind_of(recipient: Recipient) -> NameKind:
    if not _USUAL_ADDRESS.fullmatch(recipient.address):
        return NameKind.UNUSUAL
    name = recipient.name or ""
    if _PLAIN_NAME.fullmatch(name):
        return NameKind.PLAIN
    return NameKind.ACCENTED if _ACCENTED_NAME.fullmatch(name) else NameKind.UNUSUAL


def _fields(head: bytes) -> Iterator[tuple[str, str]]:
    """Raise `ValueError` unless the block is nothing but fields."""
    place, block = 0, head + b"\r\n"
    while place < len(block):
        found = _FIELD.match(block, place)
        if found is None:
            raise ValueError(_("a line of the head is no field"))
        yield found[1].decode("ascii"), found[2].decode("ascii")
        place = found.end()


def _boundary(variant: bytes) -> bytes:
    found = _BOUNDARY.search(variant)
    if found is None:
        raise IntegrityError(_("the variant's message"), _("it has no boundary"), _("build the edition again"))
    return found[1]


def _unfolded(value: str) -> str:
    return value.replace("\r\n ", " ")


def _mailbox(value: str) -> tuple[str, str]:
    name, bracket, address = value.rpartition("<")
    if not bracket:
        return "", value
    name = name.removesuffix(" ")
    if name.startswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1]), address.removesuffix(">")
    return _decoded(name), address.removesuffix(">")


def _decoded(text: str) -> str:
    """RFC 2047 §6.2: white space between two encoded words is none."""
    spaced = re.sub(r"(\?=) (?==\?)", r"\1", text)
    octets = bytearray()
    said, place = "", 0
    for word in _WORD.finditer(spaced):
        if word.start() > place:
            said += octets.decode() + spaced[place : word.start()]
            octets.clear()
        octets += decodestring(word[1].replace("_", " ").encode("ascii"))
        place = word.end()
    return said + octets.decode() + spaced[place:]


def _lists_uris(value: str, subscriber: str) -> bool:
    """A page perhaps and a mail certainly, each for this person."""
    uris = re.findall(r"<([^<>\s]+)>", value)
    schemes = [uri.partition(":")[0] for uri in uris]
    return (
        value == ", ".join(f"<{uri}>" for uri in uris)
        and schemes in (["mailto"], ["https", "mailto"])
        and all(subscriber in uri for uri in uris)
    )


def _misread_by_library(
    recipient: Recipient, head: bytes, found: Sequence[tuple[str, str]], *, whole: bool
) -> str | None:
    """The same by the standard library's reading."""
    read = BytesParser(EmailMessage, policy=modern).parsebytes(head + b"\r\n\r\n", headersonly=True)
    if list(read.keys()) != [name for name, _value in found]:
        return _("it has other fields for the standard library")
    # It leaves spaces between encoded words on two lines, which are none: here they do not count.
    meant = ("".join(display_name(recipient.name or "").split()), recipient.address)
    if read["To"].defects or _only(read["To"]) != meant:
        return _("its field To says something else to the standard library")
    if not whole:
        return None
    for name, value in found:
        text = str(read[name])
        if read[name].defects or "\r" in text or "\n" in text:
            return _("its field {name} has a defect").format(name=name)
        if name in ("Subject", "From") and text != _decoded(_unfolded(value)):
            return _("its field {name} says something else to the standard library").format(name=name)
    return None


def _only(header: object) -> tuple[str, str] | None:
    """The name without its spaces, and the address."""
    if not isinstance(header, AddressHeader) or len(header.addresses) != 1 or len(header.groups) != 1:
        return None
    (only,) = header.addresses
    return "".join(only.display_name.split()), only.addr_spec


def _other_structure(message: bytes) -> str | None:
    read = BytesParser(EmailMessage, policy=modern).parsebytes(message)
    parts = [part for part in read.walk() if part is not read]
    kinds = [part.get_content_type() for part in parts]
    shown = kinds[len(_KINDS_WITH_PICTURES) :]
    with_pictures = [*_KINDS_WITH_PICTURES, *shown] if shown and all(kind in _PICTURES for kind in shown) else None
    if read.get_content_type() != "multipart/alternative" or kinds not in (_KINDS, with_pictures):
        return _("it has another structure")
    if any(sorted(part.keys()) != _FIELDS_OF_PARTS[kind] for part, kind in zip(parts, kinds, strict=True)):
        return _("a part of it has other fields")
    return _("it has a defect") if any(part.defects for part in (read, *parts)) else None
