"""Out of PostgreSQL: two senders against one, one against SQLite, freezing and a run without work against their bare
statements. The server is one with all its safety, on the same machine.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import freezing
import running
import sending
import sending_yardsticks
from measuring import ROUNDS, Row, in_turns, ratio
from server import PostgresqlServer, postgresql

from digest.delivery.ledger import Ledger, freeze
from digest.foundation.database import SqliteDatabase, copy_rows, open_database
from digest.foundation.workspace import SECRET, SETTINGS
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

HERE = Path(__file__).parent
SLOW = 0.02  # seconds
CONNECTIONS = 8
PEOPLE = 4_000
MEGABYTES = 150
CONNECT = """
import sys
from pathlib import Path

import psycopg
import sqlalchemy

from digest.settings.loading import load_settings

psycopg.connect(load_settings(Path(sys.argv[1])).database.url).execute("SELECT 1")
"""


def rows() -> list[Row]:
    with postgresql() as server:
        return [*_sending_rows(server), _freezing_row(server), _running_row(server)]


# -- Sending.


def _sending_rows(server: PostgresqlServer) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, _slow_sink() as slow, sending_yardsticks.sink() as quick:
        office = Path(folder, "office")
        size = sending.seal(office, quick.port, PEOPLE)
        office = _begun(office)
        template = _moved(office, server)
        taken: dict[str, list[float]] = {"one": [], "two": [], "postgresql": [], "sqlite": []}
        memory = []
        for each in range(ROUNDS + 1):
            found = {
                "one": _rate(office, 1, slow, CONNECTIONS, server, template),
                "two": _rate(office, 2, slow, CONNECTIONS, server, template),
                "postgresql": _rate(office, 1, quick.port, sending.CONNECTIONS, server, template),
                "sqlite": _rate(office, 1, quick.port, sending.CONNECTIONS),
            }
            memory += [kilobytes for _, kilobytes in found.values()]
            if each:  # the first round loads all into memory
                for name, (rate, _) in found.items():
                    taken[name].append(rate)
    rates = {name: median(each) for name, each in taken.items()}
    twice, beside = rates["two"] / rates["one"], rates["postgresql"] / rates["sqlite"]
    most = max(memory) / 1024
    return [
        Row(
            work=f"two senders out of PostgreSQL, {CONNECTIONS} connections each, answers after {SLOW * 1000:.0f} ms",
            value=f"{twice:.2f} ×",
            target="≥ 1.8 × one sender",
            met=twice >= 1.8,
            detail=f"{rates['two']:,.0f} /s against {rates['one']:,.0f} /s, {size / 1000:.0f} KB each",
        ),
        Row(
            work=f"one sender out of PostgreSQL, {sending.CONNECTIONS} connections",
            value=f"{beside:.2f} ×",
            target="≥ 0.7 × out of SQLite",
            met=beside >= 0.7,
            detail=f"{rates['postgresql']:,.0f} /s against {rates['sqlite']:,.0f} /s",
        ),
        Row(
            work="memory of a sender",
            value=f"{most:.0f} MB",
            target=f"≤ {MEGABYTES} MB",
            met=most <= MEGABYTES,
            detail=f"the most of {len(memory)}, for {PEOPLE:,} readers",
        ),
    ]


@contextmanager
def _slow_sink() -> Iterator[int]:
    """Its port."""
    command = [sys.executable, str(HERE / "slow_sink.py"), str(SLOW)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout
            yield int(started.stdout.readline())
        finally:
            started.terminate()


def _begun(office: Path) -> Path:
    """The office, with its edition frozen."""
    from digest.settings.instance import Instance

    instance = Instance(office)
    (edition,) = instance.editions.editions("monthly")
    Ledger(instance.place.database).begin(edition, instance.place.clock.now(), {}, instance.place.route)
    return office


def _moved(office: Path, server: PostgresqlServer) -> str:
    """The name of a database with all that is in the office's file."""
    name = server.made()
    there = open_database(server.url(name), office / SECRET)
    with there.kept():
        with there.write():
            pass
        copy_rows(SqliteDatabase(office / "digest.db"), there)
    return name


def _rate(
    office: Path, senders: int, port: int, connections: int, server: PostgresqlServer | None = None, like: str = ""
) -> tuple[float, int]:
    """Messages per second of so many processes, and the memory of the greatest, in kilobytes."""
    with tempfile.TemporaryDirectory() as folder:
        name = server.made(like) if server else ""
        hosts = [Path(folder, f"host{number}") for number in range(senders)]
        for host in hosts:
            shutil.copytree(office, host, ignore=None if server is None else shutil.ignore_patterns("digest.db*"))
            written = sending.SETTINGS.format(port=port, connections=connections)
            (host / SETTINGS).write_text(written + (f"database: {server.url(name)}\n" if server else ""))
        done = _sent(hosts)
        if server:
            server.drop(name)
    assert sum(each["messages"] for each in done) == PEOPLE, done
    seconds = max(each["ended"] for each in done) - min(each["begun"] for each in done)
    return PEOPLE / seconds, max(each["kilobytes"] for each in done)


def _sent(hosts: Sequence[Path]) -> list[dict]:
    command = [sys.executable, str(HERE / "one_sender.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([*command, str(host)], **pipes) for host in hosts]
    for each in started:
        assert each.stdout.readline() == "ready\n"
    for each in started:
        each.stdin.write("\n")
        each.stdin.flush()
    return [json.loads(each.communicate()[0]) for each in started]


# -- Freezing, and a run without work.


def _freezing_row(server: PostgresqlServer) -> Row:
    name = server.made()
    with tempfile.TemporaryDirectory() as folder:
        _fill(server, name, Path(folder))
        database = open_database(server.url(name), Path(folder, "secret"))
        period = Period.from_key(PeriodKind.MONTH, "2018-07")
        edition = Edition(newsletter="monthly", period=period, state=EditionState.SEALED, number=1)
        at = datetime(2018, 8, 5, 15, tzinfo=UTC)
        by_hand = freezing.BY_HAND
        ours, yardstick = [], []
        for _ in range(ROUNDS):
            for found, work in (
                (ours, lambda connection: freeze(connection, edition, at)),
                (yardstick, lambda connection: connection.exec_driver_sql(by_hand)),
            ):
                begun = time.perf_counter()
                with database.write() as connection:
                    work(connection)
                found.append(time.perf_counter() - begun)
                server.ask("TRUNCATE deliveries CASCADE", name)
                server.ask("CHECKPOINT")
    server.drop(name)
    work = "freeze 1,000,000 recipients in PostgreSQL"
    return ratio(work, median(ours), median(yardstick), 1.3, "the statement by hand")


def _fill(server: PostgresqlServer, name: str, folder: Path, *, editions: bool = True) -> None:
    """What `freezing.fill` writes into a file."""
    there = open_database(server.url(name), folder / SECRET)
    with there.kept(), there.write():
        pass
    if editions:
        server.ask(
            "INSERT INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, window_start, "
            "window_end) VALUES (1, 'monthly', 'month', '2018-07', 1, 'sealed', 1, '2018-07-01', '2018-08-01')",
            name,
        )
    numbers = f"FROM generate_series(1, {freezing.CHOICES}) n"
    server.ask(f"INSERT INTO choices SELECT n, 'monthly', 'audience' || n, 'en' {numbers}", name)
    if editions:
        made = "n, 1, 'v' || n, n, 'en', '[]', '[]', '', '', '', '', ''"
        server.ask(f"INSERT INTO variants SELECT {made} {numbers}", name)
        server.ask(f"INSERT INTO servings SELECT 1, n, CASE WHEN n % 10 > 0 THEN n END {numbers}", name)
    people = f"FROM generate_series(1, {freezing.PEOPLE}) n"
    address = "'reader' || n || '@example.org'"
    columns = "subscribers (number, public_id, address, folded)"
    server.ask(f"INSERT INTO {columns} SELECT n, lpad(to_hex(n), 16, '0'), {address}, {address} {people}", name)
    columns = "subscriptions (subscriber, newsletter, choice, active)"
    server.ask(f"INSERT INTO {columns} SELECT n, 'monthly', n % {freezing.CHOICES} + 1, 1 {people}", name)
    server.ask("VACUUM (ANALYZE)", name)


def _running_row(server: PostgresqlServer) -> Row:
    name = server.made()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        _fill(server, name, workspace, editions=False)
        (workspace / "digest.yaml").write_text(f"{running.SETTINGS}database: {server.url(name)}\n")
        (workspace / "bulletins").mkdir()
        script = workspace / "connect.py"
        script.write_text(CONNECT)
        time.sleep(2.1)  # files changed this lately make a run look again
        running.run(running.DIGEST, "-C", folder, "run")
        idle = in_turns(
            lambda: running.run(running.DIGEST, "-C", folder, "run"),
            lambda: running.run(sys.executable, str(script), str(workspace / "digest.yaml")),
        )
    work = "digest run out of PostgreSQL, nothing due, 1,000,000 subscribers"
    return ratio(work, *idle, 1.5, "connecting, reading settings")


if __name__ == "__main__":
    for row in rows():
        print(row)
