"""The script of the fault server: which of its replies fail, how, and for whom. It is data, and travels as JSON."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self


class Stage(StrEnum):
    """Where a conversation stands. At `BODY` the client has been told 354 and has not yet sent its dot."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    RSET = "rset"
    QUIT = "quit"


class Act(StrEnum):
    """What happens at a stage. The first five leave the meaning of the reply as it would be."""

    OK = "ok"  # the usual reply, perhaps later (`wait`) or with more behind it (`extra`)
    BYTEWISE = "bytewise"  # the usual reply, one byte at a time
    LONG = "long"  # the usual reply in 1,000 lines
    HUGE = "huge"  # the usual reply in one line of more than 64 KB
    TWICE = "twice"  # the usual reply two times
    REPLY = "reply"  # `code` and `text`; the connection is closed after a 421
    GARBAGE = "garbage"  # bytes that are no reply
    DROP = "drop"  # the connection is closed without a word
    STALL = "stall"  # nothing, and the connection stays open


USUAL = frozenset({Act.OK, Act.BYTEWISE, Act.LONG, Act.HUGE, Act.TWICE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that goes wrong. The first fault that fits is done; without a choice it fits always.

    `accepted` counts at the dot only: whether the message is taken (and logged) all the same, as by a server that
    dies between taking a message and saying so. Without it the reply decides: what is told 2xx is taken.
    """

    stage: Stage
    do: Act
    code: int = 451
    text: str = "4.3.0 try again later"
    extra: str = ""
    wait: float = 0.0
    after: int = 1  # bytes of the body, at BODY
    accepted: bool | None = None
    nth: tuple[int, ...] = ()  # which times the server as a whole comes to this stage, from 1
    first: int = 0  # … or the first so many
    recipient: str = ""  # a pattern such as `*@example.org`, from RCPT on
    odds: float = 1.0

    @property
    def takes(self) -> bool:
        """Whether a message whose dot meets this fault is accepted."""
        if self.accepted is not None:
            return self.accepted
        return self.do in USUAL or (self.do is Act.REPLY and 200 <= self.code < 300)


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """How a server behaves. `seed` decides all its draws; print it with every failure."""

    seed: int = 0
    faults: tuple[Fault, ...] = ()
    gap: tuple[float, float] = (0.0, 0.0)  # seconds between taking a message and saying so, from … to (RFC 1047)
    greylist: int = 0  # so many tries of each recipient get a 450 first
    refused: tuple[str, ...] = ()  # patterns of addresses that get a 550
    session_messages: int = 0  # after so many messages a connection gets a 421
    users: tuple[tuple[str, str], ...] = ()  # name and password (or token, for XOAUTH2); AUTH is offered with any
    pipelining: bool = True
    eightbitmime: bool = True
    smtputf8: bool = True
    starttls: bool = False
    implicit_tls: bool = False
    size: int = 0
    strict: bool = True  # refuse bare CR or LF, NUL, lines over 998 bytes and 8-bit bytes that were not announced

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Everything is optional; an unknown name is a TypeError."""
        given = json.loads(text)
        faults = tuple(_fault(each) for each in given.pop("faults", ()))
        return cls(faults=faults, **{key: _frozen(value) for key, value in given.items()})


def _fault(given: dict) -> Fault:
    stage, act = Stage(given.pop("stage")), Act(given.pop("do"))
    return Fault(stage=stage, do=act, **{key: _frozen(value) for key, value in given.items()})


def _frozen(value: object) -> object:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


def policy_rejection() -> Script:
    """A relay that takes no message of ours at all."""
    return Script(faults=(Fault(stage=Stage.DOT, do=Act.REPLY, code=550, text="5.7.1 rejected by policy"),))


def every_stage_before_the_dot() -> tuple[Stage, ...]:
    """Where a failure can never leave a message in doubt."""
    last = (Stage.DOT, Stage.RSET, Stage.QUIT)
    return tuple(stage for stage in Stage if stage not in last)
