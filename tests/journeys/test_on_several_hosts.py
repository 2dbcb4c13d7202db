"""Two hosts over one database of PostgreSQL: processes with folders of their own, the same settings and key."""

import shutil
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import faultrunning
import psycopg
import pytest
from databases import clock_off, contents, database_at
from doses import dose
from faultscript import Script

from digest.cli.invocation import FixedClock
from digest.errors import DigestError
from digest.foundation.secrets import make_secret
from digest.runs.monitoring import watched
from digest.runs.run import run
from digest.settings.instance import Instance

NOW = datetime(2018, 8, 5, 15, tzinfo=UTC)
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
    send: day 5 at 09:00
    starts_on: 2018-07-01
    audiences: [regional]
    languages: [en]
    approval: none
subscribers: subscribers.yaml
delivery: {delivery}
"""
FILES = "{transport: files, path: out}"
LISTING = "6 July, 2018\n\nPolice in Guatemala learn to spot forged papers\n\nOfficers attended a course.\n"
DEADLINE = 60.0
pytestmark = pytest.mark.on_postgresql


class Hosts:
    """`folders` are theirs."""

    def __init__(self, root: Path, delivery: str = FILES, readers: int = 4) -> None:
        self.readers = {f"reader{number}@example.org" for number in range(readers)}
        self.database = database_at(root / "digest.db")
        self.url = self.database._parts.geturl()
        self.folders = [root / name for name in ("one", "two")]
        first = self.folders[0]
        (first / "bulletins").mkdir(parents=True, mode=0o700)
        first.chmod(0o700)
        (first / "bulletins" / "july.en.txt").write_text(LISTING)
        (first / "digest.yaml").write_text(SETTINGS.format(url=self.url, delivery=delivery))
        rows = "\n".join(f"  - {{address: {one}, audiences: [regional]}}" for one in sorted(self.readers))
        (first / "subscribers.yaml").write_text(f"subscribers:\n{rows}\n")
        make_secret(first / "keys" / "secret")
        shutil.copytree(first, self.folders[1])

    def run(self, folder: Path) -> list[tuple[int, str]]:
        """As cron does: codes and words of what went wrong."""
        try:
            ran = run(Instance(folder, FixedClock(NOW)), rehearsed=True)
        except DigestError as error:
            return [(error.exit_code, str(error))]
        except BaseException:  # noqa: BLE001 – told to the test
            return [(1, traceback.format_exc())]
        return [(one.code, str(one)) for one in ran.trouble]

    def start(self, folder: Path, gate, answers):
        """A process; it runs once all have come to the gate."""

        def one_run():
            gate.wait()
            answers.put(self.run(folder))

        self.database._engine.dispose()
        process = get_context("fork").Process(target=one_run)
        process.start()
        return process

    def lose_lock(self) -> bool:
        """Whether somebody held it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = %s"
            return bool(connection.execute(query, [int.from_bytes(b"sending", "big") & 0xFFFFFFFF]).fetchall())

    def states(self, table: str) -> Counter[str]:
        with psycopg.connect(self.url) as connection:
            return Counter(row[0] for row in connection.execute(f"SELECT state FROM {table}".encode()))


@pytest.mark.parametrize("trial", range(dose(1, 500)))
def test_two_runs_at_once_on_two_hosts_make_one_edition_and_send_it_once(tmp_path, trial):
    hosts, context = Hosts(tmp_path), get_context("fork")
    gate, answers = context.Barrier(2), context.Queue()
    runs = [hosts.start(folder, gate, answers) for folder in hosts.folders]
    told = [answers.get(timeout=DEADLINE) for _ in runs]
    for one in runs:
        one.join()
    codes = Counter(code for trouble in told for code, _ in trouble)
    assert set(codes) <= {3, 75}, told  # the other host had it, or has sent it
    assert hosts.states("editions") == {"finished": 1}, told
    mails = Counter(path.name for folder in hosts.folders for path in (folder / "out").rglob("*.eml"))
    assert len(mails) == len(hosts.readers)
    assert set(mails.values()) == {1}


def test_a_run_that_loses_its_lock_stops_before_the_next_dot_and_the_next_one_goes_on(tmp_path):
    script, context = Script(gap=(0.02, 0.04)), get_context("fork")
    hosts = None
    with faultrunning.process(tmp_path / "server", script) as server:
        delivery = f"{{transport: smtp, host: 127.0.0.1, port: {server.port}, security: none, connections: 2}}"
        hosts = Hosts(tmp_path, delivery, readers=60)
        gate, answers = context.Barrier(1), context.Queue()
        sending = hosts.start(hosts.folders[0], gate, answers)
        until = time.monotonic() + DEADLINE
        while not (server.log.exists() and server.accepted):
            assert time.monotonic() < until
            time.sleep(0.005)
        waiting = hosts.run(hosts.folders[1])
        assert waiting[0][0] == 75
        assert f"process {sending.pid} on host" in waiting[0][1]
        assert hosts.lose_lock()
        told = answers.get(timeout=DEADLINE)
        sending.join()
        assert told[0][0] == 75, told
        assert "is lost" in told[0][1]
        left = {one.recipient for one in server.accepted}
        assert 0 < len(left) < len(hosts.readers)
        assert hosts.run(hosts.folders[0]) == []
        copies = Counter(one.recipient for one in server.accepted)
    assert copies == dict.fromkeys(hosts.readers, 1)
    assert hosts.states("deliveries") == {"sent": 60}
    assert contents(hosts.database)["doubts"] == []


def test_nothing_is_sent_while_the_clocks_of_host_and_database_are_a_minute_apart(tmp_path):
    hosts = Hosts(tmp_path)
    with clock_off(hosts.database, 61):
        ((code, said),) = hosts.run(hosts.folders[0])
    assert code == 3
    assert "61 s apart" in said
    assert not (hosts.folders[0] / "out").exists()


def test_the_figures_of_a_run_tell_of_the_database(tmp_path):
    hosts, path = Hosts(tmp_path), tmp_path / "digest.prom"
    with watched(Instance(hosts.folders[0], FixedClock(NOW)), path, rehearsed=True) as told:
        told.code = 0
    figures = dict(line.split() for line in path.read_text().splitlines() if line.startswith("digest_database"))
    assert float(figures["digest_database_bytes"]) == hosts.database.size()
    assert abs(float(figures["digest_database_clock_ahead_seconds"])) < 2
    assert 0 < float(figures["digest_database_connections"]) < float(figures["digest_database_connections_most"])
