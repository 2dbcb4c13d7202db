"""`digest run` loses its database at any of its statements: the next one goes on, and there is one edition (F-39)."""

from multiprocessing import get_context

import faultrunning
import oracle
import pytest
from databaseproxy import STALLS, Act, DatabaseProxy
from databases import server
from doses import FULL
from faultscript import Script
from two_hosts import DEADLINE, Hosts

pytestmark = pytest.mark.on_postgresql
READERS, CONNECTIONS = 6, 2
STATEMENTS = 620  # of which such a run is made, and some
EVERY = {Act.CUT: (1, 2), Act.CUT_AFTER: (2, 2), Act.AWAY: (3, 6), Act.STALL: (4, 12), Act.STALL_AFTER: (10, 12)}
DAILY = ((Act.CUT, 60), (Act.CUT_AFTER, 390), (Act.STALL, 450))
IN_FULL = [(act, nth) for act, (first, step) in EVERY.items() for nth in range(first, STATEMENTS, step)]
RUNS = 6
PATIENCE = 20.0  # seconds, until that statement comes


def ledger(hosts):
    causes = {}
    for subscriber, cause in hosts.rows("SELECT subscriber, cause FROM doubts ORDER BY number"):
        causes.setdefault(subscriber, []).append(cause)
    rows = hosts.rows("SELECT subscriber, address, state FROM deliveries")
    return {who: (state, causes.get(subscriber, [])) for subscriber, who, state in rows}


@pytest.mark.parametrize(("act", "nth"), IN_FULL if FULL else DAILY, ids=str)
def test_a_run_may_lose_its_database_at_any_statement_and_the_next_one_goes_on(tmp_path, record_property, act, nth):
    gate, answers = get_context("fork").Barrier(1), get_context("fork").Queue()
    proxy = DatabaseProxy(lambda: server().port)
    with faultrunning.thread(tmp_path / "server", Script(gap=(0, 0.002))) as mails, proxy.running() as between:
        delivery = f"{{transport: smtp, host: 127.0.0.1, port: {mails.port}, security: none, connections: 2}}"
        hosts = Hosts(tmp_path, delivery, readers=READERS)
        hosts.through(0, between.port)
        between.at(nth, act)
        running = hosts.start(hosts.folders[0], gate, answers)
        told = []
        if act in STALLS:
            if between.met.wait(PATIENCE):
                told += hosts.run(hosts.folders[1])
            between.go_on()
        told += answers.get(timeout=DEADLINE)
        running.join()
        between.go_on()
        for _ in range(RUNS):
            told += (again := hosts.run(hosts.folders[0]))
            if not again:
                break
        assert {code for code, _ in told} <= {75}, told
        assert hosts.states("editions") == {"finished": 1}, told
        evidence = oracle.Evidence(
            accepted=mails.accepted,
            ledger=ledger(hosts),
            seed=nth,
            selected=hosts.readers,
            most_doubts=CONNECTIONS,
        )
    found = oracle.broken(evidence)
    record_property("torture", oracle.row("F-39", evidence, found, runs=2, faults=1))
    assert not found, "\n".join(found)
