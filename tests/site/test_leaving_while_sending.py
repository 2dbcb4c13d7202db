"""Leaving over HTTP while an edition is being sent: the program answers the clicks, and another process sends."""

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from doses import dose
from site_office import DELIVERY, Office, made

from digest.mail.tokens import Purpose
from digest.newsletters.edition import Choice, Edition
from digest.people.store import Subscribers
from digest.people.subscriber import Subscription

PROGRAM = Path(sys.executable).with_name("digest")
MAILDIR = "delivery: {transport: maildir, path: out}\n"
PEOPLE = dose(120, 6_000)
SLICE = PEOPLE // 10
VISITORS = 4
PATIENCE = 20  # seconds
LONGEST_PAUSE = 0.004  # seconds between two clicks of a visitor
HEADERS = {"Host": "bulletin.example.org", "Content-Type": "application/x-www-form-urlencoded"}
# What became durable, in its order, whoever wrote it: noted in the transaction itself, under the lock of all writers.
WATCH = """
CREATE TABLE watched (
    number INTEGER PRIMARY KEY, subscriber INTEGER, what TEXT, at REAL DEFAULT ((julianday('now') - 2440587.5) * 86400)
);
CREATE TRIGGER watch_leaving AFTER UPDATE OF active ON subscriptions WHEN NEW.active < OLD.active
BEGIN INSERT INTO watched (subscriber, what) VALUES (NEW.subscriber, 'left'); END;
CREATE TRIGGER watch_intents AFTER UPDATE OF state ON deliveries WHEN NEW.state = 'intent'
BEGIN INSERT INTO watched (subscriber, what) VALUES (NEW.subscriber, 'intent'); END;
"""
TICK = 0.002  # seconds: SQLite's clock counts milliseconds


@dataclass
class Clicks:
    """Many readers who leave with one click at random moments, and when each was answered."""

    paths: Mapping[str, str]  # by address
    begins: Callable[[], bool]
    port: int = 0
    answered: dict[str, float] = field(default_factory=dict)
    over: bool = False

    def while_it_is_done(self, do: Callable[[], object]) -> None:
        order = list(self.paths)
        Random(PEOPLE).shuffle(order)  # noqa: S311
        visitors = [Thread(target=self._click, args=(order[number::VISITORS], number)) for number in range(VISITORS)]
        for one in visitors:
            one.start()
        try:
            do()
        finally:
            self.over = True
            for one in visitors:
                one.join()

    def _click(self, addresses: Sequence[str], seed: int) -> None:
        random = Random(seed)  # noqa: S311
        while not (self.over or self.begins()):
            time.sleep(0.005)
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            for address in addresses:
                if self.over:
                    return
                time.sleep(random.random() * LONGEST_PAUSE)
                connection.request("POST", self.paths[address], "List-Unsubscribe=One-Click", HEADERS)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.answered[address] = time.time()


@dataclass
class OfficeInSlices(Office):
    """It sends on only when some more have left: however busy the machine is, neither is over before the other."""

    clicks: Clicks | None = None

    def _send(self, edition: Edition, limit: int | None) -> None:
        while (answered := len(self.clicks.answered)) < len(self.clicks.paths):
            super()._send(edition, SLICE if limit is None else limit)
            now = next(one for one in self.instance.editions.editions("monthly") if one.number == edition.number)
            if now.finished_at:
                return
            until = time.monotonic() + PATIENCE
            while len(self.clicks.answered) == answered and time.monotonic() < until:
                time.sleep(0.002)


@pytest.mark.parametrize("delivery", dose((DELIVERY,), (DELIVERY, MAILDIR)))
def test_nobody_whose_answer_came_before_the_intent_is_written_to(tmp_path, delivery):
    made(tmp_path, delivery)
    office = OfficeInSlices(tmp_path)
    clicks = office.clicks = Clicks(grown(office), lambda: bool(office.rows("SELECT 1 FROM watched LIMIT 1")))
    with closing(sqlite3.connect(office.folder / "digest.db")) as connection:
        connection.executescript(WATCH)
    command = [PROGRAM, "-C", office.folder, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            clicks.port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", process.stderr.readline())[1])
            clicks.while_it_is_done(office.next_edition)
        finally:
            process.kill()
    query = "SELECT address, watched.number, at FROM watched JOIN subscribers s ON subscriber = s.number WHERE what = ?"
    left = {address: number for address, number, _ in office.rows(query, "left")}
    intents = {address: (number, at) for address, number, at in office.rows(query, "intent")}
    in_time, too_late = left.keys() - intents.keys(), left.keys() & intents.keys()
    assert in_time
    assert too_late
    assert clicks.answered.keys() <= left.keys()
    assert all(intents[one][0] < left[one] for one in too_late)
    answered_before = [
        one for one in too_late & clicks.answered.keys() if clicks.answered[one] < intents[one][1] - TICK
    ]
    assert answered_before == []
    assert written_to(office) == intents.keys() & clicks.paths.keys()


def grown(office: Office) -> dict[str, str]:
    """Many more readers: address → the path with which each leaves."""
    choice = Choice(newsletter="monthly", audiences=frozenset(("regional",)), language="en")
    addresses = [f"reader{number}@example.org" for number in range(PEOPLE)]
    Subscribers(office.instance.database).save_subscriptions(
        [Subscription(address=one, folded=one, name=None, choice=choice) for one in addresses]
    )
    ids = dict(office.rows("SELECT address, public_id FROM subscribers"))
    secret = office.secret
    return {one: f"/leave/{secret.token(Purpose.LEAVE, 'monthly', ids[one])}" for one in addresses}


def written_to(office: Office) -> set[str]:
    """Of the new readers."""
    mails = [path.read_bytes() for path in (office.folder / "out").rglob("*") if path.is_file()]
    found = [re.search(rb"^To: .*?(reader\d+@example\.org)", one, re.MULTILINE) for one in mails]
    return {one[1].decode() for one in found if one}
