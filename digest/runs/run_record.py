"""Runs: what `digest run` did and said, so that the next one need not say it again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from digest.errors import DigestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One line for the operator. `code` is an exit code; 0 stands for a wait that is no trouble yet."""

    about: str
    said: str
    code: int

    @classmethod
    def of(cls, error: DigestError) -> Self:
        return cls(about=error.thing, said=said_of(error.cause, error.remedy), code=error.exit_code)

    def __str__(self) -> str:
        return f"{self.about}: {self.said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """`inputs` is a fingerprint of what sources and settings looked like. `done` are sentences. `exit_code` is `None`
    while it is under way, and for ever when it was killed. Instants are aware, UTC.
    """

    began_at: datetime
    last_at: datetime
    times: int = 1
    exit_code: int | None = None
    rehearsed: bool = False
    inputs: str = ""
    done: tuple[str, ...] = ()
    trouble: tuple[Trouble, ...] = ()


def said_of(cause: str, remedy: str) -> str:
    return f"{cause}; {remedy}" if remedy else cause
