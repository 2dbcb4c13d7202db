"""What all commands share: the workspace, how much to say, and how to say it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.model.place import Problem, Severity

if TYPE_CHECKING:
    from digest.app import Workspace

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
SHOWN_PROBLEMS = 20


@dataclass
class Session:
    """Data goes to stdout, messages to stderr; colours only on a terminal and without `NO_COLOR`."""

    folder: str
    verbose: bool = False
    quiet: bool = False

    @cached_property
    def workspace(self) -> "Workspace":
        from digest.app import Workspace

        return Workspace(Path(self.folder))

    def say(self, text: str = "") -> None:
        """A message for the person at the terminal."""
        if not self.quiet:
            click.echo(text, err=True)

    def problems(self, found: Iterable[Problem]) -> bool:
        """Show problems, errors first; return whether there was an error. Notes are for `--verbose`."""
        order = list(Severity)
        shown = sorted(
            (p for p in found if p.severity is not Severity.NOTE or self.verbose), key=lambda p: order.index(p.severity)
        )
        for problem in shown if self.verbose else shown[:SHOWN_PROBLEMS]:
            click.secho(f"{problem.severity}: ", fg=COLOURS[problem.severity], nl=False, err=True)
            click.echo(f"{problem.place}: {problem.cause}", err=True)
            if problem.remedy:
                click.echo(f"  → {problem.remedy}", err=True)
        if len(shown) > SHOWN_PROBLEMS and not self.verbose:
            click.echo(f"… and {len(shown) - SHOWN_PROBLEMS} more; see them all with: digest -v collect", err=True)
        return any(problem.severity is Severity.ERROR for problem in shown)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> str:
    """Plain columns, numbers to the right; wide characters and accents count as they are seen."""
    from unicodedata import combining, east_asian_width

    def width(cell: str) -> int:
        if cell.isascii():
            return len(cell)
        return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in cell)

    cells = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(headings))]
    to_right = set(right)
    lines = [
        "  ".join(
            " " * (widths[i] - width(cell)) + cell if i in to_right else cell + " " * (widths[i] - width(cell))
            for i, cell in enumerate(row)
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, "  ".join("─" * width_ for width_ in widths))
    return "\n".join(lines)


pass_session = click.make_pass_decorator(Session)
