"""Three workers, each a process with a folder of its own, send one edition while hosts, jobs and database fail: nobody
is lost, and no second copy goes out unsaid (F-40, F-49).
"""

import os
import re
import shutil
import signal
from contextlib import contextmanager

import psycopg
import pytest
from databaseproxy import STALLS, Act, DatabaseProxy
from databases import server
from doses import FULL, dose
from faultscript import Script
from hosts import shared
from test_lease import LEASE

CONNECTIONS = 2
PATIENCE = 180.0  # seconds, of a busy machine
ALTERED = f"lease={LEASE} looks=1"
EVERY = {Act.CUT: 3, Act.CUT_AFTER: 3, Act.AWAY: 15, Act.STALL: 15, Act.STALL_AFTER: 15}  # so many-th statement
DAILY = ((Act.AWAY, 90),)
CASES = [(act, nth) for act, step in EVERY.items() for nth in range(1, 300, step)] if FULL else DAILY

AGAIN = """INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)
SELECT queue_name, task_name, args, 'todo' FROM procrastinate_jobs, generate_series(1, 3)
WHERE task_name = 'batch'"""
LOST = "DELETE FROM procrastinate_jobs WHERE task_name = 'batch' AND status = 'todo'"


@contextmanager
def at_work(scene, number, seed, readers=90):
    """The scene, and its workers; in the end each is asked to end, and does."""
    script = Script(gap=(0.005, 0.02), seed=seed)
    at = scene(number, readers=readers, connections=CONNECTIONS, seed=seed, altered=ALTERED, script=script)
    with shared(at, 3) as hosts:
        workers = []
        try:
            yield hosts, workers
            at.wait_until(lambda: hosts[0].edition == "finished", PATIENCE)
        finally:
            for child, output in workers:
                os.kill(child.pid, signal.SIGCONT)
                os.kill(child.pid, signal.SIGTERM)
                code = child.reap()
                assert code in (0, -signal.SIGKILL), output.read_text()
                assert "Traceback" not in output.read_text(), output.read_text()


def begun(hosts, workers, accepted):
    """All are at work, and so much has been accepted."""
    workers += [host.start("worker") for host in hosts]
    hosts[0].wait_until(lambda: len(hosts[0].server.accepted) >= accepted)


def one_worker_is_killed_and_one_stands_still_for_longer_than_its_lease(scene, seed):
    with at_work(scene, "F-49", seed) as (hosts, workers):
        begun(hosts, workers, 10 + seed % 40)
        (killed, _), (stopped, _), _other = workers
        os.kill(killed.pid, signal.SIGKILL)
        os.kill(stopped.pid, signal.SIGSTOP)
        hosts[0].sleep(LEASE * 1.5)
        os.kill(stopped.pid, signal.SIGCONT)
        hosts[0].wait_until(lambda: hosts[0].edition == "finished", PATIENCE)
        hosts[0].judge(faults=2, most_doubts=2 * CONNECTIONS)


def around_that_statement_of_one_worker_its_connection_ends_or_stalls(scene, act, nth):
    with DatabaseProxy(lambda: server().port).running() as between, at_work(scene, "F-49", nth) as (hosts, workers):
        hosts[0].through(between.port)
        between.at(nth, act)
        begun(hosts, workers, 1)
        if between.met.wait(LEASE * 2):
            hosts[0].sleep(LEASE * 1.1 if act in (*STALLS, Act.AWAY) else 0)
        between.go_on()
        hosts[0].wait_until(lambda: hosts[0].edition == "finished", PATIENCE)
        hosts[0].judge(faults=1, most_doubts=CONNECTIONS)


def the_server_is_killed_and_started_again(scene, seed):
    with at_work(scene, "F-49", seed) as (hosts, workers):
        begun(hosts, workers, 10 + seed)
        server().crash()
        hosts[0].wait_until(lambda: hosts[0].edition == "finished", PATIENCE)
        hosts[0].judge(faults=1, most_doubts=3 * CONNECTIONS)


def each_job_comes_three_times_more_or_is_lost(scene, seed):
    with at_work(scene, "F-40", seed) as (hosts, workers):
        begun(hosts, workers, 5 + seed % 60)
        with psycopg.connect(hosts[0].url, autocommit=True, options="-c search_path=procrastinate") as connection:
            assert connection.execute(AGAIN).rowcount
            if seed % 2:
                connection.execute(LOST)
        hosts[0].wait_until(lambda: hosts[0].edition == "finished", PATIENCE)
        hosts[0].judge(faults=1, most_doubts=0)


def one_clock_is_an_hour_off(scene, seed, fixture):
    clock, warm_with_clock = fixture("clock"), fixture("warm_with_clock")
    clock.set(3600 if seed % 2 else -3600)
    with at_work(scene, "F-49", seed) as (hosts, workers):
        hosts[0].warm, hosts[0].altered = warm_with_clock, f"{ALTERED} naps=1"
        begun(hosts, workers, hosts[0].readers)
        hosts[0].wait_until(lambda: hosts[0].edition == "finished", PATIENCE)
        hosts[0].judge(faults=1, most_doubts=0)
        assert re.search(r"3,\d00 s apart", workers[0][1].read_text())
        assert hosts[0].sent_by(workers[0][0].pid) == 0


def one_gets_an_older_copy_of_its_journal_and_marks_back(scene, seed):
    """Killed later; the copy is written over its files, or takes the place of the whole folder."""
    with at_work(scene, "F-49", seed) as (hosts, workers):
        begun(hosts, workers, 5 + seed % 20)
        folders = [host.workspace / "sending" for host in hosts]
        hosts[0].wait_until(lambda: any((folder / "journal").exists() for folder in folders))  # whoever sends first
        number = next(n for n, folder in enumerate(folders) if (folder / "journal").exists())
        here, there = folders[number], hosts[number].folder / "older"
        shutil.copytree(here, there)
        before = len(hosts[0].server.accepted)
        hosts[0].wait_until(lambda: len(hosts[0].server.accepted) > min(before + 15, hosts[0].readers - 10))
        os.kill(workers[number][0].pid, signal.SIGKILL)
        workers[number][0].reap()
        if seed % 2:
            shutil.rmtree(here)
        shutil.copytree(there, here, dirs_exist_ok=True, ignore=None if seed % 2 else shutil.ignore_patterns("place"))
        workers[number] = hosts[number].start("worker")
        hosts[0].wait_until(lambda: hosts[0].edition == "finished", PATIENCE)
        hosts[0].judge(faults=1, most_doubts=CONNECTIONS)


TIMES = {
    one_worker_is_killed_and_one_stands_still_for_longer_than_its_lease: dose(1, 100),
    the_server_is_killed_and_started_again: dose(0, 30),
    each_job_comes_three_times_more_or_is_lost: dose(1, 100),
    one_gets_an_older_copy_of_its_journal_and_marks_back: dose(2, 60),
    one_clock_is_an_hour_off: dose(0, 20),
}
HAPPENINGS = [
    *((happens, seed) for happens, times in TIMES.items() for seed in range(times)),
    *((around_that_statement_of_one_worker_its_connection_ends_or_stalls, *case) for case in CASES),
]


@pytest.mark.parametrize(
    "happening", HAPPENINGS, ids=lambda each: "-".join(str(getattr(one, "__name__", one)) for one in each)
)
def test_workers_lose_nobody_and_write_to_nobody_twice_in_silence(scene, request, happening):
    happens, *given = happening
    more = {"fixture": request.getfixturevalue} if happens is one_clock_is_an_hour_off else {}
    happens(scene, *given, **more)
