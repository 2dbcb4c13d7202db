"""`python postfixwatch.py FOLDER MASTER…` runs Postfix's master until standard input ends; then nothing of it is left.

So it ends with the tests, however they end: its processes are gone, its port is free and its folder is removed. When
the master ends by itself, `postqueue` says what is wrong with its settings.
"""

import ctypes
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from signal import SIGKILL, SIGTERM

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h: orphans of the master become our children, so that they can be awaited
PATIENCE = 10.0  # seconds until whoever is left is killed
PAUSE = 0.005


def main() -> None:
    folder, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    master = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    poller = select.poll()
    poller.register(sys.stdin, select.POLLIN | select.POLLHUP)
    poller.register(os.pidfd_open(master.pid), select.POLLIN)
    poller.poll()
    if master.poll() is not None:  # it did not like its settings
        subprocess.run(["postqueue", "-c", f"{folder}/config", "-p"], stdin=subprocess.DEVNULL, check=False)
    _end(master.pid)
    shutil.rmtree(folder)


def _end(group: int) -> None:
    """Ends the whole process group, as Postfix's master does itself, and waits for all of it."""
    sent, until = SIGTERM, time.monotonic() + PATIENCE
    with suppress(ChildProcessError):  # nobody is left
        while True:
            with suppress(ProcessLookupError):  # of this group
                os.killpg(group, sent)
            while os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(PAUSE)
                if time.monotonic() > until and sent == SIGTERM:
                    sent = SIGKILL
                    break


if __name__ == "__main__":
    main()
