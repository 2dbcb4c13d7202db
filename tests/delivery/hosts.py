"""Several machines that send out of one database: each a folder of its own, with its own marks and journal."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from databases import server
from psycopg.rows import tuple_row
from scenes import Scene

from digest.delivery.ledger import Ledger
from digest.editions.store import Editions
from digest.foundation.database import SqliteDatabase, copy_rows, open_database
from digest.foundation.workspace import DATABASE, SECRET, SETTINGS, SystemClock
from digest.newsletters.edition import Edition


@dataclass(kw_only=True)
class SharedScene(Scene):
    """A scene whose ledger is PostgreSQL's."""

    url: str

    @property
    def ledger(self) -> dict[str, tuple[str, list[str]]]:
        causes: dict[int, list[str]] = {}
        for subscriber, cause in self.rows("SELECT subscriber, cause FROM doubts ORDER BY number"):
            causes.setdefault(subscriber, []).append(cause)
        return {
            who: (state, causes.get(subscriber, []))
            for subscriber, who, state in self.rows("SELECT subscriber, address, state FROM deliveries")
        }

    def through(self, port: int) -> None:
        """From now on the host comes to the database over a port of ours, and we by the way of old."""
        settings = self.workspace / SETTINGS
        settings.write_text(re.sub(r"(?m)^(database: .*:)\d+/", rf"\g<1>{port}/", settings.read_text()))

    def rows(self, query: str) -> list[tuple]:
        with psycopg.connect(self.url, row_factory=tuple_row, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def sent_by(self, process: int) -> int:
        query = "SELECT count(*) FROM deliveries JOIN workers USING (fence) WHERE state = 'sent' AND pid = "
        return int(self.rows(f"{query}{process}")[0][0])

    def evidence(self, **more: object):
        return super().evidence(**{"database": None, "report": None, "exit_code": None, **more})


@contextmanager
def shared(at: Scene, hosts: int) -> Iterator[list[SharedScene]]:
    """The scene, frozen, in a database of a server, with so many hosts."""
    at.import_readers()
    lent = server().lend()
    try:
        url = lent._parts.geturl()
        copy_rows(SqliteDatabase(at.workspace / DATABASE), lent)
        (edition,) = Editions(lent).editions("monthly")
        Ledger(lent).begin(edition, SystemClock().now(), {}, route_in(at.workspace))
        yield [_host(at, url, at.folder / f"host{number}") for number in range(hosts)]
    finally:
        server().take_back(lent)


def route_in(workspace: Path):
    from digest.settings.instance import Instance

    return Instance(workspace).place.route


def _host(at: Scene, url: str, folder: Path) -> SharedScene:
    def left_out(_folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name.startswith(DATABASE) or name == "sending"]

    shutil.copytree(at.workspace, folder, ignore=left_out)
    settings = folder / SETTINGS
    settings.write_text(f"database: {url}\n{settings.read_text()}")
    fields = {name: getattr(at, name) for name in at.__dataclass_fields__ if name != "workspace"}
    return SharedScene(**fields, workspace=folder, url=url)


def opened(host: SharedScene):
    return open_database(host.url, host.workspace / SECRET)


def edition_of(host: SharedScene) -> Edition:
    return Editions(opened(host)).editions("monthly")[0]
