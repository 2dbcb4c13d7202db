"""Pauses: why an edition whose sending has begun, or may begin, does not go on by itself.

A pause is a flag beside the state: what an edition is does not change because somebody stops it. The intent of every
message is written only while no person has paused its edition.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from threading import Event, Thread
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, insert, select, update

from digest.editions.course import happened, way_on
from digest.editions.edition_rows import edition_from
from digest.errors import BusyError, CircuitBrokenError, DigestError, PersonNeededError, SendingLimitError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, loaded, stored
from digest.foundation.schema import editions, pauses
from digest.foundation.words import moment
from digest.newsletters.edition import Edition, EditionState

PAUSABLE = (EditionState.SEALED, EditionState.SENDING)
LOOK_SECONDS = 0.5


class PauseKind(StrEnum):
    PERSON = "person"  # somebody said stop: nothing more leaves
    SLICE = "slice"  # only a first slice of the recipients was asked for
    SERVER = "server"  # the server refused us, or did not say what it has
    LIMIT = "limit"  # we have sent as much as we may for now: it goes on by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """`by` is `None` when the program halted itself. `because` is a plain sentence part, empty when nobody said why.
    `until` is when a limit is asked again.
    """

    kind: PauseKind
    at: datetime
    by: str | None
    because: str
    until: datetime | None = None


def forbids(pause: Pause, *, asked: bool, now: datetime) -> bool:
    """Whether a sending must not begin. `asked`: a person said so just now, which is enough after a first slice or a
    server's refusals, and never against another person's word. A limit passes.
    """
    is_over = pause.until is not None and now >= pause.until
    return pause.kind is PauseKind.PERSON or not (asked or is_over)


def replaces(new: PauseKind, old: PauseKind) -> bool:
    """Whether a pause takes the place of one that holds: a person's word stands above the program's."""
    return old is not PauseKind.PERSON or new is PauseKind.PERSON


class Pauses:
    """In the database. At most one holds of each edition."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, edition: Edition) -> Pause | None:
        """The one that holds, if there is one."""
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
        """Return the pause that holds now: `new`, or an earlier one that stands above it.

        Raise `PersonNeededError` when the edition is neither sealed nor being sent.
        """
        with self._database.write() as connection:
            row = connection.execute(select(editions).where(editions.c.number == edition.number)).one()
            there = edition_from(row._mapping)
            if there.state not in PAUSABLE:
                said = _("{happened}: there is nothing to be paused").format(happened=happened(there))
                raise PersonNeededError(edition.name, said, way_on(there))
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
                    until=stored(new.until),
                )
            )
            return new

    def lift(
        self, edition: Edition, at: datetime, by: str | None, kinds: Collection[PauseKind] = tuple(PauseKind)
    ) -> Pause | None:
        """Return the one that held until now; one of another kind goes on holding."""
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


# -- What `digest pause` and `digest resume` do.


def pause(pauses: Pauses, edition: Edition, at: datetime, by: str, because: str) -> Pause:
    """Let no message of the edition begin, also while another process sends it. Return the pause that holds: an earlier
    one by a person stays. Raise `PersonNeededError` unless it is sealed or being sent.
    """
    return pauses.pause(edition, Pause(kind=PauseKind.PERSON, at=at, by=by, because=because))


def resume(pauses: Pauses, edition: Edition, at: datetime, by: str) -> Pause:
    """Raise `PersonNeededError` for an edition that is not paused."""
    lifted = pauses.lift(edition, at, by)
    if lifted is None:
        said = _("nobody has paused it: {happened}").format(happened=happened(edition))
        raise PersonNeededError(edition.name, said, way_on(edition))
    return lifted


def holding(pauses: Pauses, edition: Edition) -> Pause | None:
    """The pause of an edition that would go on without it."""
    return pauses.of(edition) if edition.state in PAUSABLE else None


# -- What a sending does about the pauses of its edition, and which it makes itself.


def refuse_paused(pauses: Pauses, edition: Edition, now: datetime, *, asked: bool) -> None:
    """Raise `PersonNeededError` when the edition is paused, `BusyError` when it goes on by itself. `asked`: a person
    said that it shall be sent.
    """
    pause = pauses.of(edition)
    if pause is not None and forbids(pause, asked=asked, now=now):
        error = BusyError if pause.kind is PauseKind.LIMIT else PersonNeededError
        raise error(edition.name, said(pause), remedy(pause, edition))


def renew(pauses: Pauses, edition: Edition, at: datetime, limit: int | None) -> None:
    """Lift what a person's `send` lifts; with a limit, halt beforehand what comes after the slice, so that a crash in
    the middle of it lets nobody send the rest.
    """
    if limit is not None:
        pauses.pause(
            edition,
            Pause(kind=PauseKind.SLICE, at=at, by=None, because=_("a first slice of {count:,}").format(count=limit)),
        )
        return
    pauses.lift(edition, at, None, [kind for kind in PauseKind if kind is not PauseKind.PERSON])


def halt(pauses: Pauses, edition: Edition, at: datetime, error: CircuitBrokenError) -> None:
    """What the server said to so many keeps the rest from being tried."""
    because = f"{error.thing}: {error.cause}"
    pauses.pause(edition, Pause(kind=PauseKind.SERVER, at=at, by=None, because=because))


def wait(pauses: Pauses, edition: Edition, at: datetime, error: SendingLimitError) -> None:
    """Nobody is needed, but time."""
    because = f"{error.thing}: {error.cause}"
    pauses.pause(edition, Pause(kind=PauseKind.LIMIT, at=at, by=None, because=because, until=at + error.pause))


# -- In words.


def said(pause: Pause) -> str:
    """Part of a sentence, without the time."""
    match pause.kind:
        case PauseKind.PERSON:
            words = _("it is paused by {name}: {because}") if pause.because else _("it is paused by {name}")
        case PauseKind.SLICE:
            words = _("it is paused after {because}")
        case PauseKind.SERVER:
            words = _("it is paused, because of the server: {because}")
        case PauseKind.LIMIT:
            words = _("it waits: {because}")
    return words.format(name=pause.by, because=pause.because)


def remedy(pause: Pause, edition: Edition) -> str:
    if pause.kind is PauseKind.PERSON:
        return _("to let it go on: digest resume {edition}").format(edition=edition.key)
    if pause.kind is PauseKind.LIMIT:
        words = _("`digest run` asks again in some hours; to ask at once: digest send {edition}")
        return words.format(edition=edition.key)
    if pause.kind is PauseKind.SERVER:
        return _(
            "once it is mended, `digest resume {edition} --ours` tries again what was refused; if these mailboxes are "
            "to blame, `digest resume {edition} --theirs` counts it as refused and lets the rest go on"
        ).format(edition=edition.key)
    return _("to go on: `digest send {edition}`, or `digest resume {edition}` for the next run").format(
        edition=edition.key
    )


def said_at(pause: Pause, zone: tzinfo) -> str:
    """`paused by Marta on 5 August 2018, 09:00 CST: a wrong link`."""
    match pause.kind:
        case PauseKind.PERSON:
            words = _("paused by {name} on {at}: {because}") if pause.because else _("paused by {name} on {at}")
        case PauseKind.SLICE:
            words = _("paused on {at}, after {because}")
        case PauseKind.SERVER:
            words = _("paused on {at}, because of the server: {because}")
        case PauseKind.LIMIT:
            words = _("waiting since {at}: {because}")
    return words.format(name=pause.by, at=moment(pause.at, zone), because=pause.because)


# -- In the database.


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
    return Pause(
        kind=PauseKind(row.kind),
        at=datetime.fromisoformat(row.at),
        by=row.by,
        because=row.because,
        until=loaded(row.until),
    )
