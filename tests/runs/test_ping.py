"""The ping, asked of a real server on this machine."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from digest.runs.monitoring import ping
from digest.settings.settings import MonitoringSettings


@contextmanager
def serving(answer):
    """`answer` is called with the request; yields the address and the paths that were asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer(self)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/secret-1234", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def code(number, **headers):
    def answer(request):
        request.send_response(number)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()

    return answer


def test_a_ping_is_one_request():
    with serving(code(200)) as (address, asked):
        assert ping(MonitoringSettings(ping=address)) is None
        assert asked == ["/secret-1234"]


def test_the_address_may_stand_in_a_file(tmp_path):
    file = tmp_path / "ping"
    with serving(code(204)) as (address, asked):
        file.write_text(f"{address}\n")
        assert ping(MonitoringSettings(ping_file=file)) is None
        assert asked == ["/secret-1234"]


@pytest.mark.parametrize(
    "content", [None, b"", b"ftp://example.org/", b"\xff\xfe", b"http://a b/", b"https://x\nhttps://y"]
)
def test_a_file_without_an_address_is_told(tmp_path, content):
    file = tmp_path / "ping"
    if content is not None:
        file.write_bytes(content)
    assert ping(MonitoringSettings(ping_file=file)).startswith("ping_file: ")


def test_without_an_address_nobody_is_asked():
    assert ping(MonitoringSettings()) is None


@pytest.mark.parametrize("number", [400, 404, 500])
def test_a_refusal_is_told_without_the_address(number):
    with serving(code(number)) as (address, _):
        assert ping(MonitoringSettings(ping=address)) == f"HTTP {number}"


def test_a_server_that_is_not_there_is_told_without_the_address():
    with serving(code(200)) as (address, _):
        pass
    assert ping(MonitoringSettings(ping=address)) == "Connection refused"


def test_a_name_that_does_not_exist_is_told_without_the_address():
    said = ping(MonitoringSettings(ping="https://secret.invalid/1234"))
    assert said
    assert "1234" not in said


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/", "https://127.0.0.1:1/", "file:///etc/passwd", "//[oops"])
def test_it_is_not_sent_on_to_another_kind_of_address(target):
    with serving(code(302, Location=target)) as (address, asked):
        said = ping(MonitoringSettings(ping=address))
        assert said
        assert "1234" not in said
        assert asked == ["/secret-1234"]


def test_it_is_sent_on_within_limits():
    with serving(code(302, Location="/again")) as (address, asked):
        assert ping(MonitoringSettings(ping=address)) == "HTTP 302"
        assert len(asked) <= 5
    with serving(code(200)) as (target, reached), serving(code(301, Location=target)) as (address, _):
        assert ping(MonitoringSettings(ping=address)) is None
        assert len(reached) == 1


@pytest.mark.parametrize(
    "garbage", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 999\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500]
)
def test_an_answer_that_is_none_is_told(garbage):
    def answer(request):
        request.wfile.write(garbage)
        request.close_connection = True

    with serving(answer) as (address, _):
        said = ping(MonitoringSettings(ping=address))
        assert said
        assert "1234" not in said


def test_a_server_that_drips_costs_no_more_than_the_limit():
    free = threading.Event()

    def answer(request):
        while not free.wait(0.1):
            request.wfile.write(b"X")
            request.wfile.flush()

    with serving(answer) as (address, _):
        began = time.monotonic()
        assert ping(MonitoringSettings(ping=address), seconds=0.5) == "no answer within 0.5 seconds"
        assert time.monotonic() - began < 10
        free.set()
