"""What people said of drafts and their parts, and which of them they looked at, in the database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from digest.editions.course import happened, way_on
from digest.editions.draft_outline import packed as outline_written
from digest.editions.draft_outline import unpacked as outline_read
from digest.editions.edition_rows import edition_from
from digest.editions.reviews import PartAnswer, ReviewMail, answers_until
from digest.editions.signature import Look
from digest.errors import PersonNeededError
from digest.foundation.catalogue import _
from digest.foundation.database import Database, stored
from digest.foundation.login import Login
from digest.foundation.schema import answers, editions, looks, review_mails
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period


class Reviews:
    """Answers to the parts of editions, and what reviewers were mailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answers(self, edition: Edition) -> Mapping[str, PartAnswer]:
        """Part → its last answer, for whatever content it was given."""
        with self._database.read() as connection:
            return answers_of(connection, edition)

    def save_answer(self, edition: Edition, answer: PartAnswer) -> None:
        """Replace the part's answer; raise `PersonNeededError` unless the edition is still the draft it was."""
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
                    answered_as=answer.answered_as,
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
                    asked_at=datetime.fromisoformat(row.asked_at or row.sent_at),
                )
                for row in connection.execute(query)
            ]

    def answers_until(self, newsletter: Newsletter, editions: Iterable[Edition]) -> Mapping[Period, datetime]:
        """Of drafts whose reviewers were asked too late for the sending."""
        drafts = [one for one in editions if one.state is EditionState.DRAFT and newsletter.reviews]
        found = {one.period: answers_until(newsletter, one, self.mailed(one)) for one in drafts}
        return {period: until for period, until in found.items() if until is not None}

    def note_mail(self, edition: Edition, mails: Sequence[ReviewMail]) -> None:
        """Remember that they were sent; a later one to the same reviewer about the same part replaces the earlier."""
        with self._database.write() as connection:
            for mail in mails:
                key = {"edition": edition.number, "part": mail.part, "reviewer": mail.reviewer}
                same = [review_mails.c[name] == value for name, value in key.items()]
                first = func.coalesce(review_mails.c.asked_at, review_mails.c.sent_at)
                asked_at = connection.execute(select(first).where(*same)).scalar() or stored(mail.asked_at)
                connection.execute(delete(review_mails).where(*same))
                values = {"fingerprint": mail.fingerprint, "sent_at": stored(mail.sent_at), "asked_at": asked_at}
                connection.execute(insert(review_mails).values(**values, **key))


class Looks:
    """Which draft each system user looked at last."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, edition: Edition, look: Look) -> None:
        """Replace the last look of the same user; a draft that is gone was not looked at."""
        values = {
            "at": stored(look.at),
            "how": look.how,
            "content": outline_written(look.outline),
        }
        with self._database.write() as connection:
            state = connection.execute(select(editions.c.state).where(editions.c.number == edition.number)).scalar()
            if state != EditionState.DRAFT.value:
                return
            here = (looks.c.edition == edition.number, looks.c.login == str(look.login))
            connection.execute(delete(looks).where(*here))
            connection.execute(insert(looks).values(edition=edition.number, login=str(look.login), **values))

    def of(self, edition: Edition) -> Sequence[Look]:
        """The last look of each user, the latest first."""
        query = select(looks).where(looks.c.edition == edition.number).order_by(looks.c.at.desc())
        with self._database.read() as connection:
            return [
                Look(
                    login=Login(**dict(zip(("user", "host"), row.login.rsplit("@", 1), strict=True))),
                    at=datetime.fromisoformat(row.at),
                    how=row.how,
                    outline=outline_read(row.content),
                )
                for row in connection.execute(query)
            ]


# -- Inside a transaction of the caller's.


def answers_of(connection: Connection, edition: Edition) -> dict[str, PartAnswer]:
    """Part → its last answer."""
    query = select(answers).where(answers.c.edition == edition.number).order_by(answers.c.part)
    return {row.part: _answer(row) for row in connection.execute(query)}


def _refuse_other(connection: Connection, edition: Edition) -> None:
    """What is answered is the draft that was looked at, and it is still one."""
    row = connection.execute(select(editions).where(editions.c.number == edition.number)).one()
    if row.state != EditionState.DRAFT.value:
        there = edition_from(row._mapping)
        said = _("{happened}: answers count until it is approved").format(happened=happened(there))
        raise PersonNeededError(edition.name, said, way_on(there))
    if row.fingerprint != edition.fingerprint:
        raise PersonNeededError(edition.name, _("it changed while you looked at it"), _("look at it again"))


def _answer(row: Any) -> PartAnswer:
    return PartAnswer(
        part=row.part,
        fingerprint=row.fingerprint,
        approved=bool(row.approved),
        by=row.by,
        at=datetime.fromisoformat(row.at),
        because=row.because,
        answered_as=row.answered_as,
    )
