"""Collects the problems of one file, so that every rule can report what it finds."""

from dataclasses import dataclass, field

from digest.model.place import Place, Problem, Severity


@dataclass(slots=True)
class Findings:
    """The problems of one file, in the order in which they were found."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.ERROR, line, cause, remedy)

    def warning(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.WARNING, line, cause, remedy)

    def note(self, line: int | None, cause: str, remedy: str = "") -> None:
        self._add(Severity.NOTE, line, cause, remedy)

    def in_order(self) -> tuple[Problem, ...]:
        """By line; what concerns the file as a whole comes first."""
        return tuple(sorted(self.problems, key=lambda problem: problem.place.line or 0))

    def _add(self, severity: Severity, line: int | None, cause: str, remedy: str) -> None:
        self.problems.append(Problem(place=Place(self.file, line), severity=severity, cause=cause, remedy=remedy))
