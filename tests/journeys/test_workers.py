"""Workers on one PostgreSQL: what is frozen is deferred with it, and whoever lives sends it, once."""

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import faultrunning
import psycopg
import pytest
from databases import database_at
from faultscript import Script

from digest.foundation.secrets import make_secret

PROGRAM = Path(sys.executable).with_name("digest")
DEADLINE = 60.0
pytestmark = pytest.mark.on_postgresql
SETTINGS = """
database: {url}
publisher: {{name: Office, address: Apartado 100, timezone: America/Costa_Rica}}
sources: {{newsroom: bulletins/}}
audiences:
  regional: {{title: Whole region, everything: true}}
newsletters:
  monthly:
    title: Migration bulletin
    from: Bulletin <bulletin@news.example.org>
    every: month
    audiences: [regional]
    languages: [en]
    approval: none
subscribers: subscribers.yaml
delivery: {{transport: smtp, host: 127.0.0.1, port: {port}, security: none, connections: 2}}
"""
LISTING = "6 July, 2018\n\nPolice in Guatemala learn to spot forged papers\n\nOfficers attended a course.\n"


class Office:
    def __init__(self, root: Path, port: int, readers: int) -> None:
        self.readers = {f"reader{number}@example.org" for number in range(readers)}
        self.database = database_at(root / "digest.db")
        self.folder = root / "one"
        (self.folder / "bulletins").mkdir(parents=True, mode=0o700)
        self.folder.chmod(0o700)
        (self.folder / "bulletins" / "july.en.txt").write_text(LISTING)
        (self.folder / "digest.yaml").write_text(SETTINGS.format(url=self.database._parts.geturl(), port=port))
        rows = "\n".join(f"  - {{address: {one}, audiences: [regional]}}" for one in sorted(self.readers))
        (self.folder / "subscribers.yaml").write_text(f"subscribers:\n{rows}\n")
        make_secret(self.folder / "keys" / "secret")

    def call(self, *words: str, code: int = 0) -> str:
        done = subprocess.run([PROGRAM, "-C", self.folder, *words], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout + done.stderr

    def rows(self, query: str) -> list[tuple]:
        with psycopg.connect(self.database._parts.geturl(), autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def states(self, table: str) -> Counter[str]:
        return Counter(state for (state,) in self.rows(f"SELECT state FROM {table}"))

    @contextmanager
    def worker(self, *words: str):
        """A process; ended in order unless it has ended."""
        command = [PROGRAM, "-C", self.folder, "worker", *words]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                line = process.stderr.readline()
                assert "a worker has started" in line, line + process.stderr.read()
                yield process
            finally:
                process.terminate()


def wait_until(is_so):
    until = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_worker_sends_what_send_has_frozen_and_ends_in_order(tmp_path):
    with faultrunning.process(tmp_path / "server", Script()) as mails:
        office = Office(tmp_path, mails.port, readers=30)
        office.call("build", "--period", "2018-07")
        with office.worker() as worker:
            said = office.call("send", "2018-07", "--yes")
            assert "30 messages are still to leave, through workers" in said
            wait_until(lambda: office.states("editions") == {"finished": 1})
            (there,) = json.loads(office.call("workers", "--json"))
            assert (there["process"], there["worker"]) == (worker.pid, True)
            worker.terminate()
            assert worker.wait(DEADLINE) == 0
            assert "monthly/2018-07 has gone out" in worker.stderr.read()
    assert Counter(one.recipient for one in mails.accepted) == dict.fromkeys(office.readers, 1)
    assert office.states("deliveries") == {"sent": 30}
