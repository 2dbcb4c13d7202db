"""The commits of a sending, counted: a send journal beside the database carries their numbers, so that either can tell
whether the other is older.

Of a database of several hosts each place counts its own, in its own row: no host's journal has what others wrote, and
none waits for another one's commit.
"""

import secrets

from sqlalchemy import BigInteger, Connection, bindparam, func, insert, update

from digest.delivery.journal import Journal
from digest.foundation.database import Prepared, upsert
from digest.foundation.schema import instance, places

_ONE = Prepared(update(instance).values(commits=instance.c.commits + 1).returning(instance.c.commits))
_KNOWN = bindparam("known", type_=BigInteger)
_EACH = Prepared(
    upsert(places)
    .values(name=bindparam("place"), commits=1, journalled=_KNOWN)
    .on_conflict_do_update(
        index_elements=[places.c.name],
        set_={"commits": places.c.commits + 1, "journalled": func.greatest(places.c.journalled, _KNOWN)},
    )
    .returning(places.c.commits)
)


class Commits:
    """Those of the `place` of that name; without one, of a database that has only one."""

    def __init__(self, place: str | None, journal: Journal) -> None:
        self._place, self._journal = place, journal

    def count(self, connection: Connection) -> int:
        """The number of this commit, for the lines that follow it; last in its transaction."""
        if self._place is not None:
            return int(_EACH.scalar(connection, place=self._place, known=self._journal.commit))
        commit = _ONE.scalar(connection)
        if commit is None:
            connection.execute(insert(instance).values(id=secrets.token_hex(16), commits=1))
        return int(commit or 1)
