"""Opening a message: any bytes become something that can be asked, within fixed bounds of time and memory.

Every function here answers whatever it is given; none raises.
"""

import codecs
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from itertools import islice
from quopri import decodestring

from digest.foundation.words import heard

MOST_BYTES = 1 << 20  # of one message; what stands behind them is not looked at
MOST_PARTS = 60
MOST_TEXT = 1 << 16  # characters of one part
MOST_VALUE = 4_000  # characters of a header field
MOST_FIELDS = 20  # of one name
_MOST_NESTED = 40  # more nobody needs who is not up to something
_MOST_HEAD_LINES = 2_000
# The parser takes the square of a field's length for its parameters, so lines and folded fields have an end.
_OVERLONG = re.compile(rb"([^\n]{1000})[^\n]+")
_FOLDED_ON = re.compile(rb"((?:\n[ \t][^\n]*){20})(?:\n[ \t][^\n]*)+")
_DEEP = re.compile(rb"boundary\s*=|message/(?:rfc822|global|partial|external)", re.IGNORECASE)
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_VERDICT = re.compile(r"(?:^|[;\s])(dmarc|dkim|spf)\s*=\s*([a-z]+)")
_CHARSET = re.compile(
    r"(?:utf-?(?:8|16(?:-?[bl]e)?)|us-ascii|ascii|latin-?1|iso-?8859-?\d{1,2}|windows-?125\d|cp\d{3,4}|koi8-[ru]|gb\d{4,5}|gbk|big5"
    r"|euc-?(?:jp|kr)|shift[_-]?jis|iso-2022-(?:jp|kr)|ks_c_5601-1987|tis-620|macintosh)",
    re.IGNORECASE,
)
_OF_A_COPY = re.compile(  # what differs between two copies of one message
    rb"^(?:return-path|delivered-to|received|x-original-to|envelope-to|x-envelope-to|status|x-status|x-keywords|x-uid|x-mozilla\S*"
    rb"|content-length|lines|x-imap\w*|authentication-results|x-spam\S*|arc-\S*|x-received)$",
    re.IGNORECASE,
)


def opened(raw: bytes) -> Message:
    """The message; of one that is nested beyond reason, its head alone."""
    raw = _bounded(unified(raw))
    if len(_DEEP.findall(raw)) <= _MOST_NESTED:
        try:
            return BytesParser(policy=compat32).parsebytes(raw)
        except Exception:  # noqa: BLE001, S110 – whatever the parser trips over, its head can be read
            pass
    return _head_alone(raw)


def opened_whole(raw: bytes) -> Message:
    """The message with all that is in it. One that is not `is_plain` may take long, and belongs in bounds; the parser
    may trip over it.
    """
    return BytesParser(policy=compat32).parsebytes(raw)


def is_plain(raw: bytes) -> bool:
    """Whether nothing in its form makes the parser slow."""
    unusual = _OVERLONG.search(raw) or _FOLDED_ON.search(raw.replace(b"\r", b""))
    return not unusual and len(_DEEP.findall(raw)) <= _MOST_NESTED


def head_of(raw: bytes) -> Message:
    """The message without what is in it."""
    return _head_alone(_bounded(unified(raw).partition(b"\n\n")[0] + b"\n\n"))


def _bounded(raw: bytes) -> bytes:
    head, gap, body = raw.partition(b"\n\n")
    head = b"\n".join(head.split(b"\n", _MOST_HEAD_LINES)[:_MOST_HEAD_LINES])
    return _FOLDED_ON.sub(rb"\1", _OVERLONG.sub(rb"\1", head + gap + body))


def _head_alone(raw: bytes) -> Message:
    try:
        return BytesParser(policy=compat32).parsebytes(raw.partition(b"\n\n")[0] + b"\n\n", headersonly=True)
    except Exception:  # noqa: BLE001 – nor can its head: it is read as an empty message
        return Message()


def unified(raw: bytes) -> bytes:
    """At most `MOST_BYTES`, with LF at the ends of lines; a line of an mbox that names a sender is cut off."""
    text = raw[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    return text.partition(b"\n")[2] if text.startswith(b"From ") else text


def parts(message: Message) -> Iterator[Message]:
    """The message and all its parts, the outer ones first."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        yield part
        inner = part.get_payload()
        if isinstance(inner, list):
            waiting = [*waiting, *(one for one in inner if isinstance(one, Message))][:MOST_PARTS]


def kind(part: Message) -> str:
    """Its content type in lower case."""
    try:
        return part.get_content_type()
    except Exception:  # noqa: BLE001 – it claims nothing that can be read: as RFC 2045 §5.2 says, plain text
        return "text/plain"


def parameter(part: Message, name: str) -> str:
    """A parameter of its content type, in lower case."""
    try:
        return str(part.get_param(name) or "").lower()
    except Exception:  # noqa: BLE001 – a parameter that cannot be read is none
        return ""


def value(part: Message, name: str) -> str:
    """A header field on one line, decoded (RFC 2047); empty when there is none."""
    return next(iter(values(part, name)), "")


def values(part: Message, name: str) -> list[str]:
    """`name` is in lower case."""
    written = (str(raw) for key, raw in part.raw_items() if key.lower() == name)
    return [decoded_words(raw[:MOST_VALUE]) for raw in islice(written, MOST_FIELDS)]


def text_of(part: Message) -> str:
    """The text of one part, decoded, whatever its charset claims to be."""
    try:
        data = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
    except Exception:  # noqa: BLE001 – it cannot be decoded: it has no text to read
        return ""
    if not isinstance(data, bytes):
        return ""
    if len(data) > 4 * MOST_TEXT:
        data = data[: 4 * MOST_TEXT].rstrip(_BEYOND_ASCII)  # nothing is left of a letter that was cut
    try:
        text = heard(data, codecs.lookup(charset).name if _CHARSET.fullmatch(charset) else "utf-8")
    except Exception:  # noqa: BLE001 – every byte is a letter of this one
        text = data.decode("latin-1")
    return text[:MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def decoded(data: bytes, charset: str) -> str:
    """Raise `LookupError` or `ValueError` where that is none, or the bytes are not in it."""
    if not _CHARSET.fullmatch(charset):
        raise LookupError(charset)
    return data.decode(charset)


def text_within(part: Message) -> str:
    """The text of a part that is encoded as a whole, a message within it too: RFC 2046 §5.2.1 forbids that, and servers
    do it.
    """
    inner = part.get_payload()
    if not (isinstance(inner, list) and inner and isinstance(inner[0], Message)):
        return text_of(part)
    try:
        written = inner[0].as_bytes(unixfrom=False)[: 4 * MOST_TEXT].lstrip()
        data = decodestring(written) if encoding_of(part) == "quoted-printable" else _base64(written)
    except Exception:  # noqa: BLE001 – it cannot be decoded: it has no text to read
        return ""
    return data[:MOST_TEXT].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _base64(written: bytes) -> bytes:
    """Also what was cut off in the middle, as servers do with long messages."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", written)
    whole = len(letters) - (len(letters) % 4 == 1)  # one letter of four holds less than a byte
    return b64decode(letters[:whole] + b"==")


def encoding_of(part: Message) -> str:
    """How its body is encoded, in lower case (RFC 2045 §6)."""
    return value(part, "content-transfer-encoding").lower().strip()


def fingerprint_of(raw: bytes) -> str:
    """The same for every copy of a message, however it was stored or which way it came."""
    head, _, body = unified(raw).partition(b"\n\n")
    fields = re.split(rb"\n(?![ \t])", head)
    kept = [b" ".join(field.split()) for field in fields if not _OF_A_COPY.match(field.partition(b":")[0].strip())]
    text = b"\n".join(re.sub(rb"^>+(?=From )", b"", line.rstrip()) for line in body.rstrip().split(b"\n"))
    return hashlib.sha256(b"\n".join(kept) + b"\n\n" + text).hexdigest()


def failed_authentication(message: Message, trusted: str | None) -> bool:
    """Whether our own mail server says that the sender is not who they say (RFC 8601). What others say is a claim."""
    for written in values(message, "authentication-results") if trusted else ():
        server, _, results = written.lower().partition(";")
        if server.split()[:1] == [(trusted or "").lower()]:  # the topmost of ours: those below may be anybody's
            found: dict[str, str] = dict(_VERDICT.findall(results))
            if "dmarc" in found:
                return found["dmarc"] == "fail"
            return found.get("spf") == "fail" and found.get("dkim") != "pass"
    return False


def says_forged(message: Message) -> bool:
    """Whether a mail server on its way says that the sender is not who they say, where nobody has told which server is
    ours: nobody says that of a mail of their own. That all is well, only the last server is believed.
    """
    said: list[tuple[str, set[tuple[str, str]]]] = []
    for written in values(message, "authentication-results"):
        server, _, results = written.lower().partition(";")
        said.append((" ".join(server.split()[:1]), {(one[1], one[2]) for one in _VERDICT.finditer(results)}))
    if any(("dmarc", "fail") in found for _, found in said):
        return True
    last = set[tuple[str, str]]().union(*(found for server, found in said if server == said[0][0]))
    return ("spf", "fail") in last and ("dkim", "pass") not in last and not any(name == "dmarc" for name, _ in last)


def decoded_words(text: str) -> str:
    """On one line (RFC 2047)."""
    text = " ".join(text.split())
    if "=?" not in text:
        return _plain(text)
    try:
        pieces = [
            one
            if isinstance(one, str)
            else one.decode(charset if charset and _CHARSET.fullmatch(charset) else "utf-8", "replace")
            for one, charset in decode_header(text)
        ]
    except Exception:  # noqa: BLE001 – as it is written, then
        return _plain(text)
    return _plain(" ".join("".join(pieces).split()))


def _plain(text: str) -> str:
    """Bytes that are no ASCII come as surrogates."""
    return heard(text.encode("utf-8", "surrogateescape")) if not text.isascii() else text
