"""What the gate asks for, what it finds, and what it is given to judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.foundation.catalogue import _
from digest.foundation.problems import Severity
from digest.newsletters.newsletter import Newsletter, Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`code` is stable (`A11Y-003`), `place` says where in plain words, `reason` what is wrong, `fix` what to do.

    An error keeps a draft from being approved, unless a person accepts its code and says why.
    """

    code: str
    severity: Severity
    place: str
    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.code} {self.severity}, {self.place}: {self.reason}\n  → {self.fix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`asks` is what must be so, `why` names the standard, law or measurement behind it, `fix` what to do when not."""

    code: str
    severity: Severity
    asks: str
    why: str
    fix: str

    def broken(self, place: str, reason: str) -> Finding:
        return Finding(code=self.code, severity=self.severity, place=place, reason=reason, fix=_(self.fix))


def error(code: str, *, asks: str, why: str, fix: str) -> Rule:
    """A rule that keeps a draft from being approved."""
    return Rule(code=code, severity=Severity.ERROR, asks=asks, why=why, fix=fix)


def warning(code: str, *, asks: str, why: str, fix: str) -> Rule:
    """A rule that asks a person to look."""
    return Rule(code=code, severity=Severity.WARNING, asks=asks, why=why, fix=fix)


def note(code: str, *, asks: str, why: str, fix: str) -> Rule:
    """A rule that is good to know about."""
    return Rule(code=code, severity=Severity.NOTE, asks=asks, why=why, fix=fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A variant as a sample reader gets it, and what the gate must know to judge it.

    `html`, `text` and `message` are the final bytes with the sample's slots filled. `title` is the variant's human name
    ("Guatemala – Spanish"). `public_url` is where leaving and preferences live, if anywhere. `used_links` maps links
    that earlier editions carried to the name of that edition, `used_subjects` folded subjects likewise.
    """

    name: str
    title: str
    language: str
    subject: str
    html: str
    text: str
    message: bytes
    publisher: Publisher
    newsletter: Newsletter
    public_url: str | None = None
    archive: str | None = None  # where the whole edition can be read
    used_links: Mapping[str, str] = field(default_factory=dict)
    used_subjects: Mapping[str, str] = field(default_factory=dict)
    story_titles: tuple[str, ...] = ()
