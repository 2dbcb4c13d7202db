"""The circuit of a transport that hands messages to a program: what all of them meet is not asked ten thousand times,
and nobody's address is blamed for it.
"""

from collections import defaultdict
from dataclasses import dataclass

from digest.errors import BusyError, CircuitBrokenError, ConfigurationError, DigestError
from digest.model.dispatch import Outcome, OutcomeKind, OutgoingMessage

TROUBLE_MOST = 3  # endings in a row that look like wrong settings
BORNE = 20  # other bad endings in a row

_ABOUT_THE_RECIPIENT = ("dead-mailbox", "full-mailbox", "address")


@dataclass(frozen=True, slots=True)
class Ending:
    """How one act ended. `is_trouble`: it may be this message's fault or that of the settings; what comes of others
    decides, and until then it counts as neither.
    """

    kind: OutcomeKind
    answer: str = ""
    why: str | None = None
    is_trouble: bool = False


class Circuit:
    """Only an accepted message ends a row."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._undecided: list[tuple[OutgoingMessage, Ending]] = []
        self._in_a_row: dict[OutcomeKind, list[str]] = defaultdict(list)  # deliveries
        self._said = ""
        self._has_worked = False
        self._trouble = 0  # endings that stayed undecided

    @property
    def is_broken(self) -> bool:
        return len(self._undecided) >= TROUBLE_MOST or any(self._too_many(kind) for kind in OutcomeKind)

    def note(self, message: OutgoingMessage, ending: Ending) -> list[Outcome]:
        """What can be settled now."""
        if ending.is_trouble:
            self._undecided.append((message, ending))
            self._said = ending.answer
            return []
        result = _result(message, ending, ending.kind)
        if ending.kind is OutcomeKind.SENT:
            self._has_worked = True
            if not self.is_broken:
                self._in_a_row.clear()
                return [*self._decided(OutcomeKind.FAILED), result]
        elif ending.why not in _ABOUT_THE_RECIPIENT:
            self._in_a_row[ending.kind].append(message.delivery)
            self._said = ending.answer
        return [result]

    def rest(self) -> list[Outcome]:
        """What is left to be settled when all is quiet."""
        return self._decided(OutcomeKind.FAILED if self._has_worked and not self.is_broken else OutcomeKind.KEPT)

    def error(self) -> DigestError | None:
        """To be raised after `rest` was settled."""
        if self._trouble and (not self._has_worked or self._trouble >= TROUBLE_MOST):
            return ConfigurationError(
                self._name, self._said, "nothing more was tried, and no address is blamed: correct it, then send again"
            )
        if unsure := self._too_many(OutcomeKind.IN_DOUBT):
            cause = f"{len(unsure)} messages in a row may have been taken or not: {self._said}"
            return CircuitBrokenError(self._name, cause, "look into its log before these are sent again", unsure)
        if refused := self._too_many(OutcomeKind.FAILED):
            cause = f"it refused {len(refused)} messages in a row, not because of their recipients: {self._said}"
            return CircuitBrokenError(self._name, cause, "find out why, then send again", refused)
        if self._too_many(OutcomeKind.DEFERRED):
            return BusyError(self._name, f"it takes nothing now: {self._said}", "try again later")
        return None

    def _too_many(self, kind: OutcomeKind) -> tuple[str, ...]:
        """The deliveries that came to this end in a row, if they are more than is borne."""
        found = self._in_a_row.get(kind, [])
        return tuple(found) if len(found) > BORNE else ()

    def _decided(self, kind: OutcomeKind) -> list[Outcome]:
        undecided, self._undecided = self._undecided, []
        self._trouble = len(undecided) if kind is OutcomeKind.KEPT else 0
        return [_result(message, ending, kind) for message, ending in undecided]


def _result(message: OutgoingMessage, ending: Ending, kind: OutcomeKind) -> Outcome:
    return Outcome(
        message=message, kind=kind, answer=ending.answer, why=None if kind is OutcomeKind.KEPT else ending.why
    )
