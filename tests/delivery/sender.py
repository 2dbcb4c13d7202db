"""The real sender as the harness sees it: a workspace with a sealed edition, `digest send`, and its ledger."""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import warm_program

PROGRAM = Path(sys.executable).with_name("digest")

SETTINGS = """
publisher: {{name: Office, address: Apartado 100, timezone: America/Costa_Rica}}
sources: {{newsroom: bulletins/}}
audiences:
  regional: {{title: Whole region, everything: true}}
newsletters:
  monthly:
    title: Migration bulletin
    from: Bulletin <bulletin@news.example.org>
    every: month
    audiences: [regional]
    languages: [en]
    approval: required
subscribers: subscribers.yaml
delivery:
  transport: smtp
  host: 127.0.0.1
  port: {port}
  security: none
  connections: {connections}
  messages_per_connection: 1000
  return_path: bounces@news.example.org
{more}
"""

SEALING = (
    ("build", "--period", "2018-07"),
    ("approve", "2018-07", "--by", "Marta"),
    ("dkim", "keygen", "--selector", "s201807", "--domain", "news.example.org"),
)

LISTING = "6 July, 2018\n\nPolice in Guatemala learn to spot forged papers\n\nOfficers attended a course.\n"


def address(number: int) -> str:
    return f"reader{number}@example.org"


def unsealed(folder: Path, port: int = 25, readers: int = 1, connections: int = 8, more: str = "") -> Path:
    (folder / "bulletins").mkdir(parents=True)
    (folder / "digest.yaml").write_text(SETTINGS.format(port=port, connections=connections, more=more))
    (folder / "bulletins" / "july.en.txt").write_text(LISTING)
    write_readers(folder, readers)
    return folder


def sealed(folder: Path, port: int, readers: int, connections: int = 8, more: str = "") -> Path:
    """A workspace whose edition of July 2018 waits to be sent."""
    unsealed(folder, port, readers, connections, more)
    for words in SEALING[:2]:
        digest(folder, *words)
    return folder


def write_readers(folder: Path, readers: int) -> None:
    rows = "\n".join(f"  - {{address: {address(n)}, audiences: [regional]}}" for n in range(readers))
    (folder / "subscribers.yaml").write_text(f"subscribers:\n{rows}\n")


def digest(folder: Path, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    ended = warm_program.run(["-C", folder, *arguments])
    assert code is None or ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


def ledger(folder: Path) -> dict[str, tuple[str, Sequence[str]]]:
    """Each recipient's state and the causes of their doubts, as the oracle wants them."""
    with closing(sqlite3.connect(folder / "digest.db")) as database:
        doubts: dict[int, list[str]] = {}
        for subscriber, cause in database.execute("SELECT subscriber, cause FROM doubts ORDER BY number"):
            doubts.setdefault(subscriber, []).append(cause)
        return {
            who: (state, doubts.get(subscriber, []))
            for subscriber, who, state in database.execute("SELECT subscriber, address, state FROM deliveries")
        }


def main(arguments: Sequence[str]) -> None:
    """For `launching.warm`: the program with these arguments."""
    from digest.cli import main as program

    sys.argv = ["digest", *arguments]
    program()
