"""What a test changes around the program before it starts: shorter waits, disks that fail, deliberate bugs.

`ALTERED="waits=end:2,hello:1 patience=0.5"` in the environment of a run. Nothing of this is in the program.
"""

import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import disks
import mutants

from digest.settings.loading import load_settings

load_settings(Path(__file__).parents[2] / "seeds" / "digest.yaml")  # builds what is built once per process


def waits(value: str) -> None:
    """`end:2,hello:1`: seconds in place of those that RFC 5321 names."""
    from digest.delivery.transports.smtp.settings import Timeouts

    Timeouts.__init__.__kwdefaults__.update(
        (name, float(seconds)) for name, _, seconds in (each.partition(":") for each in value.split(","))
    )


def deaf(value: str) -> None:
    """As `nohup` starts a program: deaf to that signal."""
    signal.signal(int(value), signal.SIG_IGN)


def patience(value: str) -> None:
    """Seconds that the program waits for somebody else who writes into its database."""
    from digest.foundation.database import file_lock

    file_lock.PATIENCE_SECONDS = float(value)


def lease(value: str) -> None:
    """Seconds for which a process may send out of a database of several machines, a few rows at a time."""
    from digest.delivery import lease as leases
    from digest.delivery import rows
    from digest.foundation.database import postgresql

    leases.SECONDS, rows.CLAIMED_AT_ONCE = float(value), 20
    postgresql.LONGEST_IDLE_SECONDS = float(value) * 2 / 3


def beside(_value: str) -> None:
    """Several at once, each in a folder of its own: no lock of all hosts, and no place that the database remembers."""
    from contextlib import nullcontext

    from digest.delivery import ledger, place, whereabouts
    from digest.foundation.database import postgresql

    def fence(self):
        whereabouts.make_mark(self.sending, "x", anew=False)

    ledger.Ledger.hold = lambda _self, _edition: nullcontext()
    postgresql.PostgresqlDatabase.exclusive = lambda _self, _path: nullcontext()
    place.SendingPlace.fence = fence


def looks(value: str) -> None:
    """Seconds after which workers look for what nobody sends; and by themselves they do nothing else."""
    from digest.runs import worker

    worker.LOOK_EVERY, worker.RUN_EVERY = f"* * * * * */{value}", "0 0 1 1 *"
    worker.AGAIN_SECONDS = 0.2


def naps(_value: str) -> None:
    """libfaketime 0.9 spoils clock_nanosleep() towards an instant of the monotonic clock: that is how Python sleeps."""
    time.sleep = lambda seconds: select.select([], [], [], seconds)


def largest(value: str) -> None:
    """Bytes to which any file may grow."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(value), resource.RLIM_INFINITY))


ALTERATIONS: dict[str, Callable[[str], None]] = {
    "waits": waits,
    "patience": patience,
    "deaf": deaf,
    "naps": naps,
    "lease": lease,
    "beside": beside,
    "looks": looks,
    "largest": largest,
    "failing": disks.failing,
    "power": disks.powered,
    **mutants.MUTANTS,
}


def main(arguments: Sequence[str]) -> None:
    """For `launching.warm`: the program with these arguments."""
    for each in os.environ.get("ALTERED", "").split():
        name, _, value = each.partition("=")
        ALTERATIONS[name](value)
    from digest.cli import main as program

    sys.argv = ["digest", *arguments]
    program()
