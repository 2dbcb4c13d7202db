"""Runs in the database: what `digest run` did, and since when each newsletter exists."""

import json
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from digest.commands import bare, printed
from digest.foundation.database import Database, greater, loaded, stored
from digest.foundation.schema import newsletters, runs
from digest.runs.run_record import RunRecord, Trouble


class Runs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def started_on(self, newsletter: str, today: date) -> date:
        """The day on which the newsletter was first seen; today, durably, if it is seen for the first time."""
        query = select(newsletters.c.started_on).where(newsletters.c.name == newsletter)
        with self._database.read() as connection:
            known = connection.execute(query).scalar()
        if known is None:
            with self._database.write() as connection:
                known = connection.execute(query).scalar()
                if known is None:
                    connection.execute(insert(newsletters).values(name=newsletter, started_on=today.isoformat()))
                    return today
        return date.fromisoformat(known)

    def last(self) -> RunRecord | None:
        with self._database.read() as connection:
            row = connection.execute(select(runs).order_by(runs.c.number.desc()).limit(1)).first()
        return None if row is None else _record(row._mapping)

    def begin(self, at: datetime, *, rehearsed: bool) -> int:
        """Record that a run is under way, before it changes anything; return its number."""
        record = RunRecord(began_at=at, last_at=at, rehearsed=rehearsed)
        with self._database.write() as connection:
            return int(connection.execute(insert(runs).values(_row(record))).inserted_primary_key[0])  # type: ignore[index] # a table with a key

    def finish(self, number: int, record: RunRecord) -> None:
        """A run that did nothing and said what the one before it said is counted there."""
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.number == number).values(_row(record)))
            before = connection.execute(
                select(runs).where(runs.c.number < number).order_by(runs.c.number.desc()).limit(1)
            ).first()
            if not record.done and before is not None and _same(_record(before._mapping), record):
                connection.execute(delete(runs).where(runs.c.number == number))
                connection.execute(
                    update(runs)
                    .where(runs.c.number == before.number)
                    .values(
                        last_at=greater(runs.c.last_at, stored(record.last_at)),
                        times=runs.c.times + record.times,
                        inputs=record.inputs,
                    )
                )

    def repeat(self, at: datetime) -> None:
        """The last run again: it found and did the same."""
        last = select(func.max(runs.c.number)).scalar_subquery()
        later = greater(runs.c.last_at, stored(at))  # the clock may have stepped back a little
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.number == last).values(last_at=later, times=runs.c.times + 1))

    def bad_in_a_row(self) -> int:
        """How many runs since the last good one ended with another exit code than 0, or were killed."""
        good = select(func.coalesce(func.max(runs.c.number), 0)).where(runs.c.exit_code == 0).scalar_subquery()
        with self._database.read() as connection:
            count = connection.execute(select(func.sum(runs.c.times)).where(runs.c.number > good)).scalar()
        return int(count or 0)

    def latest_at(self) -> datetime | None:
        """When a run last was, by a clock that no person had set or disbelieves."""
        with self._database.read() as connection:
            return loaded(connection.execute(select(func.max(runs.c.last_at)).where(runs.c.rehearsed == 0)).scalar())

    def disbelieve_later(self, now: datetime, today: date) -> None:
        """Runs that seem to have been later than now count like those whose clock a person had set; newsletters that
        they saw first begin today.
        """
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.last_at > stored(now)).values(rehearsed=1))
            ahead = newsletters.c.started_on > today.isoformat()
            connection.execute(update(newsletters).where(ahead).values(started_on=today.isoformat()))


def _same(one: RunRecord, other: RunRecord) -> bool:
    return (one.exit_code, one.trouble, one.rehearsed) == (other.exit_code, other.trouble, other.rehearsed)


def _row(record: RunRecord) -> dict[str, object]:
    return {
        "began_at": stored(record.began_at),
        "last_at": stored(record.last_at),
        "times": record.times,
        "exit_code": record.exit_code,
        "rehearsed": int(record.rehearsed),
        "inputs": record.inputs,
        "done": json.dumps([bare(one) for one in record.done], ensure_ascii=False),
        "trouble": json.dumps(
            [asdict(replace(one, said=bare(one.said))) for one in record.trouble], ensure_ascii=False
        ),
    }


def _record(row: Any) -> RunRecord:
    return RunRecord(
        began_at=datetime.fromisoformat(row["began_at"]),
        last_at=datetime.fromisoformat(row["last_at"]),
        times=row["times"],
        exit_code=row["exit_code"],
        rehearsed=bool(row["rehearsed"]),
        inputs=row["inputs"],
        done=tuple(printed(one) for one in json.loads(row["done"])),
        trouble=tuple(Trouble(**{**one, "said": printed(one["said"])}) for one in json.loads(row["trouble"])),
    )
