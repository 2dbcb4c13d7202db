import re
import stat
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from digest.desk.local_page import Door, forwarding_page, link_file
from digest.desk.pages import EditionView
from digest.desk.preview import PreviewServer

Serve = Callable[..., PreviewServer]
Views = Callable[..., EditionView]
PACKAGE = Path(__file__).parents[2] / "digest"


def get(server: PreviewServer, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=5)) as connection:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response, response.read()


def test_without_the_cookie_nothing_is_shown_and_all_paths_are_answered_alike(serve: Serve, view: Views) -> None:
    looks: list[EditionView] = []
    server = serve()
    server._drawings.seen = looks.append
    root = server.door.root
    wrong = (
        {},
        {"Cookie": "digest="},
        {"Cookie": "digest=x; digest=y"},
        {"Cookie": ";;\x01="},
        {"Authorization": "Basic"},
    )
    answers = {
        get(server, path, method, **headers)[1] if method == "GET" else b""
        for path in (
            "/",
            root,
            f"{root}variant/0.html",
            f"{root}variant/0.json",
            f"{root}changes",
            f"{root}open/x",
            "/x",
        )
        for headers in wrong
        for method in ("GET", "HEAD")
        if get(server, path, method, **headers)[0].status == 403
    }
    assert len(answers) == 2  # of GET and of HEAD
    assert not looks
    assert get(server, root, "POST")[0].status == 403


def test_the_link_opens_the_page_once(serve: Serve) -> None:
    server = serve()
    link = urlsplit(server.url).path
    assert get(server, link, "HEAD")[0].status == 403, "whoever only looks whether it is there does not use it up"
    response, page = get(server, link)
    cookie = response.getheader("Set-Cookie") or ""
    assert {"HttpOnly", "SameSite=Strict", f"Path={server.door.root}"} <= set(cookie.split("; "))
    assert response.getheader("Referrer-Policy") == "no-referrer"
    assert link.encode() not in page
    assert b"July" not in page
    again, _body = get(server, link)
    assert (again.status, again.getheader("Set-Cookie")) == (403, None)
    mine = {"Cookie": cookie.partition(";")[0]}
    assert get(server, link, **mine)[0].status == 200, "whoever has the cookie may go back to it"
    assert b"July" in get(server, server.door.root, **mine)[1]
    assert get(server, server.door.root, Host="evil.example", **mine)[0].status == 403


def test_no_two_servers_share_a_link_a_root_or_a_cookie() -> None:
    doors = [Door() for _ in range(3)]
    assert len({part for door in doors for part in (door.link, door.root, door.opened_by(door.link))}) == 9
    assert all(len(door.link.rpartition("/")[2]) >= 43 for door in doors)


def test_what_changes_something_must_come_from_a_page_of_ours(
    serve: Serve, cookie_for: Callable[[PreviewServer], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from digest.desk import preview

    monkeypatch.setattr(preview.Answers, "methods", ("GET", "HEAD", "POST"))
    monkeypatch.setattr(preview.Answers, "do_POST", preview.Answers.look, raising=False)
    server = serve()
    mine = {"Cookie": cookie_for(server)}
    ours = "http://" + urlsplit(server.url).netloc
    assert get(server, server.door.root, "POST", Origin=ours, **mine)[0].status == 200
    for origin in ("null", "http://127.0.0.1:1", "http://evil.example", ""):
        assert get(server, server.door.root, "POST", Origin=origin, **mine)[0].status == 403
    assert get(server, server.door.root, "POST", **mine)[0].status == 403


def test_the_browser_is_given_a_private_file_and_the_link_is_in_no_list_of_processes(tmp_path: Path) -> None:
    left = tmp_path / ".open-me.999999999.html"
    left.touch()
    with link_file(tmp_path, "http://127.0.0.1:9/a/open/secret") as file:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "secret" in file.read_text()
        assert "secret" not in file.as_uri()
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_leads_on_is_a_whole_document(parsed: Callable[[str], object]) -> None:
    parsed(forwarding_page('/a"b<c'))


def test_every_server_of_pages_for_this_machine_is_behind_the_door() -> None:
    serving = re.compile(r"http\.server|wsgiref|socketserver|web_server import")
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if serving.search(path.read_text())}
    assert found == {"desk/local_page.py", "desk/desk_server.py", "site/serving.py"}  # the last is for everybody
