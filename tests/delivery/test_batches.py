"""Batches: words that there is work, made with the rows or from them, and never a claim."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from being_sent import NOW, july_being_sent
from sqlalchemy import select, text, update

from digest.delivery import batches
from digest.delivery.batches import Presence, at_work, defer, defer_anew, has_work, living
from digest.delivery.lease import Lease, forget_workers
from digest.delivery.ledger import Ledger
from digest.editions.store import Editions
from digest.errors import BusyError
from digest.foundation.database import stored
from digest.foundation.jobs import make_queue, waiting
from digest.foundation.schema import deliveries, workers

on_postgresql = pytest.mark.on_postgresql


@pytest.fixture
def database(tmp_path, monkeypatch):
    """July is being sent to seven people, two for a batch."""
    monkeypatch.setattr(batches, "RECIPIENTS", 2)
    return july_being_sent(tmp_path / "digest.db", 7)


def july_of(database):
    return Editions(database).editions("m")[0]


def queued(database):
    with database.read() as connection:
        return waiting(connection, "batch", "edition")


def with_queue(database):
    with database.write() as connection:
        make_queue(connection)


@on_postgresql
def test_batches_come_with_the_transaction_that_freezes_or_not_at_all_and_hold_no_address(database):
    with_queue(database)
    july = july_of(database)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        defer(connection, july)
        raise ZeroDivisionError
    assert queued(database) == {}
    with database.write() as connection:
        before = connection.execute(text("SHOW search_path")).scalar()
        defer(connection, july)
        assert connection.execute(text("SHOW search_path")).scalar() == before
        given = (
            connection.execute(text("SELECT args FROM procrastinate.procrastinate_jobs ORDER BY id")).scalars().all()
        )
    assert [sorted(one) for one in given] == [["batch", "edition", "fence"]] * 4
    assert "@" not in json.dumps(given)


@on_postgresql
def test_where_no_worker_has_ever_been_nothing_is_deferred(database):
    july = july_of(database)
    with database.write() as connection:
        defer(connection, july)
        assert connection.execute(text("SELECT to_regnamespace('procrastinate')")).scalar() is None
    assert defer_anew(database, NOW) == 4  # wanted, and nobody to tell
    assert queued(database) == {}


@on_postgresql
def test_lost_batches_are_made_anew_from_the_rows_and_those_that_are_there_are_not_doubled(database):
    with_queue(database)
    assert defer_anew(database, NOW) == 4
    assert defer_anew(database, NOW) == 0
    with database.write() as connection:
        connection.execute(text("SET LOCAL search_path = procrastinate"))
        connection.execute(text("DELETE FROM procrastinate_jobs WHERE id % 2 = 0"))
    assert defer_anew(database, NOW) == 2
    assert queued(database) == {"1": 4}
    with database.write() as connection:  # taken by a worker of which nothing is known any more
        connection.execute(text("SET LOCAL search_path = procrastinate"))
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE id % 2 = 1"))
    assert defer_anew(database, NOW) > 0
    assert queued(database) == {"1": 4}
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM procrastinate.procrastinate_jobs")).scalar() == 4


@on_postgresql
def test_rows_of_a_living_sender_are_not_work_and_those_of_a_dead_one_are(database):
    july = july_of(database)
    with Lease(database, "here") as lease:
        with database.write() as connection:
            connection.execute(update(deliveries).values(worker=lease.worker, fence=lease.fence))
        assert not has_work(database, july, NOW)
        (one,) = at_work(database)
        assert (one.edition, one.claimed, one.is_worker) == ("m/2018-07", 7, False)
        with database.write() as connection:
            connection.execute(update(workers).values(lease_until=stored(datetime(2001, 1, 1, tzinfo=UTC))))
        assert has_work(database, july, NOW)
        with database.write() as connection:
            connection.execute(update(deliveries).values(next_attempt_at=stored(NOW + timedelta(hours=1))))
        assert not has_work(database, july, NOW)
        with database.write() as connection:  # what a dead one had under way is work, whenever its next attempt was
            connection.execute(update(deliveries).where(deliveries.c.subscriber == 1).values(state="intent"))
        assert has_work(database, july, NOW)


@on_postgresql
def test_a_worker_is_there_from_its_start_to_its_end(database):
    presence = Presence(database)
    presence.keep()
    presence.keep()
    assert living(database) == 1
    (one,) = at_work(database)
    assert one.is_worker
    assert one.edition is None
    assert 0 < one.lease_left <= 30
    presence.end()
    assert living(database) == 0


def ended(database, *ago):
    """Processes, each of which ended so many days ago; return the numbers of their rows."""
    numbers = []
    for days in ago:
        with Lease(database, f"host{days}") as lease:
            pass
        with database.write() as connection:
            until = stored(datetime.now(UTC) - timedelta(days=days))
            connection.execute(update(workers).where(workers.c.fence == lease.fence).values(lease_until=until))
        numbers.append((lease.fence, lease.worker))
    return numbers


@on_postgresql
def test_who_ended_long_ago_is_forgotten_unless_messages_are_left_under_way_or_it_was_the_last(database):
    over, left, claimed, fresh, last = ended(database, 2, 3, 4, 0.5, 5)
    with database.write() as connection:
        for number, state, (fence, worker) in [(1, "intent", left), (2, "pending", claimed), (3, "sent", over)]:
            row = update(deliveries).where(deliveries.c.subscriber == number)
            connection.execute(row.values(state=state, worker=worker, fence=fence))
        assert forget_workers(connection) == 2
        assert set(connection.execute(select(workers.c.fence)).scalars()) == {left[0], fresh[0], last[0]}
    assert has_work(database, july_of(database), NOW)
    with Lease(database, "here") as lease:
        assert lease.fence > last[0]
        with database.write() as connection:
            assert forget_workers(connection) == 1  # it is the last no more
        assert lease.is_sure()


@on_postgresql
def test_an_edition_is_under_way_as_long_as_the_lease_holds_of_who_has_messages_of_it(database):
    july, ledger = july_of(database), Ledger(database)
    with Lease(database, "there") as lease, database.write() as connection:
        connection.execute(update(deliveries).values(worker=lease.worker, fence=lease.fence))
    with database.write() as connection:
        until = stored(datetime.now(UTC) + timedelta(minutes=1))
        connection.execute(update(workers).values(lease_until=until, host="newsroom"))
    assert not ledger.is_held(july)  # what is only claimed may be decided
    with database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.subscriber == 1).values(state="intent"))
    assert ledger.is_held(july)
    with pytest.raises(BusyError, match="newsroom has messages of it under way"):
        ledger.refuse_under_way(july)
    with database.write() as connection:
        connection.execute(update(workers).values(lease_until=stored(datetime(2001, 1, 1, tzinfo=UTC))))
    assert not ledger.is_held(july)
    ledger.refuse_under_way(july)


@on_postgresql
def test_a_queue_of_another_form_is_made_anew_unless_workers_use_it(database):
    with_queue(database)
    assert defer_anew(database, NOW) == 4
    with_queue(database)
    assert queued(database) == {"1": 4}
    with database.write() as connection:
        connection.execute(text("COMMENT ON SCHEMA procrastinate IS 'another'"))
        connection.execute(text("INSERT INTO procrastinate.procrastinate_workers DEFAULT VALUES"))
    with pytest.raises(BusyError, match="another version"):
        with_queue(database)
    with database.write() as connection:
        connection.execute(text("DELETE FROM procrastinate.procrastinate_workers"))
    with_queue(database)
    assert queued(database) == {}


def test_a_file_has_no_workers(database):
    assert living(database) == 0
    assert at_work(database) == ()
    july = july_of(database)
    with database.write() as connection:
        defer(connection, july)
