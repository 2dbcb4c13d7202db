"""A scriptable SMTP server that fails on demand and writes down what it took before it says so.

`python faultsmtp.py FOLDER` reads FOLDER/script.json, prints its port and serves until its standard input ends, so it
outlives every client that is killed and never its own starter. On SIGHUP it reads the script again.
"""

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random

from acceptances import AcceptanceLog
from faultscript import Fault, Script, Stage
from faultsession import Session
from faultwire import fits


class FaultServer:
    """All conversations share its script, its counts and its draws. Belongs to the running event loop."""

    def __init__(
        self,
        script: Script,
        log: AcceptanceLog,
        *,
        tls: ssl.SSLContext | None = None,
        trace: Path | None = None,
        faults: Path | None = None,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.log = log
        self.tls = tls
        self.trace, self.faults = _appending(trace), _appending(faults)
        self.connections = 0
        self.sessions: set[Session] = set()
        self.tries: Counter[str] = Counter()
        self.follow(script)

    def follow(self, script: Script) -> None:
        """Behave like this from now on; counts and draws begin anew, the greylist remembers."""
        self.script = script
        self.reached: Counter[Stage] = Counter()
        self.draws = [Random(f"{script.seed}/{number}") for number in range(len(script.faults))]  # noqa: S311 – no secret
        self.gap_draws = Random(f"{script.seed}/gap")  # noqa: S311 – no secret

    async def listen(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """The port, chosen by the kernel unless given."""
        self.listening = await self.loop.create_server(
            lambda: Session(self), host, port, backlog=1024, ssl=self.tls if self.script.implicit_tls else None
        )
        return self.listening.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self.listening.close()
        for session in tuple(self.sessions):
            session.transport.abort()
        await asyncio.sleep(0)
        self.log.close()
        for each in (self.trace, self.faults):
            if each is not None:
                os.close(each)

    def enter(self, session: Session) -> int:
        self.connections += 1
        self.sessions.add(session)
        return self.connections

    def leave(self, session: Session) -> None:
        self.sessions.discard(session)

    def note(self, connection: int, line: str) -> None:
        """The command goes on the trace, where one is kept."""
        if self.trace is not None:
            os.write(self.trace, f"{json.dumps([connection, line])}\n".encode())

    # ── what the script says ────────────────────────────────────────────────────────────────────────────────────────

    def choose(self, stage: Stage, recipient: str) -> Fault | None:
        if not self.script.faults:
            return None
        self.reached[stage] += 1
        for fault, draws in zip(self.script.faults, self.draws, strict=True):
            if fits(fault, stage, recipient, self.reached[stage], draws.random):
                if self.faults is not None:
                    os.write(self.faults, f"{json.dumps([stage, fault.do, recipient])}\n".encode())
                return fault
        return None

    def gap(self) -> float:
        low, high = self.script.gap
        return self.gap_draws.uniform(low, high) if high else 0.0

    def offers(self, *, secure: bool) -> list[str]:
        script = self.script
        known = {
            "PIPELINING": script.pipelining,
            "8BITMIME": script.eightbitmime,
            "SMTPUTF8": script.smtputf8,
            "ENHANCEDSTATUSCODES": True,
            f"SIZE {script.size}": bool(script.size),
            "STARTTLS": script.starttls and not secure,
            "AUTH PLAIN LOGIN XOAUTH2 CRAM-MD5": bool(script.users),
        }
        return [name for name, offered in known.items() if offered]

    def refuses_announcement(self, announced: frozenset[str]) -> str:
        if ("SMTPUTF8" in announced and not self.script.smtputf8) or (
            "BODY=8BITMIME" in announced and not self.script.eightbitmime
        ):
            return "555 5.5.4 this was not offered"
        return ""

    def refuses_recipient(self, address: str, *, utf8: bool) -> str:
        if not address.isascii() and not utf8:
            return "553 5.6.7 a non-ASCII address without SMTPUTF8"
        if any(fnmatchcase(address.lower(), pattern.lower()) for pattern in self.script.refused):
            return "550 5.1.1 no such mailbox"
        if self.script.greylist:
            self.tries[address] += 1
            if self.tries[address] <= self.script.greylist:
                return "450 4.2.0 greylisted, try again later"
        return ""


def _appending(path: Path | None) -> int | None:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else None


async def _serve(given: argparse.Namespace) -> None:
    tls = None
    if given.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(given.certificate, given.key)
    script = given.folder / "script.json"
    log = AcceptanceLog(given.folder, store=given.store, sync=given.sync)
    trace = given.folder / "commands.jsonl" if given.trace else None
    faults = given.folder / "faults.jsonl"
    server = FaultServer(Script.from_json(script.read_text()), log, tls=tls, trace=trace, faults=faults)
    sys.stdout.write(f"{await server.listen(given.host)}\n")
    sys.stdout.flush()
    over = asyncio.Event()
    server.loop.add_signal_handler(signal.SIGHUP, lambda: _follow(server, script))
    server.loop.add_signal_handler(signal.SIGTERM, over.set)
    server.loop.add_reader(sys.stdin, over.set)
    await over.wait()
    await server.close()


def _follow(server: FaultServer, script: Path) -> None:
    server.follow(Script.from_json(script.read_text()))
    sys.stdout.write("following\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--store", action="store_true", help="keep the messages")
    parser.add_argument("--trace", action="store_true", help="keep the commands")
    parser.add_argument("--sync", action="store_true", help="force each acceptance onto the disk")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
