"""`digest sources`, as a person uses it."""

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import cli

SEEDS = Path(__file__).parents[2] / "seeds"


def _said(workspace: Path, *options: str) -> str:
    ended = CliRunner().invoke(cli, ["-C", str(workspace), "sources", *options], standalone_mode=False)
    assert ended.return_value == 0, ended.output
    return ended.stdout


def test_each_source_says_where_its_folder_leads(tmp_path: Path) -> None:
    workspace, share = tmp_path / "workspace", tmp_path / "share"
    shutil.copytree(SEEDS, workspace)
    (plain,) = json.loads(_said(workspace, "--json"))
    assert plain == {
        "name": "newsroom",
        "type": "folder",
        "folder": "bulletins",
        "leads_to": None,
        "exists": True,
        "items": 0,
        "state": "read",
        "said": "",
    }
    shutil.move(workspace / "bulletins", share)
    assert "it is not there" in _said(workspace)
    (workspace / "bulletins").symlink_to(share)
    CliRunner().invoke(cli, ["-C", str(workspace), "collect"], standalone_mode=False)
    (linked,) = json.loads(_said(workspace, "--json"))
    assert linked["leads_to"] == str(share)
    assert linked["items"] > 0
    assert str(share) in _said(workspace)


# -- Feeds.

PAGE = b"""<!doctype html><html><head><base href="/en/"><title>Office</title>
<link rel="stylesheet" href="x.css"><LINK title="Press" type='application/rss+xml' href="press.xml" rel="alternate">
</head><body><a href="/nothing">x</a></body></html>"""
FEED = """<rss version="2.0"><channel><title>Press</title><item><guid>n-1</guid><title>A border office opens</title>
<pubDate>{day}</pubDate><description>It opened.</description></item></channel></rss>"""


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        today = datetime.now(UTC)
        rows = "".join(f"<li><a href=/n/{n}>Story {n} of the office</a> {today:%-d %B %Y}</li>" for n in (1, 2))
        body = {
            "/": PAGE,
            "/en/press.xml": FEED.format(day=today.isoformat()).encode(),
            "/list": f"<h1>News</h1><ul>{rows}</ul>".encode(),
        }.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_feed_is_found_on_a_page_shown_and_written_into_the_settings(tmp_path: Path, site: str) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(SEEDS, workspace)
    before = (workspace / "digest.yaml").read_text()
    refused = CliRunner().invoke(cli, ["-C", str(workspace), "sources", "add", site], standalone_mode=False)
    assert "not open to everybody" in str(refused.exception)
    said = _said(workspace, "add", f"{site}/", "--name", "press", "--allow-network", "127.0.0.0/8")
    assert "A border office opens" in said
    line = f'press: {{type: feed, url: "{site}/en/press.xml", allow_networks: ["127.0.0.0/8"]}}'
    written = (workspace / "digest.yaml").read_text()
    assert [one.strip() for one in written.splitlines() if one not in before.splitlines()] == [line]

    assert "A border office opens" in _said(workspace, "test", "press")
    press = {one["name"]: one for one in json.loads(_said(workspace, "--json"))}["press"]
    assert (press["state"], press["items"]) == ("not asked yet", 0)
    run = CliRunner().invoke(cli, ["-C", str(workspace), "collect"], standalone_mode=False)
    assert "press: 1 new" in run.output
    assert "known" in _said(workspace, "test", "press")

    (workspace / "digest.yaml").write_text(written.replace("/en/press.xml", "/gone.xml"))
    run = CliRunner().invoke(cli, ["-C", str(workspace), "collect"], standalone_mode=False)
    assert run.return_value == 4
    press = {one["name"]: one for one in json.loads(_said(workspace, "--json"))}["press"]
    assert (press["state"], press["failures"], press["items"]) == ("failing", 1, 1)
    told = CliRunner().invoke(cli, ["-C", str(workspace), "status"], standalone_mode=False).output
    assert "press: not read 1 time in a row: the server answers 404 Not Found" in " ".join(told.split())
    run = CliRunner().invoke(cli, ["-C", str(workspace), "status", "--json"], standalone_mode=False)
    for newsletter in json.loads(run.output):
        (troubled,) = newsletter["sources"]
        assert (troubled["name"], troubled["state"], troubled["said"]) == ("press", "failing", press["said"])


# -- Pages.


def test_a_page_without_a_feed_is_a_source_if_it_lists_news(tmp_path: Path, site: str) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(SEEDS, workspace)
    said = _said(workspace, "add", f"{site}/list", "--name", "site", "--allow-network", "127.0.0.0/8")
    assert f"{site}/list is a page that lists news:" in said
    assert "Story 1 of the office" in said
    assert 'site: {type: page, url: "' in (workspace / "digest.yaml").read_text()
    run = CliRunner().invoke(cli, ["-C", str(workspace), "collect"], standalone_mode=False)
    assert "site: 2 new" in run.output
    again = CliRunner().invoke(cli, ["-C", str(workspace), "collect", "--now"], standalone_mode=False)
    assert "site: 2 unchanged" in again.output

    settings = workspace / "digest.yaml"
    settings.write_text(settings.read_text().replace("type: page", "type: page, select: .gone"))
    changed = CliRunner().invoke(cli, ["-C", str(workspace), "collect", "--now"], standalone_mode=False)
    assert (changed.return_value, "its layout has changed" in changed.output) == (4, True)
    (site_,) = (one for one in json.loads(_said(workspace, "--json")) if one["name"] == "site")
    assert (site_["state"], site_["items"]) == ("layout changed", 2)
