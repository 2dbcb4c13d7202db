"""Welcomes: somebody new gets the edition that went out last, where their newsletter says `welcome: latest`.

A welcome is a row of the ledger like any other, but made after its edition had gone out, and marked so. Each newcomer
is looked at once: the mark that they are new goes in the transaction that makes the row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from digest.delivery.decisions import hold_back, take_back
from digest.delivery.delivery import DeliveryState
from digest.delivery.newcomers import forget_newcomers, newcomers
from digest.delivery.place import SendingPlace
from digest.delivery.sending import carried
from digest.editions.changes import changes_since
from digest.editions.comparison import approved_mails
from digest.editions.composition import best_sealed
from digest.editions.workbench import Workbench
from digest.errors import CircuitBrokenError
from digest.foundation.database import stored
from digest.foundation.failpoints import reach
from digest.foundation.schema import deliveries, variants
from digest.newsletters.edition import Choice, Edition
from digest.newsletters.newsletter import Newsletter, Welcome
from digest.people.store import choice_from, end_pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcomed:
    """How many were sent the edition now, how many could not be, may have been, and wait for another attempt."""

    sent: int
    failed: int
    held: int
    waiting: int


def welcome(
    place: SendingPlace,
    bench: Workbench,
    newsletter: Newsletter,
    edition: Edition,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Welcomed | None:
    """Send the edition, which has gone out, to who is new, and go on with what was interrupted. The caller holds the
    lock of the place. `None`: its texts have changed since it was approved, and nobody new is sent what its office says
    otherwise now. Raise what keeps messages from leaving; nobody is blamed for it, and the next call goes on.
    """
    ledger, now = place.ledger, place.clock.now()
    with ledger.hold(edition):
        place.refuse_unsure(edition)
        mails = approved_mails(bench.editions, bench.copy, edition)
        record = bench.editions.record(edition)
        if record is None or changes_since(bench, newsletter, edition).texts:
            return None
        if newsletter.welcome is Welcome.LATEST:
            _take_in(place, newsletter, edition, bench.editions.choices_of(edition), now)
            reach("welcome.taken-in")
        frozen = record.frozen(newsletter)
        composer = bench.composer.as_recorded(frozen, record.public_url)
        before = ledger.tally(edition)
        not_after = now + place.settings.sending.not_after
        broken = carried(place, composer, frozen, edition, mails, not_after=not_after, stop=stop)
        if isinstance(broken, CircuitBrokenError):
            (hold_back if broken.doubtful else take_back)(place, edition, broken.deliveries)
        if broken is not None:
            raise broken
        after = ledger.tally(edition)
        return Welcomed(
            sent=after[DeliveryState.SENT] - before[DeliveryState.SENT],
            failed=after[DeliveryState.FAILED] - before[DeliveryState.FAILED],
            held=after[DeliveryState.HELD] - before[DeliveryState.HELD],
            waiting=after.waiting,
        )


def _take_in(
    place: SendingPlace, newsletter: Newsletter, edition: Edition, sealed: Mapping[Choice, str | None], now: datetime
) -> None:
    """One row for each who is new, gets mail, and was sent neither this edition nor a later one. What they chose
    decides what they get, as for everybody who chose after the seal.
    """
    order = [audience.name for audience in newsletter.audiences]
    with place.database.write() as connection:
        end_pauses(connection, now)
        numbers = {
            row.name: int(row.number)
            for row in connection.execute(select(variants).where(variants.c.edition == edition.number))
        }
        welcomes = []
        for row in connection.execute(newcomers(newsletter, edition, now)):
            choice = choice_from(row._mapping)
            name = sealed[choice] if choice in sealed else best_sealed(choice, sealed, order)
            if name is not None:
                who = {"subscriber": row.subscriber, "address": row.address, "name": row.name}
                welcomes.append(who | {"variant": numbers[name]})
        if welcomes:
            at = {"changed_at": stored(now), "welcomed_at": stored(now)}
            of = {"edition": edition.number, "state": DeliveryState.PENDING.value}
            connection.execute(insert(deliveries), [one | at | of for one in welcomes])
        forget_newcomers(connection, newsletter, now)
