"""What systemd is told, read from a real socket."""

import os
import socket
import time
import uuid

import pytest

from digest.runs.daemon import Notification


@pytest.fixture(params=["path", "abstract"])
def listening(request, tmp_path):
    name = str(tmp_path / "notify") if request.param == "path" else f"@digest-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + name[1:] if name.startswith("@") else name)
        channel.settimeout(10)
        yield name, lambda: channel.recv(4096).decode().split("\n")


def test_each_state_is_one_datagram(listening):
    name, read = listening
    notification = Notification({"NOTIFY_SOCKET": name})
    notification.ready("all\nis well")
    assert read() == ["READY=1", "STATUS=all is well"]
    notification.alive()
    assert read() == ["WATCHDOG=1"]
    notification.status("due next: 2018-08-05")
    assert read() == ["STATUS=due next: 2018-08-05"]
    notification.stopping("SIGTERM")
    assert read() == ["STOPPING=1", "STATUS=SIGTERM"]


def test_a_reload_names_the_moment_on_the_monotonic_clock(listening):
    name, read = listening
    before = time.monotonic_ns() // 1000
    Notification({"NOTIFY_SOCKET": name}).reloading()
    state, moment = read()
    assert state == "RELOADING=1"
    key, _, microseconds = moment.partition("=")
    assert key == "MONOTONIC_USEC"
    assert before <= int(microseconds) <= time.monotonic_ns() // 1000


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "relative"}])
def test_without_a_socket_nothing_is_told(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("relative")
        channel.setblocking(False)
        Notification(environment).ready("nobody asked")
        with pytest.raises(BlockingIOError):
            channel.recv(1)


def test_a_listener_that_went_away_does_not_matter(tmp_path):
    Notification({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


def test_a_listener_that_reads_nothing_holds_nothing_up(listening):
    """The kernel keeps a few datagrams for it (net.unix.max_dgram_qlen); then one waits a moment and goes on."""
    name, read = listening
    notification = Notification({"NOTIFY_SOCKET": name}, patience=0.2)
    notification.ready("first")
    began = time.monotonic()
    while time.monotonic() - began < 0.1:
        notification.alive()  # as long as they are taken; without a limit the last one never comes back
    assert read() == ["READY=1", "STATUS=first"]


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "120000000"}, 120),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "٣"}, None),
    ],
)
def test_the_watchdog_is_for_this_process_or_not_at_all(environment, seconds):
    assert Notification(environment).watchdog_seconds == seconds
