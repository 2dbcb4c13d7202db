"""SMTP as a transport: one event loop and one ledger thread, for as long as an edition has messages."""

import asyncio
from collections.abc import Callable

from digest.model.dispatch import OutgoingMessage
from digest.ports import Outbox
from digest.transports.smtp.clerk import LedgerThread
from digest.transports.smtp.connections import deliver
from digest.transports.smtp.settings import SmtpSettings
from digest.transports.smtp.shared import Questions

LOOK_FOR_STOP_SECONDS = 0.2
LEAST_AHEAD = 16


class SmtpTransport:
    """Implements `digest.ports.Transport`."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    @property
    def connections(self) -> int:
        return self._settings.connections

    @property
    def name(self) -> str:
        return self._settings.name

    def trace(self, message: OutgoingMessage) -> None:
        """Only the server could tell."""

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        """Raise `BusyError`, `ConfigurationError` or `CircuitBrokenError` when the server takes nothing; what is known
        of every message has been told to the outbox before.
        """
        asyncio.run(self._carry(outbox, stop))

    async def _carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
        ledger = LedgerThread(outbox, max(LEAST_AHEAD, 4 * self._settings.connections))
        ending = asyncio.Event()
        watch = asyncio.create_task(_watch(stop, ending))
        questions = Questions(next_message=ledger.next_message, before_dot=ledger.before_dot, report=ledger.report)
        try:
            await deliver(questions, self._settings, ending)
        finally:
            watch.cancel()
            await ledger.close()


async def _watch(stop: Callable[[], bool], ending: asyncio.Event) -> None:
    while not stop():  # noqa: ASYNC110 – asked of a signal handler, which can set no event of a loop
        await asyncio.sleep(LOOK_FOR_STOP_SECONDS)
    ending.set()
