"""Processes: whether one runs, by its number or by a name that holds across restarts."""

import os
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_START_TIME = 19  # fields after the command's name in /proc/PID/stat (proc(5), field 22)


def own_name() -> str:
    return _name(os.getpid())


def is_alive(name: str) -> bool:
    """Whether that very process runs: a new one with the same number, or after a reboot, has another name."""
    pid = name.split(":")[1]
    return pid.isdigit() and _name(int(pid)) == name


def _name(pid: int) -> str:
    try:
        boot = _BOOT.read_text().strip()
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[_START_TIME]
    except OSError:
        here = not Path("/proc/self").exists() and is_running(pid)
        return f"no-proc:{pid if here else 'gone'}:"
    return f"{boot}:{pid}:{started}"


def is_running(pid: int) -> bool:
    """Whether a process with this number runs, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
