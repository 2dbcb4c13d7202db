"""What the tests of the SMTP client share: messages, patient and impatient settings, and a peer that says anything."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from digest.delivery.transports.smtp.outcomes import TransactionOutcome
from digest.delivery.transports.smtp.session import open_session
from digest.delivery.transports.smtp.settings import Security, SmtpSettings, Timeouts
from digest.delivery.transports.smtp.transaction import ReadyMessage, Transactions
from digest.delivery.transports.smtp.transport import Timing, deliver

BODY = b"From: bulletin@example.org\r\nSubject: July\r\n\r\n.a dot comes first\r\n..two\r\nend\r\n"
PATIENT = Timeouts(**{**dict.fromkeys(Timeouts.__dataclass_fields__, 20.0), "quit": 0.1})


def impatient(seconds: float = 0.15, **others: float) -> Timeouts:
    """Deadlines that a stalled server meets soon."""
    return Timeouts(**{**dict.fromkeys(Timeouts.__dataclass_fields__, seconds), **others})


def settings_for(port: int, **changes) -> SmtpSettings:
    return SmtpSettings(
        **{"host": "127.0.0.1", "port": port, "security": Security.NONE, "timeouts": PATIENT, **changes}
    )


def outgoing(number: int = 1, body: bytes = BODY, **changes) -> ReadyMessage:
    known = {
        "delivery": f"d{number}",
        "sender": f"bounce+{number}@news.example.org",
        "recipient": f"reader{number}@example.org",
        "pieces": (body,),
    }
    return ReadyMessage(**{**known, **changes})


async def yes() -> bool:
    return True


def transact(
    settings: SmtpSettings, *messages: ReadyMessage, before_dot: Callable[[], Awaitable[bool]] = yes
) -> list[TransactionOutcome]:
    """The outcomes of the messages on one connection, as far as it lasts."""

    async def talk() -> list[TransactionOutcome]:
        session = await open_session(settings)
        transactions = Transactions(session, settings.timeouts)
        outcomes = [await transactions.transact(message, before_dot) for message in messages if transactions.is_open]
        await transactions.quit()
        return outcomes

    return asyncio.run(talk())


@dataclass
class Questions:
    """A queue whose answers are given one by one."""

    next_message: Callable[[], Awaitable[ReadyMessage | None]]
    before_dot: Callable[[ReadyMessage], Awaitable[bool]]
    report: Callable[[ReadyMessage, TransactionOutcome], None]


@dataclass
class Delivered:
    """What a delivery reported, in its order, and what it raised."""

    reports: list[tuple[str, TransactionOutcome]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # before the dot
    left: list[ReadyMessage] = field(default_factory=list)  # never taken
    error: Exception | None = None

    def outcomes(self, kind: type) -> list[str]:
        return [name for name, outcome in self.reports if isinstance(outcome, kind)]


def deliver_all(
    settings: SmtpSettings,
    messages: Sequence[ReadyMessage],
    *,
    before_dot: Callable[[ReadyMessage], Awaitable[bool]] | None = None,
    on_report: Callable[[ReadyMessage, TransactionOutcome, asyncio.Event], None] | None = None,
    timing: Timing | None = None,
) -> Delivered:
    """Deliver the messages; an error of the delivery is kept, not raised."""
    known = Delivered(left=list(messages))

    async def next_message() -> ReadyMessage | None:
        return known.left.pop(0) if known.left else None

    async def may_go(message: ReadyMessage) -> bool:
        known.asked.append(message.delivery)
        return before_dot is None or await before_dot(message)

    async def run() -> None:
        stop = asyncio.Event()

        def report(message: ReadyMessage, outcome: TransactionOutcome) -> None:
            known.reports.append((message.delivery, outcome))
            if on_report is not None:
                on_report(message, outcome, stop)

        questions = Questions(next_message=next_message, before_dot=may_go, report=report)
        await deliver(questions, settings, stop, timing=timing or Timing())

    try:
        asyncio.run(run())
    except Exception as error:  # noqa: BLE001 – the tests ask which
        known.error = error
    return known


class Heard(bytearray):
    """All that a peer was sent, over all connections."""

    connections = 0


@contextmanager
def peer(talk: Callable[["Line"], None]) -> Iterator[tuple[int, Heard]]:
    """A server on a free port that holds `talk` with everyone who connects, one after the other."""
    heard = Heard()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connected, _ = listening.accept()
                except TimeoutError:
                    continue
                heard.connections += 1
                with connected, suppress(ConnectionError):
                    connected.settimeout(20)
                    talk(Line(connected, heard, over))

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield listening.getsockname()[1], heard
        finally:
            over.set()
            serving.join(20)


@dataclass
class Line:
    """The peer's side of a connection."""

    connected: socket.socket
    heard: Heard
    over: threading.Event

    def say(self, *lines: str) -> None:
        self.connected.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self, end: bytes = b"\r\n") -> bytes:
        """All up to and with `end`, which must be the last thing that the client has sent."""
        said = b""
        while not said.endswith(end):
            more = self.connected.recv(65536)
            if not more:
                raise ConnectionError(said)
            said += more
            self.heard += more
        return said

    def greet(self, *features: str) -> None:
        """Up to the answer to EHLO."""
        self.say("220 peer.example.org")
        self.hear()
        said = ["peer.example.org", *features]
        self.say(*[f"250-{each}" for each in said[:-1]], f"250 {said[-1]}")

    def listen_on(self) -> None:
        """Until the client goes, or the test does."""
        self.connected.settimeout(0.05)
        while not self.over.is_set():
            try:
                more = self.connected.recv(65536)
            except TimeoutError:
                continue
            if not more:
                return
            self.heard += more
