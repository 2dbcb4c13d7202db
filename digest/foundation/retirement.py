"""What keeps a database from being changed since it was copied into another one: it is retired, or not there yet."""

from dataclasses import dataclass
from datetime import datetime

from digest.foundation.catalogue import _

COLUMNS = ("retired_to", "retired_at", "arriving_from")  # in the table `instance`


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """`to` names the database that is the truth since; `arriving_from` the one whose copy has not come to its end."""

    to: str | None = None
    at: datetime | None = None
    arriving_from: str | None = None

    @property
    def binds(self) -> bool:
        return self.to is not None or self.arriving_from is not None

    @property
    def said(self) -> str:
        """As part of a sentence."""
        if self.to is None:
            said = _("the copy of {database} into this one has not come to its end")
            return said.format(database=self.arriving_from)
        said = _("this database is retired: on {day} all that was in it was copied to {database}")
        return said.format(day=f"{self.at:%Y-%m-%d}" if self.at else "?", database=self.to)

    @property
    def remedy(self) -> str:
        if self.to is None:
            said = _("let digest.yaml name {database}, and copy it into this one once more")
            return said.format(database=self.arriving_from)
        return _("let digest.yaml name that one; to go on with this one all the same, read `digest adopt --help`")


IN_USE = Retirement()


def retirement_of(retired_to: str | None, retired_at: str | None, arriving_from: str | None) -> Retirement:
    """From the columns, in their order."""
    at = None if retired_at is None else datetime.fromisoformat(retired_at)
    return Retirement(to=retired_to, at=at, arriving_from=arriving_from)
