"""The connection to a server (RFC 5321 §3.1), one connected socket: bytes out, replies in, a deadline on every wait.

Not an asyncio transport: these keep what the kernel does not take at once in a buffer of their own and call it written.
Here a write tells how much the kernel has taken, so it is known whether the final dot can have left; and TLS is
OpenSSL's own on the socket, without a second pair of buffers.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from digest.delivery.transports.smtp.replies import Reply, ReplyReader
from digest.delivery.transports.smtp.settings import SmtpSettings
from digest.errors import BusyError, ConfigurationError
from digest.foundation.catalogue import _, later

BLOCK = 65536  # bytes to which one deadline of sending applies
_READ_MOST = 16384  # a whole TLS record: OpenSSL never holds back a rest of which the selector would not know
_UNASKED_MOST = 16  # replies
_PARTS_MOST = 512  # half of what POSIX lets a kernel allow: UIO_MAXIOV is 1,024 on Linux
_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
T = TypeVar("T")


class LostError(Exception):
    """The connection is of no more use; the text says why."""


class Connection:
    """Takes over a connected, non-blocking socket; nobody else may use it. One task at a time waits.

    Once lost, the socket is closed: nothing can leave any more. Replies that were read before can still be taken.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = connected
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._lost: str | None = None
        self._wanted = 1  # replies that end a wait
        self._waiting = Deadlines(lambda: self.lose(later("it did not answer in time")))
        self._loop.add_reader(connected, self._read)

    @property
    def is_lost(self) -> bool:
        return self._lost is not None

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """To be asked what was agreed upon, and for nothing else."""
        return self._socket if isinstance(self._socket, ssl.SSLSocket) else None

    @property
    def is_encrypted(self) -> bool:
        return isinstance(self._socket, ssl.SSLSocket)

    @property
    def own_address(self) -> str:
        return str(self._socket.getsockname()[0])

    @property
    def peer_address(self) -> str:
        return str(self._socket.getpeername()[0])

    # ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def arrival(self, count: int, seconds: float) -> None:
        """Wait until `count` replies have been read, a 421 among them, or no more can come; too late is lost, too."""
        if len(self._replies) < count and self._lost is None:
            self._wanted = count
            await self._wait(self._loop.time() + seconds)

    def take(self) -> Reply:
        """The next reply that has arrived. Raise `LostError` when there is none and will be none."""
        if not self._replies:
            raise LostError(self._lost or later("it has not answered yet"))
        return self._replies.popleft()

    async def reply(self, seconds: float) -> Reply:
        await self.arrival(1, seconds)
        return self.take()

    def last_word(self) -> Reply | None:
        """What the server said before it was lost and nobody has taken."""
        return self._replies.popleft() if self._replies else None

    @property
    def is_quiet(self) -> bool:
        """Whether the connection is there and nothing was read that nobody has taken."""
        return self._lost is None and not self._replies and not self._reader.is_within

    def has_spoken(self) -> bool:
        """Whether the server said something, or hung up, though nothing was asked: also just now."""
        if self.is_quiet:
            self._read()
        return not self.is_quiet

    # ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, data: bytes | memoryview) -> int:
        """How many of the bytes the kernel took at once. Raise `LostError` if it took none and never will."""
        return self._written(self._socket.send, data)

    def _written(self, send: Callable[[T], int], data: T) -> int:
        if self._lost is not None:
            raise LostError(self._lost)
        try:
            return send(data)
        except _NOT_NOW:
            return 0
        except OSError as error:
            self._read()  # a last word of the server may still be there
            raise self.lose(f"it closed the connection ({_said(error)})") from error

    async def send(self, data: bytes | memoryview, seconds: float) -> None:
        """Return when the kernel has taken all; `seconds` are granted to every 64 KB. Raise `LostError` also when the
        server answers before it has all.
        """
        taken = self.write(data)
        if taken < len(data):
            await self._send_rest(memoryview(data)[taken:], seconds)

    async def send_parts(self, parts: Sequence[bytes], size: int, seconds: float) -> None:
        """Like `send`, for `size` bytes in parts, joined only if the kernel does not take them as they are."""
        taken = 0 if self.is_encrypted or len(parts) > _PARTS_MOST else self._written(self._socket.sendmsg, parts)
        if taken < size:
            await self._send_rest(memoryview(b"".join(parts))[taken:], seconds)

    async def _send_rest(self, rest: memoryview, seconds: float) -> None:
        for start in range(0, len(rest), BLOCK):
            await self._send_block(rest[start : start + BLOCK], self._loop.time() + seconds)

    async def _send_block(self, block: memoryview, due: float) -> None:
        while block:
            taken = self.write(block)
            block = block[taken:]
            if not taken:
                await self._room(due)
                if self._replies:
                    self.lose(later("it answered before it had all"))

    async def room(self, seconds: float) -> None:
        """Wait until the kernel takes something again. Raise `LostError` when it never will."""
        await self._room(self._loop.time() + seconds)
        if self._lost is not None:
            raise LostError(self._lost)

    async def _room(self, due: float) -> None:
        self._wanted = 1
        self._loop.add_writer(self._socket, self._waiting.wake)
        await self._wait(due)
        if self._lost is None:
            self._loop.remove_writer(self._socket)

    # ── both ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """TLS from here on. Raise `ssl.SSLError` for what the two do not agree upon, `LostError` for all else, also
        when the server has sent something that belongs behind the handshake (response injection, CVE-2021-38371).
        """
        if self.has_spoken():
            raise self.lose(later("it sent something before TLS began"))
        due = self._loop.time() + seconds
        self._loop.remove_reader(self._socket)
        wrapped = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        self._socket = wrapped
        try:
            while not await self._shake_hands(wrapped, due):
                pass
        except ssl.SSLError:
            self.lose(later("TLS could not begin"))
            raise
        except OSError as error:
            self.lose(f"it closed the connection while TLS began ({_said(error)})")
        if self._lost is not None:
            raise LostError(self._lost)
        self._loop.add_reader(self._socket, self._read)

    async def _shake_hands(self, wrapped: ssl.SSLSocket, due: float) -> bool:
        """Whether it is done, or can never be."""
        watch, unwatch = self._loop.add_reader, self._loop.remove_reader
        try:
            wrapped.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLWantWriteError:
            watch, unwatch = self._loop.add_writer, self._loop.remove_writer
        else:
            return True
        watch(wrapped, self._waiting.wake)
        await self._wait(due)
        if self._lost is not None:
            return True
        unwatch(wrapped)
        return False

    def lose(self, reason: str) -> LostError:
        """Close the socket at once and for good; the first reason is kept, and returned to be raised."""
        if self._lost is None:
            self._lost = reason
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
            self._waiting.end()
        return LostError(self._lost)

    def _read(self) -> None:
        try:
            data = self._socket.recv(_READ_MOST)
        except _NOT_NOW:
            return
        except OSError as error:
            self.lose(f"it closed the connection ({_said(error)})")
            return
        if not data:
            self.lose(later("it closed the connection"))
            return
        self._replies += self._reader.feed(data)
        if self._reader.fault is not None:
            self.lose(self._reader.fault)
        elif len(self._replies) > _UNASKED_MOST:
            self.lose(later("it sends replies to nothing"))
        elif len(self._replies) >= self._wanted or (self._replies and self._replies[-1].is_closing):
            self._waiting.wake()

    async def _wait(self, due: float) -> None:
        if self._lost is None:
            await self._waiting.until(due)


def _said(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


# -- TLS as the settings want it: 1.2 or later, the certificate verified for the host unless a person said otherwise.


async def encrypt(connection: Connection, settings: SmtpSettings) -> None:
    """Raise `ConfigurationError` for a server that cannot be trusted, `BusyError` for one that hangs up."""
    try:
        written_at = settings.certificates.stat().st_mtime_ns if settings.certificates else 0
        context = _context(settings.certificates, written_at, verify=settings.verify)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            str(settings.certificates),
            _("no certificates can be read ({cause})").format(cause=error),
            _("name a PEM file of certificates"),
        ) from error
    try:
        await connection.encrypt(context, settings.host, settings.timeouts.tls)
    except ssl.SSLCertVerificationError as error:
        raise ConfigurationError(
            settings.name,
            _("its certificate is not to be trusted: {cause}. Nothing was sent").format(cause=error.verify_message),
            _("use the name that stands in the certificate; for an authority of your own, name its certificate file"),
        ) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, LostError) as error:
        raise BusyError(
            settings.name,
            _("TLS could not begin: {cause}. Nothing was sent").format(cause=_tls_said(error)),
            _("try again later"),
        ) from error
    except ssl.SSLError as error:
        raise ConfigurationError(
            settings.name,
            _("TLS could not begin: {cause}. Nothing was sent").format(cause=_tls_said(error)),
            _("check port and security: starttls is usual on 587, tls on 465; TLS 1.2 or later is needed"),
        ) from error


@lru_cache(maxsize=4)  # reading the system's authorities takes longer than a message
def _context(certificates: Path | None, _written_at: int, *, verify: bool) -> ssl.SSLContext:
    """A file that was written anew, as when a certificate is renewed, is read anew."""
    context = ssl.create_default_context(cafile=certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _tls_said(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return reason.replace("_", " ").lower() if isinstance(reason, str) else str(error)


# -- One task's wait for something to happen, with a deadline on the monotonic clock.


class Deadlines:
    """`too_late` is called when a deadline passes; it must wake the task.

    One timer serves all waits: it is set anew only for an earlier deadline, and when it rings too early.
    """

    def __init__(self, too_late: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._too_late = too_late
        self._waiter: asyncio.Future[None] | None = None
        self._due = self._armed_for = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def until(self, due: float) -> None:
        """Return when woken."""
        self._due = due
        if self._timer is None or due < self._armed_for:
            self._arm()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def end(self) -> None:
        """Wake the task; there will be no more waits."""
        if self._timer is not None:
            self._timer.cancel()
        self.wake()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = self._due
        self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._due > self._armed_for:
            self._arm()
        else:
            self._too_late()
