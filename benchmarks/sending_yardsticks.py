"""Postfix's own load generator and its sink: what the sender is measured against."""

import os
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from statistics import median

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds for the sink to start or to stop
ROUNDS = 5
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Sink:
    """An `smtp-sink` at work: takes everything, keeps nothing (or, with `-d`, everything)."""

    port: int
    host: str = HOST


def missing() -> str:
    """The sentence that says what has to be installed; nothing when all is there."""
    absent = [name for name in ("smtp-sink", "smtp-source") if shutil.which(name) is None]
    return (
        f"missing: {', '.join(absent)}; install it with `apt-get install postfix`, or run `make debian`"
        if absent
        else ""
    )


@contextmanager
def sink(*options: str, cwd: Path | None = None) -> Iterator[Sink]:
    """`smtp-sink` with these options (such as `-q .` or `-d %M.`) on a free port, stopped at the end.

    As root it works as `nobody`; a folder into which it shall write must let that user in.
    """
    with socket.socket() as probe:  # the sink cannot choose a port itself
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    user = () if os.geteuid() else ("-u", "nobody")
    with subprocess.Popen(["smtp-sink", *user, *options, f"{HOST}:{port}", str(BACKLOG)], cwd=cwd) as started:
        try:
            _wait_until_it_listens(port, started)
            yield Sink(port)
        finally:
            started.terminate()
            started.wait(PATIENCE)


def _wait_until_it_listens(port: int, started: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while started.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), PATIENCE).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("smtp-sink did not start")


def smtp_source(port: int, *, messages: int, size: int, sessions: int) -> float:
    """Messages per second of `smtp-source -d` (it keeps its connections), with bodies of `size` bytes."""
    options = ("-s", str(sessions), "-m", str(messages), "-l", str(size))
    begun = time.perf_counter()
    subprocess.run(
        ["smtp-source", "-d", *options, "-f", "news@example.org", "-t", "reader@example.org", f"inet:{HOST}:{port}"],
        check=True,
        timeout=600,
    )
    return messages / (time.perf_counter() - begun)


def one_by_itself(port: int, sample: bytes, messages: int = 100) -> float:
    """Messages per second of a program as it is usually written: for each person an `EmailMessage` with text and HTML,
    a signature by dkimpy, and smtplib over one connection.
    """
    parsed = message_from_bytes(sample, policy=policy.SMTP)
    text, page = (part.get_content() for part in parsed.iter_parts())
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    begun = time.perf_counter()
    with smtplib.SMTP(HOST, port) as server:
        for number in range(messages):
            message = EmailMessage(policy=policy.SMTP)
            for name in ("From", "Subject", "Date", "List-Id"):
                message[name] = str(parsed[name])
            message["To"] = f"reader{number}@example.org"
            message["Message-ID"] = f"<{number}@example.org>"
            message.set_content(text)
            message.add_alternative(page, subtype="html")
            whole = message.as_bytes()
            signature = dkim.sign(whole, b"bench", b"news.example.org", key, canonicalize=(b"relaxed", b"relaxed"))
            server.sendmail("news@example.org", [f"reader{number}@example.org"], signature + whole)
    return messages / (time.perf_counter() - begun)


def interleaved(works: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median rate of each work; one unmeasured call of each, then all in turns."""
    for work in works.values():
        work()
    rates = [{name: work() for name, work in works.items()} for _ in range(rounds)]
    return {name: median(rate[name] for rate in rates) for name in works}


def main() -> int:
    if sentence := missing():
        print(sentence, file=sys.stderr)
        return 1
    with sink() as running:
        for size, sessions in ((1_000, 8), (30_000, 8), (30_000, 32)):
            work = {"smtp-source": lambda: smtp_source(running.port, messages=3_000, size=size, sessions=sessions)}  # noqa: B023 – called at once
            print(f"{size:>6} bytes, {sessions:>2} sessions: {interleaved(work)['smtp-source']:,.0f} messages/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
