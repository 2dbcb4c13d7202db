"""Sending 10,000 messages of 30 KB with the durable ledger, unsigned and signed, against `smtp-source -d`."""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sending_yardsticks
from measuring import Row

from digest.app import Workspace

DIGEST = str(Path(sys.executable).with_name("digest"))
PEOPLE = 10_000
CONNECTIONS = 32
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
subscribers: subscribers.yaml
delivery: {{transport: smtp, host: 127.0.0.1, port: {port}, security: none, connections: {connections},
           messages_per_connection: 100000}}
"""
STORY = "6 July, 2018\n\nPolice in Guatemala learn to spot forged papers\n\n" + "\n\n".join(
    ["Officers at the airport attended a course about forged documents, held by colleagues from three countries. " * 8]
    * 13
)


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, sending_yardsticks.sink() as sink:
        sealed = Path(folder, "sealed")
        size = _seal(sealed, sink.port)
        works = {
            "ours": lambda: _send(sealed, Path(folder, "round")),
            "source": lambda: sending_yardsticks.smtp_source(
                sink.port, messages=PEOPLE, size=size, sessions=CONNECTIONS
            ),
        }
        before = resource.getrusage(resource.RUSAGE_SELF)
        unsigned = sending_yardsticks.interleaved(works)
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / (6 * PEOPLE)
    value = unsigned["ours"] / unsigned["source"]
    return [
        Row(
            work=f"send {PEOPLE:,} messages of {size / 1000:.0f} KB, durable ledger, {CONNECTIONS} connections",
            value=f"{value:.2f} ×",
            target="≥ 0.9 × smtp-source -d",
            met=value >= 0.9,
            detail=f"{unsigned['ours']:,.0f} /s against {unsigned['source']:,.0f} /s, {cpu * 1e6:.0f} µs CPU each",
        )
    ]


def _seal(folder: Path, port: int) -> int:
    """A workspace whose edition waits to be sent; return the size of one message."""
    (folder / "bulletins").mkdir(parents=True)
    (folder / "digest.yaml").write_text(SETTINGS.format(port=port, connections=CONNECTIONS))
    (folder / "bulletins" / "july.en.txt").write_text(STORY)
    rows = "\n".join(f"  - {{address: reader{n}@example.org, audiences: [regional]}}" for n in range(PEOPLE))
    (folder / "subscribers.yaml").write_text(f"subscribers:\n{rows}\n")
    for command in (["build", "--period", "2018-07"], ["approve", "2018-07", "--by", "Marta"]):
        subprocess.run([DIGEST, "-q", "-C", str(folder), *command], check=True, capture_output=True)
    return next((folder / "editions/monthly/2018-07/variants").glob("*.eml")).stat().st_size


def _send(sealed: Path, folder: Path) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sealed, folder)
    workspace = Workspace(folder)
    newsletter = workspace.settings.newsletters[0]
    edition = workspace.edition(newsletter, "2018-07")
    begun = time.perf_counter()
    sent = workspace.send(newsletter, edition)
    taken = time.perf_counter() - begun
    assert sent.tally.frozen == PEOPLE
    assert not sent.tally.open
    return PEOPLE / taken


if __name__ == "__main__":
    for row in rows():
        print(row)
