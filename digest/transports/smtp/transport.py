"""SMTP as a transport: one event loop and one clerk, for as long as an edition has letters."""

import asyncio
from collections.abc import Callable, Sequence
from email.parser import BytesHeaderParser
from email.policy import default as modern
from email.utils import parseaddr

from digest.errors import BusyError
from digest.model.delivery import Envelope
from digest.model.dispatch import Fate, Letter, Mark, Result
from digest.ports import Desk
from digest.transports.smtp.clerk import Clerk
from digest.transports.smtp.connections import deliver
from digest.transports.smtp.settings import SmtpSettings
from digest.transports.smtp.shared import Questions

LOOK_FOR_STOP_SECONDS = 0.2
LEAST_AHEAD = 16


class SmtpTransport:
    """Implements `digest.ports.Courier`."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    @property
    def connections(self) -> int:
        return self._settings.connections

    def carry(self, desk: Desk, stop: Callable[[], bool]) -> None:
        """Raise `BusyError`, `ConfigurationError` or `CircuitBrokenError` when the server takes nothing; what is known
        of every letter has been told to the desk before.
        """
        asyncio.run(self._carry(desk, stop))

    async def _carry(self, desk: Desk, stop: Callable[[], bool]) -> None:
        clerk = Clerk(desk, max(LEAST_AHEAD, 4 * self._settings.connections))
        ending = asyncio.Event()
        watch = asyncio.create_task(_watch(stop, ending))
        questions = Questions(next_message=clerk.next_message, before_dot=clerk.before_dot, report=clerk.report)
        try:
            await deliver(questions, self._settings, ending)
        finally:
            watch.cancel()
            await clerk.close()


class SmtpPost:
    """Implements `digest.ports.Transport` for the few messages that stand in no ledger, such as those to reviewers."""

    repeatable = False

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Raise `BusyError` unless the server accepted every one of them."""
        desk = _Pile(envelopes)
        SmtpTransport(self._settings).carry(desk, lambda: False)
        left = [result for result in desk.results if result.fate is not Fate.SENT]
        if left or len(desk.results) < len(envelopes):
            said = left[0].answer if left else "not all were taken"
            raise BusyError(self._settings.name, said, "try again later, or ask its operator")


class _Pile:
    """Implements `digest.ports.Desk` without a ledger."""

    def __init__(self, envelopes: Sequence[Envelope]) -> None:
        self.results: list[Result] = []
        self._letters = [
            Letter(
                row=number,
                delivery=f"{number}",
                sender=parseaddr(str(BytesHeaderParser(policy=modern).parsebytes(envelope.message)["From"]))[1],
                recipient=envelope.recipient,
                pieces=(envelope.message,),
            )
            for number, envelope in enumerate(envelopes)
        ]

    def fetch(self, most: int) -> Sequence[Letter]:
        taken, self._letters = self._letters[:most], self._letters[most:]
        return taken

    def settle(self, results: Sequence[Result], wanted: Sequence[Letter]) -> frozenset[int]:
        self.results += results
        return frozenset(letter.row for letter in wanted)

    def mark(self, row: int, mark: Mark) -> None:
        """Nothing outlives this pile."""


async def _watch(stop: Callable[[], bool], ending: asyncio.Event) -> None:
    while not stop():  # noqa: ASYNC110 – asked of a signal handler, which can set no event of a loop
        await asyncio.sleep(LOOK_FOR_STOP_SECONDS)
    ending.set()
