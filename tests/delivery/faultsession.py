"""One conversation of the fault server: the protocol of RFC 5321, with the pickiness of a strict relay."""

import asyncio
import hmac
import re
import ssl
import time
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import TYPE_CHECKING

from faultscript import USUAL, Act, Fault, Stage
from faultwire import Wire

if TYPE_CHECKING:
    from faultsmtp import FaultServer

LONGEST_LINE = 998

_PATH = re.compile(r"^(?:FROM|TO):\s*<([^<>]*)>(.*)$", re.IGNORECASE)


class Session(Wire):
    """Knows the transaction: who sends, to whom, and what was announced."""

    def __init__(self, server: "FaultServer") -> None:
        super().__init__(server)
        self.secure = server.script.implicit_tls
        self.dialogue: Callable[[str], None] | None = None
        self.taken = 0
        self.upgrade: asyncio.Task | None = None
        self.forget()

    def forget(self) -> None:
        """No transaction is open."""
        self.sender: str | None = None
        self.announced: frozenset[str] = frozenset()
        self.recipients: list[str] = []
        self.in_body = False
        self.scanned = 0

    # ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────

    def obey(self, line: str) -> None:
        if self.dialogue:
            self.dialogue(line)
            return
        verb, _, rest = line.partition(" ")
        command = getattr(self, f"do_{verb.lower()}", None) if verb.isalpha() else None
        if command is None:
            self.out += b"502 5.5.1 no such command\r\n"
        elif self.buffer and not self.server.script.pipelining:
            self.hang_up("503 5.5.0 pipelining was not offered")
        else:
            command(rest.strip())

    def do_ehlo(self, _name: str) -> None:
        self.forget()
        lines = ["fault.example.org", *self.server.offers(secure=self.secure)]
        self.answer(Stage.EHLO, "\r\n".join(f"250-{each}" for each in lines[:-1]) + f"\r\n250 {lines[-1]}")

    def do_helo(self, _name: str) -> None:
        self.forget()
        self.answer(Stage.EHLO, "250 fault.example.org")

    def do_mail(self, rest: str) -> None:
        script = self.server.script
        if script.session_messages and self.taken >= script.session_messages:
            self.hang_up("421 4.7.0 too many messages in this session")
            return
        path = _PATH.match(rest)
        if path is None or self.sender is not None:
            self.out += b"503 5.5.1 not now\r\n" if path else b"501 5.1.7 bad sender\r\n"
            return
        announced = frozenset(path[2].upper().split())
        if refusal := self.server.refuses_announcement(announced):
            self.out += f"{refusal}\r\n".encode()
            return

        def then() -> None:
            self.sender, self.announced = path[1], announced

        self.answer(Stage.MAIL, "250 2.1.0 sender ok", then)

    def do_rcpt(self, rest: str) -> None:
        path = _PATH.match(rest)
        if path is None or self.sender is None:
            self.out += b"501 5.1.3 bad recipient\r\n" if self.sender is not None else b"503 5.5.1 MAIL first\r\n"
            return
        address = path[1]
        if refusal := self.server.refuses_recipient(address, utf8="SMTPUTF8" in self.announced):
            self.out += f"{refusal}\r\n".encode()
            return
        self.answer(Stage.RCPT, "250 2.1.5 recipient ok", lambda: self.recipients.append(address), address)

    def do_data(self, _rest: str) -> None:
        if not self.recipients:
            self.out += b"554 5.5.1 no valid recipients\r\n"
            return

        def then() -> None:
            self.in_body, self.scanned = True, 0
            self.body_fault = self.server.choose(Stage.BODY, self.recipients[0])

        self.answer(Stage.DATA, "354 end with a dot", then, self.recipients[0])

    def do_rset(self, _rest: str) -> None:
        self.forget()
        self.answer(Stage.RSET, "250 2.0.0 ok")

    def do_noop(self, _rest: str) -> None:
        self.out += b"250 2.0.0 ok\r\n"

    def do_quit(self, _rest: str) -> None:
        self.answer(Stage.QUIT, "221 2.0.0 bye", self.hang_up)

    # ── the message ─────────────────────────────────────────────────────────────────────────────────────────────────

    def read_body(self) -> bool:
        """Whether there is more to read; at the end of the data the message is judged."""
        fault = self.body_fault
        if fault and len(self.buffer) >= fault.after:
            self.in_body, self.buffer = False, bytearray()
            self.later(fault.wait, lambda: self.perform(fault, "", None))
            return False
        if self.buffer.startswith(b".\r\n"):
            end, length = 0, 3
        else:
            end, length = self.buffer.find(b"\r\n.\r\n", max(0, self.scanned - 4)), 5
        if end < 0:
            self.scanned = len(self.buffer)
            return False
        message = bytes(self.buffer[: end + length - 3])
        del self.buffer[: end + length]
        self.in_body = False
        message = message.removeprefix(b".") if message.startswith(b"..") else message
        self.judge(message.replace(b"\r\n..", b"\r\n.") if b"\r\n.." in message else message)
        return True

    def judge(self, message: bytes) -> None:
        """Take the message or refuse it, and say so now, later, badly, or never."""
        if refusal := self.refuses(message):
            self.out += f"{refusal}\r\n".encode()
            self.forget()
            return
        fault = self.server.choose(Stage.DOT, self.recipients[0])
        usual = f"250 2.0.0 ok: taken as {self.server.log.count + 1}"
        if fault is None or fault.takes:
            reply = usual if fault is None or fault.do in USUAL else f"{fault.code}" * (fault.do is Act.REPLY)
            self.server.log.add(
                at=time.time(),
                connection=self.number,
                sender=self.sender or "",
                recipients=self.recipients,
                message=message,
                reply=reply,
            )
            self.taken += 1
        self.forget()
        answer = fault or Fault(stage=Stage.DOT, do=Act.OK)
        self.later(answer.wait or self.server.gap(), lambda: self.perform(answer, usual, None))

    def refuses(self, message: bytes) -> str:
        script = self.server.script
        if script.size and len(message) > script.size:
            return "552 5.3.4 message too big"
        if not script.strict:
            return ""
        ends = message.count(b"\r\n")
        if message.count(b"\n") != ends or message.count(b"\r") != ends or b"\x00" in message:
            return "554 5.6.0 bare CR, bare LF or NUL"
        if max(map(len, message.split(b"\r\n"))) > LONGEST_LINE:
            return "554 5.6.0 a line is longer than 998 bytes"
        if "BODY=8BITMIME" not in self.announced and not message.isascii():
            return "554 5.6.3 8-bit bytes without BODY=8BITMIME"
        return ""

    # ── TLS and login ───────────────────────────────────────────────────────────────────────────────────────────────

    def do_starttls(self, _rest: str) -> None:
        if not self.server.script.starttls or self.secure:
            self.out += b"502 5.5.1 no TLS here\r\n"
            return

        def then() -> None:
            self.busy = True
            self.buffer = bytearray()  # what was sent in the clear is not read as if it had come inside TLS
            self.transport.pause_reading()
            self.flush()
            self.upgrade = self.server.loop.create_task(self.start_tls())

        self.answer(Stage.STARTTLS, "220 2.0.0 go on", then)

    async def start_tls(self) -> None:
        try:
            secured = await self.server.loop.start_tls(self.transport, self, self.server.tls, server_side=True)
        except (OSError, ssl.SSLError):  # a client that trusts us not goes away
            self.transport.close()
            return
        if secured is None:  # it has gone away in the middle
            return
        self.transport, self.secure, self.busy = secured, True, False
        self.forget()
        self.read()  # what came together with the end of the handshake

    def do_auth(self, rest: str) -> None:
        kind, _, initial = rest.partition(" ")
        match kind.upper():
            case "PLAIN":
                self.ask("334 ", initial, lambda said: self.log_in(*said.split("\0")[1:3]))
            case "XOAUTH2":
                self.ask("334 ", initial, lambda said: self.log_in(*_bearer(said)))
            case "CRAM-MD5":
                challenge = b64encode(b"<1.2@mx.test>").decode()
                self.ask(f"334 {challenge}", "", self.log_in_by_digest)
            case "LOGIN":
                self.ask("334 VXNlcm5hbWU6", initial, self.ask_password)
            case _:
                self.out += b"504 5.5.4 no such mechanism\r\n"

    def ask_password(self, name: str) -> None:
        self.ask("334 UGFzc3dvcmQ6", "", lambda password: self.log_in(name, password))

    def ask(self, prompt: str, initial: str, then: Callable[[str], None]) -> None:
        def read(line: str) -> None:
            self.dialogue = None
            try:
                then(b64decode(line, validate=True).decode())
            except (Base64Error, UnicodeDecodeError, TypeError):
                self.out += b"501 5.5.2 cannot read this\r\n"

        if initial:
            read("" if initial == "=" else initial)
        else:
            self.dialogue = read
            self.out += f"{prompt}\r\n".encode()

    def log_in_by_digest(self, said: str) -> None:
        name, _, digest = said.rpartition(" ")
        known = {
            (user, hmac.new(password.encode(), b"<1.2@mx.test>", "md5").hexdigest()): password
            for user, password in self.server.script.users
        }
        self.log_in(name, known.get((name, digest), ""))

    def log_in(self, name: str, password: str) -> None:
        known = (name, password) in self.server.script.users
        self.answer(Stage.AUTH, "235 2.7.0 welcome" if known else "535 5.7.8 wrong name or password")


def _bearer(said: str) -> tuple[str, str]:
    parts = dict(part.split("=", 1) for part in said.split("\x01") if "=" in part)
    return parts.get("user", ""), parts.get("auth", "").removeprefix("Bearer ")
