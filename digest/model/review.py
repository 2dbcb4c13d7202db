"""Reviews by part: a part of an edition is what one audience gets; people answer for exactly what they saw."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.audience import Audience
from digest.model.edition import Variant
from digest.model.finding import Finding
from digest.model.newsletter import Review


class Standing(StrEnum):
    """How a part stands."""

    APPROVED = "approved"
    REFUSED = "refused"  # it is left out
    CHANGED = "changed"  # there is an answer, but for other content: it is void
    UNANSWERED = "unanswered"

    @property
    def is_open(self) -> bool:
        return self in (Standing.CHANGED, Standing.UNANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What readers of one audience alone get: one variant per language, in the newsletter's order. `fingerprint` is a
    SHA-256, hex; `code` stands for it when people type.
    """

    audience: Audience
    variants: tuple[Variant, ...]
    fingerprint: str
    code: str

    @property
    def name(self) -> str:
        return self.audience.name

    @property
    def story_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(id_ for variant in self.variants for id_ in variant.story_ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person said about a part, named by its audience. It holds for exactly the content with `fingerprint`."""

    part: str
    fingerprint: str
    approved: bool  # else refused
    by: str
    at: datetime
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStanding:
    """How a part stands. `answer` is its last one, also when it is void."""

    standing: Standing
    answer: Answer | None = None

    @property
    def by(self) -> str:
        return self.answer.by if self.answer else ""

    @property
    def because(self) -> str:
        return (self.answer.because or "") if self.answer else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartBefore:
    """What the same audience got in the edition before. `readers` is `None` when nobody counted them then."""

    edition: str
    stories: int
    readers: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """All that a reviewer looks at, besides the mails themselves. `findings` are empty until the check was asked.
    `stories` are titles in the newsletter's first language; `readers` have the audience in their choice now.
    """

    part: Part
    title: str
    review: Review
    stood: PartStanding
    stories: tuple[str, ...]
    readers: int
    before: PartBefore | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def standing(self) -> Standing:
        return self.stood.standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMail:
    """The content of a part that a reviewer was sent last. `reviewer` is the folded address."""

    part: str
    reviewer: str
    fingerprint: str
    sent_at: datetime
