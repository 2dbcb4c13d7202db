"""Moving a workspace into another database, of either kind: every table copied, counted and compared, and the one it
came from retired before the other one may send.

Killed anywhere in here, one of the two may send at most, and the same call again brings it to its end:

1. Under the lock of all who write, all is copied; the copy is durable, and *arriving*: it refuses every change.
2. The source is *retired*: it refuses every change and says where all of it went.
3. The copy gets a name of its own, under which the send journal goes on, and may send.
"""

import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from digest.delivery.adoption import ancestors
from digest.delivery.delivery import DeliveryState
from digest.delivery.fence import Around, Ground, OwnPlace
from digest.delivery.journal import JOURNAL, Journal
from digest.delivery.place import SendingPlace
from digest.delivery.whereabouts import machine_of, note_place, own_in, own_of
from digest.errors import BusyError, PersonNeededError, UsageError
from digest.foundation.catalogue import _
from digest.foundation.database import (
    Database,
    TableSum,
    empty,
    fill,
    filled_tables,
    its_time,
    refuse_unlike,
    stored,
)
from digest.foundation.failpoints import reach
from digest.foundation.schema import adoptions, deliveries, instance, places, subscribers, workers
from digest.foundation.workspace import LOCK

BY = "database copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedDatabase:
    """What was compared, by table; nothing: an earlier call had come that far."""

    tables: Mapping[str, TableSum] | None

    @property
    def rows(self) -> int:
        return sum(one.rows for one in (self.tables or {}).values())


def move(place: SendingPlace, target: Database) -> MovedDatabase:
    """All that the place's database holds, into `target`, which is empty, or was retired when this one came out of it.

    Raise `BusyError` while a process runs or sends here, and `PersonNeededError` for a database that may not send: who
    copies it has to adopt it first.
    """
    with place.database.exclusive(place.folder / LOCK):
        own = own_of(place.database, place.sending)
        if own.retirement.binds:
            _require_same(own, place.database, target)
            tables = None
        else:
            place.refuse_fenced()
            _refuse_itself(own, target)
            tables = _copy(place, own, target)
        reach("move.retired")
        _open(place, target)
        reach("move.opened")
        return MovedDatabase(tables=tables)


def _copy(place: SendingPlace, own: OwnPlace, target: Database) -> Mapping[str, TableSum]:
    """Until here is retired, there is a copy that refuses; one of an earlier call is made anew."""
    source, at = place.database, place.clock.now()
    with source.write() as there:
        _refuse_busy(place, own, there)
        with target.write(although_retired=True) as here:
            if not _may_be_emptied(here, own, ancestors(there)):
                raise UsageError(
                    target.name,
                    _("there are rows in it: {tables}").format(tables=", ".join(filled_tables(here)[:3])),
                    _("name an empty database"),
                )
            empty(here)
            reach("move.emptied")
            fill(there, here)
            tables = refuse_unlike(target.name, there, here)
            here.execute(update(instance).values(arriving_from=source.name))
            reach("move.filled")
        reach("move.arrived")
        there.execute(update(instance).values(retired_to=target.name, retired_at=stored(at)))
        reach("move.retiring")
    return tables


def _refuse_busy(place: SendingPlace, own: OwnPlace, connection: Connection) -> None:
    """Raise `BusyError` while another machine sends, or has left messages under way: the marks that say what became of
    them are there, and only a database of several machines knows that.
    """
    if not place.database.is_shared:
        return
    elsewhere = workers.c.place != own.name
    is_left = exists().where(deliveries.c.fence == workers.c.fence, deliveries.c.state == DeliveryState.INTENT.value)
    sends = select(workers.c.host).where(elsewhere, or_(workers.c.lease_until > its_time(0), is_left))
    host = connection.execute(sends.limit(1)).scalar()
    if host is not None:
        said = _("{host} is sending out of it, or has left messages under way").format(host=host)
        raise BusyError(place.database.name, said, _("stop it there, wait half a minute, then: digest send EDITION"))


def _open(place: SendingPlace, target: Database) -> None:
    """From now on the target is this workspace's database. The send journal says so before the target does: there is
    no moment at which it could send and a copy of the source, made before it was retired, could, too.
    """
    path, name = place.sending / JOURNAL, secrets.token_hex(8)
    with target.write(although_retired=True) as connection:
        several = place.database.is_shared
        own = own_in(connection, place.sending if several else None)
        if own is None or own.retirement.arriving_from is None:
            return  # an earlier call had come to its end
        commits = own.commits + 1 if path.exists() else own.commits
        machine = machine_of(name) if own.machine == machine_of(own.key) else own.machine
        _note(connection, own.id, place.clock.now())
        here = {"commits": commits, "machine": machine, "place": own.place, "folder": own.folder}
        if target.is_shared:
            here = dict.fromkeys(here, None) | {"commits": 0}
        elif several:
            connection.execute(delete(places))
        connection.execute(update(instance).values(id=name, arriving_from=None, server=None, stopped_by=None, **here))
        if target.is_shared and own.place is not None:
            called = own.name or name
            around = Around(folder=own.folder or "", place=own.place)
            note_place(connection, replace(own, name=called, commits=commits), around, journalled=own.journalled)
            _claim_what_is_under_way(connection, called)
        reach("move.opening")
        if path.exists():
            with Journal(path, name) as journal:
                journal.continues(own.id, commits)
        reach("move.journalled")


def _claim_what_is_under_way(connection: Connection, place: str) -> None:
    """The marks that say what became of it are at this place, whoever goes on first."""
    ours = {"id": secrets.token_hex(8), "place": place, "host": socket.gethostname(), "pid": 0, "version": ""}
    row = insert(workers).values(lease_until=its_time(0), seen_at=its_time(0), **ours)
    fence = connection.execute(row.returning(workers.c.fence)).scalar_one()
    is_under_way = deliveries.c.state == DeliveryState.INTENT.value
    connection.execute(update(deliveries).where(is_under_way).values(worker=ours["id"], fence=fence))


def _note(connection: Connection, before: str, at: datetime) -> None:
    """It goes on from that one, as backups of that one do: see `ancestors`."""
    known = select(func.coalesce(func.max(subscribers.c.number), 0)).scalar_subquery()
    connection.execute(
        insert(adoptions).values(at=stored(at), by=BY, before=before, ground=Ground.COPIED.value, subscribers=known)
    )


def _may_be_emptied(here: Connection, own: OwnPlace, before: Sequence[str]) -> bool:
    """Nothing is in it; or a copy of this database that did not come to its end; or a retired one, all of which has
    come here.
    """
    there = own_in(here)
    if there is None or not filled_tables(here):
        return True
    if there.retirement.arriving_from is not None:
        return there.id == own.id
    return there.retirement.to is not None and there.id in before


def _require_same(own: OwnPlace, source: Database, target: Database) -> None:
    """Of a retired database: nothing but the same call again may follow."""
    if own.retirement.to != target.name or not target.exists:
        raise PersonNeededError(source.name, own.retirement.said, own.retirement.remedy)
    with target.read() as connection:
        there = own_in(connection)
        is_there = there is not None and (there.id == own.id or own.id in ancestors(connection))
    if not is_there:
        raise PersonNeededError(source.name, own.retirement.said, own.retirement.remedy)


def _refuse_itself(own: OwnPlace, target: Database) -> None:
    if not target.exists:
        return
    with target.read() as connection:
        there = own_in(connection)
    if there is not None and there.id == own.id and not there.retirement.binds:
        raise UsageError(target.name, _("it is the database of this workspace already"), _("name another one"))
