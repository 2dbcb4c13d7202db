"""Nowhere: a place from which nothing leaves, for dry runs and rehearsals. Down to the ledger all is as it would be."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.delivery.delivery import Found, Outbox, Outcome, OutcomeKind, OutgoingMessage, Transport
from digest.delivery.place import SendingPlace
from digest.mail.content import Variant
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.delivery.messages import Sign

AT_ONCE = 20_000  # messages per commit: nobody waits for a mail here


class Nowhere:
    """Implements `digest.delivery.delivery.Transport`: counts what it is given, and lets it go. Whatever the settings say, nothing
    leaves a shadow.
    """

    name = "nowhere"
    connections = AT_ONCE

    def __init__(self) -> None:
        self.delivered = 0

    def carry(self, outbox: "Outbox", stop: Callable[[], bool]) -> None:
        results: list[Outcome] = []
        while not stop() and (messages := outbox.fetch(AT_ONCE)):
            granted = outbox.settle(results, messages)
            results = [
                Outcome(message=message, kind=OutcomeKind.SENT, answer="")
                for message in messages
                if message.row in granted
            ]
            self.delivered += len(results)
        if results:
            outbox.settle(results, ())

    def trace(self, message: OutgoingMessage) -> Found:  # noqa: ARG002 – whichever it is
        """What a dead process left behind is to be sent, as far as a shadow goes."""
        return Found.PENDING


@dataclass(frozen=True, kw_only=True)
class SandboxPlace(SendingPlace):
    paced: bool = False
    nowhere: Nowhere = field(default_factory=Nowhere)

    def transport(self, readers: int = 1) -> Transport:  # noqa: ARG002 – however many they are
        return self.nowhere

    @contextmanager
    def signing(
        self,
        newsletter: Newsletter,  # noqa: ARG002 – whatever it is
        edition: Edition,  # noqa: ARG002
        variants: Sequence[Variant],  # noqa: ARG002
    ) -> "Iterator[Sign | None]":
        """Nobody will read a signature."""
        yield None

    def refuse_fenced(self) -> None:
        """Nothing leaves."""

    def refuse_unsure(self, edition: Edition) -> None:
        """Nothing leaves."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        yield
