"""Looking at the list: who is on it and how they stand, and who of the subscriber file is not."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from digest.foundation.database import Database, loaded
from digest.foundation.schema import choices, departures, subscriber_events, subscribers, subscriptions
from digest.newsletters.edition import Choice
from digest.people.erased_addresses import GONE, kept_out
from digest.people.store import ROWS_AT_ONCE, batches, choice_from
from digest.people.subscriber import (
    Consent,
    SubscriberEvent,
    SubscriberState,
    SubscriberStep,
    Subscription,
    SuppressionCause,
    state_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSubscriber:
    """A person and one of their subscriptions; nobody's address is only suppressed where there is none. `since` is when
    they left, or were asked to confirm.
    """

    public_id: str
    address: str
    folded: str
    name: str | None
    choice: Choice | None
    consent: Consent
    state: SubscriberState
    since: datetime | None
    from_file: bool
    resumes_at: datetime | None = None  # of who paused

    @property
    def key(self) -> tuple[str, str] | None:
        """Newsletter and folded address, as the subscriber file knows them."""
        return (self.choice.newsletter, self.folded) if self.choice else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """What is empty means any. `words` stand in the address or the name; `after` is a folded address."""

    newsletter: str | None = None
    audience: str | None = None
    language: str | None = None
    states: frozenset[SubscriberState] = frozenset()
    words: str = ""
    folded: frozenset[str] = frozenset()
    after: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Nobody who was erased fits any filter."""
        yield subscribers.c.folded.not_like(f"erased-%@{GONE}")
        if self.newsletter is not None:
            yield subscriptions.c.newsletter == self.newsletter
        if self.audience is not None:
            yield (" " + choices.c.audiences + " ").contains(f" {self.audience} ", autoescape=True)
        if self.language is not None:
            yield choices.c.language == self.language
        if self.words:
            yield or_(
                subscribers.c.folded.contains(self.words.lower(), autoescape=True),
                subscribers.c.name.icontains(self.words, autoescape=True),
            )
        if self.after:
            yield subscribers.c.folded > self.after
        if self.folded:
            yield subscribers.c.folded.in_(sorted(self.folded))


class SubscriberListing:
    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, wanted: ListFilter) -> Iterator[ListedSubscriber]:
        """In the order of addresses and newsletters, as they are read."""
        cause = (
            select(departures.c.cause)
            .where(
                departures.c.subscriber == subscribers.c.number,
                or_(departures.c.newsletter.is_(None), departures.c.newsletter == subscriptions.c.newsletter),
            )
            .order_by(departures.c.number.desc())
            .limit(1)
            .scalar_subquery()
            .label("cause")
        )
        query = (
            select(subscribers, subscriptions, choices.c.audiences, choices.c.language, cause)
            .outerjoin(subscriptions, subscriptions.c.subscriber == subscribers.c.number)
            .outerjoin(choices, subscriptions.c.choice == choices.c.number)
            .where(*wanted.conditions())
            .order_by(subscribers.c.folded, subscriptions.c.newsletter)
        )
        with self._database.read() as connection:
            for row in connection.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
                one = _listed(row)
                if not wanted.states or one.state in wanted.states:
                    yield one

    def events(self, folded: str) -> Sequence[SubscriberEvent]:
        """What the office did to somebody, and what they did themselves, the oldest first."""
        query = (
            select(subscriber_events)
            .join(subscribers, subscriber_events.c.subscriber == subscribers.c.number)
            .where(subscribers.c.folded == folded)
            .order_by(subscriber_events.c.number)
        )
        with self._database.read() as connection:
            return [
                SubscriberEvent(
                    step=SubscriberStep(row.step),
                    newsletter=row.newsletter,
                    said=row.said,
                    by=row.by,
                    because=row.because,
                    at=datetime.fromisoformat(row.at),
                    how=row.how,
                    text=row.text,
                )
                for row in connection.execute(query)
            ]

    def absent_from(self, present: Collection[tuple[str, str]]) -> Sequence[ListedSubscriber]:
        """Whom the subscriber file brought, and who is not among these pairs of newsletter and folded address."""
        query = (
            select(subscriptions.c.newsletter, subscribers.c.folded)
            .join(subscribers, subscriptions.c.subscriber == subscribers.c.number)
            .where(subscriptions.c.from_file == 1)
        )
        with self._database.read() as connection:
            absent = [row.folded for row in connection.execute(query) if (row.newsletter, row.folded) not in present]
        people = dict.fromkeys(absent)
        found = [one for some in batches([*people]) for one in self.listed(ListFilter(folded=frozenset(some)))]
        return [one for one in found if one.from_file and one.key not in present]

    def unknown(self, wanted: Sequence[Subscription]) -> Sequence[Subscription]:
        """Those whose address is nobody's yet, and was not erased."""
        new: list[Subscription] = []
        with self._database.read() as connection:
            for some in batches(wanted):
                query = select(subscribers.c.folded).where(subscribers.c.folded.in_([one.folded for one in some]))
                known = {*connection.execute(query).scalars(), *kept_out(connection, (one.folded for one in some))}
                new += [one for one in some if one.folded not in known]
        return new


def _listed(row: Any) -> ListedSubscriber:
    cause = SuppressionCause(row.cause) if row.cause else None
    stays = bool(row.active) and row.suppressed_at is None
    return ListedSubscriber(
        public_id=row.public_id,
        address=row.address,
        folded=row.folded,
        name=row.name,
        choice=choice_from(row._mapping) if row.newsletter else None,
        consent=Consent.loaded(row.consent_on, row.consent_how),
        state=state_of(
            stays=stays, unconfirmed=row.unconfirmed_since is not None, paused=row.resumes_at is not None, cause=cause
        ),
        since=loaded(row.unconfirmed_since) if stays else loaded(row.suppressed_at or row.left_at),
        from_file=bool(row.from_file),
        resumes_at=loaded(row.resumes_at),
    )
