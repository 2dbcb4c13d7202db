"""A workspace whose database is PostgreSQL's for a while: an ordinary month, and what is not possible with it yet."""

import json
import os
import re
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from databases import database_at
from databases import server as postgresql

from digest.cli import cli
from digest.cli.ending import run
from digest.foundation.login import machine_name
from digest.foundation.secrets import make_secret

SEEDS = Path(__file__).parents[2] / "seeds"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "move-to-postgresql.md"


def another_host_reads_the_bulletins(office, digest):
    """Neither they nor the readable copy lie here; what is not read here is not gone."""
    shutil.rmtree(office / "editions")
    (office / "bulletins").rename(office / "elsewhere")
    said = digest("collect")
    assert "newsroom: this host has no such folder; what was read there stays" in said
    assert "withdrawn" not in said
    assert "this host has no such folder" in " ".join(digest("sources").split())
    digest("send", "2018-07", "--yes")
    settings = (office / "digest.yaml").read_text(encoding="utf-8")
    for hosts, code, say in (
        ("[one, two]", 0, "it is read on one, two"),
        (machine_name(), 65, "this folder cannot be read"),
    ):
        named = settings.replace("newsroom: bulletins/", f"newsroom: {{path: bulletins, collect_on: {hosts}}}")
        (office / "digest.yaml").write_text(named, encoding="utf-8")
        assert say in digest("collect", code=code)
    (office / "digest.yaml").write_text(settings, encoding="utf-8")
    (office / "elsewhere").rename(office / "bulletins")


def commands(places):
    """Of the page, in its order, without the name of the program."""
    text = PAGE.read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    named = re.compile("|".join(places))
    return [named.sub(lambda found: str(places[found[0]]), line).split()[2:] for line in lines]


@pytest.mark.on_postgresql
def test_an_ordinary_month_that_is_moved_there_and_back_goes_out_once(tmp_path, monkeypatch):
    office = tmp_path / "office"
    shutil.copytree(SEEDS, office)
    office.chmod(0o700)
    make_secret(office / "keys" / "secret")
    server = database_at(office / "digest.db")
    url, settings = server._parts.geturl(), (office / "digest.yaml").read_text(encoding="utf-8")

    new, archive, restored = tmp_path / "new", tmp_path / "one.zip", postgresql().made()

    def digest(*words, code=0):
        monkeypatch.setattr(sys, "argv", ["digest", "-C", str(office), *words])
        with redirect_stdout(StringIO()) as said, redirect_stderr(said):
            ended = run(cli)
        assert ended == code, said.getvalue()
        return said.getvalue()

    there, back, backing_up, restoring = commands(
        {
            "/srv/office": office,
            "/srv/new": new,
            "/mnt/backups/digest-20180806T021500Z.zip": archive,
            "postgresql://digest@db.example.org/digest": url,
            "postgresql://digest@db.example.org/restored": restored,
        }
    )
    digest("collect")
    digest("build", "2018-07")
    checked = digest("check", "2018-07")
    code = re.search(r"Code of the draft: (\w+)", checked)[1]
    digest("approve", "2018-07", "--by", "Marta", "--code", code)
    moved = digest(*there)
    assert f"    database: {url}\n" in moved
    assert f"was copied to {server.name}" in digest("run", code=3)
    assert server.name in digest("status")
    assert server.name in digest("doctor", "--offline", code=78)
    (office / "digest.yaml").write_text(f"database: {url}\n{settings}", encoding="utf-8")
    assert "24" in digest("send", "2018-07", "--dry-run")
    assert not (office / "out").exists()
    another_host_reads_the_bulletins(office, digest)
    assert len([*(office / "out").rglob("*.eml")]) == 24
    assert "24 sent" in digest("send", "2018-07", "--yes")
    assert re.search(rf"Database  {re.escape(server.name)}; PostgreSQL \d+\.\d+; \d+ MB\n", digest("status"))
    (told,) = json.loads(digest("status", "--json"))
    assert (told["database"]["place"], told["database"]["running"]) == (server.name, None)
    with server.exclusive(tmp_path / "sending.lock"):
        ours = f"process {os.getpid()} on host"
        assert f"{ours}" in " ".join(digest("status").split())
        assert f"held by {ours}" in digest("doctor", "--offline", code=78)
    assert "finished" in digest("report", "2018-07").lower()
    assert f"at {server.name}" in digest("doctor", "--offline", code=78)  # a server of tests keeps nothing
    shutil.move(digest(*backing_up).splitlines()[0], archive)
    assert "whole and sound" in digest("backup", "--check", str(archive))
    assert f"    database: {restored}\n" in digest(*restoring)
    (new / "digest.yaml").write_text(f"database: {restored}\n{settings}", encoding="utf-8")
    assert "mails may have left since" in digest("-C", str(new), "status")
    assert "This workspace sends from now on" in digest("-C", str(new), "adopt", "--by", "Marta", "--without-journal")
    assert "24 sent" in digest("-C", str(new), "send", "2018-07", "--yes")
    assert "Take `database:` out of digest.yaml now" in digest(*back)
    words = ("add", "new@example.org", "--audience", "regional", "--consent", "asked by telephone")
    assert "copied to" in digest("subscribers", *words, code=3)
    (office / "digest.yaml").write_text(settings, encoding="utf-8")
    assert "24 sent" in digest("send", "2018-07", "--yes")
