"""The circuit of a transport that hands messages to a program: what all of them meet is not asked ten thousand times,
and nobody's address is blamed for it.
"""

from collections import defaultdict
from dataclasses import dataclass

from digest.errors import BusyError, CircuitBrokenError, ConfigurationError, DigestError
from digest.model.dispatch import Fate, Letter, Result
from digest.transports.smtp.outcomes import Rejection

TROUBLE_MOST = 3  # endings in a row that look like wrong settings
BORNE = 20  # other bad endings in a row

_ABOUT_THE_RECIPIENT = frozenset(each for each in Rejection if each.is_about_the_recipient)


@dataclass(frozen=True, slots=True)
class Ending:
    """How one act ended. `is_trouble`: it may be this message's fault or that of the settings; what comes of others
    decides, and until then it counts as neither.
    """

    fate: Fate
    answer: str = ""
    why: str | None = None
    is_trouble: bool = False


class Circuit:
    """Only an accepted message ends a row."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._undecided: list[tuple[Letter, Ending]] = []
        self._in_a_row: dict[Fate, list[str]] = defaultdict(list)  # deliveries
        self._said = ""
        self._has_worked = False
        self._trouble = 0  # endings that stayed undecided

    @property
    def is_broken(self) -> bool:
        return len(self._undecided) >= TROUBLE_MOST or any(self._too_many(fate) for fate in Fate)

    def note(self, letter: Letter, ending: Ending) -> list[Result]:
        """What can be settled now."""
        if ending.is_trouble:
            self._undecided.append((letter, ending))
            self._said = ending.answer
            return []
        result = _result(letter, ending, ending.fate)
        if ending.fate is Fate.SENT:
            self._has_worked = True
            if not self.is_broken:
                self._in_a_row.clear()
                return [*self._decided(Fate.FAILED), result]
        elif ending.why not in _ABOUT_THE_RECIPIENT:
            self._in_a_row[ending.fate].append(letter.delivery)
            self._said = ending.answer
        return [result]

    def rest(self) -> list[Result]:
        """What is left to be settled when all is quiet."""
        return self._decided(Fate.FAILED if self._has_worked and not self.is_broken else Fate.KEPT)

    def error(self) -> DigestError | None:
        """To be raised after `rest` was settled."""
        if self._trouble and (not self._has_worked or self._trouble >= TROUBLE_MOST):
            return ConfigurationError(
                self._name, self._said, "nothing more was tried, and no address is blamed: correct it, then send again"
            )
        if unsure := self._too_many(Fate.UNSURE):
            cause = f"{len(unsure)} messages in a row may have been taken or not: {self._said}"
            return CircuitBrokenError(self._name, cause, "look into its log before these are sent again", unsure)
        if refused := self._too_many(Fate.FAILED):
            cause = f"it refused {len(refused)} messages in a row, not because of their recipients: {self._said}"
            return CircuitBrokenError(self._name, cause, "find out why, then send again", refused)
        if self._too_many(Fate.PUT_OFF):
            return BusyError(self._name, f"it takes nothing now: {self._said}", "try again later")
        return None

    def _too_many(self, fate: Fate) -> tuple[str, ...]:
        """The deliveries that came to this end in a row, if they are more than is borne."""
        found = self._in_a_row.get(fate, [])
        return tuple(found) if len(found) > BORNE else ()

    def _decided(self, fate: Fate) -> list[Result]:
        undecided, self._undecided = self._undecided, []
        self._trouble = len(undecided) if fate is Fate.KEPT else 0
        return [_result(letter, ending, fate) for letter, ending in undecided]


def _result(letter: Letter, ending: Ending, fate: Fate) -> Result:
    return Result(letter=letter, fate=fate, answer=ending.answer, why=None if fate is Fate.KEPT else ending.why)
