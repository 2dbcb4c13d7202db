"""The circuit breaker: what all messages meet is not asked ten thousand times, and no address is blamed for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from digest.errors import BusyError, CircuitBrokenError, ConfigurationError, DigestError
from digest.model.dispatch import Outcome, OutcomeKind, OutgoingMessage
from digest.transports.smtp.outcomes import Rejection

TROUBLE_MOST = 3  # endings in a row that look like wrong settings
BORNE = 20  # other bad endings in a row

_ABOUT_THE_RECIPIENT = frozenset(each for each in Rejection if each.is_about_the_recipient)


@dataclass(frozen=True, slots=True)
class Ending:
    """How one act ended. `is_trouble`: it may be this message's fault or that of the settings; what comes of others
    decides, and until then it counts as neither.
    """

    kind: OutcomeKind
    answer: str = ""
    why: str | None = None
    is_trouble: bool = False


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


class Circuit:
    """The breaker where messages are handed to a program or a folder of this machine: what it puts off is put off for
    all of them, and what looks like wrong settings stays undecided until others are taken.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._breaker = Breaker(
            name, dict.fromkeys((OutcomeKind.IN_DOUBT, OutcomeKind.FAILED, OutcomeKind.DEFERRED), BORNE)
        )
        self._undecided: list[tuple[OutgoingMessage, Ending]] = []
        self._said = ""
        self._has_worked = False
        self._trouble = 0  # endings that stayed undecided

    @property
    def is_broken(self) -> bool:
        return len(self._undecided) >= TROUBLE_MOST or self._breaker.is_broken

    def note(self, message: OutgoingMessage, ending: Ending) -> list[Outcome]:
        """What can be settled now."""
        if ending.is_trouble:
            self._undecided.append((message, ending))
            self._said = ending.answer
            return []
        result = _result(message, ending, ending.kind)
        has_ended = self.is_broken
        if not has_ended or ending.kind is not OutcomeKind.SENT:
            is_about_the_recipient = ending.why in _ABOUT_THE_RECIPIENT
            self._breaker.note(
                message.delivery, ending.kind, ending.answer, is_about_the_recipient=is_about_the_recipient
            )
        if ending.kind is OutcomeKind.SENT:
            self._has_worked = True
            if not has_ended:
                return [*self._decided(OutcomeKind.FAILED), result]
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
        return self._breaker.error()

    def _decided(self, kind: OutcomeKind) -> list[Outcome]:
        undecided, self._undecided = self._undecided, []
        self._trouble = len(undecided) if kind is OutcomeKind.KEPT else 0
        return [_result(message, ending, kind) for message, ending in undecided]


def _result(message: OutgoingMessage, ending: Ending, kind: OutcomeKind) -> Outcome:
    return Outcome(
        message=message, kind=kind, answer=ending.answer, why=None if kind is OutcomeKind.KEPT else ending.why
    )
