"""How much of a test is done: a taste in `make quick`, a daily dose in `make test`, all of it in `make torture`."""

import os
from collections.abc import Iterable
from typing import TypeVar, cast

TASTE = bool(os.environ.get("DIGEST_QUICK"))
FULL = bool(os.environ.get("DIGEST_TORTURE"))
BOTH = FULL or bool(os.environ.get("DIGEST_BOTH"))  # all tests of the stores on both databases
T = TypeVar("T")


def dose(few: T, many: T) -> T:
    """How much: in `make test`, and in `make torture`."""
    if TASTE and isinstance(few, int):
        return cast("T", max(1, few // 4))
    return many if FULL else few


def some(cases: Iterable[T], daily: int) -> list[T]:
    """Which cases of one kind are tried: every one in `make torture`; else so many, spread from first to last."""
    every = list(cases)
    if FULL or len(every) <= daily:
        return every
    return [every[i * (len(every) - 1) // (daily - 1)] for i in range(daily)]


def examples(usual: int) -> int:
    """How many examples a property test tries: those, or in `make quick` some of them."""
    return max(5, usual // 8) if TASTE else usual
