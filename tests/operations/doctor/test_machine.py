"""Disk, clock, files and the lock: what endangers the ledger is found; what cannot be known is not claimed."""

import fcntl
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.operations.doctor.diagnosis import Level
from digest.operations.doctor.machine import (
    LEAST,
    Care,
    Guarded,
    clock,
    file_system,
    guarded,
    mount_of,
    room,
    secret,
    sending_lock,
    writable,
    zones,
)

NOW = datetime(2018, 8, 5, 9, tzinfo=UTC)

MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 27 0:30 / /srv rw,relatime - nfs4 files:/export rw
31 27 0:31 / /srv/local rw,relatime shared:5 master:2 - xfs /dev/vdb rw
32 27 0:32 / /mnt/My\040Files rw - cifs //server/share rw
33 27 0:33 / /over rw - ext4 /dev/vdc rw
34 33 0:34 / /over rw - fuse.sshfs host:/ rw
35 27 0:35 / /shm rw - tmpfs tmpfs rw
36 27 0:36 / /layer rw - overlay overlay rw
this line is damaged
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/office", "ext4"),
        ("/srv/office", "nfs4"),
        ("/srv/local/office", "xfs"),
        ("/srv/localoffice", "nfs4"),
        ("/mnt/My Files/office", "cifs"),
        ("/over/office", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_innermost_mount(path, kind):
    assert mount_of(Path(path), MOUNTS).kind == kind


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        *((kind, Level.OK) for kind in ("ext4", "xfs", "btrfs", "zfs", "apfs")),
        *((kind, Level.FAIL) for kind in ("nfs", "nfs4", "cifs", "9p", "virtiofs", "fuse.sshfs", "ceph", "vboxsf")),
        *((kind, Level.WARN) for kind in ("tmpfs", "overlay")),
    ],
)
def test_shared_and_passing_file_systems_are_named(tmp_path, kind, level):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"27 1 254:0 / / rw - {kind} source rw\n")
    found = file_system(tmp_path, mounts)
    assert found.level is level
    assert kind in found.said


def test_this_machine_names_its_own_file_system(tmp_path):
    assert file_system(tmp_path).said.split()[-1] != ""
    assert file_system(tmp_path, tmp_path / "missing").level is Level.WARN


def test_the_room_that_is_needed_is_explained(tmp_path):
    (little,) = room(tmp_path, 24, None)
    assert (little.level, str(LEAST // 1_000_000) in little.said) == (Level.OK, True)
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    (much,) = room(tmp_path, free // 30_000, 30_000)
    assert much.level is Level.FAIL
    assert "30 KB for the mail" in much.said
    (gone,) = room(tmp_path / "missing", 24, None)
    assert gone.level is Level.WARN


@pytest.mark.parametrize(
    ("last", "level"),
    [
        (None, Level.OK),
        (NOW, Level.OK),
        (NOW + timedelta(minutes=59), Level.OK),
        (NOW + timedelta(minutes=61), Level.FAIL),
    ],
)
def test_a_clock_that_jumped_back_fails(last, level):
    found, kept = clock(NOW, last, [])
    assert found.level is level
    assert kept.level in (Level.OK, Level.WARN)


def test_a_file_from_the_future_makes_the_clock_doubtful(tmp_path):
    file = tmp_path / "digest.yaml"
    file.touch()
    os.utime(file, (NOW.timestamp() + 7200,) * 2)
    assert next(clock(NOW, None, [tmp_path / "missing", file])).level is Level.WARN
    os.utime(file, (NOW.timestamp(),) * 2)
    assert next(clock(NOW, None, [file])).level is Level.OK


def test_zones_without_data_are_named():
    assert zones(["America/Costa_Rica", "UTC"]).level is Level.OK
    found = zones(["UTC", "Central/Atlantis"])
    assert (found.level, "Central/Atlantis" in found.said) == (Level.FAIL, True)


USER = os.geteuid()


def looked(path, care, user=USER):
    return [each for each in guarded([Guarded(path=path, name=path.name, care=care)], user) if each.fix]


@pytest.mark.parametrize("mode", range(0o400, 0o1000))
def test_every_mode_is_judged(tmp_path, mode):
    file = tmp_path / "secret"
    file.touch()
    file.chmod(mode)
    assert bool(looked(file, Care.CLOSED)) is bool(mode & 0o077)
    assert bool(looked(file, Care.PERSONAL)) is bool(mode & 0o046)
    assert bool(looked(file, Care.OURS)) is bool(mode & 0o002)
    if faults := looked(file, Care.CLOSED):
        assert faults[0].level is Level.FAIL
        assert str(file) in faults[0].fix


@pytest.mark.parametrize(
    ("mode", "level"),
    [(0o700, None), (0o755, Level.WARN), (0o710, Level.WARN), (0o770, Level.FAIL), (0o777, Level.FAIL)],
)
def test_a_folder_of_keys_may_at_most_be_looked_into(tmp_path, mode, level):
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(mode)
    assert [each.level for each in looked(folder, Care.CLOSED)] == ([level] if level else [])


@pytest.mark.parametrize(("user", "level"), [(0, Level.WARN), (USER + 1, Level.FAIL)])
def test_what_belongs_to_somebody_else_is_named(tmp_path, user, level):
    """For root, who may do everything, it is a warning."""
    file = tmp_path / "digest.yaml"
    file.touch()
    if user == USER:
        os.chown(file, 12345, -1)
    (fault,) = looked(file, Care.OURS, user)
    assert fault.level is level
    assert "belongs to user" in fault.said


def test_what_is_missing_or_well_makes_no_noise(tmp_path):
    (tmp_path / "there").mkdir(mode=0o700)
    files = [Guarded(path=tmp_path / name, name=name, care=Care.CLOSED) for name in ("there", "missing")]
    (line,) = guarded(files, USER)
    assert (line.level, line.said) == (Level.OK, "there")
    assert list(writable(tmp_path)) == []


def test_a_missing_secret_matters_once_something_was_sealed(tmp_path):
    path = tmp_path / "keys" / "secret"
    assert [each.level for each in secret(path, has_sealed=False)] == [Level.OK]
    assert [each.level for each in secret(path, has_sealed=True)] == [Level.FAIL]
    path.parent.mkdir()
    path.touch()
    assert list(secret(path, has_sealed=True)) == []


HOLD = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_is_free_or_somebody_has_it_and_it_is_never_taken(tmp_path):
    path = tmp_path / "sending.lock"
    assert "nothing was ever sent" in sending_lock(path).said
    assert not path.exists()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert f"held by process {other.pid} " in sending_lock(path).said
        other.communicate()
    assert "nobody" in sending_lock(path).said
    with path.open() as mine:
        fcntl.flock(mine, fcntl.LOCK_EX)
        assert f"process {os.getpid()}" in sending_lock(path).said
    assert sending_lock(path, tmp_path / "missing").level is Level.WARN
