"""One-click unsubscribing over HTTP: the program on one core, each click of another reader, durable before its answer;
while nothing else goes on, and while the other core sends an edition out of the same database.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import Row

from digest.editions.building import build
from digest.editions.store import secret_of
from digest.mail.tokens import Secret
from digest.newsletters.edition import Choice
from digest.newsletters.period import Period, PeriodKind
from digest.people.store import Subscribers
from digest.people.subscriber import Subscription
from digest.settings.instance import Instance

PROGRAM = Path(sys.executable).with_name("digest")
PEOPLE = 40_000  # who leave; half of them while an edition is sent to:
READERS = 30_000
CONNECTIONS, SECONDS = 10, 5
LEAST, LATEST = 1_000, 50  # a second; milliseconds of the slowest in a hundred
SETTINGS = """
publisher: {name: Office, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences: {regional: {title: Region, everything: true}}
newsletters:
  monthly: {title: Bulletin, from: Bulletin <bulletin@news.example.org>, every: month, starts_on: 2018-07-01, audiences: [regional], languages: [en], approval: none}
  weekly: {title: Week, from: Week <week@news.example.org>, every: week, audiences: [regional], languages: [en]}
delivery: {transport: files, path: out}
public_url: https://bulletin.example.org
"""
CLICKS = """
wrk.method, wrk.body = "POST", "List-Unsubscribe=One-Click"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Host"] = "bulletin.example.org"
local paths, n = {{}}, 0
for line in io.lines("{paths}") do paths[#paths + 1] = line end
request = function() n = n % #paths + 1; return wrk.format(nil, paths[n]) end
"""


NEWS = "6 July, 2018\n\nPolice in Guatemala learn to spot forged papers\n\n" + "\n\n".join(
    ["Officers at the airport attended a course about forged documents, held by colleagues from three countries. " * 8]
    * 13
)
SENT = "SELECT count(*) FROM deliveries WHERE state = 'sent'"


@dataclass(frozen=True)
class Measured:
    speed: float  # a second
    slowest: float  # milliseconds of the slowest in a hundred
    median: float


def rows() -> list[Row]:
    if shutil.which("wrk") is None:
        raise SystemExit("missing: wrk; install it with `apt-get install wrk`, or run `make debian`")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone, beside = _prepared(folder)
        command = [*_on_core(0), PROGRAM, "-C", folder, "serve", "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as pages:
            try:
                address = re.search(r"http://127\.0\.0\.1:\d+", pages.stderr.readline())[0]
                quiet = _clicked(address, alone)
                with _sending(folder) as sent:
                    busy = _clicked(address, beside)
                    meanwhile = sent() / SECONDS
                memory = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pages.pid}/status").read_text())[1]) / 1024
            finally:
                pages.terminate()
    what = f"one-click unsubscribing, {CONNECTIONS} connections, durable, one core"
    beside_it = f"{busy.speed / quiet.speed:.2f} × its speed, {busy.slowest / quiet.slowest:.1f} × its p99"
    return [
        _row(what, quiet, f"{memory:.0f} MB at most"),
        _row("the same while an edition is being sent", busy, f"{beside_it}; {meanwhile:,.0f} mails /s went out"),
    ]


def _row(work: str, found: Measured, detail: str) -> Row:
    return Row(
        work=work,
        value=f"{found.speed:,.0f} /s, p99 {found.slowest:.0f} ms",
        target=f"≥ {LEAST:,} /s, p99 ≤ {LATEST} ms",
        met=found.speed >= LEAST and found.slowest <= LATEST,
        detail=f"half within {found.median:.0f} ms; {detail}",
    )


def _on_core(number: int) -> list[str]:
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[number])] if number < len(cores) > 1 else []


def _clicked(address: str, script: Path) -> Measured:
    asked = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--latency", "-s", script, address]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said

    def at(share: str) -> float:
        number, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", said).groups()
        return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    return Measured(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), at("99"), at("50"))


@contextmanager
def _sending(folder: Path) -> Iterator[object]:
    """While an edition leaves; how many mails left since the first was seen to have."""
    command = [*_on_core(1), PROGRAM, "-q", "-C", folder, "send", "monthly/2018-07", "--yes"]
    with (
        closing(sqlite3.connect(folder / "digest.db")) as watching,
        subprocess.Popen(command, stdout=subprocess.DEVNULL) as sending,
    ):
        try:
            while not (began := watching.execute(SENT).fetchone()[0]):
                assert sending.poll() is None
                time.sleep(0.01)
            yield lambda: watching.execute(SENT).fetchone()[0] - began
            assert sending.poll() is None, "the edition had gone out before the clicks were over"
        finally:
            sending.terminate()


def _prepared(folder: Path) -> list[Path]:
    """Readers of two newsletters, an edition of the one that can be sent, and what wrk is to ask for of the other: a
    script for each time.
    """
    (folder / "bulletins").mkdir()
    (folder / "bulletins" / "july.en.txt").write_text(NEWS)
    (folder / "digest.yaml").write_text(SETTINGS)
    instance = Instance(folder)
    _subscribe(instance, "monthly", READERS)
    _subscribe(instance, "weekly", PEOPLE)
    instance.collect()
    build(instance.bench, instance.settings.newsletters[0], Period.from_key(PeriodKind.MONTH, "2018-07"))
    links = Secret(secret_of(instance.database, instance.secret)).links("weekly")
    query = "SELECT public_id FROM subscribers WHERE address LIKE 'weekly%'"
    with instance.database.read() as connection:
        people = connection.exec_driver_sql(query).scalars().all()
    scripts = []
    for number in range(2):
        paths, script = folder / f"paths-{number}", folder / f"clicks-{number}.lua"
        paths.write_text("".join(f"/leave/{links(one)[0]}\n" for one in people[number::2]))
        script.write_text(CLICKS.format(paths=paths))
        scripts.append(script)
    return scripts


def _subscribe(instance: Instance, newsletter: str, people: int) -> None:
    choice = Choice(newsletter=newsletter, audiences=frozenset(("regional",)), language="en")
    addresses = [f"{newsletter}{number}@example.org" for number in range(people)]
    Subscribers(instance.database).save_subscriptions(
        [Subscription(address=one, folded=one, name=None, choice=choice) for one in addresses]
    )


if __name__ == "__main__":
    for row in rows():
        print(row)
