"""How much of a test is done: a daily dose in `make test`, all of it in `make torture`."""

import os
from typing import TypeVar

FULL = bool(os.environ.get("DIGEST_TORTURE"))
T = TypeVar("T")


def dose(few: T, many: T) -> T:
    """How much: in `make test`, and in `make torture`."""
    return many if FULL else few
