"""What reads, makes and hands out: the ports around the pipeline that store nothing of their own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from digest.model.delivery import Envelope, Recipient
from digest.model.dispatch import Found, Mark, Outcome, OutgoingMessage
from digest.model.edition import Edition, Rendered, VariantContent
from digest.model.finding import Finding, Specimen
from digest.model.item import FoundItem, Reading
from digest.model.place import Problem
from digest.model.tag import Tag


class Clock(Protocol):
    def now(self) -> datetime: ...


class Source(Protocol):
    """Where items come from."""

    @property
    def name(self) -> str: ...

    def read(self, today: date) -> Reading:
        """Return all that the source holds now, in a stable order. One bad file is a problem in the reading, never an
        exception; a source that cannot be reached answers with `complete=False`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tagged:
    tags: tuple[Tag, ...]
    problems: tuple[Problem, ...] = ()


class Tagger(Protocol):
    def tag(self, item: FoundItem) -> Tagged:
        """Return one tag per country and topic. A person's tags of a kind replace the guesses of that kind; what a
        person wrote and nobody knows is a problem that names the nearest known value.
        """
        ...


class Renderer(Protocol):
    def fingerprint(self, template: str) -> str:
        """The SHA-256 of the template set: files, catalogues and the compiler's version."""
        ...

    def render(self, content: VariantContent) -> Rendered:
        """A pure function of its argument and the template set."""
        ...


class Composer(Protocol):
    """Fills a variant's slots for one person: the bytes that leave."""

    def compose(self, edition: Edition, message: bytes, recipients: Iterable[Recipient]) -> Iterator[Envelope]:
        """One envelope per recipient, in their order, from `Rendered.message`; `edition.sending_at` must be set.

        Raise `UnsafeError` for a recipient whose message cannot be written; there is none for those after them.
        """
        ...

    def prover(self, edition: Edition, message: bytes) -> "Prover":
        """For the envelopes that `compose` makes of this message."""
        ...

    def sample(self, edition: Edition, message: bytes) -> Envelope:
        """The message as an invented reader would get it: the same bytes whatever state the edition is in."""
        ...

    def sample_body(self, edition: Edition, body: str) -> str:
        """`Rendered.html` or `Rendered.text` as the invented reader would see it."""
        ...


class Prover(Protocol):
    """Reads messages of one variant back and compares, before they are signed; see `digest.rendering.proof`."""

    def __call__(self, recipient: Recipient, pieces: Sequence[bytes]) -> str | None:
        """What is wrong with this one; `None` for one that may leave. Raise `IntegrityError` when all are wrong."""
        ...


class Outbox(Protocol):
    """What a transport takes messages from, and tells what became of them; for one thread."""

    def fetch(self, most: int) -> Sequence[OutgoingMessage]:
        """Messages to be sent, in their order; none: there are no more for now."""
        ...

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage]) -> frozenset[int]:
        """Durable when this returns: what became of messages, and the intents of those wanted. The rows that may go."""
        ...

    def mark(self, row: int, mark: Mark) -> None:
        """From any thread."""
        ...


class Transport(Protocol):
    """How messages leave, one by one: files, Maildir, sendmail and SMTP alike. `name` is what people are told of it."""

    @property
    def name(self) -> str: ...

    @property
    def connections(self) -> int:
        """How many messages may be under way when the process dies, at most."""
        ...

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        """Return when the outbox has no more messages, or `stop` says so. No message comes to the point from which it
        may count as accepted (a final dot, a rename) before its intent is durable; every result is told before this
        returns or raises.

        Raise `CircuitBrokenError` when too many messages in a row came to the same bad end.
        """
        ...

    def trace(self, message: OutgoingMessage) -> Found | None:
        """What can be seen now of a message that a dead process may have sent; `None`: nothing can be. Its pieces are
        not looked at.
        """
        ...


class Progress(Protocol):
    """Who wants to know how far a sending is. From any thread, and at once back: it holds up what is told of."""

    def begin(self, letters: int) -> None:
        """So many are to leave, at most."""
        ...

    def add(self, letters: int) -> None:
        """So many more came to an end, whichever."""
        ...


class Gate(Protocol):
    def __call__(self, specimen: Specimen) -> tuple[Finding, ...]:
        """Judge the final bytes of one variant. Pure; never raises, whatever the bytes are."""
        ...


class ReadableCopy(Protocol):
    """The copy of an edition in `editions/`, for people and other programs; `files` are the variants' files by name."""

    def write(self, edition: Edition, description: Mapping[str, object], files: Mapping[str, bytes]) -> None:
        """Replace the edition's folder as a whole: afterwards the old or the new is there, never a mixture."""
        ...

    def differences(self, edition: Edition, files: Mapping[str, bytes]) -> Sequence[str] | None:
        """The names of files that are not what was written, are missing, or too many; `None`: no copy is there."""
        ...


class SendingLock(Protocol):
    def __call__(self) -> AbstractContextManager[None]:
        """The lock of the one sending process, held until the block or the process ends.

        Raise `BusyError` at once when another process holds it.
        """
        ...
