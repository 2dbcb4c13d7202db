"""A server of PostgreSQL as Debian starts one: it keeps what it said it kept. Its files lie on the disk."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

PROGRAMS = Path("/usr/lib/postgresql")
USER = "office"
PATIENCE = 60.0  # seconds for it to start


@dataclass
class PostgresqlServer:
    port: int
    folder: Path
    _made: int = field(default=0)

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def made(self, like: str = "template1") -> str:
        """The name of a new database; `like` is another one to which nobody is connected."""
        self._made += 1
        name = f"office{self._made}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def drop(self, name: str) -> None:
        self.ask(f"DROP DATABASE {name} WITH (FORCE)")

    def ask(self, statement: str, name: str = "postgres") -> list[tuple]:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []


@contextmanager
def postgresql(*options: str) -> Iterator[PostgresqlServer]:
    programs = max(PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name))
    folder = Path(tempfile.mkdtemp(prefix="digest-bench-", dir="/var/tmp"))
    as_user = ["setpriv", "--pdeathsig=QUIT"]
    if os.geteuid() == 0:  # which PostgreSQL refuses to be run by
        shutil.chown(folder, "nobody", "nogroup")
        as_user += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = f"{folder}/data"
    made = [str(programs / "initdb"), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([*as_user, *made], check=True, capture_output=True, cwd=folder)
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}", *options)
    started = [str(programs / "postgres"), "-D", data, *(part for each in settings for part in ("-c", each))]
    with (
        Path(folder, "log").open("wb") as log,
        subprocess.Popen([*as_user, *started], stdout=log, stderr=log) as server,
    ):
        try:
            found = PostgresqlServer(port, folder)
            _wait_until_it_answers(found, server)
            yield found
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE)
            shutil.rmtree(folder)


def _wait_until_it_answers(server: PostgresqlServer, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            server.ask("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(Path(server.folder, "log").read_text())
