"""Garbage that can wait: while much is made that stays, looking for what could go costs a seventh of the time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 50_000  # made before anybody looks; Python's own number is 700


@contextmanager
def collected_seldom() -> Iterator[None]:
    """What refers to itself is still found, for memory must not grow with the number of files."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
