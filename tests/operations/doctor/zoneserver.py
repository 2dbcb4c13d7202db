"""A DNS server on loopback, UDP and TCP, which answers as a resolver would, from zones written in the tests."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

SERVFAIL, SILENT = "SERVFAIL", "SILENT"
CHAIN_MOST = 20


@dataclass
class Zones:
    """`records` maps (name, type) to texts as in a zone file. Names under `broken` get that in place of an answer."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # name, type, udp or tcp

    def answer(self, wire: bytes, how: str) -> bytes | None:
        question = dns.message.from_wire(wire)
        (asked,) = question.question
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind, how))
        fault = next((said for part, said in self.broken.items() if name == part or name.endswith(f".{part}")), "")
        if fault == SILENT:
            return None
        reply = dns.message.make_response(question, recursion_available=True)
        if fault:
            reply.set_rcode(dns.rcode.from_text(fault))
        else:
            self._fill(reply, name, kind)
        try:
            return reply.to_wire(max_size=(question.payload or 512) if how == "udp" else 65535)
        except dns.exception.TooBig:
            short = dns.message.make_response(question, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire()

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        for _ in range(CHAIN_MOST):
            if texts := self.records.get((name, kind)):
                reply.answer.append(dns.rrset.from_text_list(f"{name}.", 300, "IN", kind, texts))
                return
            if (alias := self.records.get((name, "CNAME"))) is None:
                if not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
                    reply.set_rcode(dns.rcode.NXDOMAIN)
                return
            reply.answer.append(dns.rrset.from_text_list(f"{name}.", 300, "IN", "CNAME", alias))
            name = alias[0].rstrip(".")


def zones(text: str, **broken: str) -> Zones:
    """Lines `name TYPE data`; a TXT may be written without quotes when it is one string of up to 255 bytes.

    `broken` has names with `_` in place of the dot.
    """
    made = Zones(broken={name.replace("_", "."): said for name, said in broken.items()})
    for line in filter(None, map(str.strip, text.splitlines())):
        name, kind, data = line.split(maxsplit=2)
        if kind == "TXT" and not data.startswith('"'):
            data = " ".join(f'"{data[start : start + 255]}"' for start in range(0, len(data), 255))
        made.records.setdefault((name.lower(), kind), []).append(data)
    return made


@contextmanager
def serving(answers: Zones) -> Iterator[tuple[str, int]]:
    """Where it listens."""
    listening, datagrams = socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM)
    place = listening.getsockname()
    try:
        datagrams.bind(place)
    except OSError:  # somebody has that port for UDP: take another pair
        listening.close()
        datagrams.close()
        with serving(answers) as another:
            yield another
        return
    both = ((_udp, datagrams), (_tcp, listening))
    threads = [threading.Thread(target=serve, args=(answers, each)) for serve, each in both]
    for thread in threads:
        thread.start()
    try:
        yield place
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        datagrams.sendto(b"", place)
        for thread in threads:
            thread.join()
        listening.close()
        datagrams.close()


def _udp(answers: Zones, datagrams: socket.socket) -> None:
    """Until an empty datagram comes."""
    while True:
        wire, peer = datagrams.recvfrom(4096)
        if not wire:
            return
        if (reply := answers.answer(wire, "udp")) is not None:
            datagrams.sendto(reply, peer)


def _tcp(answers: Zones, listening: socket.socket) -> None:
    """Until nobody can connect any more."""
    while True:
        try:
            connected, _ = listening.accept()
        except OSError:
            return
        with connected, connected.makefile("rwb") as stream:
            connected.settimeout(10)
            (length,) = struct.unpack("!H", stream.read(2))
            if (reply := answers.answer(stream.read(length), "tcp")) is not None:
                stream.write(struct.pack("!H", len(reply)) + reply)
