"""`digest run` with nothing due and 1,000,000 subscribers, and `digest schedule --next 1000`, as processes."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import freezing
from measuring import Row, in_turns, ratio

DIGEST = str(Path(sys.executable).with_name("digest"))
READ_SETTINGS = """
import sys
from pathlib import Path

import sqlalchemy

from digest.settings.loading import load_settings

load_settings(Path(sys.argv[1]))
"""
SETTINGS = """
publisher: {name: Office, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences:
  regional: {title: Whole region, everything: true}
newsletters:
  monthly:
    title: Migration bulletin
    from: Bulletin <bulletin@news.example.org>
    every: month
    send: day 5 at 09:00
    audiences: [regional]
    languages: [en]
"""


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        (workspace / "digest.yaml").write_text(SETTINGS)
        (workspace / "bulletins").mkdir()
        script = workspace / "read_settings.py"
        script.write_text(READ_SETTINGS)
        run(DIGEST, "-C", folder, "status")  # makes the database
        freezing.fill(workspace / "digest.db", editions=False)
        time.sleep(2.1)  # files changed this lately make a run look again
        run(DIGEST, "-C", folder, "run")
        idle = in_turns(
            lambda: run(DIGEST, "-C", folder, "run"),
            lambda: run(sys.executable, str(script), str(workspace / "digest.yaml")),
        )
        schedule = in_turns(
            lambda: run(DIGEST, "-C", folder, "schedule", "--next", "1000"),
            lambda: run(DIGEST, "-C", folder, "schedule", "--next", "1"),
        )
    return [
        ratio("digest run, nothing due, 1,000,000 subscribers", *idle, 1.5, "importing SQLAlchemy, reading settings"),
        ratio("digest schedule --next 1000", *schedule, 2, "the program's start (schedule --next 1)"),
    ]


def run(*command: str) -> None:
    for _ in range(3):
        subprocess.run(command, check=True, capture_output=True)
