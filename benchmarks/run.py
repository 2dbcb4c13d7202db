"""`make bench`: the rows of the speed table. Exit code 1 when a target is missed; `--write` also writes the page."""

import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import checking
import collecting
import fetching
import freezing
import importing
import leaving
import messages
import recognising
import rendering
import running
import sending
import several_hosts
import signing
import starting
from measuring import Row

PARTS = (
    rendering,
    checking,
    messages,
    freezing,
    importing,
    collecting,
    fetching,
    recognising,
    starting,
    running,
    sending,
    signing,
    leaving,
    several_hosts,
)
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Speed

Each row compares with a yardstick in the same run, in turns with it, median of five: a noisy machine disturbs both alike. The
targets are the design's; what misses one says so. Written by `make bench WRITE=1` on {day}, on {cores} cores ({machine}, Linux,
CPython {python}, SQLite {sqlite}, SQLAlchemy {sqlalchemy}); `make bench` prints the same table for your machine.

| work | measured | target | |
|---|---|---|---|
"""


def main(arguments: Sequence[str]) -> int:
    rows = [row for part in PARTS for row in part.rows()]
    _show(rows)
    if "--write" in arguments:
        _write(rows)
    return 0 if all(row.met for row in rows) else 1


def _show(rows: Sequence[Row]) -> None:
    widths = [max(len(getattr(row, name)) for row in rows) for name in ("work", "value", "target")]
    for row in rows:
        cells = (row.work.ljust(widths[0]), row.value.rjust(widths[1]), row.target.ljust(widths[2]))
        print("  ".join(cells), "met   " if row.met else "MISSED", f"({row.detail})")


def _write(rows: Sequence[Row]) -> None:
    head = HEAD.format(
        day=datetime.now(UTC).date(),
        cores=os.cpu_count(),
        machine=platform.machine(),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        sqlalchemy=version("sqlalchemy"),
    )
    lines = [
        f"| {row.work} | **{row.value}** | {row.target} | {'met' if row.met else '**missed**'}: {row.detail} |\n"
        for row in rows
    ]
    kept = PAGE.read_text(encoding="utf-8").partition("\n## ") if PAGE.exists() else ("", "", "")
    PAGE.write_text(head + "".join(lines) + "".join(kept[1:]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
