"""Editions: newsletter × period, their verdicts and their variants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.foundation.catalogue import _
from digest.newsletters.period import Period


class EditionState(StrEnum):
    DRAFT = "draft"  # replaced freely, takes nothing
    SEALED = "sealed"  # its bytes and its stories are fixed
    SENDING = "sending"  # its recipients are frozen, messages are leaving
    FINISHED = "finished"  # every delivery has an end; the sum adds up
    SKIPPED = "skipped"  # there is nothing to say, or nothing was meant to go out; see `Edition.is_open`
    MISSED = "missed"  # it had something to say, and did not go out in its time
    EXPIRED = "expired"  # too late to be sent; its stories are released

    @property
    def said(self) -> str:
        """As screens say it."""
        return {
            EditionState.DRAFT: _("draft"),
            EditionState.SEALED: _("approved"),
            EditionState.SENDING: _("sending"),
            EditionState.FINISHED: _("finished"),
            EditionState.SKIPPED: _("skipped"),
            EditionState.MISSED: _("missed"),
            EditionState.EXPIRED: _("expired"),
        }[self]

    @property
    def has_content(self) -> bool:
        """Whether there is something to read in it."""
        return self not in (EditionState.SKIPPED, EditionState.MISSED)


class CarriedOver(StrEnum):
    """What became of a story that was there in time for an edition which did not take it. It is never too old."""

    WAITS = "waits"  # the edition was missed, and a person says what becomes of its stories
    MISSED = "missed"  # the edition was missed: the next one takes the story, under a heading of its own
    MOVED = "moved"  # nothing was meant to go out, or a person put it off: the next one takes it


class Ruling(StrEnum):
    """What an edition decided about a story, in the order in which the rules are asked."""

    WITHDRAWN = "withdrawn"  # its last item vanished from its source
    TOO_OLD = "too-old"  # late by more than the newsletter allows
    DROPPED = "dropped"  # a person left it out
    DEFERRED = "deferred"  # a person put it off; the only ruling that is not final
    NO_AUDIENCE = "no-audience"  # it concerns none of the newsletter's audiences
    LEFT_OUT = "left-out"  # only parts have it that were left out: it is open for them, and for nobody else
    INCLUDED = "included"

    @property
    def said(self) -> str:
        """As screens say it."""
        return {
            Ruling.INCLUDED: _("included"),
            Ruling.LEFT_OUT: _("left out with its part"),
            Ruling.NO_AUDIENCE: _("no audience"),
            Ruling.DEFERRED: _("deferred"),
            Ruling.DROPPED: _("dropped"),
            Ruling.TOO_OLD: _("too old"),
            Ruling.WITHDRAWN: _("withdrawn"),
        }[self]

    @property
    def final(self) -> bool:
        return self is not Ruling.DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`late` says that the edition of the story's own period is closed; `missed`, that it should have been in one that
    was missed. `reason` is one plain sentence.
    """

    story_id: str
    ruling: Ruling
    reason: str
    late: bool = False
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a subscription points to: a set of audiences of a newsletter, and a language. Interned."""

    newsletter: str
    audiences: frozenset[str]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A finding of the check that a person let pass, and why. Part of what is approved."""

    code: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """`number` identifies it in the store only. `revision` is 1; a reissue gets 2, 3 …

    `covers_to_end` is False while the draft was made before its window had closed. Instants are aware, UTC. `because`
    says why it was skipped, missed, expired, reopened or reissued. `readers` counts the subscribers of each audience
    when it was sealed. `route` is how its mails leave, once its recipients are frozen. `made_up`: it was missed,
    and a person wants it made.
    `approved_as` is the system user and host on which the name `approved_by` was given, `approved_code` the draft's.
    `left_out` maps audiences that were left out when it was sealed to the reason: "refused by Marta: two errors".
    `withheld` does the same for those whose readers get no mail if they chose nothing else, though stories in it
    concern them: "too thin: 1 story, …".
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
    approved_as: str | None = None
    approved_code: str | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    accepted: tuple[Acceptance, ...] = ()
    sealed_at: datetime | None = None
    sending_at: datetime | None = None
    finished_at: datetime | None = None
    route: Mapping[str, str] = field(default_factory=dict)
    because: str | None = None
    readers: Mapping[str, int] = field(default_factory=dict)
    made_up: bool = False
    number: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still takes stories of its own period. One with nothing to say opens again when a story arrives
        for it, until its sending time has passed.
        """
        return self.state is EditionState.DRAFT or (self.state is EditionState.SKIPPED and self.finished_at is None)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it leaves any more, by itself."""
        return not self.is_open and self.state not in (EditionState.SEALED, EditionState.SENDING)

    @property
    def key(self) -> str:
        """`2018-07`, or `2018-07.2` for a reissue; of what supplements them, `2018-07/guatemala`."""
        return self.period.key if self.revision == 1 else f"{self.period.key}.{self.revision}"

    @property
    def supplements(self) -> str:
        """The key of the edition that it is a part of; of one that stands for itself, nothing."""
        return self.key.rpartition("/")[0]

    @property
    def instalment(self) -> str:
        """The audience of which it is the instalment, if it is one."""
        supplement = self.period.supplement
        return supplement.name if supplement and not supplement.story else ""

    @property
    def corrects(self) -> str:
        """The story that it corrects, if it does nothing else."""
        return self.period.supplement.story

    @property
    def is_said_again(self) -> bool:
        """Whether it takes no story: a later revision, or a supplement."""
        return self.revision > 1 or bool(self.supplements)

    @property
    def open_for(self) -> Mapping[str, str]:
        """The parts that did not go out with it, each with the reason: open until they are sent or dropped."""
        return {**self.left_out, **self.withheld}

    @property
    def folder(self) -> str:
        """Where its readable copy lies: `monthly/2018-07`, `monthly/2018-07+guatemala`, never one inside another."""
        return f"{self.newsletter}/{self.key.replace('/', '+')}"

    @property
    def name(self) -> str:
        return f"{self.newsletter}/{self.key}"

    @property
    def is_sent_by_hand(self) -> bool:
        """Whether the calendar knows no time for it: a later revision, a supplement, or a special edition."""
        return self.revision > 1 or not self.period.has_window

    def takes(self, ruling: Ruling) -> bool:
        """Whether no other edition decides about a story once this one is sealed and has ruled so about it. A special
        edition takes what it shows; the rest is left to the calendar's.
        """
        if self.period.is_special:
            return ruling in (Ruling.INCLUDED, Ruling.LEFT_OUT)
        return ruling.final
