"""One edition out of every kind of source; each of its stories tells where it came from, and who else published it."""

import json
import sys
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from digest.cli import cli
from digest.cli.invocation import FixedClock
from digest.desk.pages import edition_view, preview_page
from digest.editions.building import build
from digest.newsletters.period import Period, PeriodKind
from digest.settings.instance import Instance

LISTING = "5 July 2018\nShelter opens in Tapachula\n\nIt has forty beds.\n"
MARKDOWN = "---\ntitle: A guide for teachers\ndate: 2018-07-06\n---\nIt has nine chapters.\n"
TABLE = "date,title,text\n2018-07-07,Consulate on wheels,It comes to the villages on Mondays.\n"
EVENTS = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20180820
SUMMARY:Round table on statistics
END:VEVENT
END:VCALENDAR
"""
FEED = b"""<rss version="2.0"><channel><item><guid>a</guid><title>Ferry line resumes</title>
<pubDate>Mon, 09 Jul 2018 15:00:00 GMT</pubDate><description>Twice a day.</description></item>
<item><guid>b</guid><title>Shelter opens in Tapachula</title><pubDate>Thu, 05 Jul 2018 15:00:00 GMT</pubDate>
<link>https://www.press.example.net/shelter</link><description>It has forty beds. It opens on Monday.</description>
</item></channel></rss>"""
PAGE = b"""<ul><li><h3><a href="/tents">Tents arrive at the border</a></h3> 11 July 2018 <p>There are sixty of them.</p>
<li><h3><a href="/clinic">A clinic moves to the port</a></h3> 12 July 2018 <p>It has four doctors.</p></ul>"""
MAIL = b"""From ana Fri Jul 13 15:00:00 2018
From: Ana <ana@example.org>
Subject: Fwd: A bridge is mended
Date: Fri, 13 Jul 2018 15:00:00 +0000
Message-ID: <bridge@example.org>

It carries lorries again.
"""
EXTENSION = """
from datetime import date
from digest.foundation.values import Keys
from digest.intake.sources.extension import Extension, ToldItem

class Nothing(Keys):
    pass

class Almanac(Extension):
    keys = Nothing

    def read(self, keys, context):
        yield ToldItem(title="Harvest begins early", published_on=date(2018, 7, 10), text="By two weeks.")
"""


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE if self.path == "/news" else FEED)

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def almanac(tmp_path, monkeypatch):
    """A package that brings a kind of source."""
    site = tmp_path / "site-packages"
    about = site / "digest_almanac-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "digest_almanac.py").write_text(EXTENSION, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: digest-almanac\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[digest.sources]\nalmanac = digest_almanac:Almanac\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    yield
    sys.modules.pop("digest_almanac", None)


def test_an_edition_has_stories_of_every_kind_of_source_and_each_names_all_of_its_own(load, tmp_path, address, almanac):
    fetched = "allow_networks: 127.0.0.0/8, first_contact: all"
    kinds = (
        "  events: {type: calendar, path: events.ics}\n  almanac: {type: almanac}\n"
        "  inbox: {type: mail, path: mail.mbox, from: example.org}\n"
        f"  press: {{type: feed, url: '{address}/feed.xml', {fetched}}}\n"
        f"  site: {{type: page, url: '{address}/news', {fetched}}}\n"
    )
    load(("  newsroom: bulletins/\n", f"  newsroom: bulletins/\n{kinds}"))
    folder = tmp_path / "bulletins"
    folder.mkdir()
    for name, text in (("july.en.txt", LISTING), ("guide.en.md", MARKDOWN), ("table.en.csv", TABLE)):
        (folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "events.ics").write_text(EVENTS, encoding="utf-8")
    (tmp_path / "mail.mbox").write_bytes(MAIL)
    instance = Instance(tmp_path, FixedClock(datetime(2018, 7, 31, 15, tzinfo=UTC)))
    with instance.database.kept():
        for result in instance.collect():
            assert result.errors == 0, [str(problem) for problem in result.problems]
        july = Period.containing(PeriodKind.MONTH, date(2018, 7, 1))
        built = build(instance.bench, instance.settings.newsletters[0], july)
        stories = {story.id: story for story in instance.items.stories()}
        told = {
            item.text.title: (item.source, item.place.file.partition("#")[0])
            for verdict in built.verdicts
            for item in stories[verdict.story_id].items
            if item.id == stories[verdict.story_id].in_language("en").id
        }
        view = edition_view(instance, instance.settings.newsletters[0], built.edition)
    assert built.included == len(told)
    assert told == {
        "Shelter opens in Tapachula": ("newsroom", "bulletins/july.en.txt"),
        "A guide for teachers": ("newsroom", "bulletins/guide.en.md"),
        "Consulate on wheels": ("newsroom", "bulletins/table.en.csv"),
        "Round table on statistics": ("events", "events.ics"),
        "Ferry line resumes": ("press", "press"),
        "Tents arrive at the border": ("site", "site"),
        "A clinic moves to the port": ("site", "site"),
        "A bridge is mended": ("inbox", "mail.mbox"),
        "Harvest begins early": ("almanac", "almanac"),
    }

    assert {row.title: row.other_sources for row in view.stories if row.other_sources} == {
        "Shelter opens in Tapachula": ("press",)
    }
    assert preview_page(view, live=False).count('<p class="reason">Also published by press</p>') == 1
    for variant in view.variants:
        told_too = "Also published by" if variant.language == "en" else "También publicado por"
        assert f"\n{told_too}: press.example.net\nhttps://www.press.example.net/shelter\n" in variant.text
        assert f'{told_too}: <a class="accent" href="https://www.press.example.net/shelter"' in variant.html

    def said(*words):
        ended = CliRunner().invoke(cli, ["-C", str(tmp_path), *words], standalone_mode=False)
        assert ended.return_value == 0, ended.output
        return " ".join(ended.stdout.split())

    reviewed = said("review", "2018-07", "--part", "regional")
    assert reviewed.count("Shelter opens in Tapachula – Also published by: press.example.net") >= 1
    assert reviewed.count("Also published by") == reviewed.count("Shelter opens in Tapachula – Also")

    items = json.loads(said("items", "--json"))
    assert {(one["source"], one["shown"]) for one in items if one["title"].startswith("Shelter")} == {
        ("newsroom", True),
        ("press", False),
    }
    assert [one["title"] for one in items if not one["shown"]] == ["Shelter opens in Tapachula"]
    assert said("items").count("Shelter opens in Tapachula (shown as newsroom has it)") == 1
    (press,) = (one["id"] for one in items if not one["shown"])
    (newsroom,) = (one["id"] for one in items if one["shown"] and one["title"].startswith("Shelter"))
    assert f"readers are shown another item of this story: {newsroom[:8]}, from newsroom" in said("explain", press)
    assert "(en, newsroom, bulletins/july.en.txt:1)" in said("explain", press)
    assert "readers are shown" not in said("explain", newsroom)
    explained = json.loads(said("explain", press, "--json"))
    assert {one["id"]: one["shown"] for one in explained["items"]} == {newsroom: True, press: False}
