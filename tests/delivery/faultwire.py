"""The wire of the fault server: lines in, replies out, and what the script makes go wrong with them."""

import asyncio
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from faultscript import Act, Fault, Stage

if TYPE_CHECKING:
    from faultsmtp import FaultServer

MOST_LINE = 8192
GARBAGE = "\x00\x07 this is no reply\r\n\r\n"
BYTE_PAUSE = 0.0005  # seconds between the bytes of a BYTEWISE reply


class Wire(asyncio.Protocol):
    """Reads commands as they come, several at a time where they are pipelined; `busy` while a reply is held back."""

    in_body = False

    def __init__(self, server: "FaultServer") -> None:
        self.server = server
        self.number = 0
        self.transport: asyncio.Transport
        self.buffer = bytearray()
        self.out = bytearray()
        self.busy = False
        self.closing = False

    def obey(self, line: str) -> None:
        """Do what a command asks."""
        raise NotImplementedError

    def read_body(self) -> bool:
        """Whether there is more to read; at the end of the data the message is judged."""
        raise NotImplementedError

    # ── the connection ──────────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.number:  # the same conversation, now inside TLS
            return
        self.number = self.server.enter(self)
        self.answer(Stage.CONNECT, "220 fault.example.org ESMTP")
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closing = True
        self.server.leave(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.busy:
            self.read()

    def read(self) -> None:
        while self.buffer and not self.busy and not self.closing:
            if self.in_body:
                if not self.read_body():
                    break
                continue
            end = self.buffer.find(b"\r\n")
            if end < 0:
                if len(self.buffer) > MOST_LINE:
                    self.hang_up("500 5.5.2 line too long")
                break
            line = self.buffer[:end].decode("utf-8", "replace")
            del self.buffer[: end + 2]
            self.server.note(self.number, line)
            self.obey(line)
        self.flush()

    def flush(self) -> None:
        if self.out and not self.transport.is_closing():
            self.transport.write(self.out)
        self.out = bytearray()

    def hang_up(self, last: str = "") -> None:
        if last:
            self.out += f"{last}\r\n".encode()
        self.flush()
        self.closing = True
        self.transport.close()

    # ── replies, and what goes wrong with them ──────────────────────────────────────────────────────────────────────

    def answer(self, stage: Stage, usual: str, then: Callable[[], None] | None = None, recipient: str = "") -> None:
        """Say `usual` and do `then`, unless the script has something else in mind for this stage."""
        fault = self.server.choose(stage, recipient)
        if fault is None:
            self.out += f"{usual}\r\n".encode()
            if then:
                then()
        else:
            self.later(fault.wait, lambda: self.perform(fault, usual, then))

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Now, or after a while in which nothing more is read."""
        if not seconds:
            work()
            return
        self.flush()
        self.busy = True
        self.server.loop.call_later(seconds, self.go_on, work)

    def go_on(self, work: Callable[[], None]) -> None:
        if self.closing:
            return
        self.busy = False
        work()
        if not self.busy:
            self.read()

    def perform(self, fault: Fault, usual: str, then: Callable[[], None] | None) -> None:
        match fault.do:
            case Act.DROP:
                self.hang_up()
            case Act.STALL:
                self.flush()
                self.busy = True
            case Act.GARBAGE:
                self.out += (fault.extra or GARBAGE).encode()
            case Act.REPLY if fault.code == 421:
                self.hang_up(f"421 {fault.text}")
            case Act.REPLY:
                self.out += f"{fault.code} {fault.text}\r\n{fault.extra}".encode()
            case Act.BYTEWISE:
                self.flush()
                self.busy = True
                self.spell(f"{usual}\r\n".encode(), then)
            case _:
                self.out += _dressed(fault.do, usual).encode() + fault.extra.encode()
                if then:
                    then()

    def spell(self, rest: bytes, then: Callable[[], None] | None) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(rest[:1])
        if rest[1:]:
            self.server.loop.call_later(BYTE_PAUSE, self.spell, rest[1:], then)
        else:
            self.go_on(then or (lambda: None))


def _dressed(act: Act, usual: str) -> str:
    code, text = usual[:3], usual[4:]
    match act:
        case Act.LONG:
            return "".join(f"{code}-line {number}\r\n" for number in range(999)) + f"{code} {text}\r\n"
        case Act.HUGE:
            return f"{code} {text} {'x' * 70_000}\r\n"
        case Act.TWICE:
            return f"{usual}\r\n{usual}\r\n"
        case _:
            return f"{usual}\r\n"


def fits(fault: Fault, stage: Stage, recipient: str, time_here: int, draw: Callable[[], float]) -> bool:
    """Whether the script means this moment; the odds are drawn last, so that other faults do not move them."""
    return (
        fault.stage is stage
        and (not fault.nth or time_here in fault.nth)
        and (not fault.first or time_here <= fault.first)
        and (not fault.recipient or fnmatchcase(recipient.lower(), fault.recipient.lower()))
        and (fault.odds >= 1 or draw() < fault.odds)
    )
