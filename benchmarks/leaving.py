"""One-click unsubscribing over HTTP: the program on one core, each click of another reader, durable before its answer."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import Row

from digest.editions.store import secret_of
from digest.mail.tokens import Secret
from digest.newsletters.edition import Choice
from digest.people.store import Subscribers
from digest.people.subscriber import Subscription
from digest.settings.instance import Instance

PEOPLE = 30_000
CONNECTIONS, SECONDS = 10, 5
LEAST, LATEST = 1_000, 50  # a second; milliseconds of the slowest in a hundred
SETTINGS = """
publisher: {name: Office, address: Apartado 100, timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences: {regional: {title: Region, everything: true}}
newsletters:
  monthly: {title: Bulletin, from: Bulletin <bulletin@news.example.org>, every: month, audiences: [regional], languages: [en]}
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


def rows() -> list[Row]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("missing: wrk; install it with `apt-get install wrk`, or run `make debian`")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = _prepared(folder)
        core = ["taskset", "-c", "0"] if len(os.sched_getaffinity(0)) > 1 else []
        program = Path(sys.executable).with_name("digest")
        with subprocess.Popen(
            [*core, program, "-C", folder, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
        ) as pages:
            try:
                address = re.search(r"http://127\.0\.0\.1:\d+", pages.stderr.readline())[0]
                asked = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--latency", "-s", script, address]
                said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
                memory = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pages.pid}/status").read_text())[1]) / 1024
            finally:
                pages.terminate()
    speed = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    slowest = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return [
        Row(
            work=f"one-click unsubscribing, {CONNECTIONS} connections, durable, one core",
            value=f"{speed:,.0f} /s, p99 {slowest:.0f} ms",
            target=f"≥ {LEAST:,} /s, p99 ≤ {LATEST} ms",
            met=speed >= LEAST and slowest <= LATEST,
            detail=f"{memory:.0f} MB at most",
        )
    ]


def _prepared(folder: Path) -> Path:
    """A list of readers, and what wrk is to ask for."""
    (folder / "bulletins").mkdir()
    (folder / "digest.yaml").write_text(SETTINGS)
    instance = Instance(folder)
    choice = Choice(newsletter="monthly", audiences=frozenset(("regional",)), language="en")
    addresses = [f"reader{number}@example.org" for number in range(PEOPLE)]
    Subscribers(instance.database).save_subscriptions(
        [Subscription(address=one, folded=one, name=None, choice=choice) for one in addresses]
    )
    links = Secret(secret_of(instance.database, instance.secret)).links("monthly")
    with instance.database.read() as connection:
        people = connection.exec_driver_sql("SELECT public_id FROM subscribers").scalars().all()
    paths, script = folder / "paths", folder / "clicks.lua"
    paths.write_text("".join(f"/leave/{links(one)[0]}\n" for one in people))
    script.write_text(CLICKS.format(paths=paths))
    return script
