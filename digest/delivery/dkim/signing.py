"""Signatures: the DKIM-Signature fields that are put in front of a message (RFC 6376 §3.5, §3.7; RFC 8463)."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from digest.delivery.dkim.canonical import CRLF, Layout, canonical, relaxed_field
from digest.delivery.dkim.keys import SigningKey
from digest.errors import ConfigurationError, IntegrityError
from digest.foundation.catalogue import _

_LINE_MOST = 76
_FIRST_LINE = _LINE_MOST - len(" b=")
P = TypeVar("P")
T = TypeVar("T")
Sign = Callable[[bytes], bytes]
_TASKS_EACH = 4  # per thread and call, so that the cores end together …
_FRONTS_MOST = 64  # times
_AT_ONCE = 32  # … but no more messages in one: handing them over costs little beside them


class Signer:
    """Signs for one domain, with each of the keys in turn: a message gets one field per key."""

    def __init__(self, domain: str, keys: Sequence[SigningKey]) -> None:
        """`domain` is what the record stands under and what DMARC compares with the From."""
        if not keys:
            raise ConfigurationError(
                _("DKIM for {domain}").format(domain=domain),
                _("there is no key"),
                _("make one with: digest dkim keygen"),
            )
        self._domain = domain
        self.keys = tuple(keys)

    def prepare(self, variant: bytes, signed_at: datetime) -> "VariantSigner":
        """For all messages of one variant, given with its slot marks. `signed_at` is stored with the edition."""
        return VariantSigner(self._domain, self.keys, Layout(variant), signed_at)

    def sign(self, message: bytes, signed_at: datetime) -> bytes:
        """For a single message; see `VariantSigner.sign`."""
        return VariantSigner(self._domain, self.keys, None, signed_at).sign(message)


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
            raise IntegrityError(
                _("DKIM for {domain}").format(domain=domain),
                _("the instant has no time zone"),
                _("this is a fault of the program"),
            )
        self._domain = domain
        self._keys = keys
        self._canonical = canonical if layout is None else layout.canonical
        self._time = int(signed_at.timestamp())
        self._fronts: dict[tuple[int, tuple[str, ...]], tuple[_Front, ...]] = {}

    def sign(self, message: bytes, signed_at: datetime | None = None) -> bytes:
        """The fields to be put in front of the message, each folded and ended by CRLF; the same bytes every time.
        `signed_at` is the message's own time.

        Raise `IntegrityError` for a message whose header is no header block, or that has not exactly one From.
        """
        form = self._canonical(message)
        at = self._time if signed_at is None else int(signed_at.timestamp())
        fronts = self._fronts.get((at, form.names))
        if fronts is None:
            if len(self._fronts) >= _FRONTS_MOST:
                self._fronts.clear()  # other threads go on with what they have
            fronts = self._fronts[at, form.names] = tuple(self._front(key, form.names, at) for key in self._keys)
        body_hash = b64encode(form.body_hash)
        return b"".join([_field(front, form.covered, body_hash) for front in fronts])

    def _front(self, key: SigningKey, names: Sequence[str], at: int) -> _Front:
        lines = [
            f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;",
            f" d={self._domain}; s={key.selector};",
            f" t={at};",
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


# -- A pool of threads that sign on all cores: RSA and SHA-256 let go of Python's lock while they work.


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
