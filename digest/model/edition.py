"""Editions: newsletter × period, their verdicts and their variants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.model.item import Item
from digest.model.newsletter import Newsletter, Publisher
from digest.model.period import Period


class EditionState(StrEnum):
    DRAFT = "draft"  # replaced freely, takes nothing
    SEALED = "sealed"  # its bytes and its stories are fixed
    SENDING = "sending"  # its recipients are frozen, messages are leaving
    FINISHED = "finished"  # every delivery has an end; the sum adds up
    SKIPPED = "skipped"  # there is nothing to say; a story that arrives before the sending time opens it again
    PASSED_OVER = "passed-over"  # it did not go out in its time; its stories wait for the next
    EXPIRED = "expired"  # too late to be sent; its stories are released

    @property
    def is_open(self) -> bool:
        """Stories still find their home here. An empty edition opens again when a story arrives for it."""
        return self in (EditionState.DRAFT, EditionState.SKIPPED)


class Ruling(StrEnum):
    """What an edition decided about a story, in the order in which the rules are asked."""

    WITHDRAWN = "withdrawn"  # its last item vanished from its source
    TOO_OLD = "too-old"  # late by more than the newsletter allows
    DROPPED = "dropped"  # a person left it out
    DEFERRED = "deferred"  # a person put it off; the only ruling that is not final
    NO_AUDIENCE = "no-audience"  # it concerns none of the newsletter's audiences
    INCLUDED = "included"

    @property
    def final(self) -> bool:
        return self is not Ruling.DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`late` says that the story's own period was closed when it came; `reason` is one plain sentence."""

    story_id: str
    ruling: Ruling
    reason: str
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a subscription points to: a set of audiences of a newsletter, and a language. Interned."""

    newsletter: str
    audiences: frozenset[str]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A story as one variant shows it: the item in the reader's language, or the other one. `other` is the same story
    in another of the newsletter's languages, where a link leads to it.
    """

    story_id: str
    item: Item
    late: bool
    other: Item | None = None

    def foreign_to(self, language: str) -> bool:
        return self.item.language != language


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`key` is a country code or topic slug; `None` is Regional (or General, or the only section), always first."""

    key: str | None
    stories: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What the editor says before the stories, in the variant's language: `paragraphs` and `html` as in an item's
    `Text`.
    """

    paragraphs: tuple[str, ...]
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantContent:
    """All that a variant's bytes depend on, besides the templates: rendering is a pure function of it.

    `lead` is shown above the sections and stands in none of them; `None` when the variant has no story to lead with.
    """

    publisher: Publisher
    newsletter: Newsletter
    period: Period
    revision: int
    language: str
    lead: Shown | None
    sections: tuple[Section, ...]
    introduction: Introduction | None = None

    @property
    def stories(self) -> tuple[Shown, ...]:
        lead = (self.lead,) if self.lead else ()
        return lead + tuple(shown for section in self.sections for shown in section.stories)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A variant's bytes. `html` and `text` hold slot marks (see `digest.model.slot`), `message` is the whole message
    with marks at the header slots too: 7-bit, CRLF, ready to be joined for one recipient.
    """

    subject: str
    html: str
    text: str
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One distinct content of an edition. `name` is a file name (`guatemala.es`); `audiences` are those of the plainest
    choice that leads here, in the settings' order.
    """

    name: str
    language: str
    audiences: tuple[str, ...]
    story_ids: tuple[str, ...]
    rendered: Rendered
    fingerprint: str  # SHA-256 of `rendered`, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A finding of the check that a person let pass, and why. Part of what is approved."""

    code: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """`number` identifies it in the store only. `revision` is 1; a reissue gets 2, 3 …

    `covers_to_end` is False while the draft was made before its window had closed. Instants are aware, UTC. `because`
    says why it was passed over, expired, reopened or reissued. `readers` counts the subscribers of each audience when
    it was sealed.
    """

    newsletter: str
    period: Period
    revision: int = 1
    state: EditionState
    fingerprint: str | None = None
    built_at: datetime | None = None
    covers_to_end: bool = True
    approved_by: str | None = None
    approved_at: datetime | None = None
    accepted: tuple[Acceptance, ...] = ()
    sealed_at: datetime | None = None
    sending_at: datetime | None = None
    finished_at: datetime | None = None
    because: str | None = None
    readers: Mapping[str, int] = field(default_factory=dict)
    number: int | None = None

    @property
    def key(self) -> str:
        """`2018-07`, or `2018-07.2` for a reissue."""
        return self.period.key if self.revision == 1 else f"{self.period.key}.{self.revision}"

    @property
    def name(self) -> str:
        return f"{self.newsletter}/{self.key}"
