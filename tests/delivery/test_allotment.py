"""Several hosts send no more together than one may alone, and hardly less."""

import heapq
import os
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from databases import database_at
from doses import dose, examples
from faultscript import Script
from hosts import shared
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from digest.delivery.allotment import SharedQuota, SharedRates
from digest.delivery.lease import Lease
from digest.delivery.rates import DrawnBucket, RateLimits, Rates
from digest.foundation.database import stored
from digest.foundation.schema import buckets, workers

on_postgresql = pytest.mark.on_postgresql
NOW = datetime(2018, 8, 5, 15, tzinfo=UTC)
ALTERED = "lease=30 beside=1"


class Shop:
    """A bucket in a database, and hosts that ask it: each with a clock of its own. Answers take `delay` seconds."""

    def __init__(self, rate, delay=0.0):
        self.rate, self.delay = rate, delay
        self.now, self.full_at, self.asked = 0.0, 0.0, 0

    def draw(self, host):
        def drawn(turns):
            self.asked += 1
            host.waited = self.delay
            at = self.now + self.delay / 2
            self.full_at = max(self.full_at, at) + turns / self.rate
            return self.full_at - at

        return drawn


class Host:
    """Sends over so many connections; over each a message takes `work` seconds after its turn has come."""

    def __init__(self, shop, ahead, connections, work, dies_at=float("inf")):
        self.shop, self.ahead, self.connections, self.work, self.dies_at = shop, ahead, connections, work, dies_at
        self.waited = 0.0
        self.bucket = DrawnBucket(shop.rate, shop.draw(self), self.clock)

    def clock(self):
        return self.ahead + self.shop.now + self.waited

    def turn(self):
        """When the message goes."""
        self.waited = 0.0
        wait = self.bucket.reserve()
        return self.shop.now + self.waited + wait


def sent_by(shop, hosts, until):
    """The times of all messages."""
    free = [(0.0, place, connection) for place, host in enumerate(hosts) for connection in range(host.connections)]
    heapq.heapify(free)
    gone = []
    while free:
        shop.now, place, connection = heapq.heappop(free)
        host = hosts[place]
        if shop.now > until or shop.now > host.dies_at:
            continue
        goes = host.turn()
        if goes <= min(until, host.dies_at):
            gone.append(goes)
            heapq.heappush(free, (goes + host.work, place, connection))
    return sorted(gone)


def most_above(times, rate):
    """By how many messages more go than the rate allows, in the worst stretch of time."""
    least, most = float("inf"), 0.0
    for count, at in enumerate(times):
        least = min(least, count - at * rate)
        most = max(most, count + 1 - at * rate - least)
    return most


hosts_that_send = st.lists(
    st.tuples(
        st.floats(-1e6, 1e6),  # its clock
        st.integers(1, 16),  # connections
        st.floats(0, 3),  # seconds for each message
        st.one_of(st.just(float("inf")), st.floats(0, 20)),  # when it dies
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=examples(60), deadline=None)
@given(st.floats(0.05, 60), hosts_that_send, st.floats(0, 0.2))
def test_in_no_stretch_of_time_hosts_send_more_together_than_one_may(rate, given_hosts, delay):
    """Than the rate, and one second's worth; what is asked for in the last moment goes when the answer is there."""
    shop = Shop(rate, delay)
    times = sent_by(shop, [Host(shop, *each) for each in given_hosts], 20)
    assert most_above(times, rate) <= max(1.0, rate) + 2 * delay * rate + 1e-3


@settings(max_examples=examples(40), deadline=None)
@given(st.floats(0.5, 60), st.integers(1, 4), st.integers(1, 16))
def test_hosts_that_always_have_messages_use_the_whole_rate(rate, hosts, connections):
    shop = Shop(rate)
    gone = sent_by(shop, [Host(shop, 0.0, connections, 0.001) for _ in range(hosts)], 30)
    assert len(gone) >= 0.95 * rate * 30 - hosts * connections
    assert shop.asked <= hosts * (30 * 1.5 + 8 + connections)


@pytest.mark.parametrize(("rate", "work"), [(1000, 0.01), (200, 0.01), (50, 0.2), (10, 0.5)])
def test_who_does_not_need_the_whole_rate_asks_once_a_second_all_the_same(rate, work):
    shop = Shop(rate)
    sent = len(sent_by(shop, [Host(shop, 0.0, 2, work), Host(shop, 0.0, 2, work)], 30))
    assert sent >= 0.9 * min(rate * 30, 4 * 30 / work)
    assert shop.asked <= 2 * 45


def test_what_a_dead_host_had_drawn_holds_up_the_others_for_a_second_at_most():
    shop = Shop(20)
    gone = sent_by(shop, [Host(shop, 0.0, 4, 0.0, dies_at=5.0), Host(shop, 0.0, 4, 0.0)], 20)
    assert max(later - earlier for earlier, later in pairwise(gone)) <= 1.5


def test_a_domain_is_guessed_to_be_shared_by_those_who_send():
    class Three:
        hosts = 3

    rates = Rates(by_domain={"slow.example": 6}, shared=Three())
    guess = RateLimits(rates, lambda: 1000.0, guess=True)
    waits = [guess.reserve("a@slow.example") for _ in range(4)]
    assert waits == pytest.approx([0, 0, 0.5, 1.0])
    assert not guess.ask_others


# -- In the database.


@pytest.fixture
def database(tmp_path):
    return database_at(tmp_path / "digest.db")


@on_postgresql
def test_turns_are_drawn_by_the_clock_of_the_database(database):
    one, other = SharedRates(database), SharedRates(database)
    assert one.draw("all", 0.5, 4) == pytest.approx(2.0, abs=0.1)
    assert other.draw("all", 0.5, 4) == pytest.approx(4.0, abs=0.3)
    assert other.draw("@slow.example", 0.5, 1) == pytest.approx(0.5, abs=0.1)
    with database.write() as connection:
        connection.execute(update(buckets).where(buckets.c.name == "all").values(full_at=time.time() - 7200))
    SharedRates(database).draw("@slow.example", 0.5, 1)
    with database.read() as connection:
        assert connection.execute(select(buckets.c.name)).scalars().all() == ["@slow.example"]


@on_postgresql
def test_who_draws_learns_how_many_send(database):
    rates = SharedRates(database)
    with Lease(database, "one"), Lease(database, "other"):
        rates.draw("all", 1.0, 1)
        assert rates.hosts == 2
    rates.draw("all", 1.0, 1)
    assert rates.hosts == 1


@on_postgresql
def test_the_days_quota_is_divided_among_those_who_send(database):
    with (
        Lease(database, "one") as first,
        Lease(database, "other") as second,
        SharedQuota(database, first, 100) as one,
        SharedQuota(database, second, 100) as other,
    ):
        mine, theirs = one.allot(0, NOW), other.allot(0, NOW)
        assert (mine, theirs) == (25, 18)
        while more := one.allot(mine, NOW):
            mine += more
        assert mine == 100 - theirs
        assert other.allot(theirs, NOW) == 0
        run_out(database, first)
        assert other.allot(theirs, NOW) == 20
    with Lease(database, "one") as third, SharedQuota(database, third, 100) as again:
        assert again.allot(0, NOW) == 25


def run_out(database, lease):
    with database.write() as connection:
        past = stored(datetime(2001, 1, 1, tzinfo=UTC))
        connection.execute(update(workers).where(workers.c.fence == lease.fence).values(lease_until=past))


def all_send(hosts):
    """Who ends while another one still has messages under way says so."""
    for child, output in [host.start() for host in hosts]:
        assert child.reap() in (0, os.EX_TEMPFAIL), output.read_text()
    hosts[0].until_nothing_waits()


def test_two_hosts_keep_to_one_rate(scene):
    at = scene("F-48", readers=90, connections=4, altered=ALTERED, script=Script(gap=(0.0, 0.001)), more="  rate: 30")
    with shared(at, dose(2, 3)) as hosts:
        all_send(hosts)
        hosts[0].judge(faults=0)
        times = sorted(each.at for each in at.server.accepted)
        assert most_above(times, 30) <= 30 + 3
        assert times[-1] - times[0] <= 90 / 30 + 2


def test_two_hosts_keep_to_the_rate_of_a_domain(scene):
    more = "  rates: {example.org: 30}"
    at = scene("F-48", readers=90, connections=4, altered=ALTERED, script=Script(gap=(0.0, 0.001)), more=more)
    with shared(at, 2) as hosts:
        all_send(hosts)
        times = sorted(each.at for each in at.server.accepted)
        assert len(times) == 90
        assert most_above(times, 30) <= 30 + 3


def test_two_hosts_keep_to_one_quota(scene):
    at = scene("F-48", readers=120, connections=4, altered=ALTERED, script=Script(gap=(0.0, 0.004)), more="  daily: 70")
    with shared(at, 2) as hosts:
        for child, output in [host.start() for host in hosts]:
            assert child.reap() == os.EX_TEMPFAIL, output.read_text()
        assert 40 <= len(at.server.accepted) <= 70  # what one still had when the other asked waits for the next run
        for host in (*hosts, hosts[0]):
            assert host.run().returncode == os.EX_TEMPFAIL
        assert len(at.server.accepted) == 70
