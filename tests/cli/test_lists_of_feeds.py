"""`digest sources import` and `export`: lists of feeds come in, are asked about, and go out."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import cli
from digest.intake.sources.opml import read_opml
from digest.settings.loading import load_settings

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "bring-your-feeds.md"
FEEDS = """<opml version="2.0"><body>
<outline text="Prensa &amp; avisos" xmlUrl="https://a.example/feed?x=1&amp;y=2"/>
<outline text="Prensa, avisos" xmlUrl="https://b.example/feed"/>
<outline text="" xmlUrl="https://c.example/feed"/>
<outline text="Old" xmlUrl="ftp://d.example/feed"/>
</body></opml>"""


@pytest.fixture
def sources(load, tmp_path):
    """`sources(words, …)` calls `digest sources` in a workspace with a list of feeds."""
    load()
    (tmp_path / "feeds.opml").write_text(FEEDS, encoding="utf-8")

    def call(*words, code=0):
        named = [str(tmp_path / word) if word.endswith(".opml") else word for word in words]
        result = CliRunner().invoke(cli, ["-C", str(tmp_path), "sources", *named], prog_name="digest")
        assert result.exit_code == code, result.output
        return result

    return call


def test_a_list_of_feeds_is_shown_then_written_and_given_out_again(sources, tmp_path):
    path = tmp_path / "digest.yaml"
    before = path.read_bytes()
    shown = sources("import", "feeds.opml", "--dry-run").output
    assert path.read_bytes() == before
    for said in ("prensa-avisos ", "prensa-avisos-2", "feed ", "must begin with https://", "3 new sources"):
        assert said in shown
    sources("import", "feeds.opml", "--yes")
    urls = {source.name: source.url for source in load_settings(path).sources if source.url}
    assert urls == {
        "prensa-avisos": "https://a.example/feed?x=1&y=2",
        "prensa-avisos-2": "https://b.example/feed",
        "feed": "https://c.example/feed",
    }
    again = sources("import", "feeds.opml", "--yes").output
    assert "is a source already: feed" in again
    assert "Nothing is new" in again
    given = sources("export").stdout
    assert [(one.title, one.url) for one in read_opml(given.encode(), "x")] == [*urls.items()]


def test_nobody_is_asked_where_nobody_sits(sources, tmp_path):
    before = (tmp_path / "digest.yaml").read_bytes()
    assert "say --yes" in sources("import", "feeds.opml", code=2).output
    assert (tmp_path / "digest.yaml").read_bytes() == before


def test_the_commands_of_the_page_run(sources):
    for block in re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            sources(*shlex.split(line.removeprefix("$ digest sources ")))
