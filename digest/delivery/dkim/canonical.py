"""The canonical form of a message, of which DKIM signs the covered fields and the body's hash (RFC 6376 §3.4, §5.4)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from digest.errors import IntegrityError
from digest.foundation.catalogue import _
from digest.mail.content import EDGE

CRLF = b"\r\n"
# Named once more than they are present, so that nobody can add a second one, or a first one (RFC 6376 §8.15).
OVERSIGNED = (
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
# Named as often as they are present. A relay may add its own of most of these, and does no harm by it.
SIGNED = (
    "Sender",
    "In-Reply-To",
    "References",
    "Content-Language",
    "List-Id",
    "List-Help",
    "List-Owner",
    "List-Subscribe",
    "List-Archive",
    "Feedback-ID",
    "Precedence",
    "Auto-Submitted",
)
_NAME = re.compile(rb"[!-9;-~]+")  # RFC 5322 §2.2
_VALUE_MOST = 4096  # bytes that may stand in one slot; a longer value only costs time
_PROBE = 48
_EDGE = EDGE.encode("ascii")
_WHITE = frozenset(b" \t\r\n")


@dataclass(frozen=True, slots=True)
class Canonical:
    """`names` for `h=`, the covered fields each with its CRLF, and the body's SHA-256."""

    names: tuple[str, ...]
    covered: bytes
    body_hash: bytes


def canonical(message: bytes) -> Canonical:
    """Raise `IntegrityError` for a message whose header is no header block, or that has not exactly one From."""
    names, covered, body = canonical_parts(message)
    return Canonical(names, covered, sha256(body).digest())


def canonical_parts(message: bytes) -> tuple[tuple[str, ...], bytes, bytes]:
    """The same with the body itself."""
    end = end_of_head(message)
    relaxed = [_relaxed(field) for field in _split(message[:end])]
    covering = covering_of([field.partition(b":")[0] for field in relaxed])
    covered = b"".join([relaxed[place] + CRLF for place in covering.places])
    return covering.names, covered, relaxed_body(message[end + 2 * len(CRLF) :])


def end_of_head(message: bytes) -> int:
    """Where the CRLF before the empty line begins."""
    end = message.find(CRLF + CRLF)
    if end < 0:
        raise _broken(_("no empty line ends its header"))
    return end


def _split(head: bytes) -> Iterator[bytes]:
    """Fields as they are written, folds included."""
    lines = head.split(CRLF)
    if head.count(b"\r") + head.count(b"\n") != 2 * (len(lines) - 1):
        raise _broken(_("a line of its header has half an end"))
    field = lines[0]
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t"):
            field += CRLF + line
        else:
            yield field
            field = line
    yield field


def _relaxed(field: bytes) -> bytes:
    relaxed = relaxed_field(field)
    if b":" not in field or not _NAME.fullmatch(relaxed.partition(b":")[0]):
        raise _broken(_("a line of its header is no field"))
    return relaxed


def _broken(cause: str) -> IntegrityError:
    return IntegrityError(_("a message to be signed"), cause, _("build the edition again"))


# -- The relaxed form (§3.4): the white space that a relay may change without breaking a signature. A line ends with
# CRLF and with nothing else.


def relaxed_field(field: bytes) -> bytes:
    """§3.4.2 for one header field, folded or not, with or without its last CRLF. The answer has none."""
    name, _, value = field.partition(b":")
    return name.rstrip(b" \t").lower() + b":" + single_spaced(value.replace(CRLF, b"")).strip(b" ")


def relaxed_body(body: bytes) -> bytes:
    """§3.4.4: empty for a body without text, otherwise ended by exactly one CRLF."""
    text = relaxed_lines(body).removesuffix(b" ")
    end = len(text)
    while text.endswith(CRLF, 0, end):
        end -= len(CRLF)
    return text[:end] + CRLF if end else b""


def relaxed_lines(text: bytes) -> bytes:
    """White space within lines and at their ends: what §3.4.4 does to a part from the midst of a body."""
    return single_spaced(text).replace(b" \r\n", CRLF)


def single_spaced(text: bytes) -> bytes:
    """Every run of white space as one space."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:  # halves the longest run each time; five times as fast as a regular expression
        text = text.replace(b"  ", b" ")
    return text


# -- Which header fields are covered (§5.4): what a reader, a reply or an unsubscription depends on.


@dataclass(frozen=True, slots=True)
class Covering:
    """`names` are those of `h=`; `places` are the covered fields' among the message's, in the order they are signed."""

    names: tuple[str, ...]
    places: tuple[int, ...]


def covering_of(present: Sequence[bytes]) -> Covering:
    """`present` are the names of the message's fields, in lower case, from the top. Of several fields with one name
    the lowest is signed first (§5.4.2). Raise `IntegrityError` for a message without exactly one From.
    """
    if present.count(b"from") != 1:
        raise IntegrityError(
            _("a message to be signed"), _("it must have exactly one From"), _("build the edition again")
        )
    names: list[str] = []
    places: list[int] = []
    for name in (*OVERSIGNED, *SIGNED):
        wanted = name.lower().encode("ascii")
        found = [place for place, each in enumerate(present) if each == wanted]
        names += [name] * (len(found) + (name in OVERSIGNED))
        places += reversed(found)
    return Covering(tuple(names), tuple(places))


# -- The layout of one variant: its canonical form is made once, with the slots in it, and filled for every message.


class Layout:
    """Answers what `canonical` answers, quickly where a message is one of the variant.

    Nothing is taken on trust: every shared byte is compared. A value is made canonical by itself, which is right where
    it begins and ends with something to see, as the slot mark does whose place it takes. All else goes the long way.
    """

    def __init__(self, variant: bytes) -> None:
        """`variant` is the message with its slot marks (`Rendered.message`)."""
        pieces = variant.split(_EDGE)
        for number in range(len(pieces) // 2):
            pieces[2 * number + 1] = b"%d" % number
        self._names, covered, body = canonical_parts(_EDGE.join(pieces))
        self._covered = covered.split(_EDGE)
        self._in_covered = [int(number) for number in self._covered[1::2]]
        front, *rest = body.split(_EDGE)
        self._front = sha256(front)
        self._rest = tuple((int(number), piece) for number, piece in zip(rest[::2], rest[1::2], strict=True))
        self._in_head = variant.count(_EDGE, 0, end_of_head(variant)) // 2
        self._pieces = tuple((piece[:_PROBE], piece) for piece in pieces[::2])

    def canonical(self, message: bytes) -> Canonical:
        """The message's own form, whatever message it is; raise as the function of that name does."""
        values = self._values(message)
        if values is None:
            return canonical(message)
        covered = self._covered.copy()
        covered[1::2] = [values[number] for number in self._in_covered]
        body = self._front.copy()
        for number, piece in self._rest:
            body.update(values[number])
            body.update(piece)
        return Canonical(self._names, b"".join(covered), body.digest())

    def _values(self, message: bytes) -> list[bytes] | None:
        """What stands in the slots, in canonical form; `None` when that cannot be said."""
        values: list[bytes] = []
        place = most = 0
        for number, (probe, piece) in enumerate(self._pieces):
            found = message.find(probe, place, most + len(probe))
            if found < 0 or not message.startswith(piece, found):
                return None
            if number:
                value = _relaxed_value(message[place:found], in_head=number <= self._in_head)
                if value is None:
                    return None
                values.append(value)
            place = found + len(piece)
            most = place + _VALUE_MOST
        return values if place == len(message) else None


def _relaxed_value(value: bytes, *, in_head: bool) -> bytes | None:
    if not value or value[0] in _WHITE or value[-1] in _WHITE:
        return None
    if not in_head:
        return relaxed_lines(value) if b" " in value or b"\t" in value else value
    unfolded = value.replace(b"\r\n ", b" ")
    return None if b"\r" in unfolded or b"\n" in unfolded else single_spaced(unfolded)
