"""What every request has to keep to, and every answer carries: bounds, hosts, headers. ASGI, around the pages."""

import asyncio
import re
import sys
import traceback
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CLOSING = (408, 413)  # answers after which the rest of a body is not read
BODY_MOST = 8_192
BODY_SECONDS = 10.0
_PATH_MOST = 400
_QUERY_MOST = 800
_FIELDS_MOST = 100
_PATH = re.compile(rb"/(?:[A-Za-z0-9._~+-]+(?:/[A-Za-z0-9._~+-]+)*/?)?")  # nothing encoded, empty or twice
_ONE_CLICK = re.compile(
    rb"list-unsubscribe[\"']?(?:\s*;[^\r\n]*)?(?:=|\r?\n(?:[^\r\n]+\r?\n)*\r?\n)one-click", re.IGNORECASE
)
LOCAL = frozenset(("127.0.0.1", "localhost", "[::1]"))
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "geolocation=(), camera=(), microphone=(), browsing-topics=()",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class NotServed(Exception):  # noqa: N818 – an answer, not a fault
    """The request is answered with this status and nothing else."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


class Doorkeeper:
    """`hosts` are the names under which the pages are known; this machine's own are for health and metrics, and for
    trying things out.
    """

    def __init__(self, app: Application, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts) | LOCAL

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the server's own beginning and end; there are no websockets
            await self._app(scope, receive, send)
            return
        answered = False

        async def sending(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                message["headers"] = _with_ours(message.get("headers", []))
            await send(message)

        try:
            self._refuse(scope)
            await self._app(scope, receive, sending)
        except NotServed as refused:
            await _plainly(sending, refused.status, refused.said)
        except Exception as error:  # noqa: BLE001 – the next visitor is answered all the same
            _note(error)
            if not answered:
                await _plainly(sending, 500, "This went wrong. Please try again later.")

    def _refuse(self, scope: Scope) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        name = hosts[0].decode("latin-1").lower() if len(hosts) == 1 else ""
        if re.sub(r":[0-9]{1,5}$", "", name) not in self._hosts:
            raise NotServed(421, "These pages are not at this name.")
        path = scope.get("raw_path") or scope["path"].encode()
        if len(path) > _PATH_MOST or not _PATH.fullmatch(path) or b"/.." in path or b"/./" in path:
            raise NotServed(404, "There is nothing here.")
        if len(scope["query_string"]) > _QUERY_MOST:
            raise NotServed(414, "This address is too long.")
        if not scope["query_string"].isascii():  # RFC 3986 §3.4: browsers encode what is not
            raise NotServed(400, "This is no address.")


def is_local(scope: Scope) -> bool:
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").lower()
    return re.sub(r":[0-9]{1,5}$", "", host) in LOCAL


async def body_of(receive: Receive) -> bytes:
    """Raise `NotServed` for one that is too long, or comes too slowly."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise NotServed(400, "The request ended early.")
                body += bytes(message.get("body", b""))
                if len(body) > BODY_MOST:
                    raise NotServed(413, "This is too much.")
                if not message.get("more_body"):
                    return body
    except TimeoutError:
        raise NotServed(408, "This took too long.") from None


def is_one_click(body: bytes) -> bool:
    """RFC 8058 §3.2, in either encoding."""
    return _ONE_CLICK.search(body) is not None


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """Of a form, as browsers send them without being told otherwise. Raise `NotServed` for what is none."""
    try:
        found = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MOST)
    except (UnicodeError, ValueError):
        raise NotServed(400, "This is no form of ours.") from None
    if any("\0" in text for pair in found for text in pair):
        raise NotServed(400, "This is no form of ours.")
    return found


def _with_ours(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    has = {name.lower() for name, _ in headers}
    ours = [(name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in has]
    return [*headers, *ours]


async def _plainly(send: Send, status: int, said: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": said.encode()})


def _note(error: Exception) -> None:
    """Without what the error itself says: that may hold an address."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    sys.stderr.write(f"a fault, please report it: {type(error).__name__} in {Path(last.filename).name}:{last.lineno}\n")
