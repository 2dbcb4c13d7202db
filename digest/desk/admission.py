"""Admission: which requests reach the desk at all. ASGI, around its pages.

Whoever opened the door has the cookie; what they ask for lies below its root; what changes something is asked for by a
page of ours. Everybody else learns nothing.
"""

import sys
import traceback
from http import HTTPStatus

from digest.desk.local_page import (
    HEADERS,
    LOOKING,
    NOTHING,
    Door,
    forwarding_page,
    is_for_us,
    is_our_page,
)
from digest.foundation.catalogue import _
from digest.foundation.requests import Application, Message, Receive, Scope, Send

METHODS = (*LOOKING, "POST")
OF_OURS = (b"same-origin", b"none")  # what `Sec-Fetch-Site` says of a click on our page, and of a person who types
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A browser that is to tell nobody where it comes from does not say it to us either, and every form would be refused.
OURS = {**HEADERS, "Referrer-Policy": "same-origin", "Content-Security-Policy": POLICY}


class Admission:
    def __init__(self, pages: Application, door: Door) -> None:
        self._pages, self._door = pages, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the server's own beginning and end; there are no websockets
            await self._pages(scope, receive, send)
            return
        answer = _Answer(send)
        path = scope["path"]
        if not is_for_us(_all(scope, b"host")):
            await answer.plainly(HTTPStatus.FORBIDDEN, _("Open this page as 127.0.0.1 or localhost."))
        elif not self._door.admits(_all(scope, b"cookie")):
            await self._let_in(scope, answer)
        elif scope["method"] not in METHODS:
            await answer.plainly(HTTPStatus.METHOD_NOT_ALLOWED, _("This page can only be looked at."))
        elif scope["method"] not in LOOKING and not _is_click(scope):
            await answer.plainly(HTTPStatus.FORBIDDEN, _("Open this page as 127.0.0.1 or localhost."))
        elif self._door.is_link(path):
            await self._forward(answer)
        elif not path.startswith(self._door.root):
            await answer.plainly(HTTPStatus.NOT_FOUND, _("There is nothing here."))
        else:
            await self._show({**scope, "root_path": self._door.root.rstrip("/")}, receive, answer)

    async def _show(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._pages(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 – the next click is answered all the same
            traceback.print_exception(error, file=sys.stderr)  # to the terminal of whoever began it
            if not answer.has_begun:
                said = _("This is a fault in digest, not in what you did. Please report the lines above.")
                await answer.plainly(HTTPStatus.INTERNAL_SERVER_ERROR, said)

    async def _let_in(self, scope: Scope, answer: "_Answer") -> None:
        """A cookie for the link, which only a `GET` uses up."""
        cookie = self._door.opened_by(scope["path"]) if scope["method"] == "GET" else None
        if cookie is None:
            said = _("This page is for the person who started it, and its link works once. Start the command again.")
            await answer.plainly(HTTPStatus.FORBIDDEN, said)
        else:
            await self._forward(answer, ("set-cookie", cookie))

    async def _forward(self, answer: "_Answer", *more: tuple[str, str]) -> None:
        """By a page of the same site: a redirection would not carry a cookie that is `SameSite=Strict`."""
        page = forwarding_page(self._door.root)
        await answer.whole(HTTPStatus.OK, page, "text/html", ("content-security-policy", NOTHING), *more)


class _Answer:
    """Sends on, with our headers."""

    def __init__(self, send: Send) -> None:
        self._send, self.has_begun = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            there = {name.lower() for name, _value in message.get("headers", ())}
            ours = [(name.lower().encode(), value.encode()) for name, value in OURS.items()]
            message["headers"] = [*message.get("headers", ()), *(one for one in ours if one[0] not in there)]
        await self._send(message)

    async def plainly(self, status: HTTPStatus, said: str) -> None:
        await self.whole(status, said, "text/plain", ("content-security-policy", NOTHING))

    async def whole(self, status: HTTPStatus, said: str, kind: str, *more: tuple[str, str]) -> None:
        body = said.encode()
        head = [("content-type", f"{kind}; charset=utf-8"), ("content-length", str(len(body))), *more]
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            head.append(("allow", ", ".join(METHODS)))
        headers = [(name.encode(), value.encode()) for name, value in head]
        await self({"type": "http.response.start", "status": int(status), "headers": headers})
        await self({"type": "http.response.body", "body": body})


def _all(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _is_click(scope: Scope) -> bool:
    fetched = [value for key, value in scope["headers"] if key == b"sec-fetch-site"]
    return is_our_page(_all(scope, b"origin"), _all(scope, b"host")[0]) and all(one in OF_OURS for one in fetched)
