"""For `launching.warm`: `digest` under a clock of the tests, forked from a process that has imported it already."""

import faulthandler
import os
import select
import sys
import time
from collections.abc import Sequence

import warm_program

# libfaketime 0.9 spoils clock_nanosleep() towards an instant of the monotonic clock, which is how Python sleeps.
time.sleep = lambda seconds: select.select([], [], [], seconds)
HANGING = 80  # seconds: it shows where it stands before the test that waits for it gives up
for name in ("JOURNAL_STREAM", "WATCHDOG_USEC"):
    os.environ.pop(name, None)
warm_program.prepare()


def main(arguments: Sequence[str]) -> None:
    from digest.cli import main as program

    faulthandler.enable()
    faulthandler.dump_traceback_later(HANGING)
    sys.argv = ["digest", *arguments]
    program()
