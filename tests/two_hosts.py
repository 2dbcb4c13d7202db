"""Two hosts over one database of PostgreSQL: folders of their own, the same settings and key."""

import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import psycopg
from databases import database_at, server

from digest.cli.invocation import FixedClock
from digest.errors import DigestError
from digest.foundation.secrets import make_secret
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


class Hosts:
    """`folders` are theirs."""

    def __init__(self, root: Path, delivery: str = FILES, readers: int = 4, more: str = "") -> None:
        self.readers = {f"reader{number}@example.org" for number in range(readers)}
        self.database = database_at(root / "digest.db")
        self.url = self.database._parts.geturl()
        self.folders = [root / name for name in ("one", "two")]
        first = self.folders[0]
        (first / "bulletins").mkdir(parents=True, mode=0o700)
        first.chmod(0o700)
        (first / "bulletins" / "july.en.txt").write_text(LISTING)
        (first / "digest.yaml").write_text(SETTINGS.format(url=self.url, delivery=delivery) + more)
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

    def through(self, number: int, port: int) -> None:
        """One of them comes to the database over another port."""
        settings = self.folders[number] / "digest.yaml"
        settings.write_text(settings.read_text().replace(f":{server().port}/", f":{port}/"))

    def lose_lock(self) -> bool:
        """Whether somebody held it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = %s"
            return bool(connection.execute(query, [int.from_bytes(b"sending", "big") & 0xFFFFFFFF]).fetchall())

    def rows(self, query: str) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    @staticmethod
    def wait_until(is_so: Callable[[], object]) -> None:
        until = time.monotonic() + DEADLINE
        while not is_so():
            assert time.monotonic() < until
            time.sleep(0.005)

    def states(self, table: str) -> Counter[str]:
        return Counter(state for (state,) in self.rows(f"SELECT state FROM {table}"))
