"""Taking in 1,000,000 rows against reading them with the csv module and checking every address with email-validator."""

import csv
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from email_validator import validate_email
from measuring import Row, ratio, seconds
from samples import newsletter

from digest.foundation.database import Database, SqliteDatabase
from digest.people.list_file import list_rows
from digest.people.list_import import ImportWishes, take_in
from digest.people.subscriber import Consent
from digest.people.subscriber_changes import Deed

PEOPLE = 1_000_000
ROUNDS = 1  # it takes minutes, and so many rows are a median by themselves


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        with path.open("w", newline="") as file:
            file.write("email,name\n")
            file.writelines(f"reader{n}@office{n % 977}.example.org,Reader {n}\n" for n in range(PEOPLE))
        ours, yardstick = [], []
        for turn in range(ROUNDS):
            database = SqliteDatabase(Path(folder, f"{turn}.db"))
            ours.append(seconds(lambda: _taken(path, database)))  # noqa: B023 – called at once
            yardstick.append(seconds(lambda: _read(path)))
            database.path.unlink()
    return [ratio("import 1,000,000 rows", median(ours), median(yardstick), 3, "csv and email-validator")]


def _taken(path: Path, database: Database) -> None:
    wanted = newsletter()
    wishes = ImportWishes(
        newsletter=wanted,
        audiences=frozenset({wanted.audiences[0].name}),
        language=wanted.languages[0],
        consent=Consent(on=date(2018, 8, 5), how="form"),
    )
    deed = Deed(by="Marta", at=datetime(2018, 8, 5, tzinfo=UTC))
    with list_rows(path, {}) as (_columns, found):
        counts = take_in(database, found, wishes, deed, lambda _result: None, dry_run=False)
    assert counts.total() == PEOPLE, counts


def _read(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            validate_email(row["email"], check_deliverability=False)
