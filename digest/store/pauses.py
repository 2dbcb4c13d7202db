"""Pauses in the database. The intent of every message is written only while no person has paused its edition."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, insert, select, update

from digest.errors import DigestError, PersonNeededError
from digest.model.edition import Edition, EditionState
from digest.model.pause import Pause, PauseKind
from digest.policy.pausing import PAUSABLE, replaces
from digest.store.connection import Database
from digest.store.schema import editions, pauses
from digest.store.times import stored

LOOK_SECONDS = 0.5


class Pauses:
    """Implements `digest.ports.PauseStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, edition: Edition) -> Pause | None:
        with self._database.read() as connection:
            return _holding(connection, edition)

    def holding(self, newsletter: str) -> Mapping[int, Pause]:
        query = (
            select(pauses)
            .join(editions, pauses.c.edition == editions.c.number)
            .where(editions.c.newsletter == newsletter, pauses.c.lifted_at.is_(None))
        )
        with self._database.read() as connection:
            return {int(row.edition): _pause(row) for row in connection.execute(query)}

    def pause(self, edition: Edition, new: Pause) -> Pause:
        with self._database.write() as connection:
            state = connection.execute(select(editions.c.state).where(editions.c.number == edition.number)).scalar_one()
            if EditionState(state) not in PAUSABLE:
                raise PersonNeededError(
                    edition.name, f"it is {state}: there is nothing to be paused", "look at `digest status`"
                )
            old = _holding(connection, edition)
            if old is not None and (old.kind is new.kind is PauseKind.PERSON or not replaces(new.kind, old.kind)):
                return old
            _lift(connection, edition, new.at, new.by)
            connection.execute(
                insert(pauses).values(
                    edition=edition.number,
                    kind=new.kind.value,
                    at=stored(new.at),
                    by=new.by,
                    because=new.because,
                )
            )
            return new

    def lift(
        self, edition: Edition, at: datetime, by: str | None, kinds: Collection[PauseKind] = tuple(PauseKind)
    ) -> Pause | None:
        with self._database.write() as connection:
            old = _holding(connection, edition)
            if old is None or old.kind not in kinds:
                return None
            _lift(connection, edition, at, by)
            return old

    @contextmanager
    def watching(self, edition: Edition) -> Iterator[Callable[[], bool]]:
        """Looked at twice a second by a thread that keeps its connection: reading needs no lock. What it cannot see
        the transactions of the intents see.
        """
        ended, told = Event(), Event()
        thread = Thread(target=self._watch, args=(edition, ended, told), name="pauses", daemon=True)
        thread.start()
        try:
            yield told.is_set
        finally:
            ended.set()
            thread.join()

    def _watch(self, edition: Edition, ended: Event, told: Event) -> None:
        if ended.wait(LOOK_SECONDS):
            return
        query = select(forbidden(edition))
        try:
            with self._database.writer() as reader:
                while not told.is_set():
                    with reader.reading() as connection:
                        if connection.execute(query).scalar():
                            told.set()
                    if ended.wait(LOOK_SECONDS):
                        return
        except DigestError:
            return


def forbidden(edition: Edition) -> ColumnElement[bool]:
    """Whether a person has paused the edition; the other kinds only keep a later sending from beginning."""
    return exists().where(
        pauses.c.edition == edition.number,
        pauses.c.lifted_at.is_(None),
        pauses.c.kind == PauseKind.PERSON.value,
    )


def _holding(connection: Connection, edition: Edition) -> Pause | None:
    query = select(pauses).where(pauses.c.edition == edition.number, pauses.c.lifted_at.is_(None))
    row = connection.execute(query).first()
    return None if row is None else _pause(row)


def _lift(connection: Connection, edition: Edition, at: datetime, by: str | None) -> None:
    connection.execute(
        update(pauses)
        .where(pauses.c.edition == edition.number, pauses.c.lifted_at.is_(None))
        .values(lifted_at=stored(at), lifted_by=by)
    )


def _pause(row: Any) -> Pause:
    return Pause(kind=PauseKind(row.kind), at=datetime.fromisoformat(row.at), by=row.by, because=row.because)
