"""`digest daemon` as a process: with a real Unix socket for systemd's part, and a clock that the tests can set.

What looks at the start, and what alters the program before it starts, starts the program itself; all others fork it
from one that is imported already, which takes half of the time.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from launching import Warm, ended_within, warm

from digest.runs.daemon import DRAIN_SECONDS

PROGRAM = Path(sys.executable).with_name("digest")
PATIENCE = 90  # on a busy machine; nothing waits for it to pass
SENDING = datetime(2018, 8, 5, 15, tzinfo=UTC)  # 09:00 in Costa Rica
HOUR = timedelta(hours=1)
# libfaketime 0.9 spoils clock_nanosleep() towards an instant of the monotonic clock, which is how Python sleeps.
SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds)\n"
# A daemon that crashes or hangs shows where, the latter before the test that waits for it gives up.
WHERE_IT_STOOD = f"import faulthandler\nfaulthandler.enable()\nfaulthandler.dump_traceback_later({PATIENCE - 10})\n"


pytestmark = pytest.mark.xdist_group("daemon")  # they share a process to fork from


class Forked:
    """A run of the program; it is asked what one is asked that `subprocess` started."""

    def __init__(self, origin: Warm, line, environment, log):
        order = {"arguments": [*map(str, line)], "environment": environment, "cwd": str(Path.cwd())}
        self._origin, self.returncode = origin, None
        self._id = origin.ask({**order, "output": str(log)})
        self._file = os.pidfd_open(self._id)

    def send_signal(self, number):
        signal.pidfd_send_signal(self._file, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def poll(self):
        if self.returncode is None and ended_within(self._file, 0):
            self.returncode = self._origin.ask({"reap": self._id})
            os.close(self._file)
        return self.returncode

    def wait(self, seconds=PATIENCE):
        assert self.returncode is not None or ended_within(self._file, seconds), f"it did not end in {seconds} s"
        return self.poll()


class Daemon:
    """A machine with a clock and a manager that listens; the daemon on it can be started again."""

    def __init__(self, office, folder, origin):
        self.office, self.clock, self.log, self.origin = office, folder / "clock", folder / "log", origin
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(str(folder / "notify"))
        self.startup = folder / "python" / "sitecustomize.py"
        self.startup.parent.mkdir()
        self.startup.write_text(SLEEP + WHERE_IT_STOOD)
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("JOURNAL_STREAM", "WATCHDOG_USEC")},
            **under_a_clock(self.clock),
            "PYTHONPATH": os.pathsep.join([str(self.startup.parent), os.environ.get("PYTHONPATH", "")]).rstrip(
                os.pathsep
            ),
            "NOTIFY_SOCKET": str(folder / "notify"),
        }
        self.process = None
        self.set_clock(SENDING - HOUR)

    def set_clock(self, at):
        passing = self.clock.with_suffix(".new")
        passing.write_text(f"{(at - datetime.now(UTC)).total_seconds():+.3f}\n")
        passing.replace(self.clock)

    def fork(self, *arguments, **environment):
        line = ["-C", self.office.folder, *arguments]
        names = {name: self.environment[name] for name in ("FAKETIME_TIMESTAMP_FILE", "NOTIFY_SOCKET")}
        return Forked(self.origin, line, {**names, **environment}, self.log)

    def start(self, *arguments, every="1h", **environment):
        self.process = self.fork("daemon", "--every", every, *arguments, **environment)

    def start_program(self, *arguments, every="1h", **environment):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-C", self.office.folder, "daemon", "--every", every, *arguments],
                env={**self.environment, **environment},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def told(self, wanted, seconds=PATIENCE):
        """The states that systemd was told, up to the first line that begins with `wanted`."""
        lines = []
        end = time.monotonic() + seconds
        while True:
            self.channel.settimeout(max(0.01, end - time.monotonic()))
            try:
                lines += self.channel.recv(4096).decode().split("\n")
            except TimeoutError:
                pytest.fail(f"no {wanted!r} within {seconds} s, but {lines}; log: {self.logged}")
            if any(line.startswith(wanted) for line in lines):
                return lines

    def told_by_now(self):
        lines = []
        self.channel.setblocking(False)
        while True:
            try:
                lines += self.channel.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines

    def end(self, number=signal.SIGTERM, seconds=PATIENCE):
        self.process.send_signal(number)
        return self.process.wait(seconds)

    @property
    def logged(self):
        return self.log.read_text()

    def asks(self, query):
        """Nothing while there is no database yet."""
        try:
            with closing(sqlite3.connect(f"file:{self.office.folder}/digest.db?mode=ro", uri=True)) as database:
                return database.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []

    def addresses(self):
        """Recipient → the number of their messages; files are named after both."""
        return Counter(path.name.rpartition("-")[0] for path in (self.office.folder / "out").rglob("*.eml"))


def under_a_clock(clock):
    """The environment of a process whose time is what a file says."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))  # the one for threads
    if not libraries:
        pytest.fail("libfaketime is missing: install it with `apt-get install faketime`")
    return {
        "TZ": "UTC",
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


RUN_ENDED = "STATUS=last run"


@pytest.fixture
def unattended(office):
    """An office whose newsletter begins in July and needs no approval."""
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: none\n    starts_on: 2018-07-01"))
    return office


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    clock = tmp_path_factory.mktemp("origin") / "clock"
    clock.write_text("+0\n")
    tests = Path(__file__).parents[1]
    with warm("forked_daemon:main", path=[tests / "journeys", tests], environment=under_a_clock(clock)) as started:
        yield started


@pytest.fixture
def daemon(unattended, tmp_path, origin):
    made = Daemon(unattended, tmp_path, origin)
    yield made
    made.channel.close()
    if made.process is not None and made.process.poll() is None:
        made.process.send_signal(signal.SIGCONT)
        made.process.kill()
        made.process.wait()


def many_readers(office, count):
    readers = [{"address": f"r{n}@example.org", "language": "en", "audiences": ["regional"]} for n in range(count)]
    office.write("subscribers.yaml", yaml.safe_dump({"subscribers": readers}))


def test_it_sends_at_the_very_instant_and_says_so_in_one_line(daemon):
    """It looks for news every hour only, and when somebody has set the clock."""
    daemon.start_program("--metrics-file", str(daemon.office.folder / "digest.prom"))
    assert "READY=1" in daemon.told(RUN_ENDED)
    daemon.set_clock(SENDING - timedelta(seconds=6))
    daemon.told(RUN_ENDED)
    assert daemon.addresses() == {}
    daemon.told(RUN_ENDED)
    assert daemon.addresses() == {"ana@example.org": 1, "ben@example.org": 1}
    ((sending_at,),) = daemon.asks("SELECT sending_at FROM editions WHERE state = 'finished'")
    assert SENDING <= datetime.fromisoformat(sending_at) < SENDING + timedelta(minutes=1)
    assert daemon.end() == 0
    assert "STOPPING=1" in daemon.told_by_now()
    drafted, sent, ended = daemon.logged.splitlines()
    assert drafted.endswith("+0000 July 2018 – monthly/2018-07 was drafted")
    assert re.fullmatch(r"2018-08-05T15:0\S+ July 2018 – monthly/2018-07 went to 2 of 2 readers", sent)
    assert ended.endswith("ended (SIGTERM)")
    figures = (daemon.office.folder / "digest.prom").read_text()
    assert 'digest_last_edition_messages{newsletter="monthly",state="sent"} 2.0' in figures


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ended_in_mid_send_nothing_is_in_doubt_and_the_next_start_goes_on(daemon, number):
    many_readers(daemon.office, 1200)
    daemon.set_clock(SENDING)
    daemon.start()
    out = daemon.office.folder / "out"
    end = time.monotonic() + PATIENCE
    while not any(out.rglob("*.eml")):
        assert daemon.process.poll() is None, daemon.logged
        assert time.monotonic() < end, (daemon.asks("SELECT * FROM runs"), daemon.told_by_now(), daemon.logged)
        time.sleep(0.005)
    assert daemon.end(number) == 0
    states = dict(daemon.asks("SELECT state, count(*) FROM deliveries GROUP BY state"))
    assert set(states) == {"pending", "sent"}
    assert len(list(out.rglob("*.eml"))) == states["sent"]
    daemon.told_by_now()
    daemon.start()
    daemon.told(RUN_ENDED)
    assert daemon.end() == 0
    assert set(daemon.addresses().values()) == {1}
    assert len(daemon.addresses()) == 1200
    assert daemon.asks("SELECT state FROM editions WHERE period = '2018-07'") == [("finished",)]


def test_a_run_that_does_not_stop_is_left_behind_in_time(daemon):
    """It is waited for 13 seconds; here for two."""
    with daemon.startup.open("a") as script:
        script.write("import digest.runs.daemon\ndigest.runs.daemon.DRAIN_SECONDS = 2.0\n")
    daemon.start_program(DIGEST_FAIL="run.begun:stall")
    daemon.told("STATUS=a run is under way")
    while not daemon.asks("SELECT 1 FROM runs"):
        time.sleep(0.05)
    assert daemon.end(seconds=15) == 75
    assert "did not stop in time" in daemon.logged
    daemon.told_by_now()
    daemon.start()
    assert "exit code 0" in daemon.told(RUN_ENDED)[-1]
    assert daemon.end() == 0


def test_a_run_has_less_time_to_stop_than_systemd_gives_the_daemon():
    unit = (Path(__file__).parents[2] / "docs" / "service" / "digest-daemon.service").read_text()
    (seconds,) = re.findall(r"(?m)^TimeoutStopSec=(\d+)$", unit)
    assert int(seconds) > DRAIN_SECONDS + 5


def test_bad_settings_are_told_and_not_used_until_they_are_mended(daemon):
    good = (daemon.office.folder / "digest.yaml").read_text()
    daemon.start()
    daemon.told(RUN_ENDED)
    daemon.office.write("digest.yaml", good.replace("every: month", "evry: month"))
    daemon.process.send_signal(signal.SIGHUP)
    lines = daemon.told("READY=1")
    assert "RELOADING=1" in lines
    assert any(re.fullmatch(r"MONOTONIC_USEC=\d+", line) for line in lines)
    assert "exit code 78" in daemon.told(RUN_ENDED)[-1]
    assert re.search(r"digest.yaml:\d+:\d+: newsletters.monthly.evry: unknown key.*settings from before", daemon.logged)
    daemon.set_clock(SENDING)  # the settings from before say that this is the time
    daemon.process.send_signal(signal.SIGHUP)
    daemon.told("READY=1")
    daemon.told(RUN_ENDED)
    assert daemon.addresses() == {"ana@example.org": 1, "ben@example.org": 1}
    daemon.office.write("digest.yaml", good.replace("send: day 5 at 09:00", "send: day 7 at 11:00"))
    daemon.process.send_signal(signal.SIGHUP)
    daemon.told("READY=1")
    assert daemon.told(RUN_ENDED)[-1].endswith("; calendar: 2018-08-07 11:00 CST")
    assert "the settings were read again" in daemon.logged
    assert daemon.end() == 0


def test_settings_that_change_are_used_from_the_next_run_on(daemon):
    good = (daemon.office.folder / "digest.yaml").read_text()
    daemon.start(every="1s")
    daemon.told(RUN_ENDED)
    daemon.office.write("digest.yaml", "publisher: [")
    daemon.told(f"{RUN_ENDED} 2018-08-05 14:00 UTC, exit code 78")
    daemon.told(f"{RUN_ENDED} 2018-08-05 14:00 UTC, exit code 78")
    (daemon.office.folder / "digest.yaml").unlink()
    daemon.told(f"{RUN_ENDED} 2018-08-05 14:00 UTC, exit code 78")
    daemon.office.write("digest.yaml", good)
    daemon.told(f"{RUN_ENDED} 2018-08-05 14:00 UTC, exit code 0")
    assert daemon.end() == 0
    assert daemon.logged.count("the settings from before are kept") == 2
    assert daemon.logged.count("all is well again") == 1


def test_it_shows_signs_of_life_and_ends_them_when_it_is_stopped(daemon):
    daemon.start(WATCHDOG_USEC="1000000")
    daemon.told(RUN_ENDED)
    for _ in range(4):
        daemon.told("WATCHDOG=1")
    daemon.process.send_signal(signal.SIGSTOP)
    daemon.told_by_now()
    with pytest.raises(pytest.fail.Exception, match="no 'WATCHDOG=1'"):
        daemon.told("WATCHDOG=1", 2)
    daemon.process.send_signal(signal.SIGCONT)
    daemon.told("WATCHDOG=1")
    assert daemon.end() == 0


def test_a_run_that_hangs_shows_no_sign_of_life(daemon):
    """Hanging begins after half an hour; here after two seconds."""
    with daemon.startup.open("a") as script:
        script.write("import digest.runs.daemon\ndigest.runs.daemon.HUNG_SECONDS = 2.0\n")
    daemon.start_program(WATCHDOG_USEC="1000000", DIGEST_FAIL="run.begun:stall")
    daemon.told("STATUS=a run is under way")
    daemon.told("WATCHDOG=1")
    with pytest.raises(pytest.fail.Exception, match="no 'WATCHDOG=1'"):
        while True:
            daemon.told("WATCHDOG=1", 4)
    assert daemon.process.poll() is None


def test_a_fault_in_one_run_does_not_end_those_that_follow(daemon):
    daemon.start(every="1s", DIGEST_FAIL="run.begun:raise")
    daemon.told(f"{RUN_ENDED} 2018-08-05 14:00 UTC, exit code 1")
    daemon.told(f"{RUN_ENDED} 2018-08-05 14:00 UTC, exit code 0")
    assert daemon.end() == 0
    assert "Traceback" in daemon.logged
    assert "this is a fault, please report it: OSError('failpoint run.begun')" in daemon.logged


def test_a_machine_that_slept_runs_once_and_makes_up_for_all(daemon):
    daemon.start(WATCHDOG_USEC="1000000")
    daemon.told(RUN_ENDED)
    for _ in range(2):
        daemon.told("WATCHDOG=1")
    daemon.process.send_signal(signal.SIGSTOP)
    daemon.told_by_now()
    daemon.set_clock(SENDING + timedelta(days=3))
    daemon.process.send_signal(signal.SIGCONT)
    daemon.told(RUN_ENDED)
    assert daemon.addresses() == {"ana@example.org": 1, "ben@example.org": 1}
    assert "STATUS=a run is under way" not in [line for _ in range(4) for line in daemon.told("WATCHDOG=1")]
    assert daemon.end() == 0


def test_a_clock_that_was_set_back_is_told_once_and_stops_nothing_for_good(daemon):
    daemon.start(WATCHDOG_USEC="1000000", every="1s")
    daemon.told(f"{RUN_ENDED} 2018-08-05 14:00 UTC, exit code 0")
    daemon.set_clock(SENDING - 5 * HOUR)
    for _ in range(3):
        daemon.told(f"{RUN_ENDED} 2018-08-05 10:00 UTC, exit code 3")
    daemon.set_clock(SENDING)
    daemon.told(f"{RUN_ENDED} 2018-08-05 15:00 UTC, exit code 0")
    assert daemon.addresses() == {"ana@example.org": 1, "ben@example.org": 1}
    assert daemon.end() == 0
    assert daemon.logged.count("it jumped back") == 1


def test_another_run_at_work_is_told_once_and_waited_for(daemon):
    many_readers(daemon.office, 10)
    daemon.set_clock(SENDING)
    other = daemon.fork("run", DIGEST_FAIL="run.begun:stall")
    try:
        while not daemon.asks("SELECT 1 FROM runs"):
            time.sleep(0.02)
        daemon.start(every="1s")
        for _ in range(3):
            daemon.told(f"{RUN_ENDED} 2018-08-05 15:00 UTC, exit code 75")
    finally:
        other.kill()
        other.wait()
    daemon.told(f"{RUN_ENDED} 2018-08-05 15:00 UTC, exit code 0")
    assert daemon.end() == 0
    assert len(daemon.addresses()) == 10
    assert daemon.logged.count("another digest process") == 1


def test_two_daemons_in_one_workspace_send_once(daemon, tmp_path):
    many_readers(daemon.office, 400)
    (tmp_path / "second").mkdir()
    second = Daemon(daemon.office, tmp_path / "second", daemon.origin)
    daemon.set_clock(SENDING - timedelta(seconds=4))
    second.set_clock(SENDING - timedelta(seconds=4))
    try:
        daemon.start(every="1s")
        second.start(every="1s")
        end = time.monotonic() + PATIENCE
        while not daemon.asks("SELECT 1 FROM editions WHERE state = 'finished'"):
            assert time.monotonic() < end, daemon.logged + second.logged
            time.sleep(0.1)
        second.told(RUN_ENDED)
        daemon.told(RUN_ENDED)
    finally:
        codes = {daemon.end(), second.end()}
        second.channel.close()
    assert codes == {0}
    assert set(daemon.addresses().values()) == {1}
    assert len(daemon.addresses()) == 400


def test_no_address_stands_in_the_log(daemon):
    daemon.office.write(
        "subscribers.yaml",
        "subscribers:\n"
        "  - {address: ana.secret@example.org, language: xx, audiences: [guatemala]}\n"
        "  - {address: 'ben.secret@exa mple.org', language: en, audiences: [regional]}\n"
        "  - {address: 'carl.secret@example.org', language: en, audiences: [regional]}\n",
    )
    daemon.set_clock(SENDING)
    daemon.start()
    daemon.told(RUN_ENDED)
    assert daemon.end() == 0
    assert "subscribers.yaml" in daemon.logged
    assert "secret" not in daemon.logged


def test_in_systemds_journal_lines_have_a_priority_and_no_time(daemon):
    """The journal knows the time. Which stream is the journal's, systemd says by device and inode."""
    daemon.log.touch()
    found = daemon.log.stat()
    daemon.office.write("bulletins/bad.docx", b"this is no Word file")
    daemon.start(JOURNAL_STREAM=f"{found.st_dev}:{found.st_ino}")
    daemon.told(RUN_ENDED)
    assert daemon.end() == 0
    trouble, ended = daemon.logged.splitlines()
    assert trouble.startswith("<4>")
    assert "bad.docx" in trouble
    assert ended == "<6>ended (SIGTERM)"


def test_a_workspace_that_is_gone_ends_it(daemon):
    daemon.start(every="1s")
    daemon.told(RUN_ENDED)
    daemon.office.folder.rename(daemon.office.folder.with_name("elsewhere"))
    assert daemon.process.wait(PATIENCE) == 2
    assert "the workspace is gone" in daemon.logged
    assert not daemon.office.folder.exists()
    shutil.rmtree(daemon.office.folder.with_name("elsewhere"))


@pytest.mark.parametrize("interval", ["5", "0m", "25h", "soon", "99999h", "-5m", "٥m"])
def test_what_is_no_interval_is_refused(office, interval):
    assert "no interval" in office.run("daemon", f"--every={interval}", code=2).stderr


def test_it_does_not_start_with_bad_settings_nor_without_a_workspace(office, empty):
    office.write("digest.yaml", "publisher: 5\n")
    assert "digest.yaml:1" in office.run("daemon", code=78).stderr
    (office.folder / "digest.yaml").unlink()
    assert "there is no digest.yaml here" in office.run("daemon", code=2).stderr


def test_it_sends_no_mail_that_is_not_what_was_approved(daemon):
    daemon.office.run("build", "--period", "july")
    daemon.office.run("approve", "2018-07", "--by", "Marta")
    with closing(sqlite3.connect(daemon.office.folder / "digest.db")) as database:
        database.execute("UPDATE variants SET subject = subject || '!' WHERE name = 'regional.en'")
        database.commit()
    daemon.set_clock(SENDING)
    daemon.start()
    daemon.told(RUN_ENDED)
    assert daemon.end() == 0
    assert "not what was approved: regional.en" in daemon.logged
    assert daemon.addresses() == {}
