"""Test mails in the database: who was sent which variant of an edition as a preview. They are no deliveries."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select

from digest.model.edition import Edition
from digest.store.connection import Database
from digest.store.schema import test_mails
from digest.store.times import stored


class TestMails:
    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, edition: Edition) -> Mapping[tuple[str, str], tuple[str, datetime]]:
        """(variant, folded address) → the variant's fingerprint, and when it was sent last."""
        query = select(test_mails).where(test_mails.c.edition == edition.number)
        with self._database.read() as connection:
            return {
                (row.variant, row.folded): (row.fingerprint, datetime.fromisoformat(row.sent_at))
                for row in connection.execute(query)
            }

    def note(self, edition: Edition, variant: str, fingerprint: str, folded: str, at: datetime) -> None:
        """A later one to the same address replaces the earlier."""
        key = {"edition": edition.number, "variant": variant, "folded": folded}
        with self._database.write() as connection:
            connection.execute(delete(test_mails).where(*(test_mails.c[name] == value for name, value in key.items())))
            connection.execute(insert(test_mails).values(fingerprint=fingerprint, sent_at=stored(at), **key))
