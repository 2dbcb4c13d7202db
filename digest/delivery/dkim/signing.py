"""Signatures: the DKIM-Signature fields that are put in front of a message (RFC 6376 §3.5, §3.7; RFC 8463)."""

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import TracebackType
from typing import Self, TypeVar

from digest.delivery.dkim.keys import SigningKey
from digest.errors import ConfigurationError, IntegrityError
from digest.mail.content import EDGE

# -- The relaxed canonicalisation of RFC 6376 §3.4: the white space that a relay may change without breaking a signature.
# All functions are pure and take and return bytes; a line ends with CRLF and with nothing else.

CRLF = b"\r\n"


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


# -- Which header fields a signature covers (RFC 6376 §5.4): what a reader, a reply or an unsubscription depends on.

# Named once more than they are present, so that nobody can add a second one, or a first one (RFC 6376 §8.15).
OVERSIGNED = (
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
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
    "Cc",
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
        raise IntegrityError("a message to be signed", "it must have exactly one From", "build the edition again")
    names: list[str] = []
    places: list[int] = []
    for name in (*OVERSIGNED, *SIGNED):
        wanted = name.lower().encode("ascii")
        found = [place for place, each in enumerate(present) if each == wanted]
        names += [name] * (len(found) + (name in OVERSIGNED))
        places += reversed(found)
    return Covering(tuple(names), tuple(places))


# -- A pool of threads that sign on all cores: RSA and SHA-256 let go of Python's lock while they work.

P = TypeVar("P")
T = TypeVar("T")
Sign = Callable[[bytes], bytes]
_TASKS_EACH = 4  # per thread and call, so that the cores end together …
_AT_ONCE = 32  # … but no more messages in one: handing them over costs little beside them


class SigningPool:
    """A context manager; leaving it waits for what is under way. What `sign` raises, the caller meets."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="signing")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=kind is not None)

    def submit(self, sign: Sign, message: bytes) -> Future[bytes]:
        """`sign` is a prepared signer's method."""
        return self._threads.submit(sign, message)

    def run(self, work: Callable[[P], T], of: P) -> Future[T]:
        """Like `submit`, for work of another kind."""
        return self._threads.submit(work, of)

    async def sign_many(self, sign: Sign, messages: Sequence[bytes]) -> list[bytes]:
        """In the order of the messages. The event loop goes on meanwhile; several calls may be under way at once."""
        at_once = min(_AT_ONCE, -(-len(messages) // (_TASKS_EACH * self._workers))) or 1
        tasks = [
            asyncio.wrap_future(self._threads.submit(_each, sign, messages[start : start + at_once]))
            for start in range(0, len(messages), at_once)
        ]
        return [signature for signed in await asyncio.gather(*tasks) for signature in signed]


def _each(sign: Sign, messages: Sequence[bytes]) -> list[bytes]:
    return [sign(message) for message in messages]


# -- Reads a message for signing: its covered fields in canonical form, and the hash of its body in that form.

_NAME = re.compile(rb"[!-9;-~]+")  # RFC 5322 §2.2


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
        raise _broken("no empty line ends its header")
    return end


def _split(head: bytes) -> Iterator[bytes]:
    """Fields as they are written, folds included."""
    lines = head.split(CRLF)
    if head.count(b"\r") + head.count(b"\n") != 2 * (len(lines) - 1):
        raise _broken("a line of its header has half an end")
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
        raise _broken("a line of its header is no field")
    return relaxed


def _broken(cause: str) -> IntegrityError:
    return IntegrityError("a message to be signed", cause, "build the edition again")


# -- The layout of one variant: its canonical form is made once, with the slots in it, and filled for every message.

_VALUE_MOST = 4096  # bytes that may stand in one slot; a longer value only costs time
_PROBE = 48
_EDGE = EDGE.encode("ascii")
_WHITE = frozenset(b" \t\r\n")


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


_LINE_MOST = 76
_FIRST_LINE = _LINE_MOST - len(" b=")


class Signer:
    """Signs for one domain, with each of the keys in turn: a message gets one field per key."""

    def __init__(self, domain: str, keys: Sequence[SigningKey]) -> None:
        """`domain` is what the record stands under and what DMARC compares with the From."""
        if not keys:
            raise ConfigurationError(f"DKIM for {domain}", "there is no key", "make one with: digest dkim keygen")
        self._domain = domain
        self._keys = tuple(keys)

    def prepare(self, variant: bytes, signed_at: datetime) -> "VariantSigner":
        """For all messages of one variant, given with its slot marks. `signed_at` is stored with the edition."""
        return VariantSigner(self._domain, self._keys, Layout(variant), signed_at)

    def sign(self, message: bytes, signed_at: datetime) -> bytes:
        """For a single message; see `VariantSigner.sign`."""
        return VariantSigner(self._domain, self._keys, None, signed_at).sign(message)


@dataclass(frozen=True, slots=True)
class _Front:
    """A signature's tags before the body hash: as they are written, and in canonical form."""

    key: SigningKey
    written: bytes
    relaxed: bytes


class VariantSigner:
    """Signs the messages of one variant; may be used by many threads at once."""

    def __init__(self, domain: str, keys: tuple[SigningKey, ...], layout: Layout | None, signed_at: datetime) -> None:
        if signed_at.tzinfo is None:
            raise IntegrityError(f"DKIM for {domain}", "the instant has no time zone", "this is a fault of the program")
        self._domain = domain
        self._keys = keys
        self._canonical = canonical if layout is None else layout.canonical
        self._time = int(signed_at.timestamp())
        self._fronts: dict[tuple[str, ...], tuple[_Front, ...]] = {}

    def sign(self, message: bytes) -> bytes:
        """The fields to be put in front of the message, each folded and ended by CRLF; the same bytes every time.

        Raise `IntegrityError` for a message whose header is no header block, or that has not exactly one From.
        """
        form = self._canonical(message)
        fronts = self._fronts.get(form.names)
        if fronts is None:
            fronts = self._fronts[form.names] = tuple(self._front(key, form.names) for key in self._keys)
        body_hash = b64encode(form.body_hash)
        return b"".join([_field(front, form.covered, body_hash) for front in fronts])

    def _front(self, key: SigningKey, names: Sequence[str]) -> _Front:
        lines = [
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;",
            f" d={self._domain}; s={key.selector};",
            f" t={self._time};",
            *_folded(names),
            " bh=",
        ]
        written = "\r\n".join(lines).encode("ascii")
        return _Front(key, written, relaxed_field(written))


def _folded(names: Sequence[str]) -> list[str]:
    lines = [" h=" + names[0]]
    for name in names[1:]:
        if len(lines[-1]) + len(name) + len(":;") > _LINE_MOST:
            lines[-1] += ":"
            lines.append("  " + name)
        else:
            lines[-1] += ":" + name
    lines[-1] += ";"
    return lines


def _field(front: _Front, covered: bytes, body_hash: bytes) -> bytes:
    signed = b64encode(front.key.sign(b"".join((covered, front.relaxed, body_hash, b"; b="))))
    lines = [signed[:_FIRST_LINE]]
    lines += [signed[start : start + _LINE_MOST - 1] for start in range(_FIRST_LINE, len(signed), _LINE_MOST - 1)]
    return b"".join((front.written, body_hash, b";\r\n b=", b"\r\n ".join(lines), CRLF))
