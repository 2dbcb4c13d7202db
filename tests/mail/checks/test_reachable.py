"""Links are asked only on request, once each, with limits, over a real connection."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from digest.mail.checks import reachable
from digest.mail.checks.reachable import unreachable


class Site(BaseHTTPRequestHandler):
    asked: list[tuple[str, str]]

    def do_HEAD(self):
        self.asked.append((self.command, self.path))
        if self.path == "/slow":
            time.sleep(2)
        codes = {"/gone": 404, "/broken": 500, "/private": 403, "/no-head": 405, "/moved": 302, "/round": 302}
        self.send_response(codes.get(self.path, 200))
        if self.path in ("/moved", "/round"):
            self.send_header("Location", "/here" if self.path == "/moved" else "/round")
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def site():
    Site.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/here", "/private", "/no-head", "/moved"])
def test_a_page_that_is_there_is_no_finding(site, path):
    assert list(unreachable([site + path])) == []


@pytest.mark.parametrize(
    ("path", "words"), [("/gone", "404"), ("/broken", "500"), ("/round", "redirect"), ("/slow", "timed out")]
)
def test_a_page_that_is_not_there_is_a_warning_with_its_reason(site, path, words):
    (finding,) = unreachable([site + path], seconds=0.5)
    assert finding.code == "REACH-001"
    assert finding.place == site + path
    assert words in finding.reason


def test_a_host_that_is_not_there_is_a_warning():
    (finding,) = unreachable(["http://127.0.0.1:1/x"], seconds=1)
    assert "refused" in finding.reason


def test_each_link_is_asked_once_and_other_schemes_never(site):
    links = [f"{site}/here", f"{site}/here", "mailto:a@example.org", "file:///etc/passwd", "#story-1"]
    assert list(unreachable(links)) == []
    assert Site.asked == [("HEAD", "/here")]


def test_beyond_the_limit_the_rest_is_named(site, monkeypatch):
    monkeypatch.setattr(reachable, "MOST_LINKS", 2)
    (note,) = unreachable([f"{site}/{number}" for number in range(5)])
    assert note.code == "REACH-002"
    assert "3 links" in note.place
    assert len(Site.asked) == 2
