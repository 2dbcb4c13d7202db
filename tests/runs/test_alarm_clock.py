"""The alarm clock with real threads: nothing here waits for a fixed time, only for what must come."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from digest.runs import daemon as alarm_clock
from digest.runs.daemon import AlarmClock

LONG = timedelta(hours=1)
PATIENCE = 10
ROOT = Path(__file__).parents[2]


class Bell:
    """Notes every call; while `held`, a call lasts until `let_go`."""

    def __init__(self):
        self.rung, self.ended = SimpleQueue(), SimpleQueue()
        self.free = threading.Event()
        self.free.set()
        self.at_once, self.most_at_once = 0, 0
        self.lock = threading.Lock()

    def __call__(self):
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.rung.put(datetime.now(UTC))
        self.free.wait(PATIENCE)
        with self.lock:
            self.at_once -= 1
        self.ended.put(None)

    def next(self):
        return self.rung.get(timeout=PATIENCE)

    def is_silent(self):
        """Nothing was rung that nobody asked about."""
        try:
            return self.rung.get(timeout=0.3) is None
        except Empty:
            return True


@pytest.fixture
def bell():
    return Bell()


@pytest.fixture
def start():
    clocks = []

    def make(bell, coming=lambda began_at: None, every=LONG):
        clock = AlarmClock(bell, coming, every)
        clocks.append(clock)
        clock.start()
        return clock

    yield make
    for clock in clocks:
        clock.stop(PATIENCE)


def test_it_rings_at_once_and_then_at_its_interval(bell, start):
    clock = start(bell, every=timedelta(milliseconds=50))
    rung = [bell.next() for _ in range(4)]
    assert clock.is_alive()
    assert all(later - earlier >= timedelta(milliseconds=50) for earlier, later in pairwise(rung))


def test_it_rings_at_the_coming_instant_not_before(bell, start):
    instant = datetime.now(UTC) + timedelta(seconds=1)
    asked = []

    def coming(began_at):
        asked.append(datetime.now(UTC))
        return instant if asked[-1] < instant else None

    start(bell, coming)
    bell.next()
    assert bell.next() >= instant
    assert bell.is_silent()
    assert len(asked) == 2


def test_an_instant_that_passes_during_a_call_is_not_missed(bell, start):
    instants = [datetime.now(UTC) + timedelta(seconds=0.2)]
    bell.free.clear()
    start(bell, lambda began_at: next((at for at in instants if at > began_at), None))
    bell.next()
    while datetime.now(UTC) < instants[0]:
        bell.free.wait(0.01)
    bell.free.set()
    assert bell.next() > instants[0]
    assert bell.is_silent()


def test_an_instant_beyond_the_interval_does_not_keep_it_from_ringing(bell, start):
    start(bell, lambda began_at: datetime.now(UTC) + LONG, timedelta(milliseconds=20))
    assert all(bell.next() for _ in range(3))


def test_it_never_rings_twice_at_a_time_and_once_more_when_it_was_asked_meanwhile(bell, start):
    bell.free.clear()
    clock = start(bell)
    bell.next()
    for _ in range(20):
        clock.ring_now()
    assert clock.is_alive()
    bell.free.set()
    bell.next()
    assert bell.is_silent()
    assert bell.most_at_once == 1


def test_many_wishes_at_any_moment_never_silence_it(bell, start):
    clock = start(bell, every=timedelta(milliseconds=1))
    for _ in range(300):
        bell.next()
        clock.ring_now()
    assert bell.most_at_once == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_call_raises_is_logged_and_the_next_one_comes(start, caplog):
    rung = SimpleQueue()

    def ring():
        rung.put(None)
        raise RuntimeError("a fault of the call")

    clock = start(ring, every=timedelta(milliseconds=10))
    for _ in range(3):
        rung.get(timeout=PATIENCE)
    assert clock.is_alive()
    assert "a fault of the call" in caplog.text


def test_when_the_next_instant_cannot_be_found_it_rings_at_its_interval(bell, start):
    def coming(began_at):
        raise ValueError("no such zone")

    start(bell, coming, timedelta(milliseconds=10))
    assert all(bell.next() for _ in range(3))


@pytest.mark.parametrize("seconds", [-7200, 3, 86400 * 40])
def test_a_clock_that_jumps_rings_it_once(bell, start, monkeypatch, seconds):
    """Also after a sleep, which looks the same."""
    clock = start(bell)
    bell.next()
    bell.ended.get(timeout=PATIENCE)
    clock.mind_jumps()
    assert bell.is_silent()
    apart = alarm_clock._clocks_apart
    monkeypatch.setattr(alarm_clock, "_clocks_apart", lambda: apart() + seconds)
    clock.mind_jumps()
    bell.next()
    clock.mind_jumps()
    assert bell.is_silent()


def test_stopping_waits_for_the_call_under_way_and_no_other_follows(bell, start):
    bell.free.clear()
    clock = start(bell, every=timedelta(milliseconds=1))
    bell.next()
    clock.ring_now()
    threading.Timer(0.2, bell.free.set).start()
    assert clock.stop(PATIENCE)
    assert bell.is_silent()
    assert not clock.is_alive()


def test_stopping_says_when_the_call_did_not_end_in_time(bell):
    bell.free.clear()
    clock = AlarmClock(bell, lambda began_at: None, LONG)
    clock.start()
    bell.next()
    assert not clock.stop(0.1)
    bell.free.set()


def test_a_clock_whose_call_is_overdue_is_not_alive(bell, start, monkeypatch):
    clock = start(bell)
    bell.next()
    bell.ended.get(timeout=PATIENCE)
    assert clock._idle.wait(PATIENCE)
    monkeypatch.setattr(clock, "_armed_at", datetime.now(UTC) - timedelta(seconds=61))
    assert not clock.is_alive()


def test_apscheduler_is_imported_in_one_module_only():
    found = [
        path.relative_to(ROOT / "digest").as_posix()
        for path in (ROOT / "digest").rglob("*.py")
        if "import apscheduler" in (text := path.read_text(encoding="utf-8")) or "from apscheduler" in text
    ]
    assert found == ["runs/daemon.py"]


def test_late_calls_are_made_and_made_once(bell):
    """What APScheduler would do by itself: drop what is a second late, and pile up the rest."""
    clock = AlarmClock(bell, lambda began_at: None, LONG)
    defaults = clock._scheduler._job_defaults
    assert defaults["misfire_grace_time"] is None
    assert defaults["coalesce"] is True
    assert defaults["max_instances"] == 1
