"""Monitoring: tells those who watch how a run went, by a file of figures and by a ping."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import CannotWriteError, DigestError

if TYPE_CHECKING:
    from digest.app.metrics import Outcome
    from digest.app.workspace import Workspace


@dataclass(slots=True)
class Told:
    """`code` is for the run to set. `warnings` are there when all was told: what went wrong in telling, a line each."""

    code: int = 1
    warnings: list[str] = field(default_factory=list)


@contextmanager
def watched(workspace: "Workspace", metrics_file: Path | None, *, rehearsed: bool = False) -> Iterator[Told]:
    """Measure a run, and tell the watchers when it has ended, also by an error. That never changes the exit code."""
    told = Told()
    began_at, began = datetime.now(UTC), time.monotonic()
    try:
        yield told
    except DigestError as error:
        told.code = error.exit_code
        raise
    finally:
        seconds = time.monotonic() - began
        if metrics_file is not None:
            from digest.app.metrics import Outcome

            outcome = Outcome(began_at=began_at, seconds=seconds, exit_code=told.code)
            told.warnings += _write(workspace, outcome, metrics_file)
        if told.code == 0 and not rehearsed:
            told.warnings += _ping(workspace)


def _write(workspace: "Workspace", outcome: "Outcome", path: Path) -> list[str]:
    from digest.app.metrics import figures
    from digest.app.metrics_file import write_metrics_file

    try:
        bad_runs, newsletters = workspace.runs.bad_in_a_row(), figures(workspace)
    except DigestError:  # which is why the run ended as it did
        bad_runs, newsletters = None, []
    try:
        write_metrics_file(path, outcome, bad_runs, newsletters)
    except CannotWriteError as error:
        return [f"{error.thing}: {error.cause}; {error.remedy}"]
    return []


def _ping(workspace: "Workspace") -> list[str]:
    monitoring = workspace.settings.monitoring
    if monitoring.ping is None and monitoring.ping_file is None:
        return []
    from digest.app.ping import ping

    trouble = ping(monitoring)
    return [f"the ping failed: {trouble}"] if trouble else []
