"""What the pages read of the database: persons by their public id, and editions that have gone out."""

import json
import zlib
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy import Connection, select, union

from digest.editions.edition_rows import edition_from, variant_from
from digest.editions.record import Record, unpacked
from digest.editions.store import pictures_of
from digest.foundation.database import Database, loaded
from digest.foundation.schema import (
    carried_pictures,
    choices,
    deliveries,
    editions,
    pictures,
    records,
    subscriber_events,
    subscribers,
    subscriptions,
    variants,
    verdicts,
)
from digest.intake.picture import file_name
from digest.mail.content import Variant
from digest.newsletters.edition import Choice, Edition, EditionState
from digest.people.store import choice_from
from digest.people.subscriber import SubscriberStep

_NAMES_SECONDS = 60.0  # as long as names of newsletters are remembered
_PNG = b"\x89PNG"
_GONE_OUT = (EditionState.SENDING.value, EditionState.FINISHED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a person stands to one newsletter: whether they have it, and until when they paused it."""

    choice: Choice
    has_it: bool
    unconfirmed: bool = False
    resumes_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    public_id: str
    address: str
    standings: Sequence[Standing]

    @property
    def masked(self) -> str:
        """`a…@example.org`: whom the mail was forwarded to learns no address that they did not know."""
        local, _, domain = self.address.rpartition("@")
        return f"{local[:1]}…@{domain}"

    def standing(self, newsletter: str) -> Standing | None:
        return next((one for one in self.standings if one.choice.newsletter == newsletter), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPicture:
    name: str
    data: bytes
    is_in_mails: bool

    @property
    def kind(self) -> str:
        return "png" if self.data.startswith(_PNG) else "jpeg"

    @property
    def file_name(self) -> str:
        return file_name(self.name, self.kind)


class PublicStore:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._names: tuple[float, tuple[str, ...]] | None = None

    def look(self) -> None:
        """Raise when the database cannot be read."""
        with self.database.read() as connection:
            connection.execute(select(editions.c.number).limit(1)).first()

    def person(self, public_id: str) -> Person | None:
        query = (
            select(subscribers, subscriptions, choices)
            .outerjoin(subscriptions, subscriptions.c.subscriber == subscribers.c.number)
            .outerjoin(choices, subscriptions.c.choice == choices.c.number)
            .where(subscribers.c.public_id == public_id)
            .order_by(subscriptions.c.newsletter)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return None
        standings = [
            Standing(
                choice=choice_from(row._mapping),
                has_it=bool(row.active) and row.suppressed_at is None and row.unconfirmed_since is None,
                unconfirmed=row.unconfirmed_since is not None,
                resumes_at=loaded(row.resumes_at),
            )
            for row in rows
            if row.newsletter is not None
        ]
        return Person(public_id=public_id, address=rows[0].address, standings=standings)

    def newsletters(self) -> Sequence[str]:
        """The names of all that anybody ever chose or was sent, also those that the settings have no more."""
        if self._names is None or monotonic() - self._names[0] > _NAMES_SECONDS:
            with self.database.read() as connection:
                found = connection.execute(union(select(editions.c.newsletter), select(choices.c.newsletter))).scalars()
                names = tuple(found)
            self._names = monotonic(), names
        return self._names[1]

    # What has gone out. An edition that is only approved is nobody's business yet.

    def gone_out(self, key: str | None = None) -> Sequence[Edition]:
        """The latest first; of one key, if it is given, of whichever newsletter."""
        query = select(editions).where(editions.c.state.in_(_GONE_OUT)).order_by(editions.c.sending_at.desc())
        with self.database.read() as connection:
            found = [edition_from(row._mapping) for row in connection.execute(query)]
        return [one for one in found if key in (None, one.key)]

    def variant_names(self, edition: Edition) -> Sequence[str]:
        query = select(variants.c.name).where(variants.c.edition == edition.number).order_by(variants.c.place)
        with self.database.read() as connection:
            return connection.execute(query).scalars().all()

    def variant(self, edition: Edition, name: str) -> Variant:
        query = select(variants).where(variants.c.edition == edition.number, variants.c.name == name)
        with self.database.read() as connection:
            return variant_from(connection.execute(query).one()._mapping, pictures_of(connection, edition))

    def variant_got(self, edition: Edition, public_id: str) -> str | None:
        """The name of the variant that somebody was sent."""
        query = (
            select(variants.c.name)
            .join(deliveries, deliveries.c.variant == variants.c.number)
            .join(subscribers, deliveries.c.subscriber == subscribers.c.number)
            .where(deliveries.c.edition == edition.number, subscribers.c.public_id == public_id)
        )
        with self.database.read() as connection:
            return connection.execute(query).scalar()

    def record(self, edition: Edition) -> Record | None:
        query = select(records.c.content).where(records.c.edition == edition.number)
        with self.database.read() as connection:
            content = connection.execute(query).scalar()
        return None if content is None else unpacked(content)

    def picture(self, name: str) -> ShownPicture | None:
        """As a mail has it, else as it was made of a text."""
        in_mails = select(carried_pictures.c.data).where(carried_pictures.c.picture == name).limit(1)
        with self.database.read() as connection:
            carried = connection.execute(in_mails).scalar()
            if carried is not None:
                return ShownPicture(name=name, data=b64decode(zlib.decompress(carried)), is_in_mails=True)
            made = connection.execute(select(pictures.c.data).where(pictures.c.name == name)).scalar()
        return None if made is None else ShownPicture(name=name, data=made, is_in_mails=False)

    def pictures_of_mails(self) -> Sequence[str]:
        """Those of all that has gone out."""
        query = select(carried_pictures.c.picture).join(editions, editions.c.number == carried_pictures.c.edition)
        with self.database.read() as connection:
            return connection.execute(query.where(editions.c.state.in_(_GONE_OUT)).distinct()).scalars().all()

    def held(self, edition: Edition) -> Sequence[str]:
        """The stories that stand in a mail of the edition."""
        query = select(variants.c.stories).where(variants.c.edition == edition.number)
        with self.database.read() as connection:
            return [story for stories in connection.execute(query).scalars() for story in json.loads(stories)]

    def order(self, edition: Edition) -> Sequence[str]:
        """Its stories as it puts them."""
        query = select(verdicts.c.story_id).where(verdicts.c.edition == edition.number).order_by(verdicts.c.place)
        with self.database.read() as connection:
            return connection.execute(query).scalars().all()


def asked_lately(connection: Connection, folded: str, since: str) -> tuple[int, int]:
    """How often somebody with this address was asked to confirm: since then, and ever since they last did."""
    steps = select(subscriber_events.c.step, subscriber_events.c.at).join(
        subscribers, subscriber_events.c.subscriber == subscribers.c.number
    )
    query = steps.where(
        subscribers.c.folded == folded,
        subscriber_events.c.step.in_((SubscriberStep.ASKED.value, SubscriberStep.CONFIRMED.value)),
    ).order_by(subscriber_events.c.number)
    lately = ever = 0
    for row in connection.execute(query):
        if row.step == SubscriberStep.CONFIRMED.value:
            ever = 0
            continue
        ever += 1
        lately += row.at >= since
    return lately, ever
