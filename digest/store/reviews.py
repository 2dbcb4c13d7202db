"""Answers to the parts of editions, and what reviewers were mailed, in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from digest.errors import PersonNeededError
from digest.model.edition import Edition, EditionState
from digest.model.review import Answer, ReviewMail
from digest.store.connection import Database
from digest.store.schema import answers, editions, review_mails
from digest.store.times import stored


class Reviews:
    """Implements `digest.ports.ReviewStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answers(self, edition: Edition) -> Mapping[str, Answer]:
        with self._database.read() as connection:
            return answers_of(connection, edition)

    def save_answer(self, edition: Edition, answer: Answer) -> None:
        with self._database.write() as connection:
            _refuse_other(connection, edition)
            here = (answers.c.edition == edition.number, answers.c.part == answer.part)
            connection.execute(delete(answers).where(*here))
            connection.execute(
                insert(answers).values(
                    edition=edition.number,
                    part=answer.part,
                    fingerprint=answer.fingerprint,
                    approved=int(answer.approved),
                    by=answer.by,
                    at=stored(answer.at),
                    because=answer.because,
                )
            )

    def mailed(self, edition: Edition) -> Sequence[ReviewMail]:
        query = (
            select(review_mails)
            .where(review_mails.c.edition == edition.number)
            .order_by(review_mails.c.part, review_mails.c.reviewer)
        )
        with self._database.read() as connection:
            return [
                ReviewMail(
                    part=row.part,
                    reviewer=row.reviewer,
                    fingerprint=row.fingerprint,
                    sent_at=datetime.fromisoformat(row.sent_at),
                )
                for row in connection.execute(query)
            ]

    def note_mail(self, edition: Edition, mails: Sequence[ReviewMail]) -> None:
        with self._database.write() as connection:
            for mail in mails:
                key = {"edition": edition.number, "part": mail.part, "reviewer": mail.reviewer}
                same = [review_mails.c[name] == value for name, value in key.items()]
                connection.execute(delete(review_mails).where(*same))
                connection.execute(
                    insert(review_mails).values(fingerprint=mail.fingerprint, sent_at=stored(mail.sent_at), **key)
                )


def answers_of(connection: Connection, edition: Edition) -> dict[str, Answer]:
    """Part → its last answer."""
    query = select(answers).where(answers.c.edition == edition.number).order_by(answers.c.part)
    return {row.part: _answer(row) for row in connection.execute(query)}


def _refuse_other(connection: Connection, edition: Edition) -> None:
    """What is answered is the draft that was looked at, and it is still one."""
    row = connection.execute(
        select(editions.c.state, editions.c.fingerprint).where(editions.c.number == edition.number)
    ).one()
    if row.state != EditionState.DRAFT.value:
        raise PersonNeededError(
            edition.name, f"it is {row.state} already; answers count until it is sealed", "look at `digest status`"
        )
    if row.fingerprint != edition.fingerprint:
        raise PersonNeededError(edition.name, "it changed while you looked at it", "look at it again")


def _answer(row: Any) -> Answer:
    return Answer(
        part=row.part,
        fingerprint=row.fingerprint,
        approved=bool(row.approved),
        by=row.by,
        at=datetime.fromisoformat(row.at),
        because=row.because,
    )
