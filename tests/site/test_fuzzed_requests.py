"""Every address of the pages gets requests that nobody would send: each is answered, and none with a fault of ours."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import fuzzing
import pytest
from site_office import BEN, Office, links_in

from digest.mail.tokens import Purpose
from digest.site.serving import site_of

SEPARATOR = b"\x1f"  # parts an input into method, path, query, headers and body
PIECES = (
    "GET\x1f¦POST\x1f¦HEAD\x1f¦\x1f¦/leave/¦/preferences/¦/confirm/¦/view/¦/en/¦/es¦/en/subscribe/¦/en/monthly/¦search/"
    "¦2018-07¦feed.xml¦/pictures/¦..¦%2e¦/¦?¦q=¦do=leave¦&¦=¦List-Unsubscribe=One-Click¦address=ben@example.org"
    "¦audiences=regional¦language=es¦newsletter=monthly¦host: x¦content-type: ¦multipart/form-data; boundary=x¦\r\n"
    "¦accept-language: es;q=¦é¦\x00¦GET\x1f/en/search/\x1fq=¦GET\x1f/en/monthly/2018-07/"
    "¦POST\x1f/en/subscribe/\x1f\x1f\x1f"
)


@pytest.fixture
def asked(office: Office) -> Iterator[Callable[[bytes], int]]:
    """The status with which the pages answer an input."""
    with asyncio.Runner() as runner:
        site = site_of(office.instance)
        coming: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        started = asyncio.Event()

        async def live() -> None:
            async def told(message: dict[str, str]) -> None:
                assert message["type"].endswith(".complete"), message
                started.set()

            await site({"type": "lifespan", "asgi": {"version": "3.0"}}, coming.get, told)

        async def begin() -> asyncio.Task[None]:
            coming.put_nowait({"type": "lifespan.startup"})
            living = asyncio.create_task(live())
            await started.wait()
            return living

        async def end() -> None:
            coming.put_nowait({"type": "lifespan.shutdown"})
            await living

        living = runner.run(begin())
        with contextlib.ExitStack() as ending:
            ending.callback(lambda: runner.run(end()))
            yield lambda data: runner.run(_answer(site, data))


async def _answer(site: object, data: bytes) -> int:
    method, path, query, headers, body = (*data.split(SEPARATOR, 4), b"", b"", b"", b"")[:5]
    statuses = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, object]) -> None:
        statuses.append(message.get("status"))

    fields = [line.partition(b": ")[::2] for line in headers.lower().split(b"\r\n") if b": " in line]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.decode("latin-1") or "GET",
        "scheme": "https",
        "path": path.decode("latin-1"),
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"bulletin.example.org"), *fields],
        "client": ("192.0.2.1", 4_000),
        "server": ("bulletin.example.org", 443),
    }
    await site(scope, receive, send)  # type: ignore[operator]
    assert len([status for status in statuses if status]) == 1
    return int(statuses[0] or 0)


def test_whatever_is_asked_for_is_answered(office: Office, asked: Callable[[bytes], int], capsys) -> None:
    mail = links_in(office.sent()[BEN])
    ours = [*mail.values(), office.token(BEN), office.token(BEN, Purpose.CHOOSE), office.former_token(BEN)]
    ours.append(office.secret.confirmation("monthly", office.public_id(BEN), office.clock.at))
    subscribers = office.rows("SELECT address FROM subscribers ORDER BY 1")
    for path in mail.values():
        assert asked(b"GET\x1f" + path.encode()) == 200

    def answer(data: bytes) -> None:
        assert asked(data) < 500, data

    asking = (f"{method}\x1f{path}" for method in ("GET", "POST") for path in mail.values())
    fuzzing.fuzz("requests", fuzzing.pieces_of("¦".join((PIECES, *ours, *asking))), answer)

    assert "a fault" not in capsys.readouterr().err
    assert office.rows("SELECT address FROM subscribers ORDER BY 1") == subscribers
