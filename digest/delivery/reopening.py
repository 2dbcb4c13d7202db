"""Reopening: an approval taken back, while nothing has left and nobody sends."""

from digest.delivery.place import SendingPlace
from digest.errors import UsageError
from digest.foundation.catalogue import _
from digest.newsletters.edition import Edition


def reopen(place: SendingPlace, edition: Edition, by: str, because: str) -> Edition:
    """It is a draft again, and its stories are free. Raise `UsageError` without a name or a reason, `BusyError` while
    somebody sends, and `PersonNeededError` once something has left.
    """
    for option, said in (("--by", by), ("--because", because)):
        if not said.strip():
            raise UsageError(option, _("nothing is said there"), _("say who takes it back, and why"))
    with place.lock():
        return place.editions.reopen(edition, f"reopened by {by.strip()}: {because.strip()}")
