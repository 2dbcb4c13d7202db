"""PostgreSQL is cut off, falls silent or is killed in mid-send: nobody is lost, no copy goes out unsaid (F-39)."""

import os

import pytest
from databaseproxy import STALLS, Act, DatabaseProxy
from databases import server
from doses import FULL, dose
from faultscript import Script
from hosts import shared
from test_lease import ALTERED, LEASE

READERS, CONNECTIONS = 20, 4
STATEMENTS = 240  # of which such a sending is made, and more
EVERY = {Act.CUT: 1, Act.CUT_AFTER: 1, Act.AWAY: 4, Act.STALL: 4, Act.STALL_AFTER: 4}  # so many-th of them
DAILY = ((Act.CUT_AFTER, 57), (Act.STALL, 95))
CASES = [(act, nth) for act, step in EVERY.items() for nth in range(1, STATEMENTS, step)] if FULL else DAILY
PATIENCE = 20.0  # seconds, until that statement comes


def sending(scene, number, seed, readers=READERS):
    gap = Script(gap=(0.002, 0.01), seed=seed)
    return scene(number, readers=readers, connections=CONNECTIONS, seed=seed, altered=ALTERED, script=gap)


def around_that_statement_a_connection_ends_or_stalls(scene, act, nth):
    at = sending(scene, "F-39", nth)
    with shared(at, 2) as (here, there), DatabaseProxy(lambda: server().port).running() as between:
        here.through(between.port)
        between.at(nth, act)
        child, output = here.start()
        if act in STALLS:
            if between.met.wait(PATIENCE):
                at.sleep(LEASE * 1.1)
                there.until_nothing_waits()
            between.go_on()
        assert child.reap() in (0, os.EX_TEMPFAIL), output.read_text()
        between.go_on()
        if nth % 2:
            at.sleep(LEASE * 1.1)
        (here, there)[nth % 2].until_nothing_waits()
        there.judge(faults=1, most_doubts=CONNECTIONS)


def the_server_is_killed_and_started_again(scene, seed):
    at = sending(scene, "F-39", seed, readers=120)
    with shared(at, 2) as hosts:
        children = [host.start() for host in hosts]
        at.wait_until(lambda: len(at.server.accepted) > 10 + seed % 60)
        server().crash()
        for child, output in children:
            assert child.reap() in (0, os.EX_TEMPFAIL), output.read_text()
        for host in hosts:
            host.until_nothing_waits()
        hosts[0].judge(faults=1, most_doubts=2 * CONNECTIONS)


HAPPENINGS = [
    *((around_that_statement_a_connection_ends_or_stalls, *case) for case in CASES),
    *((the_server_is_killed_and_started_again, seed) for seed in range(dose(1, 50))),
]


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda each: "-".join(str(one) for one in each[1:]))
def test_the_same_or_another_host_goes_on_loses_nobody_and_writes_to_nobody_twice_in_silence(scene, happening):
    happens, *given = happening
    happens(scene, *given)
