"""What was sent and what was run: the stores that say what must not happen again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from digest.model.delivery import Recipient, Tally
from digest.model.dispatch import Found, Mark, Outcome, OutgoingMessage
from digest.model.edition import Choice, Edition
from digest.model.pause import Pause, PauseKind
from digest.model.run import RunRecord

Trace = Callable[[Sequence[Recipient]], Mapping[int, Found]]  # what can be seen of messages at their end, by row


class Ledger(Protocol):
    def hold(self, edition: Edition) -> AbstractContextManager[None]:
        """Mark this process as the edition's sender until the block ends; the mark of a dead process counts nothing.

        Raise `BusyError` while another living process has it. Together with `SendingLock`: each alone is enough.
        """
        ...

    def begin(self, edition: Edition, at: datetime, late_choices: Mapping[Choice, str | None]) -> Edition:
        """Freeze the recipients, one row each, and set the edition to sending; a second call changes nothing.
        `late_choices` serve the subscriptions made after the seal.
        """
        ...

    def unserved_choices(self, edition: Edition) -> Sequence[Choice]:
        """Choices of active subscriptions that the sealed edition does not know."""
        ...

    def tally(self, edition: Edition) -> Tally: ...

    def people(self, edition: Edition) -> Mapping[str, int]:
        """Variant → number of frozen recipients."""
        ...

    def finish(self, edition: Edition, at: datetime) -> Edition:
        """Raise `IntegrityError` unless no row is open and the sum adds up."""
        ...


class PauseStore(Protocol):
    """What keeps an edition from going on. A person's pause also stops what is under way: no intent is written while it
    holds.
    """

    def of(self, edition: Edition) -> Pause | None:
        """The one that holds, if there is one."""
        ...

    def pause(self, edition: Edition, new: Pause) -> Pause:
        """Return the pause that holds now: `new`, or an earlier one that stands above it.

        Raise `PersonNeededError` when the edition is neither sealed nor being sent.
        """
        ...

    def lift(
        self, edition: Edition, at: datetime, by: str | None, kinds: Collection[PauseKind] = tuple(PauseKind)
    ) -> Pause | None:
        """Return the one that held until now; one of another kind goes on holding."""
        ...

    def watching(self, edition: Edition) -> AbstractContextManager[Callable[[], bool]]:
        """Answers, until the block ends, whether a person has paused the edition: within a second, from any thread, and
        at the cost of a look at a variable.
        """
        ...


class RunStore(Protocol):
    """What `run` remembers between one time and the next."""

    def started_on(self, newsletter: str, today: date) -> date:
        """The day on which the newsletter was first seen; today, durably, if it is seen for the first time."""
        ...

    def last(self) -> RunRecord | None: ...

    def begin(self, at: datetime, *, rehearsed: bool) -> int:
        """Record that a run is under way, before it changes anything; return its number."""
        ...

    def finish(self, number: int, record: RunRecord) -> None: ...

    def repeat(self, at: datetime) -> None:
        """The last run again: it found and did the same."""
        ...

    def latest_at(self) -> datetime | None:
        """When a run last was, by a clock that no person had set."""
        ...


class OutboxRows(Protocol):
    """The ledger's rows behind an outbox, while an edition leaves; for one process and one thread."""

    def recover(self, connections: int, at: datetime, trace: Trace) -> Mapping[Found, int]:
        """Find out what a dead process left behind, before any final dot is written. `trace` is asked about those of
        whom the marks say nothing certain.
        """
        ...

    def fetch(self, most: int, at: datetime) -> Sequence[Recipient]:
        """The next pending rows whose time has come, each once. Nothing is written."""
        ...

    def start_over(self) -> None:
        """Fetch from the first row again."""
        ...

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage], at: datetime) -> frozenset[int]:
        """In one transaction, durable when this returns: the results, and the intents of the letters wanted.

        Return the rows that may go: those whose people still want the mail. The others are marked as left.
        """
        ...

    def mark(self, row: int, mark: Mark) -> None:
        """Note in memory that outlives the process; from any thread."""
        ...
