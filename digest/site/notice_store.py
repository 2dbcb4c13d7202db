"""The notices that pages owe to people, and how much strangers may still ask for, in the database: both outlive the
program. No address stands in either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from sqlalchemy import Connection, exists, insert, select, update

from digest.foundation.database import stored, upsert
from digest.foundation.schema import allowances, notices, subscribers
from digest.people.erased_addresses import keys_of
from digest.site.limits import Allowance

_LINK_AGAIN_AFTER = timedelta(days=1)


class NoticeKind(StrEnum):
    CONFIRM = "confirm"  # asks them to confirm what somebody typed into a form
    LINK = "link"  # has the link with which they change what they get


class NoticeState(StrEnum):
    DUE = "due"
    BEGUN = "begun"  # it is leaving; of a program that ended meanwhile nobody knows whether it did
    SENT = "sent"
    FAILED = "failed"  # refused for good, or given up


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedNotice:
    number: int
    kind: NoticeKind
    public_id: str
    newsletter: str
    at: datetime


def owe(connection: Connection, kind: NoticeKind, public_id: str, newsletter: str, at: datetime) -> None:
    """To be sent once this transaction is durable. A link is, once a day."""
    if kind is NoticeKind.LINK and _was_owed(connection, kind, public_id, at - _LINK_AGAIN_AFTER):
        return
    number = select(subscribers.c.number).where(subscribers.c.public_id == public_id).scalar_subquery()
    connection.execute(
        insert(notices).values(
            kind=kind.value,
            subscriber=number,
            newsletter=newsletter,
            at=stored(at),
            state=NoticeState.DUE.value,
        )
    )


def _was_owed(connection: Connection, kind: NoticeKind, public_id: str, since: datetime) -> bool:
    """Whether such a notice was, or is to be, sent to somebody since then."""
    theirs = notices.c.subscriber == subscribers.c.number, subscribers.c.public_id == public_id
    lately = exists().where(*theirs, notices.c.kind == kind.value, notices.c.at > stored(since))
    return bool(connection.execute(select(lately)).scalar())


def owed(connection: Connection, most: int) -> Sequence[OwedNotice]:
    """The oldest first."""
    query = (
        select(notices, subscribers.c.public_id)
        .join(subscribers, notices.c.subscriber == subscribers.c.number)
        .where(notices.c.state == NoticeState.DUE.value)
        .order_by(notices.c.number)
        .limit(most)
    )
    return [
        OwedNotice(
            number=int(row.number),
            kind=NoticeKind(row.kind),
            public_id=row.public_id,
            newsletter=row.newsletter,
            at=datetime.fromisoformat(row.at),
        )
        for row in connection.execute(query)
    ]


def move(connection: Connection, number: int, old: NoticeState, new: NoticeState) -> bool:
    """Whether it was ours to move: of two programs one carries a notice."""
    here = notices.c.number == number, notices.c.state == old.value
    return connection.execute(update(notices).where(*here).values(state=new.value)).rowcount == 1


def give_up_begun(connection: Connection) -> int:
    """Those of a program that ended while they left may have left, and nobody is written to twice: their number."""
    begun = notices.c.state == NoticeState.BEGUN.value
    return connection.execute(update(notices).where(begun).values(state=NoticeState.FAILED.value)).rowcount


def take(connection: Connection, wanted: Sequence[tuple[str, Allowance]], now: datetime) -> bool:
    """Whether each of the names may have one more; only then each has one less. A name is kept as a keyed hash."""
    key = keys_of(connection)[0]
    at = now.timestamp()
    left: dict[str, float] = {}
    for name, allowance in wanted:
        kept = blake2b(name.encode(), key=key, person=b"allowance", digest_size=16).hexdigest()
        row = connection.execute(select(allowances).where(allowances.c.hash == kept)).first()
        granted = allowance.take(None if row is None else (row.left, row.since), at)
        if granted is None:
            return False
        left[kept] = granted
    for (_, allowance), (kept, rest) in zip(wanted, left.items(), strict=True):
        values = {"left": rest, "since": at, "full_at": allowance.full_at(rest, at)}
        connection.execute(
            upsert(allowances).values(hash=kept, **values).on_conflict_do_update(index_elements=["hash"], set_=values)
        )
    return True
