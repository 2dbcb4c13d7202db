"""Editions, their verdicts and their variants in the database."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from digest.errors import BusyError, IntegrityError, PersonNeededError
from digest.model.edition import Acceptance, Choice, Edition, EditionState, Rendered, Ruling, Variant, Verdict
from digest.model.period import Period, PeriodKind
from digest.policy.describing import accepted_fingerprint
from digest.store.choices import choice_from, intern
from digest.store.connection import Database
from digest.store.schema import choices, editions, servings, settled, variants, verdicts
from digest.store.times import loaded, stored


class Editions:
    """Implements `digest.ports.EditionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def editions(self, newsletter: str | None = None) -> Sequence[Edition]:
        query = select(editions).order_by(editions.c.newsletter, editions.c.period, editions.c.revision)
        if newsletter is not None:
            query = query.where(editions.c.newsletter == newsletter)
        with self._database.read() as connection:
            return [edition_from(row._mapping) for row in connection.execute(query)]

    def settled(self, newsletter: str | None = None) -> Mapping[str, str]:
        query = select(settled.c.story_id, editions).join(editions, settled.c.edition == editions.c.number)
        if newsletter is not None:
            query = query.where(settled.c.newsletter == newsletter)
        with self._database.read() as connection:
            return {row.story_id: edition_from(row._mapping).name for row in connection.execute(query)}

    def verdicts(self, edition: Edition) -> Sequence[Verdict]:
        query = select(verdicts).where(verdicts.c.edition == edition.number).order_by(verdicts.c.place)
        with self._database.read() as connection:
            return [
                Verdict(story_id=row.story_id, ruling=Ruling(row.ruling), reason=row.reason, late=bool(row.late))
                for row in connection.execute(query)
            ]

    def variants(self, edition: Edition) -> Sequence[Variant]:
        query = select(variants).where(variants.c.edition == edition.number).order_by(variants.c.place)
        with self._database.read() as connection:
            return [_variant(row._mapping) for row in connection.execute(query)]

    def choices_of(self, edition: Edition) -> Mapping[Choice, str | None]:
        query = (
            select(choices, variants.c.name)
            .join(servings, servings.c.choice == choices.c.number)
            .outerjoin(variants, servings.c.variant == variants.c.number)
            .where(servings.c.edition == edition.number)
        )
        with self._database.read() as connection:
            return {choice_from(row._mapping): row.name for row in connection.execute(query)}

    def save_draft(
        self,
        edition: Edition,
        ruled: Sequence[Verdict],
        rendered: Sequence[Variant],
        served: Mapping[Choice, str | None],
    ) -> Edition:
        with self._database.write() as connection:
            number = _replace(connection, edition)
            if ruled:
                connection.execute(insert(verdicts), [_verdict_row(number, place, v) for place, v in enumerate(ruled)])
            numbers = {
                variant.name: _insert_variant(connection, number, place, variant)
                for place, variant in enumerate(rendered)
            }
            serve(connection, number, {choice: numbers.get(name or "") for choice, name in served.items()})
            return _load(connection, number)

    def seal(self, edition: Edition, at: datetime, by: str | None, accepted: Sequence[Acceptance] = ()) -> Edition:
        with self._database.write() as connection:
            changed = connection.execute(
                update(editions)
                .where(
                    editions.c.number == edition.number,
                    editions.c.state == EditionState.DRAFT.value,
                    editions.c.fingerprint == edition.fingerprint,
                )
                .values(
                    state=EditionState.SEALED.value,
                    sealed_at=stored(at),
                    approved_by=by,
                    approved_at=stored(at) if by else None,
                    accepted=json.dumps([asdict(acceptance) for acceptance in accepted]) if accepted else None,
                    fingerprint=accepted_fingerprint(edition.fingerprint or "", accepted),
                )
            )
            if changed.rowcount != 1:
                raise PersonNeededError(
                    edition.name, "it changed while you looked at it, or is no draft any more", "look at it again"
                )
            _settle(connection, edition)
            return _load(connection, edition.number)


def _settle(connection: Connection, edition: Edition) -> None:
    rows = connection.execute(select(verdicts).where(verdicts.c.edition == edition.number)).all()
    final = [row.story_id for row in rows if Ruling(row.ruling).final]
    taken = connection.execute(select(settled.c.story_id).where(settled.c.newsletter == edition.newsletter)).scalars()
    if twice := sorted(set(final) & set(taken)):
        raise IntegrityError(
            edition.name, f"stories {', '.join(twice)} stand in an earlier edition", "build the draft again"
        )
    if final:
        connection.execute(
            insert(settled),
            [{"newsletter": edition.newsletter, "story_id": story, "edition": edition.number} for story in final],
        )


def _replace(connection: Connection, edition: Edition) -> int:
    """Make room for a new draft: the edition's row is kept, all that hangs on the old draft goes."""
    row = _edition_row(edition)
    old = connection.execute(
        select(editions.c.number, editions.c.state).where(
            editions.c.newsletter == edition.newsletter,
            editions.c.period == edition.period.key,
            editions.c.revision == edition.revision,
        )
    ).first()
    if old is None:
        return int(connection.execute(insert(editions).values(row)).inserted_primary_key[0])  # type: ignore[index] # a table with a key
    if not EditionState(old.state).is_open:
        raise BusyError(edition.name, f"it is {old.state} and cannot be built again", "look at `digest status`")
    for table in (servings, verdicts, variants):
        connection.execute(delete(table).where(table.c.edition == old.number))
    connection.execute(update(editions).where(editions.c.number == old.number).values(row))
    return int(old.number)


def serve(connection: Connection, number: int, served: Mapping[Choice, int | None]) -> None:
    """Write which variant (its row) serves which choice."""
    if served:
        interned = intern(connection, served)
        connection.execute(
            insert(servings),
            [{"edition": number, "choice": interned[choice], "variant": variant} for choice, variant in served.items()],
        )


def _insert_variant(connection: Connection, number: int, place: int, variant: Variant) -> int:
    result = connection.execute(
        insert(variants).values(
            edition=number,
            place=place,
            name=variant.name,
            language=variant.language,
            audiences=json.dumps(variant.audiences),
            stories=json.dumps(variant.story_ids),
            fingerprint=variant.fingerprint,
            subject=variant.rendered.subject,
            html=zlib.compress(variant.rendered.html.encode()),
            text=zlib.compress(variant.rendered.text.encode()),
            message=zlib.compress(variant.rendered.message),
        )
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index] # a table with a key


def _variant(row: Any) -> Variant:
    return Variant(
        name=row["name"],
        language=row["language"],
        audiences=tuple(json.loads(row["audiences"])),
        story_ids=tuple(json.loads(row["stories"])),
        fingerprint=row["fingerprint"],
        rendered=Rendered(
            subject=row["subject"],
            html=zlib.decompress(row["html"]).decode(),
            text=zlib.decompress(row["text"]).decode(),
            message=zlib.decompress(row["message"]),
        ),
    )


def _verdict_row(number: int, place: int, verdict: Verdict) -> dict[str, object]:
    return {
        "edition": number,
        "place": place,
        "story_id": verdict.story_id,
        "ruling": verdict.ruling.value,
        "late": int(verdict.late),
        "reason": verdict.reason,
    }


def _edition_row(edition: Edition) -> dict[str, object]:
    return {
        "newsletter": edition.newsletter,
        "kind": edition.period.kind.value,
        "period": edition.period.key,
        "revision": edition.revision,
        "state": edition.state.value,
        "fingerprint": edition.fingerprint,
        "built_at": stored(edition.built_at),
        "covers_to_end": int(edition.covers_to_end),
        "approved_by": None,
        "approved_at": None,
        "accepted": None,
        "sealed_at": None,
        "sending_at": None,
        "finished_at": None,
    }


def _load(connection: Connection, number: int | None) -> Edition:
    return edition_from(connection.execute(select(editions).where(editions.c.number == number)).one()._mapping)


def edition_from(row: Any) -> Edition:
    return Edition(
        number=row["number"],
        newsletter=row["newsletter"],
        period=Period.from_key(PeriodKind(row["kind"]), row["period"]),
        revision=row["revision"],
        state=EditionState(row["state"]),
        fingerprint=row["fingerprint"],
        built_at=loaded(row["built_at"]),
        covers_to_end=bool(row["covers_to_end"]),
        approved_by=row["approved_by"],
        approved_at=loaded(row["approved_at"]),
        accepted=tuple(Acceptance(**one) for one in json.loads(row["accepted"] or "[]")),
        sealed_at=loaded(row["sealed_at"]),
        sending_at=loaded(row["sending_at"]),
        finished_at=loaded(row["finished_at"]),
    )
