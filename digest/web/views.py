"""Views: what the pages are made from, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from email.parser import BytesHeaderParser
from email.policy import default as modern

from digest.model.delivery import Tally
from digest.model.edition import Edition, Ruling
from digest.model.place import Problem, Severity
from digest.model.review import PartView


def headers_of(message: bytes) -> tuple[tuple[str, str], ...]:
    """The headers of a message in their order, unfolded, encoded words decoded (RFC 2047)."""
    return tuple((name, str(value)) for name, value in BytesHeaderParser(policy=modern).parsebytes(message).items())


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantView:
    """One variant as a sample reader gets it. `title` is its human name, `people` the readers it serves now; `headers`
    is what `headers_of(message)` says.
    """

    name: str
    title: str
    language: str
    subject: str
    people: int
    stories: int
    html: str
    text: str
    message: bytes
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A story and what the edition decided about it. `place` is `file:line`, as far as it is known."""

    story_id: str
    title: str
    published_on: date
    ruling: Ruling
    reason: str
    late: bool
    place: str
    countries: tuple[str, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """An edition with all that staff look at. `tally` is there once its recipients are frozen.

    `problems` is what collecting complained about. Instants are shown in `timezone`. `names_newsletter` says that
    commands must name the newsletter, since the workspace has several. `parts` are there when it is reviewed by part.
    """

    edition: Edition
    newsletter_title: str
    period_title: str
    variants: tuple[VariantView, ...]
    stories: tuple[StoryView, ...]
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    tally: Tally | None = None
    needs_approval: bool = True
    names_newsletter: bool = False
    parts: tuple[PartView, ...] = ()
    timezone: tzinfo = UTC

    @property
    def readers(self) -> int:
        """Each person is served by one variant, so the variants' readers add up."""
        return sum(variant.people for variant in self.variants)

    @property
    def included(self) -> int:
        return self.rulings.get(Ruling.INCLUDED, 0)

    @property
    def rulings(self) -> Mapping[Ruling, int]:
        """How many stories got each ruling that occurs, included ones first; they add up to `len(stories)`."""
        counts = {ruling: sum(story.ruling is ruling for story in self.stories) for ruling in reversed(Ruling)}
        return {ruling: count for ruling, count in counts.items() if count}

    @property
    def unanswered(self) -> int:
        """Parts without an answer that counts."""
        return sum(part.standing.is_open for part in self.parts)

    @property
    def errors(self) -> int:
        return sum(problem.severity is Severity.ERROR for problem in self.problems)
