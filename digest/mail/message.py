"""Messages as bytes: header fields (RFC 5322; RFC 2047 for what is not ASCII) and bodies (quoted-printable).

Nothing here reads what a text says: the encoded words of a hostile text are text, and no text can begin a line.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.charset import QP, Charset
from functools import lru_cache
from hashlib import blake2b

from digest.errors import ConfigurationError, IntegrityError
from digest.foundation.addresses import NamedAddress
from digest.foundation.catalogue import _
from digest.foundation.names import dashed
from digest.foundation.words import upright
from digest.intake.picture import ADDRESS, Picture
from digest.mail.content import EDGE, Slot, VariantContent
from digest.mail.fitting import one_line, shorten, wrap
from digest.newsletters.newsletter import Newsletter

LINE_MOST = 76
SOFT_BREAK = b"=\r\n"
_MARK_EDGE = EDGE.encode()
_NOT_IN_A_FIELD = re.compile(r"[^A-Za-z0-9._-]+")
_SENDER_LEAST, _SENDER_MOST = 5, 15
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_FIELD = re.compile(r"[A-Za-z-]+: [^\r\n]+(?:\r\n [^\r\n]+)*")
_UTF_8 = Charset("utf-8")
_UTF_8.header_encoding = QP
_AROUND_A_WORD = len("=?utf-8?q??=")
_UNCHANGED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-!*+/ ")
_QUOTED_MOST = 60
_NAME_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One open row with all that its message needs. `subscriber` is the random public id, never a row number.
    `dated_at` is the Date of its message; left out: when the sending began.
    """

    row: int  # identifies the subscriber in the store only
    subscriber: str
    address: str
    name: str | None
    variant: str
    dated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message on its way. `stem` is a file name that is unique in the edition and safe on every file system;
    `delivery` names it in return paths and reports: the subscriber's public id, and what proves that we made it.
    `pieces` together are the message; what it shares with others is the same object in all of them.
    """

    edition: str
    recipient: str
    stem: str
    pieces: tuple[bytes, ...]
    delivery: str = ""

    @property
    def message(self) -> bytes:
        return b"".join(self.pieces)


# -- The message of a variant: all that its readers share, with marks where each gets something of their own.


def message_of(
    content: VariantContent,
    subject: str,
    html: str,
    text: str,
    pictures: Sequence[Picture] = (),
    *,
    has_public_url: bool,
) -> bytes:
    """A multipart/alternative of text and HTML (RFC 2046 §5.1.4): 7-bit, CRLF, the same bytes for the same input. With
    `pictures` the HTML is the root of a multipart/related (RFC 2387) that holds them.
    """
    boundary = _boundary(content, subject)
    head = _head(content, subject, boundary, has_public_url=has_public_url)
    return head + b"\r\n\r\n" + alternatives(text, html, boundary, pictures)


def _head(content: VariantContent, subject: str, boundary: str, *, has_public_url: bool) -> bytes:
    newsletter, language = content.newsletter, content.language
    fields = [
        mailbox_field("From", newsletter.sender[language]),
        HeaderField("To", Slot.TO.mark),
        text_field("Subject", subject),
        HeaderField("Date", Slot.DATE.mark),
        HeaderField("Message-ID", Slot.MESSAGE_ID.mark),
    ]
    if newsletter.reply_to is not None:
        fields.append(address_field("Reply-To", newsletter.reply_to))
    fields += (
        HeaderField("List-Id", list_id(newsletter, language)),
        HeaderField("List-Unsubscribe", Slot.LIST_UNSUBSCRIBE.mark),
    )
    if has_public_url:
        fields.append(HeaderField("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))  # RFC 8058 §3.1
    fields += (
        HeaderField("Feedback-ID", feedback_id(content)),
        HeaderField("Precedence", "bulk"),
        HeaderField("Content-Language", language),
        HeaderField("MIME-Version", "1.0"),
        HeaderField("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    )
    return head_of(fields)


def list_id(newsletter: Newsletter, language: str) -> str:
    """RFC 2919. The identifier is the same in all languages. The title stands before it only where it needs no
    encoding: filters compare this field as it is written.
    """
    label, domain = dashed(newsletter.name.lower()) or "newsletter", sender_domain(newsletter)
    title = phrase(newsletter.title(language))
    return f"<{label}.{domain}>" if "=?" in title else f"{title} <{label}.{domain}>"


def feedback_id(content: VariantContent) -> str:
    """Four fields, by which Gmail's Postmaster Tools group complaints: edition, newsletter, language, and the sender,
    who is the same in all mails. Nothing in it is about a reader.
    """
    newsletter, revision = content.newsletter, content.revision
    edition = content.period.key if revision == 1 else f"{content.period.key}.{revision}"
    fields = [_NOT_IN_A_FIELD.sub("-", field) for field in (edition, newsletter.name, content.language)]
    return ":".join([*fields, _sender_id(sender_domain(newsletter))])


def sender_domain(newsletter: Newsletter) -> str:
    """Of the address from which it comes in the language named first."""
    return next(iter(newsletter.sender.values())).address.rpartition("@")[2]


def _sender_id(domain: str) -> str:
    """The domain without its dots, where that has the 5 to 15 characters that Gmail asks for; else some of it and a
    fingerprint.
    """
    name = dashed(domain.lower()).replace("-", "")
    if _SENDER_LEAST <= len(name) <= _SENDER_MOST:
        return name
    return name[: _SENDER_MOST - 6] + blake2b(domain.lower().encode(), digest_size=3).hexdigest()


def _boundary(content: VariantContent, subject: str) -> str:
    """No body can hold it: in quoted-printable `=_` stands for nothing."""
    name = f"{content.newsletter.name}\0{content.period.key}\0{content.revision}\0{content.language}\0{subject}"
    return f"=_{blake2b(name.encode(), digest_size=16).hexdigest()}"


# -- Header fields.


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A header field as it is written, `value` folded."""

    name: str
    value: str


def text_field(name: str, text: str) -> HeaderField:
    """Free text, such as a subject."""
    clean = one_line(text)
    taken = len(name) + len(": ")
    if _is_plain(clean):
        return HeaderField(name, wrap(clean, LINE_MOST - taken).replace("\n", "\r\n "))
    return HeaderField(name, encoded_words(clean, taken))


def mailbox_field(name: str, box: NamedAddress) -> HeaderField:
    """Raise `ConfigurationError` for an address that cannot stand in a header."""
    address_field(name, box.address)
    return HeaderField(name, mailbox(box.name, box.address, len(name) + len(": ")))


def address_field(name: str, address: str) -> HeaderField:
    """An address alone; raise `ConfigurationError` when it cannot stand in a header."""
    if not is_address(address):
        raise ConfigurationError(
            f"{name}: {address}",
            _("this is no address for a message"),
            _("write it like me@example.org"),
        )
    return HeaderField(name, address)


def head_of(fields: Sequence[HeaderField]) -> bytes:
    """The header block without its empty line. Raise `IntegrityError` if any field would not be exactly one field."""
    lines = []
    for field in fields:
        line = f"{field.name}: {field.value}"
        if not (line.isascii() and _FIELD.fullmatch(line)):
            raise IntegrityError(
                _("the field {name}").format(name=field.name),
                _("{value!r} cannot be its value").format(value=field.value),
                _("correct the text"),
            )
        lines.append(line)
    return "\r\n".join(lines).encode("ascii")


def with_field(head: bytes, field: HeaderField) -> bytes:
    """A block of `head_of` with another value for a field that stands in it once; all other lines are as they were."""
    lines = head.decode("ascii").split("\r\n")
    begins = [number for number, line in enumerate(lines) if line.lower().startswith(f"{field.name.lower()}:")]
    if len(begins) != 1:
        raise IntegrityError(
            _("the field {name}").format(name=field.name),
            _("it stands {count} times").format(count=len(begins)),
            _("please report this"),
        )
    begin = begins[0]
    end = next((n for n in range(begin + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    return "\r\n".join([*lines[:begin], head_of([field]).decode("ascii"), *lines[end:]]).encode("ascii")


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


def display_name(name: str) -> str:
    """A name as it may stand beside an address: one line of at most 100 characters, which turns no direction."""
    return shorten(one_line(upright(name)), _NAME_MOST)


def is_address(text: str) -> bool:
    """Whether it can stand in a 7-bit header as it is, and is one address."""
    return _ADDRESS.fullmatch(text) is not None


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


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


# -- Bodies.


def alternatives(text: str, html: str, boundary: str, pictures: Sequence[Picture] = ()) -> bytes:
    """The parts of a multipart/alternative, the richest one last (RFC 2046 §5.1.4)."""
    plain, rich = _text_part("plain", text), _text_part("html", html)
    if pictures:
        inner = f"=_{blake2b(boundary.encode(), digest_size=16).hexdigest()}"  # neither begins as the other does
        head = f'Content-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n\r\n'.encode("ascii")
        rich = head + _parts([rich, *map(_picture_part, pictures)], inner)
    return _parts([plain, rich], boundary)


def _parts(parts: Sequence[bytes], boundary: str) -> bytes:
    border = f"--{boundary}".encode("ascii")
    return b"".join(border + b"\r\n" + part + b"\r\n" for part in parts) + border + b"--\r\n"


def _text_part(kind: str, body: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode("ascii") + quoted_body(body)


def _picture_part(picture: Picture) -> bytes:
    name = f"{picture.name[:8]}.{picture.file_name.partition('.')[2]}"
    head = (
        f"Content-Type: image/{picture.kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{picture.address.removeprefix('cid:')}>\r\n"
        f'Content-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    return head.encode("ascii") + payload_of(picture)


def payload_of(picture: Picture) -> bytes:
    """It as it stands in a message."""
    return encodebytes(picture.data).rstrip(b"\n").replace(b"\n", b"\r\n")


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


@lru_cache(maxsize=2048)  # the same stories stand in many variants
def _quoted_line(line: str) -> bytes:
    """Each by itself: binascii's own reading of lines fails where one ends with a space, or a CR is text."""
    return b2a_qp(line.encode(), istext=False)


def quoted(text: str) -> bytes:
    """One piece, whose lines end with LF alone: a CR is text. Its last line leaves room for a soft break after it."""
    encoded = b"\n".join([_quoted_line(line) for line in text.split("\n")])
    last = len(encoded) - (encoded.rfind(b"\n") + 1)
    if last >= LINE_MOST:
        cut = -3 if encoded[-3:-2] == b"=" else -1
        encoded = encoded[:cut] + b"=\n" + encoded[cut:]
    return encoded.replace(b"\n", b"\r\n")


def with_its_pictures(html: str, message: bytes) -> str:
    """The page as a browser can show it alone: the pictures that the message carries stand inside of it."""
    if ADDRESS.search(html) is None:
        return html
    carried = {}
    for part in message_from_bytes(message).walk():
        name = str(part.get("Content-ID", "")).strip("<>")
        if name:
            data = "".join(str(part.get_payload()).split())
            carried[f"cid:{name}"] = f"data:{part.get_content_type()};base64,{data}"
    return ADDRESS.sub(lambda found: carried.get(found[0], found[0]), html)
