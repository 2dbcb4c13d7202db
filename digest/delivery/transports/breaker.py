"""The circuit breaker: what all messages meet is not asked ten thousand times, and no address is blamed for it."""

from collections.abc import Sequence
from datetime import timedelta

from digest.delivery.answers import About, AnswerMeaning
from digest.delivery.outgoing import OutcomeKind
from digest.errors import BusyError, CircuitBrokenError, SendingLimitError
from digest.foundation.catalogue import _, plural

REFUSED_MOST = 20  # refusals in a row, whatever they say
OURS_MOST = 3  # of them such as are about us
DOUBTS_MOST = 10  # in a row
DEFERRED_MOST = 20  # in a row, where it is asked for
FEW = 3  # refusals that nobody understands, and nothing taken after them: these are no accident
_AGAIN_AFTER_RATE, _AGAIN_AFTER_QUOTA = timedelta(hours=1), timedelta(hours=4)


class Breaker:
    """The one rule of all transports. Only an accepted message ends a row.

    A refusal that is about us leaves its message undecided; after one before anybody was named, after a few in a row of
    the others, after twenty refusals whatever they say, and after ten doubts the next message would meet the same, so
    it is not begun. With
    `counts_deferrals` nor after as many that are put off: there one program or folder is asked for all.
    """

    def __init__(self, name: str, *, counts_deferrals: bool = False) -> None:
        self._name, self._counts_deferrals = name, counts_deferrals
        self._refused: list[tuple[str, About]] = []  # deliveries, in a row
        self._unsure: list[str] = []  # in a row
        self._deferred = 0  # in a row
        self._ours: list[str] = []  # all of them
        self._limit: AnswerMeaning | None = None
        self._has_worked = False
        self._said: dict[OutcomeKind, str] = {}
        self._said_of_us = ""
        self.is_broken = False  # nothing more is begun

    def note(
        self, delivery: str, kind: OutcomeKind, said: str, about: About = About.UNKNOWN, *, meets_all: bool = False
    ) -> None:
        """`kind`: failed, whomever it is about, sent, in doubt or deferred. `meets_all`: so will the next one."""
        if kind is OutcomeKind.SENT:
            self._has_worked = True
            if not self.is_broken:
                self._refused.clear()
                self._unsure.clear()
                self._deferred = 0
            return
        self._said[kind] = said
        if kind is OutcomeKind.FAILED:
            self._refused.append((delivery, about))
            if about is About.US:
                self._ours.append(delivery)
                self._said_of_us = said
        elif kind is OutcomeKind.IN_DOUBT:
            self._unsure.append(delivery)
        elif kind is OutcomeKind.DEFERRED:
            self._deferred += self._counts_deferrals
        self.is_broken = self.is_broken or meets_all or self._breaks()

    def note_limit(self, meaning: AnswerMeaning, said: str) -> None:
        """We may send no more for now."""
        self._limit, self._said_of_us = meaning, said
        self.is_broken = True

    def _breaks(self) -> bool:
        return (
            len(self._refused) >= REFUSED_MOST
            or len(self._of(About.US)) >= OURS_MOST
            or len(self._unsure) >= DOUBTS_MOST
            or self._deferred > DEFERRED_MOST
        )

    def error(self, *, was_stopped: bool = False) -> BusyError | CircuitBrokenError | None:
        """What to raise once all that was under way has ended. `was_stopped`: some of that was cut off."""
        return self._of_doubts(was_stopped=was_stopped) or self._of_refusals() or self._of_limits()

    def _of_doubts(self, *, was_stopped: bool) -> CircuitBrokenError | None:
        """Ten in a row; and fewer, if there was nothing else: a program that never says so takes every mail it gets."""
        count = len(self._unsure)
        if count < DOUBTS_MOST and (was_stopped or self._has_worked or count < 2):  # noqa: PLR2004 – one may be chance
            return None
        cause = plural(
            "{count} message in a row may have been taken or not: {answer}",
            "{count} messages in a row may have been taken or not: {answer}",
            count,
            answer=_(self._said[OutcomeKind.IN_DOUBT]),
        )
        remedy = _("look into its log, or ask a reader; then say what became of them: `digest deliveries --held`")
        return CircuitBrokenError(self._name, cause, remedy, tuple(self._unsure), doubtful=True)

    def _of_refusals(self) -> CircuitBrokenError | None:
        if len(self._refused) >= REFUSED_MOST:
            names = tuple(delivery for delivery, _ in self._refused)
            return self._broken(
                names,
                plural("it refused {count} message in a row", "it refused {count} messages in a row", len(names)),
                self._said[OutcomeKind.FAILED],
            )
        if self._ours:
            names = tuple(dict.fromkeys([*self._ours, *self._of(About.UNKNOWN)]))
            return self._broken(names, _("it refuses us, not a recipient"), self._said_of_us)
        if len(strange := self._of(About.UNKNOWN)) >= FEW:
            cause = plural(
                "it refused the last message, and does not say whose fault that is",
                "it refused the last {count} messages, and does not say whose fault that is",
                len(strange),
            )
            return self._broken(tuple(strange), cause, self._said[OutcomeKind.FAILED])
        return None

    def _broken(self, names: tuple[str, ...], cause: str, said: str) -> CircuitBrokenError:
        remedy = _("find out why (a block, a missing right, the sender's address), then say whose fault it is")
        return CircuitBrokenError(self._name, f"{cause}: {_(said)}", remedy, names)

    def _of_limits(self) -> BusyError | None:
        if self._limit is not None:
            pause = _AGAIN_AFTER_QUOTA if self._limit is AnswerMeaning.QUOTA else _AGAIN_AFTER_RATE
            remedy = _("nothing is lost: `digest run` asks again from time to time and goes on as soon as it may")
            cause = f"{_(self._limit.sentence)}: {_(self._said_of_us)}"
            return SendingLimitError(self._name, cause, remedy, pause, has_worked=self._has_worked)
        if self._deferred > DEFERRED_MOST:
            said = self._said[OutcomeKind.DEFERRED]
            return BusyError(
                self._name, _("it takes nothing now: {answer}").format(answer=_(said)), _("try again later")
            )
        return None

    def _of(self, about: About) -> Sequence[str]:
        """Deliveries of the row that ended so."""
        return [delivery for delivery, one in self._refused if one is about]
