"""Overviews: counts and outlines for those who look at how things stand, read without mails or texts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import and_, case, func, not_, or_, select

from digest.editions.edition_rows import edition_from
from digest.foundation.database import Database
from digest.foundation.schema import carried_over, editions, items, newsletters, settled, variants, verdicts
from digest.intake.item import DateState
from digest.mail.content import Rendered, Variant
from digest.newsletters.edition import CarriedOver, Edition, Ruling, Verdict

IDS_AT_ONCE = 500


class Overviews:
    """Nothing here changes anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def outlines(self, edition: Edition) -> Sequence[Variant]:
        """The edition's variants in their order, without their bytes: of what is rendered only the subject is there."""
        query = (
            select(
                variants.c.name,
                variants.c.language,
                variants.c.audiences,
                variants.c.stories,
                variants.c.fingerprint,
                variants.c.subject,
            )
            .where(variants.c.edition == edition.number)
            .order_by(variants.c.place)
        )
        with self._database.read() as connection:
            return [
                Variant(
                    name=row.name,
                    language=row.language,
                    audiences=tuple(json.loads(row.audiences)),
                    story_ids=tuple(json.loads(row.stories)),
                    fingerprint=row.fingerprint,
                    rendered=Rendered(subject=row.subject, html="", text="", message=b""),
                )
                for row in connection.execute(query)
            ]

    def rulings(self, newsletter: str) -> Mapping[int, Mapping[Ruling, int]]:
        """Edition number → how many stories got which ruling."""
        query = (
            select(verdicts.c.edition, verdicts.c.ruling, func.count().label("stories"))
            .join(editions, verdicts.c.edition == editions.c.number)
            .where(editions.c.newsletter == newsletter)
            .group_by(verdicts.c.edition, verdicts.c.ruling)
        )
        counts: dict[int, dict[Ruling, int]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                counts.setdefault(int(row.edition), {})[Ruling(row.ruling)] = int(row.stories)
        return counts

    def judged(self, edition: Edition) -> frozenset[str]:
        """The stories about which the edition has decided."""
        query = select(verdicts.c.story_id).where(verdicts.c.edition == edition.number)
        with self._database.read() as connection:
            return frozenset(connection.execute(query).scalars())

    def verdicts_on(self, story_ids: Iterable[str]) -> Sequence[tuple[Edition, Verdict]]:
        """What editions of any newsletter decided about these stories, in the order of the editions."""
        wanted = sorted(set(story_ids))
        found: list[tuple[Edition, Verdict]] = []
        with self._database.read() as connection:
            for start in range(0, len(wanted), IDS_AT_ONCE):
                query = (
                    select(editions, verdicts.c.story_id, verdicts.c.ruling, verdicts.c.late, verdicts.c.reason)
                    .join(editions, verdicts.c.edition == editions.c.number)
                    .where(verdicts.c.story_id.in_(wanted[start : start + IDS_AT_ONCE]))
                )
                found.extend(
                    (
                        edition_from(row._mapping),
                        Verdict(
                            story_id=row.story_id, ruling=Ruling(row.ruling), reason=row.reason, late=bool(row.late)
                        ),
                    )
                    for row in connection.execute(query)
                )
        return sorted(found, key=lambda pair: (pair[0].newsletter, pair[0].period, pair[0].revision, pair[1].story_id))

    def unsettled(self, newsletter: str) -> Mapping[str, date]:
        """The stories that no sealed edition of the newsletter has taken, each with its date; not those that are kept
        out of all.
        """
        kept_out = items.c.date_state.in_([state.value for state in DateState if state.keeps_out])
        live = func.min(case((and_(items.c.withdrawn == 0, not_(kept_out)), items.c.published_on)))
        taken = select(settled.c.story_id).where(settled.c.newsletter == newsletter)
        query = (
            select(items.c.story_id, func.coalesce(live, func.min(items.c.published_on)).label("published_on"))
            .where(items.c.story_id.not_in(taken))
            .group_by(items.c.story_id)
            .having(or_(live.is_not(None), func.max(case((kept_out, 1), else_=0)) == 0))
        )
        with self._database.read() as connection:
            return {row.story_id: date.fromisoformat(row.published_on) for row in connection.execute(query)}

    def carried_over(self, newsletter: str) -> Mapping[str, CarriedOver]:
        """The stories that were there in time for an edition which did not take them."""
        query = (
            select(items.c.story_id, carried_over.c.standing)
            .join(items, items.c.id == carried_over.c.item_id)
            .where(carried_over.c.newsletter == newsletter)
        )
        found: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.story_id, set()).add(row.standing)
        return {story: next(one for one in CarriedOver if one in standings) for story, standings in found.items()}

    def started_on(self, newsletter: str) -> date | None:
        """The day on which a run first saw the newsletter; `None`: none has."""
        query = select(newsletters.c.started_on).where(newsletters.c.name == newsletter)
        with self._database.read() as connection:
            known = connection.execute(query).scalar()
        return None if known is None else date.fromisoformat(known)
