"""What stands around a sender in the tests of delivery: servers that fail on demand and a real Postfix."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import faultrunning
import postfix as postfix_server
import scenes
import sender
import sending_yardsticks
from certificates import Certificate, self_signed
from faultrunning import Running
from faultscript import Script
from launching import Warm, warm
from postfix import Postfix
from scenes import Scene
from sending_yardsticks import Sink
from warm_program import look_at_drafts


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


@pytest.fixture(scope="session")
def warm_program() -> Iterator[Warm]:
    """The program with all its imports done; every run is a fork of it."""
    with warm("conditions:main", imports=["digest.*"], path=[Path(__file__).parent]) as started:
        yield started


@pytest.fixture(scope="session")
def sealed_template(tmp_path_factory: pytest.TempPathFactory, warm_program: Warm) -> Path:
    """A workspace whose edition waits to be sent; scenes are copies of it."""
    folder = tmp_path_factory.mktemp("template")
    office = sender.unsealed(folder / "office")
    for words in sender.SEALING:
        if words[0] == "approve":
            look_at_drafts(office)
        run = replace(warm_program, arguments=["-C", str(office), *words]).start({}, folder / "output")
        assert run.reap() == 0, (folder / "output").read_text()
    return office


@pytest.fixture
def scene(
    tmp_path: Path, warm_program: Warm, sealed_template: Path, record_property: Callable[[str, object], None]
) -> Iterator[Callable[..., Scene]]:
    """(number, readers=, connections=, seed=, script=, altered=, …) → a scene, see `scenes`."""
    with ExitStack() as started:
        numbers = iter(range(1_000))

        def make(
            number: str,
            *,
            readers: int,
            connections: int = 8,
            seed: int = 20180805,
            script: Script | None = None,
            altered: str = "",
            store: bool = False,
            certificate: Certificate | None = None,
            **more: object,
        ) -> Scene:
            folder = tmp_path / f"scene{next(numbers)}"
            script = script or Script(gap=scenes.GAP, seed=seed)
            server = started.enter_context(
                faultrunning.process(folder / "server", script, store=store, certificate=certificate)
            )
            workspace = scenes.workspace_of(
                sealed_template,
                folder / "office",
                port=server.port,
                readers=readers,
                connections=connections,
                **more,
            )
            return Scene(
                number=number,
                seed=seed,
                folder=folder,
                server=server,
                workspace=workspace,
                warm=warm_program,
                readers=readers,
                connections=connections,
                record=record_property,
                altered=altered,
            )

        yield make
