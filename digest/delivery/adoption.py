"""Adoption: what the send journal knows is put into a database that does not, so that nobody gets a second copy.

Nothing that happened elsewhere is ever sent again by itself: what may have left is held for a person.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, literal, or_, select, update

from digest.delivery.delivery import DeliveryState
from digest.delivery.doubt import Cause, Remedy
from digest.delivery.fence import Around, Fence, Ground, OwnPlace, Why, ground_of, is_about_one_host, is_uncertain
from digest.delivery.journal import (
    BACK,
    FAILED,
    INTENT,
    JOURNAL,
    OVER,
    SENT,
    Journal,
    JournalEntry,
    has_written,
    is_continued,
    position_at,
    unknown_to,
)
from digest.delivery.lease import end_leases
from digest.delivery.place import SendingPlace
from digest.delivery.whereabouts import (
    around_of,
    found_fence,
    is_released,
    known_of_journal,
    machine_of,
    make_mark,
    note_place,
    own_of,
    unknown_times,
)
from digest.editions.edition_rows import edition_from
from digest.errors import CannotWriteError, PersonNeededError
from digest.foundation.catalogue import _, later
from digest.foundation.database import Writer, stored, upsert
from digest.foundation.failpoints import reach
from digest.foundation.schema import (
    adoptions,
    deliveries,
    doubts,
    editions,
    instance,
    journalled,
    releases,
    subscribers,
)
from digest.foundation.workspace import LOCK
from digest.newsletters.edition import Edition, EditionState
from digest.people.suppression import NAME as LEAVINGS
from digest.people.suppression import erased_in, repeat

AT_ONCE = 5_000
_UNDER_WAY = (DeliveryState.PENDING.value, DeliveryState.INTENT.value)
_OPEN = (*_UNDER_WAY, DeliveryState.HELD.value)
_NOT_SENT = (*_OPEN, DeliveryState.FAILED.value)


@dataclass(slots=True)
class Learnt:
    """By the names of editions: how many messages turned out to have left, to have been refused, or may have left and
    are held; and what the journal tells of editions that are not being sent here, of those that are `over` only that
    they went out. `left`: subscribers who had left.
    """

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    over: list[str] = field(default_factory=list)
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """`fence` is what kept it from sending. `uncertain` names the editions that a person has to release."""

    fence: Fence
    ground: Ground
    learnt: Learnt
    uncertain: tuple[str, ...]


def adopt(place: SendingPlace, by: str, because: str | None, *, moved: bool, without_journal: bool) -> Adopted | None:
    """Let this copy send from now on, with all that the journal knows; `None` when it may already.

    Raise `PersonNeededError` when it must not, or not on this ground; `BusyError` while a process runs or sends here.
    """
    sending = place.sending
    with place.database.exclusive(place.folder / LOCK):
        found = found_fence(place.database, sending)
        if found is None and not without_journal:
            return None
        found = found or Fence(why=Why.RESTORED, said=_("you say that it is a copy"), remedy="")
        own = own_of(place.database, sending)
        around = around_of(own, sending, place.database.whereabouts())
        has_journal = around.journal is not None
        has_none = without_journal or _never_left(place, own) or (not has_journal and is_about_one_host(own, around))
        _refuse_hopeless(place, found, has_journal=has_journal or has_none)
        ground = ground_of(own, around, moved=moved, without_journal=without_journal)
        entries = _entries(place, own) if has_journal and not without_journal else None
        if is_about_one_host(own, around) and not without_journal:
            learnt = _move_in(place, own, entries or iter(()), by, because)
        else:
            learnt = _take_over(place, own, around, entries, ground, by, because)
        if erased_in(sending / LEAVINGS):
            place.database.scrub()
        return Adopted(fence=found, ground=ground, learnt=learnt, uncertain=tuple(_uncertain(place)))


def release(place: SendingPlace, edition: Edition, by: str, because: str | None) -> None:
    """A person says that the edition has not gone out."""
    values = {"at": stored(place.clock.now()), "by": by, "because": because}
    with place.database.write() as connection:
        connection.execute(
            upsert(releases)
            .values(edition=edition.name, **values)
            .on_conflict_do_update(index_elements=[releases.c.edition], set_=values)
        )


def catch_up(writer: Writer, edition: Edition, at: datetime) -> None:
    """Before an edition's first message: who got it in another life of this database gets it no more. A subscriber who
    was added after the copy was made has another id here than there; if one of those got it, all of them are held, and
    everybody where nobody knows who they are.
    """
    with writer.reading() as connection:
        if connection.execute(select(journalled).where(journalled.c.edition == edition.name).limit(1)).first() is None:
            return
    with writer.transaction() as connection:
        number = edition.number or 0
        _apply(connection, number, edition.name, at)  # of one that is over, it holds everybody
        strangers = (
            select(journalled.c.delivery)
            .outerjoin(subscribers, subscribers.c.public_id == journalled.c.delivery)
            .where(
                journalled.c.edition == edition.name,
                journalled.c.kind.in_((SENT, INTENT)),
                subscribers.c.number.is_(None),
            )
        )
        if connection.execute(strangers.limit(1)).first() is not None:
            is_copy = adoptions.c.ground != Ground.SECRET.value
            known = select(func.min(func.coalesce(adoptions.c.subscribers, -1))).where(is_copy).scalar_subquery()
            is_new = (deliveries.c.subscriber > known) & (deliveries.c.state == DeliveryState.PENDING.value)
            _hold(connection, number, at, is_new)
        connection.execute(delete(journalled).where(journalled.c.edition == edition.name))


def ancestors(connection: Connection) -> Sequence[str]:
    """The instances that this one was before."""
    return [str(before) for before in connection.execute(select(adoptions.c.before)).scalars()]


def _never_left(place: SendingPlace, own: OwnPlace) -> bool:
    return own.commits == 0 and place.writes_files


def _refuse_hopeless(place: SendingPlace, found: Fence, *, has_journal: bool) -> None:
    if found.why in (Why.INTERRUPTED, Why.SECOND):
        raise PersonNeededError(str(place.folder), found.said, found.remedy)
    if not has_journal:
        raise PersonNeededError(
            str(place.sending / JOURNAL),
            _("without the send journal nobody knows what has left since this copy was made"),
            _(
                "copy it from the machine that sent; if it is lost: digest adopt --without-journal "
                "--by NAME, which holds all that may have left"
            ),
        )


def _entries(place: SendingPlace, own: OwnPlace) -> Iterator[JournalEntry]:
    """Raise `PersonNeededError` when it is not the journal of this database."""
    path = place.sending / JOURNAL
    known = known_of_journal(place.database)
    base = next((one for one in (own.id, *sorted(own.before)) if has_written(path, one)), None)
    is_ours = base is not None
    if known is not None:
        size, fingerprint, commit = known
        begins = position_at(path, size)
        # Of several hosts the journal that a backup knows is that of one of them.
        is_ours = (own.is_shared and is_ours) or (begins is not None and begins.fingerprint == fingerprint)
        is_ours = is_ours or (commit is not None and is_continued(path, own.id, commit))
    if not is_ours:
        raise PersonNeededError(
            str(path),
            _("this is not the send journal of this workspace, or it was altered"),
            _("bring the right one; if it is lost: digest adopt --without-journal --by NAME"),
        )
    return unknown_to(path, base or own.id, own.commits)


def _move_in(
    place: SendingPlace, own: OwnPlace, entries: Iterator[JournalEntry], by: str, because: str | None
) -> Learnt:
    """The database is that of several hosts, and not in question: this one gets a place of its own in it, and tells
    what its journal knows. What others have under way is theirs. Killed anywhere in here, it is fenced as before.
    """
    sending, at = place.sending, place.clock.now()
    name = secrets.token_hex(8)
    mark = make_mark(sending, name, anew=True)
    for marker in sending.glob("*.marker"):
        marker.unlink(missing_ok=True)
    reach("adopt.marked")
    with place.database.write() as connection:
        commits = max(own.commits, _record(connection, entries)) + 1
        learnt = _learn(connection, at, is_alone=False)
        learnt.left = repeat(connection, sending / LEAVINGS)
        _note(connection, at=at, by=by, because=because, before=own.id, ground=Ground.JOURNAL, unknown_until=None)
        _note_here(connection, replace(own, name=name, commits=commits), place, mark)
        reach("adopt.learnt")
        with Journal(sending / JOURNAL, own.id) as journal:
            journal.continues(own.id, commits)
        reach("adopt.journalled")
    reach("adopt.committed")
    return learnt


def _note_here(connection: Connection, own: OwnPlace, place: SendingPlace, mark: str) -> None:
    note_place(connection, own, Around(folder=str(place.folder.resolve()), place=mark), journalled=own.commits)


def _take_over(
    place: SendingPlace,
    own: OwnPlace,
    around: Around,
    entries: Iterator[JournalEntry] | None,
    ground: Ground,
    by: str,
    because: str | None,
) -> Learnt:
    """Killed anywhere in here, the copy is fenced as before, and the next call does it all again: the mark and the
    journal come first; the database, in one transaction, last. Without entries the journal begins anew.
    """
    sending, at = place.sending, place.clock.now()
    name = secrets.token_hex(8)
    mark = make_mark(sending, name, anew=True)
    for marker in sending.glob("*.marker"):  # their rows are another life's
        marker.unlink(missing_ok=True)
    reach("adopt.marked")
    with place.database.write(although_retired=True) as connection:
        commits = max(own.commits, _record(connection, entries or ())) + 1
        learnt = _learn(connection, at)
        if place.database.is_shared:
            end_leases(connection)
        learnt.left = repeat(connection, sending / LEAVINGS)
        until: date | None = None
        if ground is Ground.UNKNOWN:
            _hold_open(connection, at, learnt)
            until = place.clock.now().astimezone(place.zone).date()
        _note(connection, at=at, by=by, because=because, before=own.id, ground=ground, unknown_until=until)
        if own.is_shared:
            _rename(connection, id=name, server=around.server)
            _note_here(connection, replace(own, name=name, commits=commits), place, mark)
        else:
            folder = str(place.folder.resolve())
            _rename(connection, id=name, commits=commits, machine=machine_of(name), place=mark, folder=folder)
        reach("adopt.learnt")
        if entries is None:
            _set_aside(sending / JOURNAL)
        with Journal(sending / JOURNAL, name) as journal:
            journal.continues(own.id, commits)
        reach("adopt.journalled")
    reach("adopt.committed")
    return learnt


def _set_aside(journal: Path) -> None:
    """What it says may be of use to a person; it is never removed."""
    if not journal.exists():
        return
    names = (journal.with_name(f"journal-before-{number}") for number in range(1, 1_000))
    try:
        journal.rename(next(name for name in names if not name.exists()))
    except OSError as error:
        raise CannotWriteError(str(journal), error.strerror or str(error), _("make the workspace writable")) from error


def _uncertain(place: SendingPlace) -> Iterator[str]:
    unknown = unknown_times(place.database)
    for edition in place.editions.editions():
        waits = edition.state in (EditionState.DRAFT, EditionState.SEALED)
        if waits and is_uncertain(edition, unknown) and not is_released(place.database, edition):
            yield edition.name


# -- In the database: the lines of the journal are recorded, then learnt from.


def _record(connection: Connection, entries: Iterable[JournalEntry]) -> int:
    """Keep the last thing said of each delivery; return the number of the last commit, 0 without an entry."""
    last, left = 0, iter(entries)
    statement = upsert(journalled)
    statement = statement.on_conflict_do_update(
        index_elements=[journalled.c.edition, journalled.c.delivery], set_={"kind": statement.excluded.kind}
    )
    while some := list(islice(left, AT_ONCE)):
        # The last word counts, and one statement must not say two about one delivery.
        words = {(entry.edition, entry.delivery): entry.kind for entry in some}
        connection.execute(
            statement, [{"edition": key[0], "delivery": key[1], "kind": kind} for key, kind in words.items()]
        )
        last = max(last, *(entry.commit for entry in some))
    return last


def _learn(connection: Connection, at: datetime, *, is_alone: bool = True) -> Learnt:
    """Bring all editions that have recipients up to what was recorded; what they do not need is kept for `catch_up`.
    Not `is_alone`: others have messages under way.
    """
    learnt = Learnt()
    query = (
        select(editions)
        .where(select(deliveries.c.subscriber).where(deliveries.c.edition == editions.c.number).exists())
        .order_by(editions.c.number)
    )
    for row in connection.execute(query).all():
        name = edition_from(row._mapping).name
        learnt.sent[name], learnt.failed[name], learnt.held[name] = _apply(connection, row.number, name, at)
        # What was about to leave when the copy was made, and of which the journal says nothing more.
        if is_alone:
            learnt.held[name] += _hold(connection, row.number, at, deliveries.c.state == DeliveryState.INTENT.value)
        learnt_of = journalled.c.edition == name
        if row.state == EditionState.FINISHED.value:  # who was welcomed with it since has no row here
            frozen = select(subscribers.c.public_id).join(deliveries).where(deliveries.c.edition == row.number)
            learnt_of &= or_(journalled.c.delivery.in_(frozen), journalled.c.kind.not_in((SENT, INTENT)))
        connection.execute(delete(journalled).where(learnt_of))
    query = (
        select(journalled.c.edition, func.count())
        .where(journalled.c.kind.in_((SENT, INTENT)), journalled.c.edition.not_in(list(learnt.held)))
        .group_by(journalled.c.edition)
    )
    learnt.elsewhere.update({name: int(count) for name, count in connection.execute(query)})
    learnt.over += connection.execute(select(journalled.c.edition).where(journalled.c.kind == OVER)).scalars()
    return learnt


def _hold_open(connection: Connection, at: datetime, learnt: Learnt) -> None:
    """Nobody knows what left elsewhere: all that is still to be sent waits for a person."""
    query = select(editions).join(deliveries).where(deliveries.c.state.in_(_UNDER_WAY)).distinct()
    for row in connection.execute(query).all():
        learnt.held[edition_from(row._mapping).name] += _hold(
            connection, row.number, at, deliveries.c.state.in_(_UNDER_WAY)
        )


def _note(
    connection: Connection,
    *,
    at: datetime,
    by: str,
    because: str | None,
    before: str,
    ground: Ground,
    unknown_until: date | None,
) -> None:
    connection.execute(
        insert(adoptions).values(
            at=stored(at),
            by=by,
            because=because,
            before=before,
            ground=ground.value,
            unknown_until=unknown_until.isoformat() if unknown_until else None,
            subscribers=select(instance.c.subscribers).scalar_subquery(),
        )
    )


def _rename(connection: Connection, **known: object) -> None:
    """From now on the database is this instance, here, and may send."""
    connection.execute(
        update(instance).values(
            **known,
            stopped_by=None,
            copied_at=None,
            journal_bytes=None,
            journal_fingerprint=None,
            journal_commit=None,
            subscribers=None,
            retired_to=None,
            retired_at=None,
            arriving_from=None,
        )
    )


def _apply(connection: Connection, number: int, name: str, at: datetime) -> tuple[int, int, int]:
    """(sent, failed, held)"""
    failed = _move(connection, number, name, FAILED, _OPEN, DeliveryState.FAILED, at)
    sent = _move(connection, number, name, SENT, _NOT_SENT, DeliveryState.SENT, at)
    _move(connection, number, name, BACK, (DeliveryState.INTENT.value,), DeliveryState.PENDING, at)
    is_over = exists().where(journalled.c.edition == name, journalled.c.kind == OVER)
    held = _hold(connection, number, at, deliveries.c.state.in_(_UNDER_WAY) & (_said(name, INTENT) | is_over))
    return sent, failed, held


def _move(
    connection: Connection, number: int, name: str, kind: str, old: Sequence[str], new: DeliveryState, at: datetime
) -> int:
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.edition == number, deliveries.c.state.in_(old), _said(name, kind))
        .values(state=new.value, changed_at=stored(at), why="journal", next_attempt_at=None)
    ).rowcount


def _hold(connection: Connection, number: int, at: datetime, rows: ColumnElement[bool]) -> int:
    said = later("it may have left after this copy of the database was made")
    connection.execute(
        insert(doubts).from_select(
            ["edition", "subscriber", "at", "cause", "said", "remedy"],
            select(
                deliveries.c.edition,
                deliveries.c.subscriber,
                literal(stored(at)),
                literal(Cause.RESTORE.value),
                literal(said),
                literal(Remedy.HOLD.value),
            ).where(deliveries.c.edition == number, rows),
        )
    )
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.edition == number, rows)
        .values(state=DeliveryState.HELD.value, changed_at=stored(at))
    ).rowcount


def _said(name: str, kind: str) -> ColumnElement[bool]:
    people = (
        select(subscribers.c.number)
        .join(journalled, journalled.c.delivery == subscribers.c.public_id)
        .where(journalled.c.edition == name, journalled.c.kind == kind)
    )
    return deliveries.c.subscriber.in_(people)
