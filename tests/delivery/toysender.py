"""A small sender with the right protocol, and wrong ones: it proves that the harness sees the bugs it is for.

Its ledger is a journal of lines. `--power` voids the markers, as a power cut does. The mutants: `cursor` notes how far
it has read instead of what it has sent; `checkpoint` writes down what was sent every second; `late` writes the intent
after the dot; `unsynced` forces nothing onto the disk, and what is not forced dies with the process as with the power.
"""

import argparse
import mmap
import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

MUTANTS = ("cursor", "checkpoint", "late", "unsynced")
UNWRITTEN, GOING, READ = 0, 1, 2  # the marker: the dot is not written, about to be, its 250 is read
BATCH = 20
BUFFERED = 64  # lines that an unsynced journal holds back
CHECKPOINT = 1.0  # seconds


def address(number: int) -> str:
    return f"reader{number}@example.org"


def message(number: int) -> bytes:
    return f"To: {address(number)}\r\nSubject: News\r\nMessage-ID: <{number}@example.org>\r\n\r\nNews.\r\n".encode()


class Journal:
    """Lines `word number`, read anew at every start. Each word is appended under one lock."""

    def __init__(self, folder: Path, *, unsynced: bool = False) -> None:
        self.file = os.open(folder / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.lock = threading.Lock()
        self.unsynced = unsynced
        self.held: list[str] = []

    def write(self, *lines: str, durable: bool = True) -> None:
        with self.lock:
            self.held += [f"{line}\n" for line in lines]
            if self.unsynced and len(self.held) < BUFFERED:
                return
            self.flush()
            if durable and not self.unsynced:
                os.fsync(self.file)

    def flush(self) -> None:
        os.write(self.file, "".join(self.held).encode())
        self.held = []


def states(folder: Path, count: int) -> dict[str, tuple[str, list[str]]]:
    """The ledger as the oracle wants it."""
    found: dict[str, tuple[str, list[str]]] = {address(number): ("pending", []) for number in range(count)}
    path = folder / "journal"
    for line in path.read_text().splitlines() if path.exists() else ():
        word, number = line.split()
        for each in range(int(number)) if word == "upto" else (int(number),):
            _, doubts = found[address(each)]
            if word in ("crash", "power"):
                found[address(each)] = ("pending", [*doubts, word])
            else:
                found[address(each)] = ("sent" if word == "upto" else word, doubts)
    return found


class Line:
    """One connection with one message in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each dot waits for a late ACK
        self.file = self.socket.makefile("rb")
        self.reply()
        self.ask("EHLO toy.example.org")

    def reply(self) -> None:
        while (line := self.file.readline())[3:4] == b"-":
            pass
        if line[:1] not in (b"2", b"3"):
            raise ConnectionError(line)

    def ask(self, line: str) -> None:
        self.socket.sendall(f"{line}\r\n".encode())
        self.reply()

    def prepare(self, number: int) -> None:
        """Everything but the dot."""
        self.ask("MAIL FROM:<news@example.org>")
        self.ask(f"RCPT TO:<{address(number)}>")
        self.ask("DATA")
        self.socket.sendall(message(number))

    def dot(self) -> None:
        self.socket.sendall(b".\r\n")

    def close(self) -> None:
        self.file.close()
        self.socket.close()


class Sender:
    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.mutant = given.mutant
        self.journal = Journal(given.folder, unsynced=given.mutant == "unsynced")
        path = given.folder / "markers"
        if not path.exists():
            path.write_bytes(bytes(given.count))
        with path.open("r+b") as file:
            self.markers = mmap.mmap(file.fileno(), given.count)
        self.sent: list[str] = []
        self.queue: list[int] = []
        self.taking = threading.Lock()

    def recover(self) -> None:
        """Decide about every open intent before any dot is written; then queue what is to be sent."""
        for number, (state, _) in enumerate(states(self.given.folder, self.given.count).values()):
            if state == "intent":
                self.settle(number)
        self.journal.flush()
        left = enumerate(states(self.given.folder, self.given.count).values())
        self.queue = [number for number, (state, _) in left if state == "pending"]

    def settle(self, number: int) -> None:
        if self.given.power or self.mutant == "unsynced":
            self.journal.write(f"power {number}")
        elif self.markers[number] == READ:
            self.journal.write(f"sent {number}")
        else:
            self.journal.write(f"{'crash' if self.markers[number] == GOING else 'pending'} {number}")
            self.markers[number] = UNWRITTEN

    def take(self) -> list[int]:
        with self.taking:
            size = BATCH if self.mutant == "cursor" else 1
            taken, self.queue = self.queue[:size], self.queue[size:]
            if taken and self.mutant == "cursor":
                self.journal.write(f"upto {taken[-1] + 1}")
            return taken

    def send(self) -> None:
        line = Line(self.given.port)
        while taken := self.take():
            for number in taken:
                self.send_one(line, number)
        line.close()

    def send_one(self, line: Line, number: int) -> None:
        line.prepare(number)
        if self.mutant in (None, "unsynced"):
            self.journal.write(f"intent {number}")
        self.markers[number] = GOING
        line.dot()
        line.reply()
        self.markers[number] = READ
        if self.mutant == "checkpoint":
            self.sent.append(f"sent {number}")
        elif self.mutant == "late":
            self.journal.write(f"intent {number}", f"sent {number}")
        elif self.mutant != "cursor":
            self.journal.write(f"sent {number}", durable=False)

    @contextmanager
    def checkpoints(self):
        over = threading.Event()

        def work() -> None:
            while not over.wait(CHECKPOINT):
                self.checkpoint()

        writing = threading.Thread(target=work, daemon=True)
        writing.start()
        yield
        over.set()
        writing.join()
        self.checkpoint()

    def checkpoint(self) -> None:
        written, self.sent = self.sent, []
        if written:
            self.journal.write(*written)

    def run(self) -> None:
        self.recover()
        with self.checkpoints():
            sending = [threading.Thread(target=self.send, daemon=True) for _ in range(self.given.connections)]
            for thread in sending:
                thread.start()
            while any(thread.is_alive() for thread in sending):
                time.sleep(0.001)
        self.journal.flush()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--power", action="store_true")
    parser.add_argument("--mutant", choices=MUTANTS)
    Sender(parser.parse_args(arguments)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
