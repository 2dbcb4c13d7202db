"""Everything that can be replaced, as contracts. Adapters live in the rooms beside `pipeline`; `app` connects them.

Unless a contract says otherwise: calls may raise `digest.errors.DigestError`, never a driver's own error; instants are
aware and UTC; a method that changes something is atomic: it happens as a whole or not at all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from digest.model.delivery import DeliveryState, Envelope, Recipient, Tally
from digest.model.edition import Acceptance, Choice, Edition, Rendered, Variant, VariantContent, Verdict
from digest.model.finding import Finding, Specimen
from digest.model.item import FoundItem, Item, Reading, Story
from digest.model.place import Problem
from digest.model.subscriber import Received, Subscription
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
        """One envelope per recipient, in their order, from `Rendered.message`; `edition.sending_at` must be set."""
        ...

    def sample(self, edition: Edition, message: bytes) -> Envelope:
        """The message as an invented reader would get it: the same bytes whatever state the edition is in."""
        ...

    def sample_body(self, edition: Edition, body: str) -> str:
        """`Rendered.html` or `Rendered.text` as the invented reader would see it."""
        ...


class Transport(Protocol):
    """How messages leave. `repeatable` says that delivering the same envelope again changes nothing."""

    @property
    def repeatable(self) -> bool: ...

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Return when all are accepted for good (files: fsync and rename). Raise when one could not be: the caller
        then knows nothing about any of them.
        """
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


class ItemStore(Protocol):
    def items(self, source: str | None = None) -> Sequence[Item]:
        """All items, also withdrawn ones."""
        ...

    def story_of(self) -> Mapping[str, str]:
        """Item id → story id, of all items."""
        ...

    def stories(self) -> Sequence[Story]:
        """All stories with their items; in no particular order."""
        ...

    def save_collection(self, changes: "Collection") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a collect changes: items to write (new or changed) and the story each of them belongs to.

    `story_of` names every item whose story changes. `inherited` lists (new story, story it was split from or merged
    with): what is settled for the latter is settled for the former.
    """

    items: tuple[Item, ...] = ()
    story_of: Mapping[str, str] = field(default_factory=dict)
    inherited: tuple[tuple[str, str], ...] = ()


class EditionStore(Protocol):
    def editions(self, newsletter: str | None = None) -> Sequence[Edition]:
        """All editions, in the order of newsletter, period, revision."""
        ...

    def settled(self, newsletter: str | None = None) -> Mapping[str, str]:
        """Story → name of the edition that settled it (of any newsletter, if none is named)."""
        ...

    def verdicts(self, edition: Edition) -> Sequence[Verdict]: ...

    def variants(self, edition: Edition) -> Sequence[Variant]: ...

    def choices_of(self, edition: Edition) -> Mapping[Choice, str | None]:
        """Which variant serves a choice; `None`: nothing in this edition concerns it."""
        ...

    def save_draft(
        self,
        edition: Edition,
        ruled: Sequence[Verdict],
        rendered: Sequence[Variant],
        served: Mapping[Choice, str | None],
    ) -> Edition:
        """Replace the draft of that newsletter, period and revision; raise `BusyError` when it is no draft any more."""
        ...

    def seal(self, edition: Edition, at: datetime, by: str | None, accepted: Sequence[Acceptance] = ()) -> Edition:
        """Fix the edition if its fingerprint is still the given one, and settle its final verdicts.

        What was accepted becomes part of the fingerprint.

        `by` is the person who approved it, `None` when the newsletter asks for no approval. Raise `PersonNeededError`
        when it changed, `IntegrityError` when a story is settled already.
        """
        ...


class SubscriberStore(Protocol):
    def subscribed(self, newsletter: str) -> Sequence[tuple[Choice, int]]:
        """The choices of active subscriptions, with the number of people."""
        ...

    def save_subscriptions(self, wanted: Sequence[Subscription]) -> "Imported":
        """Add and update. Whoever left stays away, and absence means nothing."""
        ...

    def received(self, folded: str) -> Sequence[Received]: ...

    def subscriptions(self, folded: str) -> Sequence[tuple[Subscription, bool]]:
        """The person's subscriptions, and whether each is active."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    added: int
    changed: int
    unchanged: int
    stayed_away: int


class Ledger(Protocol):
    def begin(self, edition: Edition, at: datetime, late_choices: Mapping[Choice, str | None]) -> Edition:
        """Freeze the recipients, one row each, and set the edition to sending; a second call changes nothing.
        `late_choices` serve the subscriptions made after the seal.
        """
        ...

    def unserved_choices(self, edition: Edition) -> Sequence[Choice]:
        """Choices of active subscriptions that the sealed edition does not know."""
        ...

    def claim(self, edition: Edition, most: int, at: datetime) -> Sequence[Recipient]:
        """Durably turn up to `most` pending rows into intents and return them; people who left meanwhile are marked
        so in the same transaction and not returned. Empty: nothing is pending.
        """
        ...

    def return_intents(self, edition: Edition, at: datetime) -> int:
        """Make intents pending again, which is right only for a repeatable transport; return their number."""
        ...

    def record(self, edition: Edition, recipients: Sequence[Recipient], state: DeliveryState, at: datetime) -> None:
        """Compare-and-set from intent; raise `IntegrityError` when a row is not an intent."""
        ...

    def tally(self, edition: Edition) -> Tally: ...

    def people(self, edition: Edition) -> Mapping[str, int]:
        """Variant → number of frozen recipients."""
        ...

    def finish(self, edition: Edition, at: datetime) -> Edition:
        """Raise `IntegrityError` unless no row is open and the sum adds up."""
        ...


class SendingLock(Protocol):
    def __call__(self) -> AbstractContextManager[None]:
        """The lock of the one sending process, held until the block or the process ends.

        Raise `BusyError` at once when another process holds it.
        """
        ...
