"""What is stored of items, editions, reviews and subscribers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from digest.model.edition import Acceptance, Choice, Edition, Variant, Verdict
from digest.model.item import Item, Story
from digest.model.period import Period
from digest.model.review import Answer, ReviewMail
from digest.model.subscriber import Received, Subscription


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

    def seal(
        self,
        edition: Edition,
        at: datetime,
        by: str | None,
        accepted: Sequence[Acceptance] = (),
        readers: Mapping[str, int] | None = None,
        answered: Mapping[str, Answer] | None = None,
    ) -> Edition:
        """Fix the edition if its fingerprint is still the given one, and settle its final verdicts.

        What was accepted becomes part of the fingerprint. `readers` are the subscribers of each audience now. With
        `answered`, the reviewers' answers must still be these.

        `by` is the person who approved it, `None` when the newsletter asks for no approval. Raise `PersonNeededError`
        when it changed, `IntegrityError` when a story is settled already, `BusyError` when it is no draft any more.
        """
        ...

    def pass_over(self, newsletter: str, period: Period, at: datetime, because: str) -> Edition:
        """Record that the first edition of that period does not go out; its draft, if there is one, is given up."""
        ...

    def expire(self, edition: Edition, at: datetime, because: str) -> Edition:
        """Give up a sealed edition; its stories are released."""
        ...

    def reopen(self, edition: Edition, because: str) -> Edition:
        """Make a draft again of an edition of which nothing was sent; its stories are released."""
        ...

    def reissue(self, edition: Edition, at: datetime, because: str) -> Edition:
        """An empty draft beside a finished edition: the next revision of the same period."""
        ...


class ReviewStore(Protocol):
    """What reviewers said about their parts of an edition, and what they were sent."""

    def answers(self, edition: Edition) -> Mapping[str, Answer]:
        """Part → its last answer, for whatever content it was given."""
        ...

    def save_answer(self, edition: Edition, answer: Answer) -> None:
        """Replace the part's answer; raise `PersonNeededError` unless the edition is still the draft it was."""
        ...

    def mailed(self, edition: Edition) -> Sequence[ReviewMail]: ...

    def note_mail(self, edition: Edition, mails: Sequence[ReviewMail]) -> None:
        """Remember that they were sent; a later one to the same reviewer about the same part replaces the earlier."""
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
