"""One task's wait for something to happen, with a deadline on the monotonic clock."""

import asyncio
from collections.abc import Callable


class Waiting:
    """`too_late` is called when a deadline passes; it must wake the task.

    One timer serves all waits: it is set anew only for an earlier deadline, and when it rings too early.
    """

    def __init__(self, too_late: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._too_late = too_late
        self._waiter: asyncio.Future[None] | None = None
        self._due = self._armed_for = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def until(self, due: float) -> None:
        """Return when woken."""
        self._due = due
        if self._timer is None or due < self._armed_for:
            self._arm()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def end(self) -> None:
        """Wake the task; there will be no more waits."""
        if self._timer is not None:
            self._timer.cancel()
        self.wake()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = self._due
        self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._due > self._armed_for:
            self._arm()
        else:
            self._too_late()
