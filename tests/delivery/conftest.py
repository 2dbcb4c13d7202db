"""What stands around a sender in the tests of delivery: servers that fail on demand and a real Postfix."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import faultrunning
import postfix as postfix_server
import sending_yardsticks
from certificates import Certificate, self_signed
from faultrunning import Running
from faultscript import Script
from postfix import Postfix
from sending_yardsticks import Sink


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Self-signed, for localhost and 127.0.0.1."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def fault_server(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """(script, store=, trace=, certificate=) → a fault server in a thread of this process."""
    with ExitStack() as started:
        numbers = iter(range(1_000))

        def start(script: Script | None = None, **more: object) -> Running:
            return started.enter_context(faultrunning.thread(tmp_path / f"server{next(numbers)}", script, **more))

        yield start


@pytest.fixture
def fault_process(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """The same as a process of its own: it lives on when the client is killed, and can change its script."""
    with ExitStack() as started:
        numbers = iter(range(1_000))

        def start(script: Script | None = None, **more: object) -> Running:
            return started.enter_context(faultrunning.process(tmp_path / f"process{next(numbers)}", script, **more))

        yield start


@pytest.fixture
def postfix_with() -> Iterator[Callable[..., Postfix]]:
    """(name=value of main.cf) → a real Postfix with these parameters."""
    if sentence := postfix_server.missing():
        pytest.fail(sentence)
    with ExitStack() as started:
        yield lambda **parameters: started.enter_context(postfix_server.running(parameters))


@pytest.fixture
def postfix(postfix_with: Callable[..., Postfix]) -> Postfix:
    """A real Postfix that delivers everything into Maildirs."""
    return postfix_with()


@pytest.fixture
def smtp_sink() -> Iterator[Callable[..., Sink]]:
    """(options of smtp-sink) → Postfix's own sink."""
    if sentence := sending_yardsticks.missing():
        pytest.fail(sentence)
    with ExitStack() as started:
        yield lambda *options, **more: started.enter_context(sending_yardsticks.sink(*options, **more))
