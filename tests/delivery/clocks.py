"""A wall clock that is wrong, for programs that are started with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from launching import Warm, warm


class Clock:
    """libfaketime's: the seconds by which the wall clock is wrong. The monotonic one stays right."""

    def __init__(self, file: Path) -> None:
        self.file = file
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        if not libraries:
            pytest.fail("libfaketime is missing: install it with `apt-get install faketime`")
        self.environment = {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, seconds: int) -> None:
        passing = self.file.with_suffix(".new")
        passing.write_text(f"{seconds:+d}\n")
        passing.replace(self.file)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    clock = Clock(tmp_path_factory.mktemp("clock") / "clock")
    clock.set(0)
    return clock


@pytest.fixture(scope="module")
def warm_with_clock(clock: Clock) -> Iterator[Warm]:
    with warm(
        "conditions:main", imports=["digest.*"], path=[Path(__file__).parent], environment=clock.environment
    ) as started:
        yield started
