"""Subscribers and subscriptions in the database."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, func, insert, select, update

from digest.errors import UsageError
from digest.foundation.addresses import Address, folded_address
from digest.foundation.database import Database, loaded
from digest.foundation.failpoints import reach
from digest.foundation.schema import choices, subscribers, subscriptions
from digest.newsletters.edition import Choice
from digest.people.subscriber import Consent, Subscription, SubscriptionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many subscriptions a subscriber file brought; `stayed_away` had left before."""

    added: int
    changed: int
    unchanged: int
    stayed_away: int


ROWS_AT_ONCE = 500
T = TypeVar("T")


class Subscribers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def subscribed(self, newsletter: str) -> Sequence[tuple[Choice, int]]:
        """The choices of active subscriptions, with the number of people."""
        query = (
            select(choices, func.count().label("people"))
            .join(subscriptions, subscriptions.c.choice == choices.c.number)
            .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
            .where(
                subscriptions.c.newsletter == newsletter,
                subscriptions.c.active == 1,
                subscribers.c.suppressed_at.is_(None),
            )
            .group_by(choices.c.number)
            .order_by(choices.c.number)
        )
        with self._database.read() as connection:
            return [(choice_from(row._mapping), int(row.people)) for row in connection.execute(query)]

    def save_subscriptions(self, wanted: Sequence[Subscription]) -> Imported:
        """Add and update what the subscriber file has. Whoever left stays away, and absence means nothing."""
        counts = {"added": 0, "changed": 0, "unchanged": 0, "stayed_away": 0}
        with self._database.write() as connection:
            interned = intern(connection, {subscription.choice for subscription in wanted})
            reach("subscribers.choices-written")
            for some in batches(wanted):
                people = _people(connection, some)
                reach("subscribers.people-written")
                known = _known(connection, people)
                for subscription in some:
                    number = people[subscription.folded]
                    row = subscription_row(number, subscription, interned[subscription.choice])
                    counts[_save(connection, row, known.get((number, subscription.choice.newsletter)))] += 1
            reach("subscribers.before-commit")
        reach("subscribers.committed")
        return Imported(**counts)

    def statuses(self, folded: str) -> Sequence[SubscriptionStatus]:
        """The person's subscriptions as they stand, in the order of the newsletters' names."""
        query = (
            select(subscribers, subscriptions, choices)
            .join(subscriptions, subscriptions.c.subscriber == subscribers.c.number)
            .join(choices, subscriptions.c.choice == choices.c.number)
            .where(subscribers.c.folded == folded)
            .order_by(subscriptions.c.newsletter)
        )
        with self._database.read() as connection:
            return [
                SubscriptionStatus(
                    subscription=_subscription(row._mapping),
                    active=bool(row.active),
                    left_at=loaded(row.left_at),
                    suppressed_at=loaded(row.suppressed_at),
                )
                for row in connection.execute(query)
            ]


def statuses_of(subscribers: Subscribers, address: str) -> Sequence[SubscriptionStatus]:
    """Raise `UsageError` for an address that nobody knows."""
    statuses = subscribers.statuses(folded_address(address))
    if not statuses:
        raise UsageError(
            address, "this address is not subscribed", "look at the subscriber file, then run `digest build`"
        )
    return statuses


def intern(connection: Connection, wanted: Iterable[Choice]) -> dict[Choice, int]:
    """Row numbers of the choices: every distinct one has one row, and what is new is added."""
    known = {choice_from(row._mapping): int(row.number) for row in connection.execute(select(choices))}
    found = {}
    for choice in wanted:
        if choice not in known:
            result = connection.execute(
                insert(choices).values(
                    newsletter=choice.newsletter,
                    audiences=" ".join(sorted(choice.audiences)),
                    language=choice.language,
                )
            )
            known[choice] = int(result.inserted_primary_key[0])  # type: ignore[index] # a table with a key
        found[choice] = known[choice]
    return found


def choice_of(connection: Connection, number: int) -> Choice:
    return choice_from(connection.execute(select(choices).where(choices.c.number == number)).one()._mapping)


def choice_from(row: Any) -> Choice:
    return Choice(newsletter=row["newsletter"], audiences=frozenset(row["audiences"].split()), language=row["language"])


def add_person(connection: Connection, one: Subscription | Address) -> int:
    """Somebody new; return the row's number."""
    address, name = (one.address, one.name) if isinstance(one, Subscription) else (one.text, None)
    values = {"public_id": secrets.token_hex(8), "address": address, "folded": one.folded, "name": name}
    result = connection.execute(insert(subscribers).values(values))
    return int(result.inserted_primary_key[0])  # type: ignore[index] # a table with a key


def batches(wanted: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many that one statement takes them."""
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        yield wanted[start : start + ROWS_AT_ONCE]


def _people(connection: Connection, some: Sequence[Subscription]) -> dict[str, int]:
    """Row numbers by folded address; new people are added, names and spellings updated."""
    by_folded = {subscription.folded: subscription for subscription in some}
    query = select(subscribers).where(subscribers.c.folded.in_(by_folded))
    numbers = {}
    for row in connection.execute(query).all():
        wanted = by_folded[row.folded]
        numbers[row.folded] = int(row.number)
        if (row.address, row.name) != (wanted.address, wanted.name):
            connection.execute(
                update(subscribers)
                .where(subscribers.c.number == row.number)
                .values(address=wanted.address, name=wanted.name)
            )
    new = [subscription for folded, subscription in by_folded.items() if folded not in numbers]
    if new:
        connection.execute(
            insert(subscribers),
            [
                {"public_id": secrets.token_hex(8), "address": s.address, "folded": s.folded, "name": s.name}
                for s in new
            ],
        )
        added = select(subscribers.c.folded, subscribers.c.number).where(
            subscribers.c.folded.in_([subscription.folded for subscription in new])
        )
        numbers.update({row.folded: int(row.number) for row in connection.execute(added)})
    return numbers


def _known(connection: Connection, people: dict[str, int]) -> dict[tuple[int, str], Any]:
    query = (
        select(subscriptions, subscribers.c.suppressed_at)
        .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
        .where(subscriptions.c.subscriber.in_(people.values()))
    )
    return {(int(row.subscriber), row.newsletter): row for row in connection.execute(query)}


def _save(connection: Connection, row: dict[str, object], old: Any) -> str:
    if old is None:
        connection.execute(insert(subscriptions).values(row))
        return "added"
    if not old.active or old.suppressed_at is not None:
        return "stayed_away"
    if all(old._mapping[name] == value for name, value in row.items()):
        return "unchanged"
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.subscriber == row["subscriber"], subscriptions.c.newsletter == row["newsletter"])
        .values(row)
    )
    return "changed"


def subscription_row(number: int, subscription: Subscription, choice: int) -> dict[str, object]:
    consent = subscription.consent
    return {
        "subscriber": number,
        "newsletter": subscription.choice.newsletter,
        "choice": choice,
        "active": 1,
        "consent_on": consent.on.isoformat() if consent.on else None,
        "consent_how": consent.how,
        "from_file": 1,
    }


def _subscription(row: Any) -> Subscription:
    return Subscription(
        address=row["address"],
        folded=row["folded"],
        name=row["name"],
        choice=choice_from(row),
        consent=Consent.loaded(row["consent_on"], row["consent_how"]),
    )
