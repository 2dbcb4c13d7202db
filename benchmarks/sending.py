"""Sending 10,000 messages with the durable ledger: unsigned against `smtp-source -d`; signed against what the signatures
alone would take more, and against a program that makes, signs and hands over each message by itself.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

import sending_yardsticks
import signing
from measuring import Row

from digest.delivery.sending import send
from digest.settings.instance import Instance

DIGEST = str(Path(sys.executable).with_name("digest"))
PEOPLE = 10_000
CONNECTIONS = 32
COPY = "editions/monthly/2018-07/variants/*.eml"
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
        plain, signed, passing = Path(folder, "plain"), Path(folder, "signed"), Path(folder, "round")
        size = seal(plain, sink.port)
        shutil.copytree(plain, signed)
        subprocess.run([DIGEST, "-q", "-C", str(signed), "dkim", "keygen"], check=True, capture_output=True)
        source = partial(sending_yardsticks.smtp_source, sink.port, messages=PEOPLE, size=size, sessions=CONNECTIONS)
        taken = Taken()
        rates = sending_yardsticks.interleaved(
            {
                "unsigned": lambda: _send(plain, passing, taken),
                "source": source,
                "signed": lambda: _send(signed, passing),
                "openssl": signing.openssl_rate,
                "by itself": lambda: sending_yardsticks.one_by_itself(sink.port, next(signed.glob(COPY)).read_bytes()),
            }
        )
    work = f"send {PEOPLE:,} messages of {size / 1000:.0f} KB, durable ledger, {CONNECTIONS} connections"
    both = 1 / (1 / rates["openssl"] + 1 / rates["unsigned"])
    cpu = f", {taken.each(PEOPLE) * 1e6:.0f} µs CPU each"
    return [
        _row(work, rates["unsigned"], rates["source"], 0.9, "smtp-source -d", cpu),
        _row("the same, DKIM RSA-2048", rates["signed"], both, 0.85, "openssl and unsigned together"),
        _row("the same", rates["signed"], rates["by itself"], 40, "EmailMessage + dkimpy + smtplib"),
    ]


class Taken:
    """Seconds of this process's CPU, of all calls but the first, which also loads the program."""

    def __init__(self) -> None:
        self._calls: list[float] = []

    def add(self, seconds: float) -> None:
        self._calls.append(seconds)

    def each(self, messages: int) -> float:
        return median(self._calls[1:]) / messages


def _row(work: str, ours: float, yardstick: float, least: float, what: str, more: str = "") -> Row:
    value = ours / yardstick
    return Row(
        work=work,
        value=f"{value:.2f} ×",
        target=f"≥ {least} × {what}",
        met=value >= least,
        detail=f"{ours:,.0f} /s against {yardstick:,.0f} /s{more}",
    )


def seal(folder: Path, port: int, people: int = PEOPLE) -> int:
    """A workspace whose edition waits to be sent; return the size of one message."""
    (folder / "bulletins").mkdir(parents=True)
    (folder / "digest.yaml").write_text(SETTINGS.format(port=port, connections=CONNECTIONS))
    (folder / "bulletins" / "july.en.txt").write_text(STORY)
    rows = "\n".join(f"  - {{address: reader{n}@example.org, audiences: [regional]}}" for n in range(people))
    (folder / "subscribers.yaml").write_text(f"subscribers:\n{rows}\n")
    _run(folder, "build", "--period", "2018-07")
    code = re.search(r"^Code of the draft: (\w+)$", _run(folder, "check", "2018-07"), re.MULTILINE)
    _run(folder, "approve", "2018-07", "--by", "Marta", "--code", code[1] if code else "")
    return next(folder.glob(COPY)).stat().st_size


def _run(folder: Path, *command: str) -> str:
    ran = subprocess.run([DIGEST, "-q", "-C", str(folder), *command], check=True, capture_output=True, text=True)
    return ran.stdout


def _send(sealed: Path, folder: Path, taken: Taken | None = None) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sealed, folder)
    instance = Instance(folder)
    newsletter = instance.settings.newsletters[0]
    edition = next(one for one in instance.editions.editions(newsletter.name) if one.key == "2018-07")
    place, bench = instance.place, instance.bench
    begun, used = time.perf_counter(), time.process_time()
    sent = send(place, bench, newsletter, edition)
    seconds = time.perf_counter() - begun
    if taken is not None:
        taken.add(time.process_time() - used)
    assert sent.tally.frozen == PEOPLE
    assert not sent.tally.open
    return PEOPLE / seconds


if __name__ == "__main__":
    for row in rows():
        print(row)
