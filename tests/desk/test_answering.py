import json
from collections.abc import Callable
from http.client import HTTPResponse

import pytest

from digest.desk.pages import NEW_TAB, EditionView
from digest.desk.preview import PreviewServer

Serve = Callable[..., PreviewServer]
Views = Callable[..., EditionView]
Ask = Callable[..., tuple[HTTPResponse, bytes]]
SendRaw = Callable[[PreviewServer, bytes], bytes]


def test_the_page_and_each_variant_are_served_as_they_are(ask: Ask, serve: Serve, view: Views) -> None:
    shown = view()
    server = serve(lambda: shown)
    response, page = ask(server)
    assert (response.status, response.getheader("Content-Type")) == (200, "text/html; charset=utf-8")
    assert "July 2018" in page.decode()
    for number, variant in enumerate(shown.variants):
        assert ask(server, f"/variant/{number}.html")[1].decode() == variant.html + NEW_TAB
        data = json.loads(ask(server, f"/variant/{number}.json")[1])
        assert data["text"] == variant.text
        assert tuple(map(tuple, data["headers"])) == variant.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:80", "127.0.0.1:9000"])
def test_our_own_names_are_answered(ask: Ask, host: str, serve: Serve) -> None:
    assert ask(serve(), host=host)[0].status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "evil@localhost",
        "localhost:80:80",
        "",
        "0",
    ],
)
def test_a_foreign_name_that_leads_here_is_refused(ask: Ask, host: str, serve: Serve) -> None:
    server = serve()
    for path in ("/", "/variant/0.html", "/changes", "/nowhere"):
        response, body = ask(server, path, host=host)
        assert response.status == 403
        assert b"July" not in body


def test_a_request_without_or_with_two_names_is_refused(send_raw: SendRaw, serve: Serve) -> None:
    server = serve()
    assert b" 403 " in send_raw(server, b"GET / HTTP/1.1\r\n\r\n").splitlines()[0]
    two = b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"
    assert b" 403 " in send_raw(server, two).splitlines()[0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_only_looking_is_possible(ask: Ask, method: str, serve: Serve) -> None:
    response, _ = ask(serve(), method=method)
    assert response.status == 405
    assert response.getheader("Allow") == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/etc/passwd",
        "/../../etc/passwd",
        "//etc/passwd",
        "/variant/",
        "/variant/3.html",
        "/variant/-1.html",
        "/variant/\xb2.html",
        "/variant/0.eml",
        "/variant/0.html/..",
        "/variant/9999999999999999999999.html",
        "/%2e%2e/",
    ],
)
def test_nothing_else_is_there(send_raw: SendRaw, path: str, serve: Serve) -> None:
    server = serve()
    answer = send_raw(
        server, b"GET ROOT" + path[1:].encode("latin-1") + b" HTTP/1.1\r\nHost: localhost\r\nCookie: COOKIE\r\n\r\n"
    )
    assert b" 404 " in answer.splitlines()[0]


@pytest.mark.parametrize("path", ["/", "/variant/0.html", "/variant/0.json", "/nowhere"])
def test_head_is_get_without_the_body(ask: Ask, path: str, serve: Serve) -> None:
    server = serve()
    got, body = ask(server, path)
    headed, nothing = ask(server, path, "HEAD")
    assert nothing == b""
    assert headed.status == got.status
    assert headed.getheader("Content-Length") == str(len(body))
    assert [name for name, _ in headed.getheaders()] == [name for name, _ in got.getheaders()]


def test_head_of_the_changes_ends(ask: Ask, serve: Serve) -> None:
    response, body = ask(serve(), "/changes", "HEAD")
    assert (response.getheader("Content-Type"), body) == ("text/event-stream; charset=utf-8", b"")


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET ROOT HTTP/1.1\r\nCookie: COOKIE",
        b"GET ROOTnowhere HTTP/1.1\r\nCookie: COOKIE",
        b"GET / HTTP/1.1",
        b"POST / HTTP/1.1",
        b"GARBAGE",
        b"GET / HTTP/9.9",
    ],
)
def test_every_response_is_stored_nowhere_taken_for_nothing_else_and_has_a_policy(
    send_raw: SendRaw, request_line: bytes, serve: Serve
) -> None:
    answer = send_raw(serve(), request_line + b"\r\nHost: localhost\r\n\r\n").decode()
    for header in ("Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Content-Security-Policy: "):
        assert answer.count(header) == 1
    assert "Python" not in answer.partition("\r\n\r\n")[0]


def test_a_mail_is_served_into_a_sandbox(ask: Ask, serve: Serve) -> None:
    policy = ask(serve(), "/variant/0.html")[0].getheader("Content-Security-Policy") or ""
    assert policy.startswith("sandbox allow-same-origin allow-popups")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
