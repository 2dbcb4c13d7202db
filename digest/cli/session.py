"""What all commands share: the workspace, how much to say, and how to say it."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import get_terminal_size
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


def terminal_width() -> int | None:
    """Of the terminal that shows what is written, or what COLUMNS says. `None` for a file or a pipe: whoever reads
    lines wants each of them whole.
    """
    return get_terminal_size().columns if sys.stdout.isatty() or os.environ.get("COLUMNS") else None


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> str:
    """Plain columns, numbers to the right, as wide as the terminal at most."""
    from digest.web.columns import columns

    return "\n".join(columns(headings, rows, most=terminal_width(), elastic=None, right=right, indent=0))


pass_session = click.make_pass_decorator(Session)
