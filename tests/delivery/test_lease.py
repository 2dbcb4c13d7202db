"""Whoever lost the lease writes no dot any more; whoever takes over loses nobody and sends no copy unsaid (F-45)."""

import os
import signal
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from being_sent import NOW, july_being_sent
from doses import dose
from faultscript import Script
from hosts import shared
from psycopg import sql
from sqlalchemy import func, select, update
from supervisor import STANDING

from digest.delivery.doubt import DoubtPolicy
from digest.delivery.journal import Journal
from digest.delivery.lease import SECONDS, Lease
from digest.delivery.marker import Marker
from digest.delivery.outgoing import Found, Mark, Outcome, OutcomeKind, OutgoingMessage, WithheldError
from digest.delivery.rows import LedgerRows, rows_of
from digest.editions.store import Editions
from digest.foundation.database import postgresql, stored
from digest.foundation.schema import (
    deliveries,
    doubts,
    metadata,
    subscribers,
    subscriptions,
    workers,
)

LEASE = 1.0  # seconds, of a program in these tests
ALTERED = f"lease={LEASE} beside=1"
HOUR = timedelta(hours=1)
LOCK = postgresql._LOCK
on_postgresql = pytest.mark.on_postgresql
LATE = [kind for kind in OutcomeKind if kind is not OutcomeKind.SENT]


class Time:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def database(tmp_path):
    """July is being sent to six people."""
    return july_being_sent(tmp_path / "digest.db", 6)


@contextmanager
def sending(database, folder, clock=None):
    """The rows as one of several processes has them, and its lease; `folder` is the place of its marks."""
    july = Editions(database).editions("m")[0]
    with (
        Lease(database, folder.name, clock or Time()) as lease,
        database.writer() as writer,
        Journal(folder / "journal", "i") as journal,
        Marker(folder / "1.marker", rows_of(writer)) as marker,
    ):
        yield LedgerRows(writer, journal, marker, july, DoubtPolicy(), NOW + timedelta(days=1), lease), lease


def unseen(_recipients):
    return {}


def message(recipient):
    return OutgoingMessage(
        row=recipient.row, delivery=recipient.subscriber, sender="", recipient=recipient.address, pieces=()
    )


def run_out(database, lease):
    with database.write() as connection:
        past = stored(datetime(2001, 1, 1, tzinfo=UTC))
        connection.execute(update(workers).where(workers.c.fence == lease.fence).values(lease_until=past))


def state(database, number):
    with database.read() as connection:
        return connection.execute(select(deliveries.c.state).where(deliveries.c.subscriber == number)).scalar()


def causes(database):
    with database.read() as connection:
        return connection.execute(select(doubts.c.cause)).scalars().all()


@on_postgresql
def test_what_one_has_claimed_no_other_gets_as_long_as_its_lease_holds(database, tmp_path):
    with sending(database, tmp_path / "one") as (one, first), sending(database, tmp_path / "other") as (other, _):
        assert [each.row for each in one.fetch(4, NOW)] == [1, 2, 3, 4]
        assert not other.fetch(10, NOW)
        run_out(database, first)
        assert [each.row for each in other.fetch(10, NOW)] == [1, 2, 3, 4, 5, 6]


@on_postgresql
def test_who_is_through_gets_what_another_has_left_behind(database, tmp_path):
    with sending(database, tmp_path / "one") as (one, first), sending(database, tmp_path / "other") as (other, _):
        with database.write() as connection:
            later = update(deliveries).where(deliveries.c.subscriber > 2).values(next_attempt_at=stored(NOW + HOUR))
            connection.execute(later)
        assert [each.row for each in one.fetch(9, NOW)] == [1, 2]
        assert [each.row for each in other.fetch(9, NOW + HOUR)] == [3, 4, 5, 6]
        assert not other.fetch(9, NOW + HOUR)
        run_out(database, first)
        assert [each.row for each in other.fetch(9, NOW + HOUR)] == [1, 2]
        assert not other.fetch(9, NOW + HOUR)
        other.start_over()
        assert [each.row for each in other.fetch(9, NOW + HOUR)] == [1, 2, 3, 4, 5, 6]


@on_postgresql
def test_those_who_send_do_not_wait_for_one_another(database, tmp_path):
    """But nobody leaves, pauses or changes anything in the middle of their transactions, and they in nobody else's."""
    with sending(database, tmp_path / "one") as (one, _), database.writer() as writer:
        mine = [message(each) for each in one.fetch(2, NOW)]
        with writer.claiming(), database.read() as connection:
            is_free = select(func.pg_try_advisory_xact_lock(LOCK))
            assert not connection.execute(is_free).scalar()
        with writer.transaction(), database.read() as connection:
            assert not connection.execute(select(func.pg_try_advisory_xact_lock_shared(LOCK))).scalar()
        with writer.claiming():
            assert one.settle([], mine, NOW) == {1, 2}


@on_postgresql
def test_an_intent_needs_the_lease_by_the_clock_of_the_database(database, tmp_path):
    with sending(database, tmp_path / "one") as (rows, lease):
        first, second = map(message, rows.fetch(2, NOW))
        assert rows.settle([], [first], NOW) == {1}
        run_out(database, lease)
        assert rows.settle([], [second], NOW) == frozenset()
        assert lease.is_lost
        assert state(database, 2) == "pending"


@on_postgresql
def test_no_dot_is_written_once_two_thirds_of_the_lease_are_over_since_it_was_renewed(database, tmp_path):
    time = Time()
    with sending(database, tmp_path / "one", time) as (rows, lease):
        mine = [message(each) for each in rows.fetch(2, NOW)]
        assert rows.settle([], mine, NOW) == {1, 2}
        time.now += SECONDS * 2 / 3 - 0.001
        rows.mark(1, Mark.DOT)
        time.now += 0.001
        with pytest.raises(WithheldError):
            rows.mark(2, Mark.DOT)
        rows.mark(1, Mark.ACCEPTED)
        kept = Outcome(message=mine[1], kind=OutcomeKind.KEPT, answer="")
        sent = Outcome(message=mine[0], kind=OutcomeKind.SENT, answer="250 ok")
        rows.settle([sent, kept], [], NOW)
        assert [state(database, number) for number in (1, 2)] == ["sent", "pending"]
        time.now += SECONDS / 3
        assert lease.is_lost
        assert not rows.fetch(1, NOW)
    assert not causes(database)


@on_postgresql
def test_who_takes_over_puts_in_doubt_what_was_to_leave_and_nothing_else_once(database, tmp_path):
    with sending(database, tmp_path / "one") as (one, first), sending(database, tmp_path / "other") as (other, _):
        one.settle([], [message(each) for each in one.fetch(2, NOW)], NOW)
        assert other.recover(2, NOW, unseen)[Found.IN_DOUBT] == 0
        run_out(database, first)
        assert other.recover(2, NOW, unseen)[Found.IN_DOUBT] == 2
        assert other.recover(2, NOW, unseen)[Found.IN_DOUBT] == 0
        assert len(other.fetch(10, NOW)) == 6
    assert causes(database) == ["host", "host"]


@on_postgresql
def test_who_comes_back_to_the_place_of_its_marks_knows_what_became_of_each(database, tmp_path):
    with sending(database, tmp_path / "one") as (one, _):
        one.settle([], [message(each) for each in one.fetch(3, NOW)], NOW)
        one.mark(1, Mark.DOT)
        one.mark(2, Mark.DOT)
        one.mark(2, Mark.ACCEPTED)
        with sending(database, tmp_path / "one") as (again, _):
            assert again.recover(3, NOW, unseen) == {Found.PENDING: 1, Found.SENT: 1, Found.IN_DOUBT: 1}
            assert [each.row for each in again.fetch(9, NOW)] == [1, 3, 4, 5, 6]
    assert causes(database) == ["crash"]
    assert [state(database, number) for number in (1, 2, 3)] == ["pending", "sent", "pending"]


@on_postgresql
@pytest.mark.parametrize("taken", ["pending", "intent", "sent"])
def test_what_one_that_lost_its_lease_still_tells(database, tmp_path, taken):
    """That it was sent is written down where nobody is sending it again; nothing else that it says touches the row."""
    with sending(database, tmp_path / "one") as (one, first), sending(database, tmp_path / "other") as (other, _):
        mine = [message(each) for each in one.fetch(6, NOW)]
        one.settle([], mine, NOW)
        run_out(database, first)
        other.recover(6, NOW, unseen)
        theirs = [message(each) for each in other.fetch(6, NOW)]
        if taken != "pending":
            other.settle([], theirs, NOW)
        if taken == "sent":
            other.settle([Outcome(message=each, kind=OutcomeKind.SENT, answer="250 two") for each in theirs], [], NOW)
        kinds = [OutcomeKind.SENT, *LATE]
        late = [Outcome(message=each, kind=kind, answer="250 one") for each, kind in zip(mine, kinds, strict=True)]
        assert one.settle(late, [], NOW) == frozenset()
        assert first.is_lost
        found = [state(database, each.row) for each in mine]
        assert found == ["sent" if taken == "pending" else taken, *[taken] * 5]
        if taken == "pending":
            assert 1 not in other.settle([], theirs, NOW)
    assert causes(database) == ["host"] * 6


def stands(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in STANDING


def one_stood_still_for_longer_than_its_lease_and_goes_on(scene, seed):
    script = Script(gap=(0.005, 0.02), seed=seed)
    at = scene("F-45", readers=120, connections=4, seed=seed, altered=ALTERED, script=script)
    with shared(at, 2) as (stopped, taking):
        child, output = stopped.start()
        taking.wait_until(lambda: len(at.server.accepted) > 5 + seed % 50)
        os.kill(child.pid, signal.SIGSTOP)
        taking.wait_until(lambda: stands(child.pid))
        taking.sleep(LEASE * 1.1)
        other, _ = taking.start()
        before = len(at.server.accepted)
        taking.wait_until(lambda: len(at.server.accepted) > before + 10)
        os.kill(child.pid, signal.SIGCONT)
        assert child.reap() == os.EX_TEMPFAIL, output.read_text()
        other.reap()
        taking.until_nothing_waits()
        taking.judge(faults=1, most_doubts=4)


def one_of_three_is_killed_and_one_stands_still(scene, seed):
    at = scene("F-47", readers=240, connections=4, seed=seed, altered=ALTERED, script=Script(gap=(0.005, 0.02)))
    with shared(at, 3) as hosts:
        (killed, _), (stopped, _), (other, _) = [host.start() for host in hosts]
        hosts[0].wait_until(lambda: len(at.server.accepted) > 20 + seed % 50)
        os.kill(killed.pid, signal.SIGKILL)
        os.kill(stopped.pid, signal.SIGSTOP)
        hosts[0].sleep(LEASE * 1.5)
        os.kill(stopped.pid, signal.SIGCONT)
        assert killed.reap() == -signal.SIGKILL
        assert {stopped.reap(), other.reap()} <= {0, os.EX_TEMPFAIL}
        hosts[2].until_nothing_waits()
        hosts[2].judge(faults=2, most_doubts=8)


def one_is_cut_off_from_the_database(scene, seed):
    at = scene("F-46", readers=120, connections=4, seed=seed, altered=ALTERED, script=Script(gap=(0.005, 0.02)))
    with shared(at, 2) as (lost, taking):
        child, output = lost.start()
        taking.wait_until(lambda: len(at.server.accepted) > 5 + seed % 50)
        with cut_off(lost.url):
            assert child.reap() == os.EX_TEMPFAIL, output.read_text()
        taking.sleep(LEASE * 1.1)
        taking.until_nothing_waits()
        taking.judge(faults=1, most_doubts=4)


HAPPENINGS = {
    one_stood_still_for_longer_than_its_lease_and_goes_on: dose(1, 100),
    one_of_three_is_killed_and_one_stands_still: dose(0, 100),
    one_is_cut_off_from_the_database: dose(0, 50),
}


@pytest.mark.parametrize(
    ("happening", "seed"),
    [(each, seed) for each, times in HAPPENINGS.items() for seed in range(times)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_whoever_takes_over_loses_nobody_and_writes_to_nobody_twice_in_silence(scene, happening, seed):
    happening(scene, seed)


@contextmanager
def cut_off(url):
    """Nobody is connected to that database, and nobody can connect."""
    there, _, name = url.rpartition("/")
    with psycopg.connect(f"{there}/postgres", autocommit=True) as connection:
        allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        try:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(query, [name])
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


@on_postgresql
def test_a_settling_looks_up_its_own_rows_among_those_that_were_frozen_just_now(database, tmp_path):
    """The server has not looked by itself yet: it would read the whole edition, and all people for each of its rows."""
    with database.write() as connection:
        for table, named in (("subscribers", "number"), ("subscriptions", "subscriber"), ("deliveries", "subscriber")):
            others = {"public_id": "'p' || n", "address": "'r' || n", "folded": "'r' || n", named: "n"}
            columns = [column.name for column in metadata.tables[table].columns]
            found = ", ".join(others.get(name, f"one.{name}") for name in columns)
            query = f"SELECT {found} FROM {table} one, generate_series(7, 1000) n WHERE one.{named} = 1"
            connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(columns)}) {query}")
        database.look_over(connection, deliveries, subscriptions, subscribers)
    with sending(database, tmp_path / "one") as (rows, _):
        mine = [each.row for each in rows.fetch(5, NOW)]
        with database.write() as connection:
            assert rows._statements.refused(connection, mine) == {}
            assert rows._statements.intend(connection, mine, stored(NOW), None) == 5
            read = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            assert {table: rows for table, rows in connection.exec_driver_sql(read) if rows > 50} == {}
