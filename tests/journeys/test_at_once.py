"""Several runs in the same millisecond: one edition, one mail each; by the lock, and by the database alone."""

import contextlib
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from multiprocessing import get_context

import pytest
from doses import dose

from digest.cli.invocation import FixedClock
from digest.errors import DigestError
from digest.foundation.database import sqlite
from digest.runs.run import run
from digest.settings.instance import Instance

NOW = datetime(2018, 8, 5, 15, tzinfo=UTC)
TRIALS = dose(1, 25)
CASES = [(processes, lock, trial) for processes in (2, 10) for lock in (True, False) for trial in range(TRIALS)]


def one_run(folder, lock, gate, answers):
    """A process like those that cron starts, at the very moment that the others do."""
    if not lock:
        sqlite.exclusive = lambda _path: contextlib.nullcontext()
    instance = Instance(folder, FixedClock(NOW))
    _ = instance.settings
    gate.wait()
    try:
        ran = run(instance, rehearsed=True)
        answers.put([(one.code, str(one)) for one in ran.trouble])
    except DigestError as error:
        answers.put([(error.exit_code, str(error))])
    except BaseException:  # noqa: BLE001 – told to the test
        answers.put([(1, traceback.format_exc())])


@pytest.mark.parametrize(("processes", "lock", "trial"), CASES)
def test_runs_at_once_make_one_edition_and_send_it_once(office, processes, lock, trial):
    settings = (office.folder / "digest.yaml").read_text()
    office.write("digest.yaml", settings.replace("approval: required", "approval: none\n    starts_on: 2018-06-01"))
    context = get_context("fork")
    gate, answers = context.Barrier(processes), context.Queue()
    runs = [context.Process(target=one_run, args=(office.folder, lock, gate, answers)) for _ in range(processes)]
    for one in runs:
        one.start()
    told = [answers.get(timeout=120) for _ in runs]
    for one in runs:
        one.join()
    codes = Counter(code for trouble in told for code, _ in trouble)
    assert set(codes) <= {3, 75}, told  # lost the race: somebody else had it, or changed it meanwhile
    deadline = time.monotonic() + 60
    while any(trouble for trouble in told) and time.monotonic() < deadline:  # as cron does: once more
        told = [[(one.code, str(one)) for one in run(Instance(office.folder, FixedClock(NOW)), rehearsed=True).trouble]]
    states = {one["period"]: (one["state"], one["stories"]) for one in office.json("status")[0]["editions"]}
    assert states == {"2018-06": ("skipped", 0), "2018-07": ("finished", 2)}
    assert {address: len(mails) for address, mails in office.messages().items()} == {
        "ana@example.org": 1,
        "ben@example.org": 1,
    }
