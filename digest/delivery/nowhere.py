"""Nowhere: a place from which nothing leaves, for dry runs and rehearsals. Down to the ledger all is as it would be."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from digest.delivery.outgoing import Found, Outbox, Outcome, OutcomeKind, OutgoingMessage, Sign
from digest.delivery.place import SendingPlace
from digest.mail.content import Variant
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter

AT_ONCE = 20_000  # messages per commit: nobody waits for a mail here


class Nowhere:
    """Counts what it is given, and lets it go. Whatever the settings say, nothing leaves a sandbox."""

    name = "nowhere"
    connections = AT_ONCE

    def __init__(self) -> None:
        self.delivered = 0

    def carry(self, outbox: Outbox, stop: Callable[[], bool]) -> None:
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
        """What a dead process left behind is to be sent, as far as a sandbox goes."""
        return Found.PENDING


@dataclass(frozen=True, kw_only=True)
class SandboxPlace(SendingPlace):
    """Nobody waits, nobody will read a signature, and nothing has to be refused."""

    paced: bool = False
    nowhere: Nowhere = field(default_factory=Nowhere)

    def transport(self, recipients: int = 1) -> Nowhere:  # noqa: ARG002 – however many they are
        return self.nowhere

    @contextmanager
    def signing(
        self,
        newsletter: Newsletter,  # noqa: ARG002 – whatever it is
        edition: Edition,  # noqa: ARG002
        variants: Sequence[Variant],  # noqa: ARG002
    ) -> Iterator[Sign | None]:
        yield None

    @contextmanager
    def lock(self) -> Iterator[None]:
        yield

    def refuse_exposed(self) -> None:
        pass

    def refuse_fenced(self) -> None:
        pass

    def refuse_unsure(self, edition: Edition) -> None:
        pass
