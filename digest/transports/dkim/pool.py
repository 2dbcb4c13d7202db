"""A pool of threads that sign on all cores: RSA and SHA-256 let go of Python's lock while they work."""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

P = TypeVar("P")
T = TypeVar("T")
Sign = Callable[[bytes], bytes]

_TASKS_EACH = 4  # per thread and call, so that the cores end together …
_AT_ONCE = 32  # … but no more messages in one: handing them over costs little beside them


class SigningPool:
    """A context manager; leaving it waits for what is under way. What `sign` raises, the caller meets."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="signing")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=kind is not None)

    def submit(self, sign: Sign, message: bytes) -> Future[bytes]:
        """`sign` is a prepared signer's method."""
        return self._threads.submit(sign, message)

    def run(self, work: Callable[[P], T], of: P) -> Future[T]:
        """Like `submit`, for work of another kind."""
        return self._threads.submit(work, of)

    async def sign_many(self, sign: Sign, messages: Sequence[bytes]) -> list[bytes]:
        """In the order of the messages. The event loop goes on meanwhile; several calls may be under way at once."""
        at_once = min(_AT_ONCE, -(-len(messages) // (_TASKS_EACH * self._workers))) or 1
        tasks = [
            asyncio.wrap_future(self._threads.submit(_each, sign, messages[start : start + at_once]))
            for start in range(0, len(messages), at_once)
        ]
        return [signature for signed in await asyncio.gather(*tasks) for signature in signed]


def _each(sign: Sign, messages: Sequence[bytes]) -> list[bytes]:
    return [sign(message) for message in messages]
