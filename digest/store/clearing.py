"""Clearing: a database that knows its subscribers and nothing else, for rehearsals. Never called on a real one."""

from sqlalchemy import delete

from digest.store.connection import Database
from digest.store.schema import (
    answers,
    deliveries,
    editions,
    items,
    newsletters,
    review_mails,
    runs,
    servings,
    settled,
    variants,
    verdicts,
)


def forget_all_but_subscribers(database: Database) -> None:
    order = (
        deliveries,
        answers,
        review_mails,
        servings,
        settled,
        verdicts,
        variants,
        editions,
        items,
        newsletters,
        runs,
    )
    with database.write() as connection:
        for table in order:
            connection.execute(delete(table))
