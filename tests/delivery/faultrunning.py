"""Starting a fault server: as a process that outlives killed clients, or in a thread for small tests."""

import asyncio
import json
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import acceptances
from acceptances import Acceptance, AcceptanceLog
from certificates import Certificate
from faultscript import Script
from faultsmtp import FaultServer

PATIENCE = 20.0  # seconds for a server to start or to stop


@dataclass(frozen=True, slots=True)
class Running:
    """A fault server at work. `folder` holds its log, its messages and its commands."""

    host: str
    port: int
    folder: Path
    process: subprocess.Popen[str] | None = None

    @property
    def accepted(self) -> list[Acceptance]:
        return acceptances.read(self.folder)

    @property
    def log(self) -> Path:
        return self.folder / "accepted.jsonl"

    def message(self, acceptance: Acceptance) -> bytes:
        return acceptances.message(self.folder, acceptance)

    @property
    def commands(self) -> list[tuple[int, str]]:
        """(connection, line) in their order; only of a server that keeps a trace."""
        return _rows(self.folder / "commands.jsonl")

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        """(stage, act, recipient) of everything that the script made go wrong, in its order."""
        return _rows(self.folder / "faults.jsonl")

    def follow(self, script: Script) -> None:
        """Behave like this from now on. Only of a process."""
        assert self.process, "a server in a thread keeps its script"
        assert self.process.stdout
        (self.folder / "script.json").write_text(script.to_json())
        self.process.send_signal(signal.SIGHUP)
        assert self.process.stdout.readline() == "following\n", "the fault server could not read its new script"


def _rows(path: Path) -> list[tuple]:
    return [tuple(json.loads(line)) for line in acceptances.whole_lines(path)]


@contextmanager
def process(
    folder: Path,
    script: Script | None = None,
    *,
    host: str = "127.0.0.1",
    store: bool = False,
    trace: bool = False,
    sync: bool = False,
    certificate: Certificate | None = None,
) -> Iterator[Running]:
    """A server as a process of its own; stopped at the end, also when the test is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "script.json").write_text((script or Script()).to_json())
    command = [sys.executable, Path(__file__).with_name("faultsmtp.py"), folder, "--host", host]
    command += [flag for flag, wanted in {"--store": store, "--trace": trace, "--sync": sync}.items() if wanted]
    if certificate:
        command += ["--certificate", certificate.file, "--key", certificate.key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout
        try:
            line = started.stdout.readline()
            assert line, "the fault server did not start"
            yield Running(host, int(line), folder, started)
        finally:
            started.terminate()
            started.wait(PATIENCE)


@contextmanager
def thread(
    folder: Path,
    script: Script | None = None,
    *,
    host: str = "127.0.0.1",
    store: bool = False,
    trace: bool = False,
    certificate: Certificate | None = None,
) -> Iterator[Running]:
    """The same in a thread of this process: quick to start."""
    folder.mkdir(parents=True, exist_ok=True)
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.file, certificate.key)
    loop = asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever, daemon=True)
    serving.start()

    async def start() -> tuple[FaultServer, int]:
        server = FaultServer(
            script or Script(),
            AcceptanceLog(folder, store=store),
            tls=tls,
            trace=folder / "commands.jsonl" if trace else None,
            faults=folder / "faults.jsonl",
        )
        return server, await server.listen(host)

    server, port = asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE)
    try:
        yield Running(host, port, folder)
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        serving.join(PATIENCE)
        loop.close()
