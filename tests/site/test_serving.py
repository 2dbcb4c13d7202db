"""The program as it runs: what it answers, what it takes, and how it ends."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
import uvicorn
from site_office import BEN, ROOT
from uvicorn.server import ServerState

from digest.site import serving
from digest.site.serving import BoundedProtocol

PROGRAM = Path(sys.executable).with_name("digest")
HEAD = b"Host: bulletin.example.org\r\n"
NOT_LOADED = ("mjml", "lxml", "nh3", "cryptography", "PIL")


@pytest.fixture
def served(office):
    """The process, and its port."""
    command = [PROGRAM, "-C", office.folder, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline()
            yield process, int(re.search(r"http://127\.0\.0\.1:(\d+)/", said)[1])
        finally:
            process.kill()


def asked(port, path, data=None, host="bulletin.example.org"):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def raw(port, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(ConnectionError):  # it is refused before it has ended
            connection.sendall(sent)
        return connection.recv(64).partition(b"\r\n")[0]


def test_it_answers_refuses_what_is_too_much_stays_small_and_ends_when_it_is_told(office, served):
    process, port = served
    assert asked(port, "/health", host="127.0.0.1") == (200, "ok\n")
    assert asked(port, "/en/")[0] == 200
    assert asked(port, "/en/", host="evil.example")[0] == 421
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) <= 80 * 1024
    loaded = Path(f"/proc/{process.pid}/maps").read_text()
    assert not [name for name in NOT_LOADED if f"/{name}" in loaded]
    assert b"431" in raw(port, b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * 40_000 + b"\r\n\r\n")
    assert b"431" in raw(port, b"GET / HTTP/1.1\r\n" + HEAD + b"".join(b"X%d: a\r\n" % n for n in range(100_000)))
    long = b"POST /leave/x HTTP/1.1\r\n" + HEAD + b"Content-Length: 10000000\r\n\r\n" + b"a" * 10_000_000
    assert raw(port, long).split()[1] in (b"413", b"431")
    path = f"/leave/{office.token(BEN)}"
    assert asked(port, path, b"List-Unsubscribe=One-Click") == (200, "You get no more of these mails.\n")
    assert office.gets(BEN) == {}
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "Traceback" not in process.stderr.read()


def test_a_port_that_is_taken_is_named(office):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(Exception, match=f"127.0.0.1:{port}: Address already in use"):
            serving.serve(serving.site_of(office.instance), "127.0.0.1", port)


def test_a_head_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.1)

    async def never(_scope, _receive, _send):
        raise AssertionError("nothing was asked")

    async def dripping():
        config = uvicorn.Config(never, lifespan="off", log_config=None)
        config.load()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: BoundedProtocol(config, ServerState(), {}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        server.close()
        return answer

    assert b"431" in asyncio.run(dripping())


def test_without_a_public_url_it_answers_on_this_machine_alone(office):
    office.settings(without=f"public_url: {ROOT}\n")
    from starlette.testclient import TestClient

    site = serving.site_of(office.instance, root="http://127.0.0.1:8080")
    with TestClient(site, base_url="http://127.0.0.1:8080") as pages:
        assert pages.get("/en/").status_code == 200
        assert pages.get("/en/", headers={"host": "bulletin.example.org"}).status_code == 421
