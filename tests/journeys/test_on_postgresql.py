"""A workspace whose database is PostgreSQL's: an ordinary month, and what is not possible with it yet."""

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

from digest.cli import cli
from digest.cli.ending import run
from digest.foundation.secrets import make_secret

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.mark.on_postgresql
def test_an_ordinary_month_goes_out_and_what_cannot_be_done_yet_says_so(tmp_path, monkeypatch):
    office = tmp_path / "office"
    shutil.copytree(SEEDS, office)
    office.chmod(0o700)
    make_secret(office / "keys" / "secret")
    server = database_at(office / "digest.db")
    settings = (office / "digest.yaml").read_text(encoding="utf-8")
    (office / "digest.yaml").write_text(f"database: {server._parts.geturl()}\n{settings}", encoding="utf-8")

    def digest(*words, code=0):
        monkeypatch.setattr(sys, "argv", ["digest", "-C", str(office), *words])
        with redirect_stdout(StringIO()) as said, redirect_stderr(said):
            ended = run(cli)
        assert ended == code, said.getvalue()
        return said.getvalue()

    digest("collect")
    digest("build", "2018-07")
    checked = digest("check", "2018-07")
    code = re.search(r"Code of the draft: (\w+)", checked)[1]
    digest("approve", "2018-07", "--by", "Marta", "--code", code)
    assert "24" in digest("send", "2018-07", "--dry-run")
    assert not (office / "out").exists()
    digest("send", "2018-07", "--yes")
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
    for words in (["backup"], ["restore", "old.zip"]):
        assert "pg_dump" in digest(*words, code=78)
    assert not (office / "digest.db").exists()
