"""The circuit breaker: what all messages meet is not asked ten thousand times, and no address is blamed for it."""

from collections.abc import Mapping

from digest.delivery.outgoing import OutcomeKind
from digest.errors import BusyError, CircuitBrokenError


class Breaker:
    """The one rule of all transports: after more than `borne` bad ends of a kind in a row the next message would meet
    the same, so it is not begun. Only an accepted message ends a row, and what is said about one mailbox says nothing
    about us. A kind that is not in `borne` is not counted.
    """

    def __init__(self, name: str, borne: Mapping[OutcomeKind, int]) -> None:
        self._name = name
        self._borne = borne
        self._in_a_row: dict[OutcomeKind, list[str]] = {kind: [] for kind in borne}  # deliveries
        self._said = ""

    @property
    def is_broken(self) -> bool:
        return any(self._too_many(kind) for kind in self._borne)

    def note(self, delivery: str, kind: OutcomeKind, said: str, *, is_about_the_recipient: bool = False) -> None:
        if kind is OutcomeKind.SENT:
            if not self.is_broken:
                for row in self._in_a_row.values():
                    row.clear()
        elif kind in self._borne and not is_about_the_recipient:
            self._in_a_row[kind].append(delivery)
            self._said = said

    def error(self) -> BusyError | CircuitBrokenError | None:
        """What to raise once all that was under way has ended."""
        if unsure := self._too_many(OutcomeKind.IN_DOUBT):
            cause = f"{len(unsure)} messages in a row may have been taken or not: {self._said}"
            remedy = "ask its operator, or look into its log, before these are sent again"
            return CircuitBrokenError(self._name, cause, remedy, unsure)
        if refused := self._too_many(OutcomeKind.FAILED):
            cause = f"it refused {len(refused)} messages in a row, not because of their recipients: {self._said}"
            remedy = "find out why (a block, a missing right, the sender's domain), then send again"
            return CircuitBrokenError(self._name, cause, remedy, refused)
        if self._too_many(OutcomeKind.DEFERRED):
            return BusyError(self._name, f"it takes nothing now: {self._said}", "try again later")
        return None

    def _too_many(self, kind: OutcomeKind) -> tuple[str, ...]:
        """The deliveries that came to this end in a row, if they are more than is borne."""
        found = self._in_a_row.get(kind, [])
        return tuple(found) if len(found) > self._borne.get(kind, 0) else ()
