"""Signals that are waited for."""

import os
import signal

from digest.runs.daemon import received


def test_signals_are_read_in_the_order_in_which_they_came_and_none_is_lost():
    with received((signal.SIGHUP, signal.SIGUSR1)) as inbox:
        assert inbox.wait(0) == []
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGHUP)
        came = inbox.wait(5)
        assert came[:1] == [signal.SIGHUP]
        assert set(came) == {signal.SIGHUP, signal.SIGUSR1}


def test_afterwards_all_is_as_before():
    before = signal.getsignal(signal.SIGTERM)
    with received((signal.SIGTERM,)):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.set_wakeup_fd(-1) == -1
