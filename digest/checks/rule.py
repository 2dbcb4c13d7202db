"""What the gate asks for: a code that never changes, and why it is asked."""

from dataclasses import dataclass

from digest.model.finding import Finding
from digest.model.place import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`asks` is what must be so, `why` names the standard, law or measurement behind it, `fix` what to do when not."""

    code: str
    severity: Severity
    asks: str
    why: str
    fix: str

    def broken(self, place: str, reason: str) -> Finding:
        return Finding(code=self.code, severity=self.severity, place=place, reason=reason, fix=self.fix)


def error(code: str, *, asks: str, why: str, fix: str) -> Rule:
    """A rule that keeps a draft from being approved."""
    return Rule(code=code, severity=Severity.ERROR, asks=asks, why=why, fix=fix)


def warning(code: str, *, asks: str, why: str, fix: str) -> Rule:
    """A rule that asks a person to look."""
    return Rule(code=code, severity=Severity.WARNING, asks=asks, why=why, fix=fix)


def note(code: str, *, asks: str, why: str, fix: str) -> Rule:
    """A rule that is good to know about."""
    return Rule(code=code, severity=Severity.NOTE, asks=asks, why=why, fix=fix)
