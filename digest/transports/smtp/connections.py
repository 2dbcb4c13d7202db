"""Delivers a stream of messages over several connections to one server, until it ends, is stopped, or cannot go on."""

import asyncio
from collections.abc import Sequence

from digest.errors import PRECEDENCE, DigestError
from digest.transports.smtp.connection import Connection
from digest.transports.smtp.settings import SmtpSettings
from digest.transports.smtp.shared import Questions, Shared, Timing

_REAL_TIME = Timing()


async def deliver(
    questions: Questions, settings: SmtpSettings, stop: asyncio.Event, *, timing: Timing = _REAL_TIME
) -> None:
    """Return when `next_message` has said `None` to every connection, or all is quiet after `stop`.

    Every message taken from `next_message` is reported exactly once, as soon as its outcome is known, unless
    `before_dot` or `report` raises for it: such an error ends the delivery and is raised here. No message is tried
    twice, but for one whose old connection turns out to be closed before it was asked about.

    `stop` makes every connection end after the message it is at. What takes longer than `timeouts.drain` is cut off:
    not sent, or in doubt if its dot was written. `next_message` is not interrupted; it should then say `None` soon.

    Raise `ConfigurationError` or `BusyError` when the server lets nobody in, `CircuitBrokenError` when it refuses us.
    Then `before_dot` is asked no more, and what is under way is ended and reported as after `stop`.
    """
    if stop.is_set():
        return
    shared = Shared(questions, settings, stop, timing)
    connections: list[Connection] = []
    connections += [Connection(shared, connections) for _ in range(settings.connections)]
    works = [asyncio.create_task(each.work()) for each in connections]
    watches = [
        asyncio.create_task(_end_after(stop, shared)),
        asyncio.create_task(_cut_off_late_ones(shared, connections, timing)),
    ]
    try:
        _, under_way = await asyncio.wait(works, return_when=asyncio.FIRST_EXCEPTION)
        shared.has_failed = bool(under_way)
    finally:
        shared.ending.set()
        await asyncio.wait(works)
        for each in watches:
            each.cancel()
    _raise_worst(works, shared)


async def _end_after(stop: asyncio.Event, shared: Shared) -> None:
    await stop.wait()
    shared.ending.set()


async def _cut_off_late_ones(shared: Shared, connections: Sequence[Connection], timing: Timing) -> None:
    await shared.ending.wait()
    await timing.sleep(shared.settings.timeouts.drain)
    for each in connections:
        each.cut_off()


def _raise_worst(works: Sequence[asyncio.Task[None]], shared: Shared) -> None:
    errors = [error for each in works if (error := each.exception()) is not None]
    if (broken := shared.breaker.error()) is not None:
        errors.append(broken)
    if errors:
        raise min(errors, key=lambda each: PRECEDENCE.index(each.exit_code) if isinstance(each, DigestError) else -1)
