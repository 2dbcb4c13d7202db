"""Freezing 1,000,000 recipients against the same joined statement written by hand."""

import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from measuring import ROUNDS, Row, ratio, seconds
from sqlalchemy import Connection

from digest.delivery.ledger import freeze
from digest.foundation.database import Database, SqliteDatabase
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

PEOPLE = 1_000_000
CHOICES = 40
BY_HAND = """
INSERT INTO deliveries (edition, subscriber, variant, address, name, state, changed_at)
SELECT 1, s.subscriber, v.variant, p.address, p.name,
       CASE WHEN v.variant IS NULL THEN 'no-variant' ELSE 'pending' END, '2018-08-05T15:00:00.000000+00:00'
FROM subscriptions s
JOIN subscribers p ON p.number = s.subscriber
JOIN servings v ON v.choice = s.choice AND v.edition = 1
WHERE s.newsletter = 'monthly' AND s.active = 1 AND p.suppressed_at IS NULL
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "digest.db")
        database = SqliteDatabase(path)
        with database.read():
            pass
        fill(path)
        edition = Edition(
            newsletter="monthly",
            period=Period.from_key(PeriodKind.MONTH, "2018-07"),
            state=EditionState.SEALED,
            number=1,
        )
        at = datetime(2018, 8, 5, 15, tzinfo=UTC)
        ours, yardstick = [], []
        for _ in range(ROUNDS):
            ours.append(_timed(database, lambda connection: freeze(connection, edition, at)))
            yardstick.append(_timed(database, lambda connection: connection.exec_driver_sql(BY_HAND)))
    return [ratio("freeze 1,000,000 recipients", median(ours), median(yardstick), 1.2, "the statement by hand")]


def _timed(database: Database, work: Callable[[Connection], object]) -> float:
    with database.write() as connection:
        taken = seconds(lambda: work(connection))
        count = connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar_one()
        assert count == PEOPLE, count
        connection.exec_driver_sql("DELETE FROM deliveries")
    return taken


def fill(path: Path, *, editions: bool = True) -> None:
    with sqlite3.connect(path) as database:
        if editions:
            database.execute(
                "INSERT INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, "
                "window_start, window_end) "
                "VALUES (1, 'monthly', 'month', '2018-07', 1, 'sealed', 1, '2018-07-01', '2018-08-01')"
            )
        for number in range(1, CHOICES + 1):
            database.execute("INSERT INTO choices VALUES (?, 'monthly', ?, 'en')", (number, f"audience{number}"))
            if not editions:
                continue
            database.execute(
                "INSERT INTO variants VALUES (?, 1, ?, ?, 'en', '[]', '[]', '', '', x'', x'', x'')",
                (number, f"v{number}", number),
            )
            database.execute("INSERT INTO servings VALUES (1, ?, ?)", (number, number if number % 10 else None))
        people = range(1, PEOPLE + 1)
        database.executemany(
            "INSERT INTO subscribers VALUES (?, ?, ?, ?, NULL, NULL)",
            ((n, f"{n:016x}", f"reader{n}@example.org", f"reader{n}@example.org") for n in people),
        )
        database.executemany(
            "INSERT INTO subscriptions (subscriber, newsletter, choice, active) VALUES (?, 'monthly', ?, 1)",
            ((n, n % CHOICES + 1) for n in people),
        )
    database.close()
