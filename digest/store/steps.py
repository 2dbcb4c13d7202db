"""Steps of editions in the database: compare-and-set along the table of `digest.policy.states`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from digest.errors import BusyError, PersonNeededError
from digest.model.edition import Edition, EditionState
from digest.policy.states import Step, after, before
from digest.store.schema import editions


def take(
    connection: Connection, edition: Edition, step: Step, conditions: Sequence[ColumnElement[bool]] = (), **values: Any
) -> None:
    """Move the edition, wherever the table allows it from; raise `BusyError` when its state does not allow it, and
    `PersonNeededError` when it does, but a condition fails: it changed since it was looked at.
    """
    allowed = before(step)
    changed = connection.execute(
        update(editions)
        .where(editions.c.number == edition.number, editions.c.state.in_(allowed), *conditions)
        .values(state=after(allowed[0], step), **values)
    )
    if changed.rowcount == 1:
        return
    state = connection.execute(select(editions.c.state).where(editions.c.number == edition.number)).scalar_one()
    if EditionState(state) in allowed:
        raise PersonNeededError(edition.name, "it changed while you looked at it", "look at it again")
    raise BusyError(edition.name, f"it is {state} and cannot be {step}", "look at `digest status`")
