"""What stands around the doctor in its tests: a DNS server, and the servers and senders of the tests of delivery."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2] / "delivery"))

from zoneserver import SILENT, Zones, serving, zones

from digest.operations.doctor.dns import Lookup


@pytest.fixture
def dns_server() -> Iterator[Callable[..., tuple[str, int]]]:
    """(zones as text, broken names) → the place of a server at work."""
    with ExitStack() as started:

        def start(text: str | Zones = "", **broken: str) -> tuple[str, int]:
            return started.enter_context(serving(text if isinstance(text, Zones) else zones(text, **broken)))

        yield start


@pytest.fixture
def lookup(dns_server) -> Callable[..., Lookup]:
    """(zones as text, broken names) → questions to such a server; for silence nobody waits long."""

    def asking(text: str = "", **broken: str) -> Lookup:
        return Lookup(dns_server(text, **broken), seconds=0.6 if SILENT in broken.values() else 60)

    return asking
