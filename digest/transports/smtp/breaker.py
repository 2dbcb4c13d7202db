"""The circuit breaker: a server that refuses us, not the recipients, is not asked ten thousand times."""

from digest.errors import CircuitBrokenError
from digest.transports.smtp.outcomes import Accepted, Outcome, Refused, Unsure

__all__ = ["Breaker", "CircuitBrokenError"]


class Breaker:
    """Only an accepted message ends a row: what is said about one mailbox says nothing about us."""

    def __init__(self, server: str, borne: int) -> None:
        self._server = server
        self._borne = borne
        self._refused: list[str] = []
        self._doubtful: list[str] = []
        self._said = ""

    @property
    def is_broken(self) -> bool:
        return max(len(self._refused), len(self._doubtful)) > self._borne

    def note(self, delivery: str, outcome: Outcome) -> None:
        if isinstance(outcome, Accepted):
            if not self.is_broken:
                self._refused.clear()
                self._doubtful.clear()
        elif isinstance(outcome, Refused) and not outcome.why.is_about_the_recipient:
            self._refused.append(delivery)
            self._said = outcome.reason
        elif isinstance(outcome, Unsure):
            self._doubtful.append(delivery)

    def error(self) -> CircuitBrokenError:
        """What to raise when it is broken and all that was under way has ended."""
        if len(self._refused) > self._borne:
            return CircuitBrokenError(
                self._server,
                f"it refused {len(self._refused)} messages in a row, not because of their recipients: {self._said}",
                "find out why (a block, a missing right, the sender's domain), then send again",
                tuple(self._refused),
            )
        return CircuitBrokenError(
            self._server,
            f"it took {len(self._doubtful)} messages in a row and did not say whether it has them",
            "ask its operator, or look into its log, before these are sent again",
            tuple(self._doubtful),
        )
