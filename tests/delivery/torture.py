"""`make torture`: runs the fault tests with their full counts and writes what they found to `docs/torture.md`.

The tests put their numbers into the report themselves (`scenes.Scene.judge`), so it cannot say anything else than they
do. Exit code 1 when one of them failed; the report says so, too. What follows on the command line goes to pytest; then,
and when Ctrl-C ended it early, the report says that it is not whole. `MILLION=20000` makes the last scenario smaller.
"""

import os
import platform
import sqlite3
import ssl
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "torture.md"
RACES = "test_at_once.py"  # of a room of its own; its tests are counted by their name
TESTS = (
    *(f"test_{name}.py" for name in ("crashes", "stops", "bad_servers", "refusals", "disks", "meanwhile")),
    *(f"test_{name}.py" for name in ("lease", "bad_databases", "bad_hosts", "allotment")),
    "../journeys/test_cut_off.py",
    "../instruments/test_mutants.py",
    f"../journeys/{RACES}",
)
MASS = (  # of other promises: nothing for the report but what failed
    *(f"test_{name}.py" for name in ("damage", "debian_programs", "local_couriers", "restoring")),
    "../settings/test_any_bytes.py",
    "../editions/test_plan_edits.py",
    "../inbound/test_hostile.py",
    "../editions/test_histories.py",
    "../intake/sources/test_layouts.py",
    "../operations/test_backup.py",
    "../journeys/test_a_lived_in_workspace.py",
    "../journeys/test_kills.py",
    "../journeys/test_on_several_hosts.py",
    "../mail/test_tokens.py",
    "../site/test_leaving_while_sending.py",
)
ALONE = "torture_million.py"  # nothing else runs meanwhile: its memory and its time are measured
SCENARIOS = {
    "F-01": "`kill -9` at random moments",
    "F-02": "the same with one connection",
    "F-03": "`kill -9` at every named point of sending, the 1st, 2nd and 40th time",
    "F-04": "`kill -9` while it recovers from a kill, and again",
    "F-05": "SIGTERM, SIGINT, SIGHUP in mid-send",
    "F-06": "SIGSTOP, a second sender tries to take over, SIGCONT",
    "F-07": "no more memory from a random moment on (a limit, no killer of the kernel)",
    "F-10": "the server hangs up instead of greeting",
    "F-11": "… at EHLO",
    "F-12": "… at STARTTLS",
    "F-13": "… at AUTH",
    "F-14": "… at MAIL",
    "F-15": "… at RCPT",
    "F-16": "… at DATA",
    "F-17": "… in the middle of the message (in doubt where the dot was on its way already)",
    "F-18": "… after the dot, with and without having taken the message",
    "F-19": "the answer to the dot comes late, or too late (the wait is scaled)",
    "F-20": "nonsense in answer to the dot",
    "F-21": "421 at every stage; few messages per connection",
    "F-22": "“not now” at every stage, greylisting (the calendar moves)",
    "F-23": "refusals of one message, and of us",
    "F-24": "a server that falls silent at every stage (the waits are scaled)",
    "F-25": "the disk is full at each of the first writes; files that may not grow",
    "F-26": "somebody else writes into the database",
    "F-27": "errors of the disk, at writes and at syncs",
    "F-28": "power cuts: what was not synced is gone, the boot is another",
    "F-30": "the clock is set in mid-send",
    "F-31": "people leave in mid-send",
    "F-32": "settings, texts, templates and readers are edited in mid-send",
    "F-34": "several runs in the same millisecond",
    "F-38": "a great many readers, three kills",
    "F-39": "PostgreSQL: a connection ends or stalls at each statement; the server is killed",
    "F-40": "three workers: each job comes three times more, or is lost",
    "F-44": "the scenes of the deliberate bugs, without them",
    "F-45": "several machines: SIGSTOP for longer than the lease, another takes over, SIGCONT",
    "F-46": "several machines: one is cut off from the database",
    "F-47": "three machines send one edition: one is killed, one stands still for longer than the lease",
    "F-48": "several machines keep to one rate",
    "F-49": "three workers: one is killed and one stands still, one is cut off, the server is killed",
}
COLUMNS = ("messages", "runs", "kills", "faults", "lost", "silent", "doubts", "extra")


class Report:
    """A pytest plugin that collects what the tests told."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.failed: list[str] = []
        self.mutants: list[dict] = []
        self.million: dict[str, float] | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
        if report.when != "call":
            return
        told = dict(report.user_properties)
        if RACES in report.nodeid:
            told["torture"] = {"number": "F-34", "messages": 2, "runs": 1}
        if row := told.get("torture"):
            number = row.pop("number")
            for name, value in row.items():
                self.rows[number][name] += value
            self.rows[number]["seconds"] += report.duration
        if mutant := told.get("mutant"):
            self.mutants.append(mutant)
        self.million = told.get("million", self.million)


def page(report: Report, options: list[str], seconds: float, *, cut_short: bool) -> str:
    command = "make torture" if not options else f"python tests/delivery/torture.py {' '.join(options)}"
    if million := os.environ.get("MILLION"):
        command = f"MILLION={million} {command}"
    why = "it was ended early" if cut_short else f"only `{' '.join(options)}`" if options else ""
    whole = f" **Not all of it was run** ({why}): the rows are what was." if why else ""
    failed = "".join(f"\n- **failed:** `{name.rpartition('/')[2]}`" for name in report.failed).lstrip("\n")
    failed = failed or "Nothing failed."
    return f"""# Torture

Written by `{command}`, which fails when anything is lost, doubled in silence, or falsely called sent.{whole}
{failed}

{_machine()} {datetime.now(UTC):%d %B %Y}, {seconds / 60:.0f} minutes.

A fault server writes each message down before it says that it took it. After every scenario that log and the program's
ledger are compared: everybody has one end; who was accepted is *sent* or in doubt; every extra copy has a doubt of its
own and is the same bytes; who is *sent* was accepted; who had left before gets nothing; the database is sound; report,
ledger and exit code agree. The seeds stand in the tests (`tests/delivery`); a failure names its own.

- **messages** readers in all scenes of the row · **runs** starts of the program · **faults** that the server or the
  disk made, requests to stop, or whatever else the row names
- **lost** readers who neither got their mail nor stand in a list of those who did not
- **silent** second copies of which the program does not know
- **doubts** times when nobody could know: each is a row with its cause · **extra** second copies that these explain

{_table(report)}
{_exactness(report)}{_soundness(report)}{_million(report)}
Not here: power cuts are imitated, no machine was switched off; the program speaks to one relay, so there is no choice
of relays to test (F-24). Restored and copied workspaces (F-33) and damaged databases (F-29) have tests of their own in
the same folder; they ran as well, and so did Debian's mail programs, broken off at every moment, and the property tests
of histories, layouts, plans, settings, backups and returned mail, with many more examples than every day. What failed
of them stands above.

## Deliberate bugs

Each is put into the program before it starts, and has to be found by the same tests.

{_mutants(report)}
"""


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("sqlalchemy", "cryptography", "pytest"))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB of memory, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{ssl.OPENSSL_VERSION.rsplit(' ', 3)[0]}, {libraries}."
    )


def _table(report: Report) -> str:
    heads = ["", "scenario", *COLUMNS, "seconds"]
    lines = [f"| {' | '.join(heads)} |", f"|---|---{'|--:' * (len(COLUMNS) + 1)}|"]
    for number, title in SCENARIOS.items():
        if row := report.rows.get(number):
            cells = [f"{row[name]:,.0f}" for name in (*COLUMNS, "seconds")]
            lines.append(f"| {number} | {title} | {' | '.join(cells)} |")
    total = [f"**{sum(row[name] for row in report.rows.values()):,.0f}**" for name in (*COLUMNS, "seconds")]
    return "\n".join([*lines, f"| | **in all** | {' | '.join(total)} |"])


def _exactness(report: Report) -> str:
    killed = [report.rows[number] for number in ("F-01", "F-02") if number in report.rows]
    doubts = sum(row["doubts"] for row in killed)
    if not doubts:
        return ""
    truly = sum(row["exact"] for row in killed)
    return (
        f"\nOf the {doubts:,.0f} doubts after kills at random moments {truly:,.0f} were right ({truly / doubts:.1%}): "
        "the server had the message.\n"
    )


def _soundness(report: Report) -> str:
    if not (cuts := report.rows.get("F-28", {}).get("kills")):
        return ""
    return (
        f"\nAfter each of {cuts:,.0f} power cuts the program looked through the whole database before it sent "
        "anything: “database disk image is malformed”, once seen in such a scene, was looked for as often.\n"
    )


def _million(report: Report) -> str:
    if report.million is None:
        return ""
    found = report.million
    return (
        f"\nWith {found['readers']:,.0f} readers the program never had more than {found['memory']:.0f} MB of memory, "
        f"and after a kill the next message left {found['resumed']:.1f} seconds after the start, at most; "
        f"{found['rate']:,.0f} messages a second through the fault server.\n"
    )


def _mutants(report: Report) -> str:
    words = {
        "unsynced": "nothing is forced onto the disk (judged by power cuts)",
        "late-intent": "the intent is written down after the dot (judged by kills)",
        "no-uniqueness": "no lock, and no look at what a state was (judged by two senders at once)",
        "cursor": "it notes how far it has read, not whom it has sent something (judged by kills)",
    }
    found = sorted(report.mutants, key=lambda one: (list(words).index(one["name"]), one["on_postgresql"]))
    lines = [
        f"| {words[one['name']]} | {'PostgreSQL' if one['on_postgresql'] else 'SQLite'} | {', '.join(one['rules'])} | "
        f"{one['sentences']:,} |"
        for one in found
    ]
    return "\n".join(["| bug | database | broken equations | sentences |", "|---|---|---|--:|", *lines])


def _fuzzed() -> str:
    """What `make fuzz` found: it stands below, and is no part of this run."""
    _above, heading, below = PAGE.read_text().partition("\n## Inputs that nobody would write\n")
    return heading + below


def main() -> int:
    os.environ["DIGEST_TORTURE"] = "1"
    report, begun, options = Report(), time.monotonic(), sys.argv[1:]
    usual = ["-q", "-p", "no:cacheprovider", "-o", "tmp_path_retention_policy=failed", *options]
    ends = [
        pytest.main(["-n", "auto", *usual, *(str(HERE / name) for name in (*TESTS, *MASS))], plugins=[report]),
        pytest.main([*usual, str(HERE / ALONE)], plugins=[report]),
    ]
    cut_short = pytest.ExitCode.INTERRUPTED in ends
    PAGE.write_text(page(report, options, time.monotonic() - begun, cut_short=cut_short) + _fuzzed())
    print(f"\n{PAGE.relative_to(HERE.parents[1])} is written; {len(report.failed)} failed.")  # noqa: T201
    return 1 if report.failed or cut_short or not report.rows else 0


if __name__ == "__main__":
    sys.exit(main())
