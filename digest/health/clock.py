"""The clock: does somebody keep it, did it jump back, and are the time zones known?"""

import ctypes
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from digest.health.diagnosis import Diagnosis, fail, listed, ok, warn

MAY_STEP_BACK = timedelta(hours=1)  # as `digest run` bears it

_TIME_ERROR = 5  # adjtimex(2): the kernel's clock is not synchronised
_TIMEX_MOST = 512  # bytes; the structure has 208 on most machines
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


def clock(now: datetime, last_run_at: datetime | None, changed: Sequence[Path]) -> Iterator[Diagnosis]:
    """`changed` are files that people or the program write: none can have been written in the future."""
    what = "Clock"
    said = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if last_run_at is not None and now < last_run_at - MAY_STEP_BACK:
        was = f"the last run was at {last_run_at:%Y-%m-%d %H:%M} UTC: it jumped back, and digest run refuses to work"
        yield fail(what, f"it says {said}, but {was}", "set the clock right")
    elif ahead := _written_ahead(now, changed):
        wrong = f"it says {said}, but {ahead.name} was written later than that"
        yield warn(what, wrong, "look whether the clock is right; if the file's time is wrong: touch it")
    else:
        yield ok(what, f"{said}; it has not jumped back since the last run" if last_run_at else said)
    yield _kept()


def zones(names: Sequence[str]) -> Diagnosis:
    """The rules of all zones that the settings name."""
    missing = [name for name in names if not _is_known(name)]
    if missing:
        return fail("Time zones", f"no data for {listed(missing)}", "install tzdata")
    source = next((f"from {folder}" for folder in TZPATH if Path(folder).is_dir()), "from the package tzdata")
    return ok("Time zones", f"{listed(names)}, {source}")


def _kept() -> Diagnosis:
    what = "Time service"
    if _SYNCHRONISED.exists() or _kernel_state() not in (_TIME_ERROR, None):
        return ok(what, "the clock is kept by one (NTP)")
    said = "no sign that the clock is kept by one; some keep it without telling the kernel, so look yourself"
    return warn(
        what, said, "switch one on, such as systemd-timesyncd or chrony, unless the machine's host keeps the time"
    )


def _kernel_state() -> int | None:
    """As adjtimex(2) returns it; `None` where it cannot be asked. Nothing is set."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_MOST)))
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def _written_ahead(now: datetime, paths: Sequence[Path]) -> Path | None:
    for path in paths:
        try:
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except (OSError, ValueError, OverflowError):
            continue
        if at > now + MAY_STEP_BACK:
            return path
    return None


def _is_known(name: str) -> bool:
    try:
        ZoneInfo.no_cache(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
