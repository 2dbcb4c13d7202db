"""What people of the office do to subscribers: each change is one transaction, with an event that says who did it and
why. Nobody who left comes back by any of them but by a readmission, which names their consent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from digest.errors import BusyError, PersonNeededError, UsageError
from digest.foundation.addresses import Address
from digest.foundation.catalogue import _
from digest.foundation.database import Database, stored
from digest.foundation.failpoints import reach
from digest.foundation.schema import deliveries, departures, subscriber_events, subscribers, subscriptions
from digest.foundation.words import listed
from digest.newsletters.edition import Choice
from digest.people.erased_addresses import kept_out, let_in, refuse_erased
from digest.people.store import (
    add_person,
    choice_of,
    choice_told,
    intern,
    set_subscriptions,
    subscription_of,
    subscription_row,
    subscriptions_of,
)
from digest.people.subscriber import (
    Consent,
    SubscriberStep,
    Subscription,
    Suppression,
    SuppressionCause,
)
from digest.people.suppression import suppress

READMIT = "digest subscribers readmit {address} --consent TEXT --because REASON --by NAME"
_ON_THE_WAY = ("pending", "intent")  # states of a delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Who does it, when and why."""

    by: str
    at: datetime
    because: str | None = None


class SubscriberChanges:
    def __init__(self, database: Database, deed: Deed) -> None:
        self._database, self._deed = database, deed

    def add(self, wanted: Subscription) -> None:
        """Raise `PersonNeededError` for somebody who left, `UsageError` for somebody who is there already."""
        with self._database.write() as connection:
            person = _person(connection, wanted.folded)
            if person is not None:
                _refuse_who_left(connection, person, wanted.choice.newsletter)
                row = subscription_of(connection, person.number, wanted.choice.newsletter)
                if row is not None and row.unconfirmed_since is None:
                    cause = _("this address gets {newsletter} already").format(newsletter=wanted.choice.newsletter)
                    raise UsageError(wanted.address, cause, "digest subscribers change --help")
            number = add_person(connection, wanted) if person is None else int(person.number)
            choice = intern(connection, {wanted.choice})[wanted.choice]
            values = {**subscription_row(number, wanted, choice), "from_file": 0, "new_since": stored(self._deed.at)}
            if person is not None and row is not None:  # they asked, and have not confirmed: now the office knows
                set_subscriptions(connection, number, [wanted.choice.newsletter], **values)
            else:
                connection.execute(insert(subscriptions).values(values))
            self._note(connection, number, SubscriberStep.ADDED, wanted.choice.newsletter, _told(wanted.consent))
            reach("subscribers.before-commit")

    def change(
        self,
        folded: str,
        *,
        address: Address | None = None,
        name: str | None = None,
        choice: Choice | None = None,
    ) -> Sequence[str]:
        """What was changed, with what it was before. Raise `BusyError` for a new address while a mail to the old one is
        on its way, `PersonNeededError` for the address of somebody who left, `UsageError` for that of another.
        """
        with self._database.write() as connection:
            person = _known(connection, folded)
            said = [
                *self._readdress(connection, person, address),
                *self._rename(connection, person, name),
                *self._choose(connection, person, choice),
            ]
            if said:
                newsletter = choice.newsletter if choice else None
                self._note(connection, person.number, SubscriberStep.CHANGED, newsletter, "; ".join(said))
            reach("subscribers.before-commit")
        return said

    def remove(self, folded: str, newsletter: str | None = None) -> bool:
        """Send them no more, of one newsletter or of all; return whether anything was sent to them until now."""
        return self._end(folded, newsletter, SuppressionCause.REMOVED, SubscriberStep.REMOVED)

    def suppress(self, address: Address) -> bool:
        """Never write to this address, known or not: they asked for it."""
        with self._database.write() as connection:
            if kept_out(connection, [address.folded]):
                return False
            if _person(connection, address.folded) is None:
                add_person(connection, address)
        return self._end(address.folded, None, SuppressionCause.ASKED, SubscriberStep.SUPPRESSED)

    def readmit(self, folded: str, consent: str, newsletter: str | None = None) -> str:
        """Write to somebody again who left, because they want it; return the newsletter. Others that they left, or that
        were stopped with this one, stay as they are.

        Raise `UsageError` where nothing was left, or where it is not clear what.
        """
        with self._database.write() as connection:
            person = _known(connection, folded)
            mine = {row.newsletter: row for row in subscriptions_of(connection, person.number)}
            left = [name for name, row in mine.items() if person.suppressed_at is not None or not row.active]
            chosen = newsletter if newsletter is not None else left[0] if len(left) == 1 else None
            if chosen is None or chosen not in left:
                raise UsageError(person.address, *_not_left(mine, left, newsletter))
            if person.suppressed_at is not None:
                others = [name for name, row in mine.items() if row.active and name != chosen]
                set_subscriptions(connection, person.number, others, active=0, left_at=person.suppressed_at)
                connection.execute(
                    update(subscribers).where(subscribers.c.number == person.number).values(suppressed_at=None)
                )
            given = {"consent_on": self._deed.at.date().isoformat(), "consent_how": consent}
            set_subscriptions(
                connection, person.number, [chosen], active=1, left_at=None, unconfirmed_since=None, **given
            )
            self._note(connection, person.number, SubscriberStep.READMITTED, chosen, consent)
            reach("subscribers.before-commit")
        return chosen

    def let_in(self, folded: str) -> Sequence[str]:
        """An address that was erased is kept out no more; return what was kept of it, nothing for any other."""
        with self._database.write() as connection:
            return let_in(connection, folded)

    def _end(self, folded: str, newsletter: str | None, cause: SuppressionCause, step: SubscriberStep) -> bool:
        with self._database.write() as connection:
            person = _known(connection, folded)
            suppression = Suppression(subscriber=int(person.number), newsletter=newsletter, cause=cause)
            changed = suppress(connection, suppression, self._deed.at)
            if changed:
                self._note(connection, person.number, step, newsletter, "")
            reach("subscribers.before-commit")
        return changed

    def _readdress(self, connection: Connection, person: Any, address: Address | None) -> list[str]:
        if address is None or address.text == person.address:
            return []
        if address.folded != person.folded:
            other = _person(connection, address.folded)
            if other is not None:
                _refuse_who_left(connection, other, None)
                said = _("this address is another subscriber's")
                raise UsageError(address.text, said, f"digest subscribers remove {person.address}")
            refuse_erased(connection, address.folded)
            _refuse_on_the_way(connection, person)
        values = {"address": address.text, "folded": address.folded}
        connection.execute(update(subscribers).where(subscribers.c.number == person.number).values(values))
        return [f"address: {person.address} → {address.text}"]

    @staticmethod
    def _rename(connection: Connection, person: Any, name: str | None) -> list[str]:
        if name is None or (name or None) == person.name:
            return []
        connection.execute(update(subscribers).where(subscribers.c.number == person.number).values(name=name or None))
        return [f"name: {person.name or '–'} → {name or '–'}"]

    @staticmethod
    def _choose(connection: Connection, person: Any, choice: Choice | None) -> list[str]:
        if choice is None:
            return []
        _refuse_who_left(connection, person, choice.newsletter)
        row = subscription_of(connection, person.number, choice.newsletter)
        if row is None:
            cause = _("this address does not get {newsletter}").format(newsletter=choice.newsletter)
            raise UsageError(person.address, cause, "digest subscribers add --help")
        before = choice_of(connection, row.choice)
        if before == choice:
            return []
        number = intern(connection, {choice})[choice]
        set_subscriptions(connection, person.number, [choice.newsletter], choice=number, chosen_at=None)
        return [f"choice: {choice_told(before)} → {choice_told(choice)}"]

    def _note(
        self, connection: Connection, number: int, step: SubscriberStep, newsletter: str | None, said: str
    ) -> None:
        deed = self._deed
        connection.execute(
            insert(subscriber_events).values(
                subscriber=number,
                newsletter=newsletter,
                step=step.value,
                said=said,
                by=deed.by,
                because=deed.because,
                at=stored(deed.at),
            )
        )


def _person(connection: Connection, folded: str) -> Any:
    return connection.execute(select(subscribers).where(subscribers.c.folded == folded)).first()


def _known(connection: Connection, folded: str) -> Any:
    person = _person(connection, folded)
    if person is None:
        raise UsageError(folded, _("nobody on the list has this address"), "digest subscribers list")
    return person


def _refuse_who_left(connection: Connection, person: Any, newsletter: str | None) -> None:
    row = subscription_of(connection, person.number, newsletter) if newsletter is not None else None
    since = person.suppressed_at or (row.left_at if row is not None and not row.active else None)
    if since is None and (row is None or row.active):
        return
    query = select(departures.c.cause).where(departures.c.subscriber == person.number).order_by(departures.c.number)
    causes = connection.execute(query).scalars().all()
    said = _("they left on {day}").format(day=since[:10]) if since else _("they left")
    said += f" ({SuppressionCause(causes[-1]).said})" if causes else ""
    raise PersonNeededError(
        person.address,
        _("{said}, and nothing brings them back but their own wish").format(said=said),
        READMIT.format(address=person.address),
    )


def _refuse_on_the_way(connection: Connection, person: Any) -> None:
    on_the_way = exists().where(deliveries.c.subscriber == person.number, deliveries.c.state.in_(_ON_THE_WAY))
    if connection.execute(select(on_the_way)).scalar():
        raise BusyError(
            person.address,
            _("a mail to this address is on its way"),
            _("change the address when the edition is finished"),
        )


def _not_left(mine: Mapping[str, Any], left: Sequence[str], newsletter: str | None) -> tuple[str, str]:
    if newsletter is not None and newsletter not in mine:
        return _("this address never got {newsletter}").format(newsletter=newsletter), "digest subscribers add --help"
    if not left or newsletter is not None:
        return _("they get it, and have not left"), "digest subscribers show ADDRESS"
    return _("they left {newsletters}").format(newsletters=listed(left, "and")), _("say which one: --newsletter NAME")


def _told(consent: Consent) -> str:
    return " ".join(filter(None, (consent.on.isoformat() if consent.on else "", consent.how or "")))
