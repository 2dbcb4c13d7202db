"""Editions, their verdicts and their variants in the database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from digest.errors import BusyError, IntegrityError, PersonNeededError
from digest.failpoints import reach
from digest.model.edition import Acceptance, Choice, Edition, EditionState, Ruling, Variant, Verdict
from digest.model.period import Period
from digest.model.review import Answer
from digest.policy.describing import accepted_fingerprint
from digest.policy.states import Step, after
from digest.store.choices import choice_from, intern
from digest.store.connection import Database
from digest.store.edition_rows import edition_from, edition_row, variant_from, variant_row, verdict_row
from digest.store.reviews import answers_of
from digest.store.schema import choices, editions, servings, settled, variants, verdicts
from digest.store.steps import take
from digest.store.times import stored


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
            return [variant_from(row._mapping) for row in connection.execute(query)]

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
        reach("draft.before-transaction")
        with self._database.write() as connection:
            number = _replace(connection, edition)
            reach("draft.replaced")
            if ruled:
                connection.execute(insert(verdicts), [verdict_row(number, place, v) for place, v in enumerate(ruled)])
            reach("draft.verdicts-written")
            numbers = {
                variant.name: _insert_variant(connection, number, place, variant)
                for place, variant in enumerate(rendered)
            }
            reach("draft.variants-written")
            serve(connection, number, {choice: numbers.get(name or "") for choice, name in served.items()})
            reach("draft.before-commit")
            saved = _load(connection, number)
        reach("draft.committed")
        return saved

    def seal(
        self,
        edition: Edition,
        at: datetime,
        by: str | None,
        accepted: Sequence[Acceptance] = (),
        readers: Mapping[str, int] | None = None,
        answered: Mapping[str, Answer] | None = None,
    ) -> Edition:
        with self._database.write() as connection:
            if answered is not None and answers_of(connection, edition) != answered:
                raise PersonNeededError(edition.name, "an answer came in between", "look at `digest review` again")
            take(
                connection,
                edition,
                Step.SEAL,
                [editions.c.fingerprint == edition.fingerprint],
                sealed_at=stored(at),
                approved_by=by,
                approved_at=stored(at) if by else None,
                accepted=json.dumps([asdict(acceptance) for acceptance in accepted]) if accepted else None,
                readers=json.dumps(dict(readers or {})),
                fingerprint=accepted_fingerprint(edition.fingerprint or "", accepted),
            )
            reach("seal.state-set")
            _settle(connection, edition)
            reach("seal.before-commit")
            sealed = _load(connection, edition.number)
        reach("seal.committed")
        return sealed

    def pass_over(self, newsletter: str, period: Period, at: datetime, because: str) -> Edition:
        with self._database.write() as connection:
            edition = Edition(newsletter=newsletter, period=period, state=EditionState.PASSED_OVER)
            old = connection.execute(select(editions).where(*_same(edition))).first()
            if old is None:
                number = connection.execute(insert(editions).values(edition_row(edition))).inserted_primary_key[0]  # type: ignore[index] # a table with a key
            else:
                number = old.number
                take(connection, edition_from(old._mapping), Step.PASS_OVER)
                _clear(connection, number)
            connection.execute(
                update(editions)
                .where(editions.c.number == number)
                .values(because=because, finished_at=stored(at), fingerprint=None)
            )
            return _load(connection, number)

    def expire(self, edition: Edition, at: datetime, because: str) -> Edition:
        return self._release(edition, Step.EXPIRE, finished_at=stored(at), because=because)

    def reopen(self, edition: Edition, because: str) -> Edition:
        return self._release(
            edition, Step.REOPEN, because=because, sealed_at=None, approved_by=None, approved_at=None, finished_at=None
        )

    def reissue(self, edition: Edition, at: datetime, because: str) -> Edition:
        with self._database.write() as connection:
            take(connection, edition, Step.REISSUE)
            latest = select(func.max(editions.c.revision)).where(
                editions.c.newsletter == edition.newsletter, editions.c.period == edition.period.key
            )
            if connection.execute(latest).scalar() != edition.revision:
                raise BusyError(edition.name, "it was reissued already", "look at `digest status`")
            draft = Edition(
                newsletter=edition.newsletter,
                period=edition.period,
                revision=edition.revision + 1,
                state=EditionState.DRAFT,
                because=because,
                built_at=at,
            )
            inserted = connection.execute(insert(editions).values(edition_row(draft)))
            return _load(connection, inserted.inserted_primary_key[0])  # type: ignore[index] # a table with a key

    def _release(self, edition: Edition, step: Step, **values: Any) -> Edition:
        """The stories that it had taken are free again."""
        with self._database.write() as connection:
            take(connection, edition, step, **values)
            connection.execute(delete(settled).where(settled.c.edition == edition.number))
            return _load(connection, edition.number)


def _settle(connection: Connection, edition: Edition) -> None:
    rows = connection.execute(select(verdicts).where(verdicts.c.edition == edition.number)).all()
    final = [row.story_id for row in rows if Ruling(row.ruling).final]
    if edition.revision > 1:
        return  # a reissue says again what its first revision took
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


def _same(edition: Edition) -> tuple[ColumnElement[bool], ...]:
    return (
        editions.c.newsletter == edition.newsletter,
        editions.c.period == edition.period.key,
        editions.c.revision == edition.revision,
    )


def _replace(connection: Connection, edition: Edition) -> int:
    """Make room for a new draft: the edition's row is kept, all that hangs on the old draft goes."""
    row = edition_row(edition)
    old = connection.execute(
        select(editions.c.number, editions.c.state, editions.c.because).where(*_same(edition))
    ).first()
    if old is None:
        return int(connection.execute(insert(editions).values(row)).inserted_primary_key[0])  # type: ignore[index] # a table with a key
    step = Step.BUILD if edition.state is EditionState.DRAFT else Step.FIND_EMPTY
    if after(EditionState(old.state), step) is None:
        raise BusyError(edition.name, f"it is {old.state} and cannot be built again", "look at `digest status`")
    _clear(connection, old.number)
    values = {**row, "because": edition.because or old.because}
    connection.execute(update(editions).where(editions.c.number == old.number).values(values))
    return int(old.number)


def _clear(connection: Connection, number: int) -> None:
    for table in (servings, verdicts, variants):
        connection.execute(delete(table).where(table.c.edition == number))


def serve(connection: Connection, number: int, served: Mapping[Choice, int | None]) -> None:
    """Write which variant (its row) serves which choice."""
    if served:
        interned = intern(connection, served)
        connection.execute(
            insert(servings),
            [{"edition": number, "choice": interned[choice], "variant": variant} for choice, variant in served.items()],
        )


def _load(connection: Connection, number: int | None) -> Edition:
    return edition_from(connection.execute(select(editions).where(editions.c.number == number)).one()._mapping)


def _insert_variant(connection: Connection, number: int, place: int, variant: Variant) -> int:
    result = connection.execute(insert(variants).values(variant_row(number, place, variant)))
    return int(result.inserted_primary_key[0])  # type: ignore[index] # a table with a key
