"""Choices, interned: every distinct one has one row, and many subscriptions point to it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select

from digest.model.edition import Choice
from digest.store.schema import choices


def intern(connection: Connection, wanted: Iterable[Choice]) -> dict[Choice, int]:
    """Row numbers of the choices; what is new is added."""
    known = {choice_from(row._mapping): int(row.number) for row in connection.execute(select(choices))}
    found = {}
    for choice in wanted:
        if choice not in known:
            result = connection.execute(
                insert(choices).values(
                    newsletter=choice.newsletter,
                    audiences=" ".join(sorted(choice.audiences)),
                    language=choice.language,
                )
            )
            known[choice] = int(result.inserted_primary_key[0])  # type: ignore[index] # a table with a key
        found[choice] = known[choice]
    return found


def choice_from(row: Any) -> Choice:
    return Choice(newsletter=row["newsletter"], audiences=frozenset(row["audiences"].split()), language=row["language"])
