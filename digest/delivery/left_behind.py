"""What was left behind: editions in the middle of their sending whose newsletter is not in the settings any more."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from digest.delivery.ledger import Ledger
from digest.editions.edition_rows import edition_from
from digest.foundation.catalogue import _, plural
from digest.foundation.database import Database
from digest.foundation.schema import editions
from digest.newsletters.edition import Edition, EditionState


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """No run goes on with it, since no newsletter says how."""

    edition: Edition
    waiting: int

    @property
    def said(self) -> str:
        return plural(
            "{count:,} message of it is still to leave, but its newsletter is not in digest.yaml any more",
            "{count:,} messages of it are still to leave, but its newsletter is not in digest.yaml any more",
            self.waiting,
        )

    @property
    def remedy(self) -> str:
        words = _("put {newsletter} back under newsletters: in digest.yaml; the next `digest run` sends the rest")
        return words.format(newsletter=self.edition.newsletter)


def left_behind(database: Database, newsletters: Collection[str]) -> list[LeftBehind]:
    """`newsletters` are the names in the settings."""
    query = select(editions).where(
        editions.c.state == EditionState.SENDING.value, editions.c.newsletter.not_in(newsletters)
    )
    with database.read() as connection:
        found = [edition_from(row._mapping) for row in connection.execute(query)]
    return [LeftBehind(edition, Ledger(database).tally(edition).open) for edition in found]
