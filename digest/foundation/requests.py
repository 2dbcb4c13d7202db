"""Requests over HTTP, as ASGI has them: their bodies and forms, within bounds."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_MOST = 8_192
BODY_SECONDS = 10.0
FIELDS_MOST = 100


class NotServed(Exception):  # noqa: N818 – an answer, not a fault
    """The request is answered with this status and nothing else."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status, self.said = status, said


async def body_of(receive: Receive, most: int = BODY_MOST) -> bytes:
    """Raise `NotServed` for one that is too long, or comes too slowly."""
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise NotServed(400, "The request ended early.")
                body += bytes(message.get("body", b""))
                if len(body) > most:
                    raise NotServed(413, "This is too much.")
                if not message.get("more_body"):
                    return body
    except TimeoutError:
        raise NotServed(408, "This took too long.") from None


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """Of a form, as browsers send them without being told otherwise. Raise `NotServed` for what is none."""
    try:
        found = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MOST)
    except (UnicodeError, ValueError):
        raise NotServed(400, "This is no form of ours.") from None
    if any("\0" in text for pair in found for text in pair):
        raise NotServed(400, "This is no form of ours.")
    return found
