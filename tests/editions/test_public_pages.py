"""Mails link to pages that somebody answers for: what was heard last is remembered, and no check asks again."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from databases import database_at

from digest.editions.public_pages import ask, findings, is_real, last_answer

pytestmark = pytest.mark.both_databases

NOW = datetime(2018, 8, 5, 15, tzinfo=UTC)


class Pages(BaseHTTPRequestHandler):
    up = True
    asked: list[str]

    def do_HEAD(self):
        self.asked.append(self.path)
        self.send_response(200 if self.up and self.path in ("/health", "/own") else 404)
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def pages():
    Pages.asked, Pages.up = [], True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def database(tmp_path):
    return database_at(tmp_path / "digest.db")


def said(database, url):
    return [(one.code, one.severity.value) for one in findings(last_answer(database, url), url)]


def test_pages_that_never_answered_are_an_error_and_those_that_are_down_a_warning(database, pages):
    assert said(database, pages) == []
    Pages.up = False
    assert "404" in ask(database, pages, NOW, own=False)
    assert said(database, pages) == [("REACH-003", "error")]
    Pages.up = True
    assert ask(database, pages, NOW, own=False) is None
    assert said(database, pages) == []
    Pages.up = False
    ask(database, pages, NOW + timedelta(days=1), own=False)
    assert said(database, pages) == [("REACH-003", "warning")]
    assert last_answer(database, pages).answered_at == NOW
    assert set(Pages.asked) == {"/health"}


def test_pages_of_an_office_s_own_are_asked_as_they_are(database, pages):
    assert ask(database, f"{pages}/own", NOW, own=True) is None
    assert Pages.asked == ["/own"]


@pytest.mark.parametrize("host", ["bulletin.example.org", "example.com", "news.office.example", "x.test", "a.invalid"])
def test_names_that_are_reserved_for_examples_are_asked_for_nothing(host):
    assert not is_real(f"https://{host}/x")
    assert is_real("https://bulletin.office.org")
    assert is_real("https://anexample.org")
