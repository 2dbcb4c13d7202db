"""`make demo-cluster`: three workers on one PostgreSQL send the demo's August; one is killed, one stands still.

Each worker is a process with a folder of its own, as on a host of its own. The mails go to a server on this machine
that writes down what it accepts before it says so; at the end its log and the ledger are compared.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import faultrunning
import oracle
import psycopg
import yaml
from databases import PROGRAMS, Server
from faultrunning import Running
from faultscript import Script
from launching import Child, Fresh, Launcher

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("digest")
HOSTS = ("one", "two", "three")
EDITION = "2018-08"
STATE = f"SELECT state FROM editions WHERE period = '{EDITION}'"
CONNECTIONS = 4
READERS = 10_000
STANDS_SECONDS = 40.0  # longer than a lease
PATIENCE = 600.0
SETTINGS = ("max_connections=100",)  # and all else as PostgreSQL has it: what it has committed is on the disk
DELIVERY = "delivery: {{transport: smtp, host: 127.0.0.1, port: {port}, security: none, connections: {connections}}}"

Start = Callable[[Sequence[str]], Launcher]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of it."""

    evidence: oracle.Evidence
    seconds: float
    by_host: Mapping[str, int]

    @property
    def broken(self) -> Sequence[str]:
        return oracle.broken(self.evidence)

    @property
    def page(self) -> str:
        """Within 80 columns."""
        rows = [*self.sums.items(), *((f"sent by {host}", count) for host, count in sorted(self.by_host.items()))]
        said = self.broken[:20] or ["The server's log and the ledger agree."]
        return "\n".join(
            [
                f"\nAugust 2018, in {self.seconds:.0f} seconds:",
                *(f"  {name:<32}{count:>8,}" for name, count in rows),
                *said,
            ]
        )

    @property
    def sums(self) -> Mapping[str, int]:
        evidence = self.evidence
        copies = {who: len(evidence.copies.get(who, ())) for who in evidence.ledger}
        doubts = {who: len(evidence.doubts(who)) for who in evidence.ledger}
        return {
            "readers": len(evidence.selected or ()),
            "accepted once": sum(count == 1 for count in copies.values()),
            "accepted again, after a doubt": sum(max(0, count - 1) for count in copies.values()),
            "in doubt": sum(doubts.values()),
            "lost": sum(not count and evidence.state(who) == oracle.SENT for who, count in copies.items())
            + len(set(evidence.selected or ()) - evidence.ledger.keys()),
            "silent copies": sum(max(0, count - 1 - doubts[who]) for who, count in copies.items()),
        }


def main() -> int:
    found = sorted(PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        _print("PostgreSQL is missing: apt-get install -y postgresql")
        return 69
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    with tempfile.TemporaryDirectory(prefix="digest-cluster-") as name:
        server = Server(found[-1], SETTINGS)
        server.start()
        _print(f"PostgreSQL {found[-1].parent.name} listens on 127.0.0.1:{server.port}.")
        try:
            told = play(Path(name), server.made(), readers, lambda words: Fresh([PROGRAM, *words]), say=_print)
        finally:
            server.stop()
    _print(told.page)
    return 1 if told.broken else 0


def _print(said: str) -> None:
    print(said, flush=True)  # noqa: T201 – that is what it is for


def play(
    folder: Path,
    url: str,
    readers: int,
    start: Start,
    *,
    stands: float = STANDS_SECONDS,
    say: Callable[[str], object] = lambda _said: None,
) -> Told:
    """`start` makes a launcher of a command; one that was stopped `stands` so many seconds."""
    script = Script(gap=(0.002, 0.006), seed=8)
    with faultrunning.process(folder / "server", script) as mails, ExitStack() as ends:
        offices = [folder / name for name in HOSTS]
        _prepare(offices, url, mails.port, readers)
        say(f"August 2018 is approved, for {readers:,} readers. Three workers start.")
        workers = [ends.enter_context(_worker(office, start)) for office in offices]
        _wait(lambda: _count(url, "SELECT count(*) FROM workers") >= len(workers))
        begun = time.monotonic()
        _begin(url, start, offices[0])
        killed, stopped, _other = workers
        _wait(lambda: _count_in(mails) >= readers // 5)
        os.kill(killed.pid, signal.SIGKILL)
        say(f"{_count_in(mails):>8,} accepted: the worker on {HOSTS[0]} is killed.")
        _wait(lambda: _count_in(mails) >= readers // 3)
        os.kill(stopped.pid, signal.SIGSTOP)
        say(f"{_count_in(mails):>8,} accepted: the worker on {HOSTS[1]} stands still, for {stands:.0f} seconds.")
        time.sleep(stands)
        os.kill(stopped.pid, signal.SIGCONT)
        say(f"{_count_in(mails):>8,} accepted: it goes on.")
        _wait(lambda: _rows(url, STATE) == [("finished",)])
        seconds = time.monotonic() - begun
        evidence = oracle.Evidence(
            accepted=mails.accepted,
            ledger=_ledger(url),
            seed="August 2018",
            selected=[_address(number) for number in range(readers)],
            most_doubts=2 * CONNECTIONS,
        )
        query = "SELECT pid, count(*) FROM deliveries JOIN workers USING (fence) GROUP BY pid"
        pids = {child.pid: host for child, host in zip(workers, HOSTS, strict=True)}
        by_host = {f"the worker on {pids[pid]}": count for pid, count in _rows(url, query) if pid in pids}
        return Told(evidence=evidence, seconds=seconds, by_host=by_host)


def _prepare(offices: Sequence[Path], url: str, port: int, readers: int) -> None:
    """The demo's office, with other readers, on a server; then the same on each host, but for what it has sent."""
    from digest.editions.approving import approve_whole
    from digest.editions.building import build
    from digest.foundation.secrets import make_secret
    from digest.newsletters.timetable import timetable
    from digest.settings.instance import Instance

    first = offices[0]
    shutil.copytree(HERE.parents[1] / "seeds", first)
    first.chmod(0o700)
    make_secret(first / "keys" / "secret")
    settings = (first / "digest.yaml").read_text(encoding="utf-8")
    delivery = DELIVERY.format(port=port, connections=CONNECTIONS)
    settings = settings.replace("delivery: {transport: files, path: out}", delivery)
    (first / "digest.yaml").write_text(f"database: {url}\n{settings}", encoding="utf-8")
    _write_readers(first / "subscribers.yaml", readers)
    instance = Instance(first)
    instance.collect()
    instance.import_subscribers()
    (newsletter,) = instance.settings.newsletters
    edition = build(instance.bench, newsletter, timetable(newsletter.schedule).from_key(EDITION)).edition
    code = instance.editions.code(edition)
    approve_whole(instance.bench, newsletter, edition, "the demo", code=code, early=True)
    for other in offices[1:]:
        shutil.copytree(first, other, ignore=shutil.ignore_patterns("sending"))


def _write_readers(path: Path, readers: int) -> None:
    """As the demo's own subscribe: they take turns."""
    wishes = yaml.safe_load(path.read_text(encoding="utf-8"))["subscribers"]
    rows = [
        "  - {{address: {}, language: {}, audiences: [{}]}}".format(
            _address(number), wish["language"], ", ".join(wish["audiences"])
        )
        for number in range(readers)
        for wish in (wishes[number % len(wishes)],)
    ]
    path.write_text("\n".join(["subscribers:", *rows, ""]), encoding="utf-8")


def _address(number: int) -> str:
    return f"reader{number}@example.org"


@contextmanager
def _worker(office: Path, start: Start) -> Iterator[Child]:
    """Ended in order, unless it was killed."""
    child = start(["-C", str(office), "worker"]).start({}, office / "worker.log")
    try:
        yield child
    finally:
        os.kill(child.pid, signal.SIGCONT)
        os.kill(child.pid, signal.SIGTERM)
        child.reap()


def _begin(url: str, start: Start, office: Path) -> None:
    """As a person does; a worker that runs in this moment, and may begin it as well, makes them wait."""
    said = office / "said"
    while _rows(url, STATE) == [("sealed",)]:
        code = start(["-C", str(office), "send", EDITION, "--yes"]).start({}, said).reap()
        assert code in (0, os.EX_TEMPFAIL), said.read_text(encoding="utf-8")


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.05)


def _count_in(mails: Running) -> int:
    """How many it has accepted."""
    return mails.log.read_bytes().count(b"\n") if mails.log.exists() else 0


def _rows(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def _count(url: str, query: str) -> int:
    return int(_rows(url, query)[0][0])


def _ledger(url: str) -> Mapping[str, tuple[str, Sequence[str]]]:
    causes: dict[int, list[str]] = {}
    for subscriber, cause in _rows(url, "SELECT subscriber, cause FROM doubts ORDER BY number"):
        causes.setdefault(subscriber, []).append(cause)
    rows = _rows(url, "SELECT subscriber, address, state FROM deliveries")
    return {who: (state, causes.get(subscriber, [])) for subscriber, who, state in rows}


if __name__ == "__main__":
    sys.exit(main())
