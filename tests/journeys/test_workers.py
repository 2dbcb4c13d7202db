"""Workers on one PostgreSQL: what is frozen is deferred with it, and whoever lives sends it, once."""

import json
import re
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

CONNECTIONS = 2
PROGRAM = Path(sys.executable).with_name("digest")
DEADLINE = 120.0
MOST_MEMORY = 150  # MB
DRAIN_SECONDS = 15.0
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
TWICE = """
SET search_path = procrastinate;
INSERT INTO procrastinate_jobs (queue_name, task_name, args)
SELECT 'batch', 'batch', args FROM procrastinate_jobs, generate_series(1, 2) WHERE task_name = 'batch'"""
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
            found = connection.execute(query.encode())
            return found.fetchall() if found.description else []

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


def memory_of(process) -> int:
    """The most that it ever had at once, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024


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
            assert "; 1 worker:" in " ".join(office.call("status").split())
            assert memory_of(worker) <= MOST_MEMORY
            worker.terminate()
            assert worker.wait(DEADLINE) == 0
            assert "monthly/2018-07 has gone out" in worker.stderr.read()
    assert Counter(one.recipient for one in mails.accepted) == dict.fromkeys(office.readers, 1)
    assert office.states("deliveries") == {"sent": 30}


def test_a_worker_that_is_told_to_stop_leaves_nothing_in_doubt_and_the_next_one_goes_on_when_its_connections_were_cut(
    tmp_path,
):
    with faultrunning.process(tmp_path / "server", Script(gap=(0.02, 0.04))) as mails:
        office = Office(tmp_path, mails.port, readers=240)
        office.call("build", "--period", "2018-07")
        with office.worker() as worker:
            office.call("send", "2018-07", "--yes")
            wait_until(lambda: mails.log.exists() and mails.accepted)
            worker.terminate()
            began = time.monotonic()
            assert worker.wait(DEADLINE) == 0
            assert time.monotonic() - began < DRAIN_SECONDS
        left = office.states("deliveries")
        assert set(left) == {"sent", "pending"}, left
        assert left["sent"] == len(mails.accepted)
        assert [*office.rows("SELECT count(*) FROM doubts")] == [(0,)]
        office.rows("SET search_path = procrastinate; DELETE FROM procrastinate_jobs")
        with office.worker():
            wait_until(lambda: len(mails.accepted) > left["sent"])
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            office.rows(f"{cut} AND pid <> pg_backend_pid()")
            office.rows("UPDATE workers SET lease_until = '2001'")
            wait_until(lambda: office.states("editions") == {"finished": 1})
    copies = Counter(one.recipient for one in mails.accepted)
    assert copies == dict.fromkeys(office.readers, 1)


def test_what_a_killed_worker_had_is_taken_up_by_another_and_a_batch_that_comes_twice_changes_nothing(tmp_path):
    with faultrunning.process(tmp_path / "server", Script(gap=(0.02, 0.04))) as mails:
        office = Office(tmp_path, mails.port, readers=120)
        office.call("build", "--period", "2018-07")
        with office.worker() as worker:
            office.call("send", "2018-07", "--yes")
            wait_until(lambda: mails.log.exists() and mails.accepted)
            worker.kill()
            worker.wait(DEADLINE)
        office.rows("UPDATE workers SET lease_until = '2001'")
        office.rows(TWICE)
        with office.worker():
            wait_until(lambda: office.states("editions") == {"finished": 1})
    copies = Counter(one.recipient for one in mails.accepted)
    ((doubts,),) = office.rows("SELECT count(*) FROM doubts")
    assert copies.keys() == office.readers
    assert copies.total() - len(copies) <= doubts <= CONNECTIONS


def test_a_first_slice_is_refused_beside_workers_and_without_them_send_sends(tmp_path):
    with faultrunning.process(tmp_path / "server", Script()) as mails:
        office = Office(tmp_path, mails.port, readers=4)
        office.call("build", "--period", "2018-07")
        with office.worker() as worker:
            assert "workers are there" in office.call("send", "2018-07", "--yes", "--limit", "2", code=75)
            worker.terminate()
            assert worker.wait(DEADLINE) == 0
        office.call("send", "2018-07", "--yes")
    assert office.states("deliveries") == {"sent": 4}
    assert {one.recipient for one in mails.accepted} == office.readers
