"""Erasure: all that says who somebody was goes out of the database, and a keyed hash of their address keeps it out.

What they got stays counted: their rows in the ledger keep edition, mail and state, under a name that says nothing.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Column, Connection, String, case, cast, delete, func, insert, select, update

from digest.foundation.addresses import folded_address
from digest.foundation.database import stored
from digest.foundation.schema import (
    adoptions,
    answers,
    decisions,
    deliveries,
    doubts,
    editions,
    erasures,
    forgetting,
    notices,
    pauses,
    releases,
    runs,
    subscriber_events,
    subscribers,
    subscriptions,
    test_mails,
)
from digest.people.erased_addresses import GONE, hashes, keys_of
from digest.people.mentions import SAID, Mentions
from digest.people.store import batches

AGAIN = "digest"  # who erased what an older copy still held
_OWN_WORDS = (  # where people write what they like
    runs.c.done,
    runs.c.trouble,
    editions.c.because,
    pauses.c.because,
    decisions.c.because,
    answers.c.because,
    releases.c.because,
    adoptions.c.because,
    subscriber_events.c.said,
    subscriber_events.c.because,
)


def addresses_of(connection: Connection, folded: Collection[str]) -> dict[int, set[str]]:
    """Row → all the addresses, folded, that those people had here: now, in the ledger, and before changes of theirs."""
    found: dict[int, set[str]] = {}
    for some in batches(sorted(folded)):
        query = select(subscribers.c.number, subscribers.c.folded).where(subscribers.c.folded.in_(some))
        found |= {int(row.number): {row.folded} for row in connection.execute(query)}
    for numbers in batches(sorted(found)):
        ledger = select(deliveries.c.subscriber, deliveries.c.address).where(deliveries.c.subscriber.in_(numbers))
        for row in connection.execute(ledger.distinct()):
            found[row.subscriber].add(folded_address(row.address))
        said = select(subscriber_events.c.subscriber, subscriber_events.c.said).where(
            subscriber_events.c.subscriber.in_(numbers), subscriber_events.c.said.contains("address: ")
        )
        for row in connection.execute(said):
            for old, new in re.findall(r"address: (\S+@\S+) → ([^\s;]+)", row.said):
                found[row.subscriber] |= {folded_address(old), folded_address(new)}
    return found


def erase_rows(
    connection: Connection, people: dict[int, set[str]], others: Collection[str], at: datetime, by: str
) -> None:
    """Of people as `addresses_of` found them; `others` are addresses of nobody here, which are kept out, too."""
    gone = set(others).union(*people.values())
    keys = keys_of(connection)
    rows = [{"hash": hashes(keys, one)[0], "at": stored(at), "by": by} for one in sorted(gone)]
    known = set(connection.execute(select(erasures.c.hash)).scalars())
    if fresh := [row for row in rows if row["hash"] not in known]:
        connection.execute(insert(erasures), fresh)
    forget_people(connection, sorted(people), at)
    for some in batches(sorted(gone)):
        connection.execute(delete(test_mails).where(test_mails.c.folded.in_(some)))
    mentions = Mentions(gone)
    with events_forgotten(connection):
        for column in _OWN_WORDS:
            _sweep(connection, column, mentions)


def erase_again(connection: Connection, erased: Mapping[str, str]) -> int:
    """What an older database does not know: these hashes are kept out, and whose address has one is erased. Return how
    many people that were.
    """
    known = set(connection.execute(select(erasures.c.hash)).scalars())
    fresh = {one: at for one, at in erased.items() if one not in known}
    if not fresh:
        return 0
    keys = keys_of(connection)
    everybody = connection.execute(select(subscribers.c.folded)).scalars()
    folded = [one for one in everybody if not fresh.keys().isdisjoint(hashes(keys, one))]
    at = datetime.fromisoformat(max(fresh.values()))
    erase_rows(connection, addresses_of(connection, folded), (), at, AGAIN)
    held = set(connection.execute(select(erasures.c.hash)).scalars())
    rows = [{"hash": one, "at": when, "by": AGAIN} for one, when in fresh.items() if one not in held]
    if rows:
        connection.execute(insert(erasures), rows)
    return len(folded)


def forget_people(connection: Connection, numbers: Sequence[int], at: datetime) -> None:
    """Who they were, what they chose and agreed to, and what was said of them. Their mails stay counted."""
    nobody = "erased-" + cast(subscribers.c.number, String) + "@" + GONE
    for some in batches(numbers):
        with events_forgotten(connection):
            connection.execute(delete(subscriber_events).where(subscriber_events.c.subscriber.in_(some)))
        connection.execute(delete(notices).where(notices.c.subscriber.in_(some)))
        connection.execute(delete(subscriptions).where(subscriptions.c.subscriber.in_(some)))
        connection.execute(
            update(subscribers)
            .where(subscribers.c.number.in_(some))
            .values(
                address=nobody,
                folded=nobody,
                name=None,
                suppressed_at=func.coalesce(subscribers.c.suppressed_at, stored(at)),
            )
        )
        waits = deliveries.c.state.in_(("pending", "held"))
        connection.execute(
            update(deliveries)
            .where(deliveries.c.subscriber.in_(some))
            .values(
                address="erased-" + cast(deliveries.c.subscriber, String) + "@" + GONE,
                name=None,
                answer=None,
                state=case((waits, "left"), else_=deliveries.c.state),
            )
        )
        connection.execute(update(doubts).where(doubts.c.subscriber.in_(some)).values(said=SAID))


@contextmanager
def events_forgotten(connection: Connection) -> Iterator[None]:
    """What was done and agreed to is only added to, except in here."""
    connection.execute(insert(forgetting).values(one=1))
    yield
    connection.execute(delete(forgetting))


def _sweep(connection: Connection, column: Column[str], mentions: Mentions) -> None:
    keys = list(column.table.primary_key)
    query = select(*keys, column.label("said")).where(column.contains("@"))
    for row in connection.execute(query).all():
        said = mentions.without(row.said)
        if said != row.said:
            here = [key == value for key, value in zip(keys, row, strict=False)]
            connection.execute(update(column.table).where(*here).values({column: said}))
