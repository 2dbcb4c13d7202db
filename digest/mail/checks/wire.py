"""Are the bytes a message that any server takes? RFC 5322, RFC 2045, RFC 2046."""

import re
from collections import Counter
from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document
from digest.mail.checks.fields import MimePart, in_field
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import listed, quoted

LINE_MOST, LINE_GOOD, BOUNDARY_MOST = 998, 78, 70
MANDATORY = ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type")
KINDS = ["text/plain", "text/html"]
PICTURES = ("image/png", "image/jpeg")
_REPORT = later("report it: the message is not built as it should be")
SEVEN_BIT = error(
    "WIRE-001",
    asks="every byte is 7-bit",
    why="RFC 5322 §2.1: servers without 8BITMIME refuse or damage anything else",
    fix=later("encode the part as quoted-printable and the field as encoded words"),
)
LINE_ENDS = error(
    "WIRE-002",
    asks="lines end with CRLF; no bare CR or LF, no NUL",
    why="RFC 5322 §2.3; bare line ends let one message pass for two (SMTP smuggling, CVE-2023-51764)",
    fix=_REPORT,
)
LINE_LENGTH = error(
    "WIRE-003",
    asks=f"no line is longer than {LINE_MOST} bytes",
    why="RFC 5322 §2.1.1",
    fix=later("shorten or fold the line"),
)
LINE_COMFORT = warning(
    "WIRE-004",
    asks=f"lines have at most {LINE_GOOD} bytes, except where there is no space to break at",
    why="RFC 5322 §2.1.1",
    fix=later("fold the field at a space, or encode the body as quoted-printable"),
)
FIELD_MISSING = error(
    "WIRE-005",
    asks=f"the fields {', '.join(MANDATORY)} are there",
    why="RFC 5322 §3.6, RFC 2045 §4; Gmail refuses mail without them",
    fix=_REPORT,
)
FIELD_REPEATED = error(
    "WIRE-006",
    asks="no field of the head stands twice",
    why="RFC 5322 §3.6, RFC 2369 §3: servers and readers may each believe another one",
    fix=later("remove all but one"),
)
DEFECT = error(
    "WIRE-007",
    asks="a strict parser finds no defect, in no field and no part",
    why="RFC 5322, RFC 2045; Gmail and Yahoo ask for standard format",
    fix=later("correct the field or part that is named"),
)
STRUCTURE = error(
    "WIRE-008",
    asks="the message is multipart/alternative: text/plain, then text/html, or that with its pictures",
    why="RFC 2046 §5.1.4: the last part is the richest one",
    fix=later("put both parts into one multipart/alternative, the text first, PNG or JPEG pictures last"),
)
CHARSET = error(
    "WIRE-009",
    asks='both parts say charset="utf-8" and are UTF-8',
    why="RFC 2045 §5.2: without it accents are guessed",
    fix=later('write charset="utf-8" and encode the part as UTF-8'),
)
ENCODING = error(
    "WIRE-010",
    asks="both parts are quoted-printable",
    why="RFC 2045 §6.7: readable on the way, never broken by a server, not suspicious to spam filters",
    fix=later("set Content-Transfer-Encoding: quoted-printable and encode the part so"),
)
BOUNDARY = error(
    "WIRE-011",
    asks=f"the boundary has 1 to {BOUNDARY_MOST} characters",
    why="RFC 2046 §5.1.1",
    fix=later("choose a shorter boundary"),
)
CONTENT = error(
    "WIRE-012",
    asks="the parts of the message are the very HTML and text that were checked",
    why="what is approved is what is sent",
    fix=later("build the edition again; report it if it comes back"),
)
VERSION = error(
    "WIRE-013",
    asks="MIME-Version is 1.0",
    why="RFC 2045 §4",
    fix=later("write MIME-Version: 1.0"),
)
STRAY_LINE = error(
    "WIRE-014",
    asks="every line of the head is a field or continues one",
    why="RFC 5322 §2.2: parsers end the head there, and the rest of it becomes text",
    fix=_REPORT,
)
RULES = (
    SEVEN_BIT,
    LINE_ENDS,
    LINE_LENGTH,
    LINE_COMFORT,
    FIELD_MISSING,
    FIELD_REPEATED,
    DEFECT,
    STRUCTURE,
    CHARSET,
    ENCODING,
    BOUNDARY,
    CONTENT,
    VERSION,
    STRAY_LINE,
)
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")
_HEAD_NAME = re.compile(rb"[A-Za-z-]+: ")
_MAY_REPEAT = frozenset(("received", "dkim-signature", "authentication-results"))


def check(document: Document) -> Iterator[Finding]:
    yield from _bytes(document.specimen.message)
    yield from _fields(document)
    yield from _structure(document)
    if len(document.mail.texts) == len(KINDS):
        for part, checked in zip(document.mail.texts, (document.specimen.text, document.specimen.html), strict=True):
            yield from _part(part, checked)


def _bytes(message: bytes) -> Iterator[Finding]:
    lines = message.split(b"\r\n")
    if not message.isascii():
        number = next(number for number, line in enumerate(lines, 1) if not line.isascii())
        yield SEVEN_BIT.broken(_("message, line {number}").format(number=number), _("it holds a byte above 127"))
    pairs = message.count(b"\r\n")
    pure = pairs == message.count(b"\n") == message.count(b"\r") and b"\0" not in message
    if not pure and (found := _BARE.search(message)):
        number = message.count(b"\r\n", 0, found.start()) + 1
        name = {b"\n": _("LF without CR"), b"\r": _("CR without LF"), b"\0": "NUL"}[found[0]]
        yield LINE_ENDS.broken(
            _("message, line {number}").format(number=number), _("it holds a {name}").format(name=name)
        )
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MOST:
            yield LINE_LENGTH.broken(
                _("message, line {number}").format(number=number), _("it has {count} bytes").format(count=len(line))
            )
        elif len(line) > LINE_GOOD and b" " in _HEAD_NAME.sub(b"", line, count=1).strip():
            yield LINE_COMFORT.broken(
                _("message, line {number}").format(number=number), _("it has {count} bytes").format(count=len(line))
            )


def _fields(document: Document) -> Iterator[Finding]:
    mail = document.mail
    counts = Counter(field.key for field in mail.fields)
    for name in MANDATORY:
        if not counts[name.lower()]:
            yield FIELD_MISSING.broken(_("message head"), _("there is no field {name}").format(name=name))
    for name, count in counts.items():
        if count > 1 and name not in _MAY_REPEAT:
            yield FIELD_REPEATED.broken(in_field(name), _("it stands {count} times").format(count=count))
    for field in (*mail.fields, *(field for part in mail.parts for field in part.fields)):
        if field.defects:
            yield DEFECT.broken(
                in_field(field.name),
                _("a strict parser says {defect}").format(defect=listed(list(field.defects))),
            )
    for defect in mail.defects:
        yield DEFECT.broken(_("message body"), _("a strict parser says {defect}").format(defect=defect))
    if counts["mime-version"] and mail.raw("mime-version") != "1.0":
        yield VERSION.broken(
            in_field("MIME-Version"),
            _("it says {said}").format(said=quoted(mail.raw("mime-version"))),
        )
    for line in mail.stray:
        yield STRAY_LINE.broken(_("message head"), _("the line {line} belongs to no field").format(line=quoted(line)))


def _structure(document: Document) -> Iterator[Finding]:
    mail = document.mail
    kinds = [part.kind for part in mail.parts]
    pictures = kinds[len(KINDS) :]
    if mail.kind != "multipart/alternative" or kinds != [*KINDS, *pictures] or not set(pictures) <= set(PICTURES):
        found = (
            _("{kind} of {parts}").format(kind=mail.kind, parts=listed(kinds))
            if kinds
            else mail.kind or _("nothing that can be read")
        )
        yield STRUCTURE.broken(_("message structure"), _("it is {found}").format(found=found))
    if mail.boundary is None or not 1 <= len(mail.boundary) <= BOUNDARY_MOST:
        length = 0 if mail.boundary is None else len(mail.boundary)
        yield BOUNDARY.broken(in_field("Content-Type"), _("the boundary has {count} characters").format(count=length))


def _part(part: MimePart, checked: str) -> Iterator[Finding]:
    place = _("message, part {kind}").format(kind=part.kind)
    if part.charset != "utf-8":
        yield CHARSET.broken(place, _("its charset is {charset}").format(charset=quoted(part.charset)))
    if part.encoding != "quoted-printable":
        yield ENCODING.broken(place, _("its transfer encoding is {encoding}").format(encoding=quoted(part.encoding)))
    if part.text is None:
        yield CHARSET.broken(place, _("its bytes are not UTF-8"))
    elif _same_line_ends(part.text) != _same_line_ends(checked):
        yield CONTENT.broken(place, f"{_difference(part.text, checked)}")


def _same_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\n")


def _difference(sent: str, checked: str) -> str:
    pairs = zip(_same_line_ends(sent).split("\n"), _same_line_ends(checked).split("\n"), strict=False)
    for number, (one, other) in enumerate(pairs, 1):
        if one != other:
            return _("line {number} differs from what was checked: {text}").format(number=number, text=quoted(one))
    return _("it has more or fewer lines than what was checked")
