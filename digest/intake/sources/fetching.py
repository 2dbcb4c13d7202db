"""Fetching: the one place where sources ask others over the network, within limits of time, size and whom.

Only http and https. Every address that a name resolves to must be open to everybody, or in a network that the source
names; the connection goes to an address that was looked at, never to the name again; each redirect is looked at anew.
What comes back are bytes, unpacked up to a limit. Nothing that a server does raises here: it is an answer like others.
"""

import asyncio
import socket
import ssl
import zlib
from collections import defaultdict
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from digest.foundation.catalogue import later
from digest.foundation.networks import may_be_reached
from digest.foundation.words import excerpt
from digest.intake.sources.readers import SourceDocument

if TYPE_CHECKING:
    from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream, Response

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_AT_ONCE = 64
_LOOKED_UP_AT_ONCE = 32
_PORTS = {"http": 80, "https": 443}
_PERMANENT = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT)
_REDIRECTS = (*_PERMANENT, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT)
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_LONGEST_WAIT = timedelta(days=7)
_SMALL = 1 << 20  # bytes: what unpacks to less is no bomb, however well it was packed
_PIECE = 1 << 18
_GZIP = 16 + zlib.MAX_WBITS
_HINT = later("If it is meant, name its network under the source: allow_networks.")
_ASK = later("Ask whoever runs it.")
_SAFE = "/%:@!$&'()*+,;=~-._?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one question: seconds, bytes as unpacked and how much more than packed, redirects; and how many are asked of
    one host at once. `all` is for all questions together.
    """

    connect: float = 5.0
    total: float = 30.0
    all: float = 120.0
    size: int = 10 << 20
    ratio: int = 100
    redirects: int = 5
    of_a_host: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WebQuestion:
    """`etag` and `last_modified` are what the server said of the document that is known already."""

    address: str
    allow_networks: tuple[str, ...] = ()
    etag: str = ""
    last_modified: str = ""
    accept: str = "*/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """Without a `document` it is as it was, or there was a `failure`. `moved_to` is where all redirects lead that are
    meant for good; `wait` is how long the server wants to be left alone; `gone`: it is there no more, and will not be.
    `is_away`: so is all that is on its host; `asked` is false where there was no time for it.
    """

    document: SourceDocument | None = None
    etag: str = ""
    last_modified: str = ""
    moved_to: str = ""
    failure: str = ""
    remedy: str = ""
    gone: bool = False
    wait: timedelta | None = None
    is_away: bool = False
    asked: bool = True


NO_TIME = WebAnswer(failure=later("there was no time left to ask: other sources took too long"), asked=False)


Ask = Callable[[Sequence[WebQuestion]], Sequence[WebAnswer]]  # the answers in the order of the questions


class _RefusalError(Exception):
    def __init__(self, failure: str, remedy: str = "", *, host_is_dead: bool = False) -> None:
        super().__init__(failure)
        self.failure, self.remedy, self.host_is_dead = failure, remedy, host_is_dead


class _Target(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str


def fetch(
    questions: Sequence[WebQuestion], *, limits: Limits | None = None, resolve: Resolve | None = None
) -> Sequence[WebAnswer]:
    """The answers in the order of the questions; different hosts are asked at the same time."""
    if not questions:
        return ()
    with _lookups() as lookup:
        return asyncio.run(_Fetch(limits or Limits(), resolve or lookup).all(questions))


@contextmanager
def _lookups() -> Iterator[Resolve]:
    """In threads of their own: they cannot be called off, and nobody waits here for those that hang."""
    threads = ThreadPoolExecutor(_LOOKED_UP_AT_ONCE, "lookup")

    async def looked_up(host: str, port: int) -> Sequence[str]:
        def asked() -> Sequence[str]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(one[4][0]) for one in found))

        return await asyncio.get_running_loop().run_in_executor(threads, asked)

    try:
        yield looked_up
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


@dataclass(slots=True)
class _Fetch:
    limits: Limits
    resolve: Resolve
    _hosts: defaultdict[str, asyncio.Semaphore] = field(init=False)
    _dead: dict[str, _RefusalError] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._hosts = defaultdict(lambda: asyncio.Semaphore(self.limits.of_a_host))
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def all(self, questions: Sequence[WebQuestion]) -> Sequence[WebAnswer]:
        tasks = [asyncio.create_task(self._answer(question)) for question in questions]
        _done, late = await asyncio.wait(tasks, timeout=self.limits.all)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return [NO_TIME if task in late or task.cancelled() else task.result() for task in tasks]

    async def _answer(self, question: WebQuestion) -> WebAnswer:
        host = ""
        try:
            host = _target(question.address).host
            async with self._hosts[host]:
                if host in self._dead:
                    raise self._dead[host]
                async with self._room, asyncio.timeout(self.limits.total):
                    return await self._followed(question)
        except TimeoutError:
            refusal = _RefusalError(
                later("it took longer than {seconds:g} seconds").format(seconds=self.limits.total), host_is_dead=True
            )
        except _RefusalError as error:
            refusal = error
        if refusal.host_is_dead:
            self._dead.setdefault(host, refusal)
        return WebAnswer(failure=refusal.failure, remedy=refusal.remedy, is_away=refusal.host_is_dead)

    async def _followed(self, question: WebQuestion) -> WebAnswer:
        address, moved_to, for_good = question.address, "", True
        seen = {address}
        for _ in range(self.limits.redirects + 1):
            answer, leads_to, permanent = await self._asked(question, address)
            if not leads_to:
                return answer if answer.failure else replace(answer, moved_to=moved_to)
            following = _joined(address, leads_to)
            if address.startswith("https:") and following.startswith("http:"):
                raise _RefusalError(
                    later("it leads on to {following}, which nobody protects").format(following=excerpt(following)),
                    _ASK,
                )
            if following in seen:
                raise _RefusalError(
                    later("it leads in a circle: {following}").format(following=excerpt(following)), _ASK
                )
            seen.add(following)
            for_good = for_good and permanent
            moved_to = following if for_good else moved_to
            address = following
        raise _RefusalError(later("it leads on more than {most} times").format(most=self.limits.redirects), _ASK)

    async def _asked(self, question: WebQuestion, address: str) -> tuple[WebAnswer, str, bool]:
        """The answer, or where it leads, and whether for good."""
        import httpcore2  # 80 ms with anyio and h11: only where something is asked

        target = _target(address)
        addresses = await self._addresses(target, question.allow_networks)
        timeout = {"connect": self.limits.connect, "read": self.limits.total, "write": self.limits.total}
        try:
            async with (
                httpcore2.AsyncConnectionPool(
                    ssl_context=ssl.create_default_context() if target.scheme == "https" else None,
                    network_backend=_pinned(addresses),
                ) as pool,
                pool.stream(
                    "GET", _url(target), headers=_headers(question), extensions={"timeout": timeout}
                ) as response,
            ):
                return await self._read(response, address)
        except TimeoutError:
            raise
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
            raise _RefusalError(
                later("it cannot be reached: {cause}").format(cause=_said(error)), host_is_dead=True
            ) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
            raise _RefusalError(later("the connection broke: {cause}").format(cause=_said(error))) from error

    async def _addresses(self, target: _Target, allowed: Sequence[str]) -> Sequence[str]:
        try:
            async with asyncio.timeout(self.limits.connect * 2):
                found = await self.resolve(target.host, target.port)
        except (OSError, UnicodeError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise _RefusalError(
                later("there is no host {host}: {said}").format(host=target.host, said=said),
                later("Check the address."),
                host_is_dead=True,
            ) from error
        closed = [one for one in found if not may_be_reached(one, allowed)]
        if closed or not found:
            named = closed[0] if closed else "nothing"
            raise _RefusalError(
                later("{host} leads to {named}, which is not open to everybody: it is not asked").format(
                    host=target.host, named=named
                ),
                _HINT,
            )
        return found

    async def _read(self, response: "Response", address: str) -> tuple[WebAnswer, str, bool]:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        status = response.status
        if status in _REDIRECTS and headers.get("location"):
            return WebAnswer(), headers["location"], status in _PERMANENT
        etag, last_modified = headers.get("etag", ""), headers.get("last-modified", "")
        wait = _wait(headers.get("retry-after", ""))
        if status == HTTPStatus.NOT_MODIFIED:
            return WebAnswer(etag=etag, last_modified=last_modified), "", False
        if status != HTTPStatus.OK:
            gone = status == HTTPStatus.GONE
            wanted = wait if status in _BUSY else None
            return WebAnswer(failure=_of_status(status), remedy=_remedy(status), gone=gone, wait=wanted), "", False
        body = await self._body(response.aiter_stream(), headers)
        document = SourceDocument(body=body, address=address, content_type=headers.get("content-type", ""))
        return WebAnswer(document=document, etag=etag, last_modified=last_modified), "", False

    async def _body(self, stream: AsyncIterable[bytes], headers: Mapping[str, str]) -> bytes:
        packed_as = headers.get("content-encoding", "").strip().lower()
        if packed_as not in ("", "identity", "gzip", "x-gzip"):
            raise _RefusalError(
                later("it is packed as {packed_as}, which was not asked for").format(packed_as=excerpt(packed_as)), _ASK
            )
        body = _Body(self.limits, packed="gzip" in packed_as)
        async for piece in stream:
            body.take(piece)
        return body.whole()


class _Body:
    """Unpacked piece by piece, so that a bomb is known by its first pieces."""

    def __init__(self, limits: Limits, *, packed: bool) -> None:
        self._limits = limits
        self._unpacker = zlib.decompressobj(_GZIP) if packed else None
        self._taken = 0
        self._found = bytearray()

    def take(self, piece: bytes) -> None:
        self._taken += len(piece)
        if self._unpacker is None:
            self._found += piece
            self._check()
            return
        try:
            while piece:
                if self._unpacker.eof:  # another member begins
                    self._unpacker = zlib.decompressobj(_GZIP)
                self._found += self._unpacker.decompress(piece, _PIECE)
                self._check()
                piece = self._unpacker.unconsumed_tail or self._unpacker.unused_data
        except zlib.error as error:
            raise _RefusalError(later("it says that it is packed as gzip, and is not"), _ASK) from error

    def whole(self) -> bytes:
        if self._unpacker is not None and self._taken and not self._unpacker.eof:
            raise _RefusalError(later("it ends in the middle"), _ASK)
        return bytes(self._found)

    def _check(self) -> None:
        size, most = len(self._found), self._limits.size
        if size > most:
            raise _RefusalError(
                later("it has more than {most:,} bytes").format(most=most),
                later("Name an address that gives the latest news only."),
            )
        if size > _SMALL and size > self._limits.ratio * self._taken:
            raise _RefusalError(
                later("it unpacks to more than {times} times its size: a bomb").format(times=self._limits.ratio), _ASK
            )


def _pinned(addresses: Sequence[str]) -> "AsyncNetworkBackend":
    """Connects to the addresses that were looked at, whatever the name leads to by now."""
    import httpcore2

    class Pinned(httpcore2.AnyIOBackend):
        async def connect_tcp(self, host: str, port: int, *args: Any, **more: Any) -> "AsyncNetworkStream":
            trouble: Exception | None = None
            for address in addresses:
                try:
                    return await super().connect_tcp(address, port, *args, **more)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    trouble = error
            raise trouble or httpcore2.ConnectError(host)

    return Pinned()


def _target(address: str) -> _Target:
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise _RefusalError(
            later("{address} is no web address: {cause}").format(address=excerpt(address), cause=str(error)),
            later("Correct the address."),
        ) from error
    if parts.scheme not in _PORTS or not host:
        raise _RefusalError(
            later("{address} is no address of the web: only http and https are asked").format(address=excerpt(address)),
            _ASK,
        )
    if "@" in parts.netloc:
        raise _RefusalError(later("its address holds a user name or a password"), later("Take it out."))
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise _RefusalError(
                later("there is no host {host}").format(host=excerpt(host)), later("Correct the address.")
            ) from error
    path = quote(parts.path or "/", _SAFE) + (f"?{quote(parts.query, _SAFE)}" if parts.query else "")
    return _Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _joined(address: str, leads_to: str) -> str:
    try:
        return urljoin(address, leads_to.strip()).partition("#")[0]
    except ValueError as error:
        raise _RefusalError(
            later("it leads on to {leads_to}, which is no web address").format(leads_to=excerpt(leads_to)), _ASK
        ) from error


def _url(target: _Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    port = "" if target.port == _PORTS[target.scheme] else f":{target.port}"
    return f"{target.scheme}://{host}{port}{target.path}"


def _headers(question: WebQuestion) -> Mapping[bytes | str, bytes | str]:
    said = {
        "User-Agent": "bulletin-digest",
        "Accept": question.accept,
        "Accept-Encoding": "gzip",
        "If-None-Match": question.etag,
        "If-Modified-Since": question.last_modified,
    }
    return {name: value for name, value in said.items() if value and value.isascii() and value.isprintable()}


def _wait(written: str) -> timedelta | None:
    """`Retry-After`: seconds or a date, at most a week."""
    written = written.strip()
    if written.isdecimal():
        seconds = float(written[:9])
    else:
        try:
            seconds = (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(timedelta(seconds=seconds), timedelta(0)), _LONGEST_WAIT)


def _of_status(status: int) -> str:
    if status == HTTPStatus.GONE:
        return later("the server says that it is gone for good (410)")
    try:
        return later("the server answers {status} {phrase}").format(status=status, phrase=HTTPStatus(status).phrase)
    except ValueError:
        return later("the server answers {status}").format(status=status)


def _remedy(status: int) -> str:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return later("Name its new address in digest.yaml, or take the source out.")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return later("It is not open to programs: ask whoever runs it.")
    return ""


def _said(error: Exception) -> str:
    return excerpt(str(error)) or type(error).__name__
