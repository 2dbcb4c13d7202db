"""What every request has to keep to, and every answer carries: bounds, hosts, headers. ASGI, around the pages."""

import re
import sys
import traceback
from collections.abc import Collection
from pathlib import Path

from digest.foundation.catalogue import _
from digest.foundation.requests import Application, Message, NotServed, Receive, Scope, Send

CLOSING = (408, 413)  # answers after which the rest of a body is not read
_PATH_MOST = 400
_QUERY_MOST = 800
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


def is_one_click(body: bytes) -> bool:
    """RFC 8058 §3.2, in either encoding."""
    return _ONE_CLICK.search(body) is not None


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
    said = _("a fault, please report it: {kind} in {where}")
    sys.stderr.write(said.format(kind=type(error).__name__, where=f"{Path(last.filename).name}:{last.lineno}") + "\n")
