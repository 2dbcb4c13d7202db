"""Subscribers and subscriptions in the database."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select, update

from digest.errors import UsageError
from digest.foundation.addresses import Address, folded_address
from digest.foundation.catalogue import _
from digest.foundation.database import Database, loaded, stored
from digest.foundation.failpoints import reach
from digest.foundation.schema import choices, subscribers, subscriptions
from digest.newsletters.edition import Choice
from digest.people.erased_addresses import kept_out, refuse_erased
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
        """The choices of those who get mail, with the number of people."""
        return self._counted(newsletter, gets_mail())

    def paused(self, newsletter: str) -> Sequence[tuple[Choice, int]]:
        """The same of those who paused, and whom a draft serves all the same: they may be back when it is sent."""
        return self._counted(newsletter, (*_stays(), subscriptions.c.resumes_at.is_not(None)))

    def _counted(self, newsletter: str, conditions: Sequence[ColumnElement[bool]]) -> Sequence[tuple[Choice, int]]:
        query = (
            select(choices, func.count().label("people"))
            .join(subscriptions, subscriptions.c.choice == choices.c.number)
            .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
            .where(subscriptions.c.newsletter == newsletter, *conditions)
            .group_by(choices.c.number)
            .order_by(choices.c.number)
        )
        with self._database.read() as connection:
            return [(choice_from(row._mapping), int(row.people)) for row in connection.execute(query)]

    def end_pauses(self, now: datetime) -> None:
        """Pauses whose time is over end by themselves."""
        if not self._database.exists:
            return  # and none is made by looking
        over = subscriptions.c.resumes_at <= stored(now)
        with self._database.read() as connection:
            found = connection.execute(select(exists().where(over))).scalar()
        if found:
            with self._database.write() as connection:
                end_pauses(connection, now)

    def save_subscriptions(self, wanted: Sequence[Subscription]) -> Imported:
        """Add and update what the subscriber file has. Whoever left stays away, and absence means nothing."""
        counts = {"added": 0, "changed": 0, "unchanged": 0, "stayed_away": 0}
        with self._database.write() as connection:
            erased = kept_out(connection, (one.folded for one in wanted))
            if erased:
                counts["stayed_away"] = sum(one.folded in erased for one in wanted)
                wanted = [one for one in wanted if one.folded not in erased]
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
                    unconfirmed_since=loaded(row.unconfirmed_since),
                    resumes_at=loaded(row.resumes_at),
                )
                for row in connection.execute(query)
            ]


def gets_mail() -> tuple[ColumnElement[bool], ...]:
    """The conditions on a subscription, and its subscriber, to which mail goes. That a pause is over is not among them:
    `end_pauses` comes first.
    """
    return *_stays(), subscriptions.c.resumes_at.is_(None)


def _stays() -> tuple[ColumnElement[bool], ...]:
    return (
        subscriptions.c.active == 1,
        subscriptions.c.unconfirmed_since.is_(None),
        subscribers.c.suppressed_at.is_(None),
    )


def end_pauses(connection: Connection, now: datetime) -> None:
    over = subscriptions.c.resumes_at <= stored(now)
    connection.execute(update(subscriptions).where(over).values(resumes_at=None))


def statuses_of(subscribers: Subscribers, address: str) -> Sequence[SubscriptionStatus]:
    """Raise `UsageError` for an address that nobody knows."""
    statuses = subscribers.statuses(folded_address(address))
    if not statuses:
        raise UsageError(
            address, _("this address is not subscribed"), _("look at the subscriber file, then run `digest build`")
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


def choice_told(choice: Choice) -> str:
    return f"{', '.join(sorted(choice.audiences))} in {choice.language}"


def add_person(connection: Connection, one: Subscription | Address, name: str | None = None) -> int:
    """Somebody new; return the row's number. Raise `PersonNeededError` for an address that was erased."""
    refuse_erased(connection, one.folded)
    return new_person(connection, one, name)


def new_person(connection: Connection, one: Subscription | Address, name: str | None = None) -> int:
    """The same for who asks for it themselves, and is asked to confirm it."""
    address, name = (one.address, one.name) if isinstance(one, Subscription) else (one.text, name)
    values = {"public_id": secrets.token_hex(8), "address": address, "folded": one.folded, "name": name}
    result = connection.execute(insert(subscribers).values(values))
    return int(result.inserted_primary_key[0])  # type: ignore[index] # a table with a key


def batches(wanted: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many that one statement takes them."""
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        yield wanted[start : start + ROWS_AT_ONCE]


def subscriptions_of(connection: Connection, number: int) -> Sequence[Any]:
    query = select(subscriptions).where(subscriptions.c.subscriber == number).order_by(subscriptions.c.newsletter)
    return connection.execute(query).all()


def subscription_of(connection: Connection, number: int, newsletter: str) -> Any:
    of = (subscriptions.c.subscriber == number, subscriptions.c.newsletter == newsletter)
    return connection.execute(select(subscriptions).where(*of)).first()


def set_subscriptions(connection: Connection, number: int, newsletters: Sequence[str], **values: object) -> None:
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.subscriber == number, subscriptions.c.newsletter.in_(newsletters))
        .values(values)
    )


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
    if old.chosen_at is not None:
        row = {**row, "choice": old.choice}  # what they chose for themselves
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
        "unconfirmed_since": None,
    }


def _subscription(row: Any) -> Subscription:
    return Subscription(
        address=row["address"],
        folded=row["folded"],
        name=row["name"],
        choice=choice_from(row),
        consent=Consent.loaded(row["consent_on"], row["consent_how"]),
    )
