"""The outbox of an edition: its messages, made from the ledger's rows for a transport, and what became of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime

from digest.delivery.outgoing import Found, Mark, Outcome, OutcomeKind, OutgoingMessage, Sign, Transport
from digest.delivery.rows import OutboxRows
from digest.errors import UnsafeError
from digest.foundation.workspace import Clock
from digest.mail.composing import Composer
from digest.mail.message import Envelope, Recipient
from digest.mail.proof import Prover
from digest.newsletters.edition import Edition

UNSAFE = "unsafe"  # the class of a refusal of our own
ROUNDS = 3  # messages that did not leave for no reason of their own are tried so often by one process


class _Slice:
    """How many more messages may be fetched, so that no more than `room` ever leave. What did not leave makes room."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._granted: set[int] = set()

    def settle(self, wanted: Sequence[OutgoingMessage], granted: frozenset[int], kept: Sequence[int]) -> None:
        self._granted |= granted
        self.room += len(wanted) - len(granted)
        for row in kept:
            if row in self._granted:
                self._granted.discard(row)
                self.room += 1


class LedgerOutbox:
    """One edition's. `messages` is by variant; `return_path` makes the envelope's
    sender of a delivery's name; without `sign` nothing is signed. With a `limit` so many messages leave at most.
    `told` hears how many came to an end.
    """

    def __init__(  # noqa: PLR0913 – what messages are made of, and the limits of a sending
        self,
        rows: OutboxRows,
        composer: Composer,
        clock: Clock,
        edition: Edition,
        messages: Mapping[str, bytes],
        return_path: Callable[[str], str],
        sign: Sign | None = None,
        *,
        limit: int | None = None,
        told: Callable[[int], None] = lambda _messages: None,
    ) -> None:
        self._rows, self._composer, self._clock, self._edition = rows, composer, clock, edition
        self._messages, self._return_path, self._sign = messages, return_path, sign
        self._rounds = ROUNDS
        self._kept = self._moved = False  # since the last round began
        self._under_way: set[int] = set()  # rows whose messages were handed out and have not come to an end
        self._slice = None if limit is None else _Slice(limit)
        self._told = told
        self._provers: dict[str, Prover] = {}  # by variant
        self._unsafe: list[Outcome] = []

    def recover(self, transport: Transport) -> Mapping[Found, int]:
        """Make out what a dead process left behind; before the first message leaves."""

        def trace(recipients: Sequence[Recipient]) -> dict[int, Found]:
            seen = {message.row: transport.trace(message) for message in self._traceable(recipients)}
            return {row: found for row, found in seen.items() if found is not None}

        return self._rows.recover(transport.connections, self._clock.now(), trace)

    def _traceable(self, recipients: Sequence[Recipient]) -> Iterator[OutgoingMessage]:
        """As they left, but unsigned and not read back. Without those that cannot be written, and so did not leave."""
        for variant, message in self._messages.items():
            mine = [recipient for recipient in recipients if recipient.variant == variant]
            for recipient, envelope in self._composed(message, mine) if mine else ():
                yield self._outgoing(recipient, envelope, envelope.pieces)

    def fetch(self, most: int) -> Sequence[OutgoingMessage]:
        """Rows that did not leave come again, as long as others did."""
        while recipients := self._recipients(most):
            messages = list(self._outgoing_messages(recipients))
            self._set_aside()
            if messages:
                return messages
        return ()

    def _recipients(self, most: int) -> Sequence[Recipient]:
        if self._slice is not None:
            most = min(most, self._slice.room)
            if most == 0:
                return ()
        recipients = self._at_rest(most)
        if not recipients and self._kept and self._moved and self._rounds > 1:
            self._rounds -= 1
            self._kept = self._moved = False
            self._rows.start_over()
            recipients = self._at_rest(most)
        if self._slice is not None:
            self._slice.room -= len(recipients)
        return recipients

    def _at_rest(self, most: int) -> Sequence[Recipient]:
        """Whoever starts over comes by messages that are under way and still pending in the ledger: two of the same
        would leave over two connections.
        """
        now = self._clock.now()
        while recipients := self._rows.fetch(most, now):
            found = [_dated(recipient, now) for recipient in recipients if recipient.row not in self._under_way]
            if found:
                self._under_way.update(recipient.row for recipient in found)
                return found
        return ()

    def _set_aside(self) -> None:
        """Who cannot be written to safely; the others go on."""
        unsafe, self._unsafe = self._unsafe, []
        if unsafe:
            self.settle(unsafe, ())
        if self._slice is not None:
            self._slice.room += len(unsafe)

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage]) -> frozenset[int]:
        kept = [result.message.row for result in results if result.kind is OutcomeKind.KEPT]
        self._kept |= bool(kept)
        self._moved |= len(kept) < len(results)
        granted = self._rows.settle(results, wanted, self._clock.now())
        self._under_way -= {message.row for message in wanted} - granted
        self._under_way -= {result.message.row for result in results}
        if self._slice is not None:
            self._slice.settle(wanted, granted, kept)
        self._told(len(results) - len(kept))
        return granted

    def mark(self, row: int, mark: Mark) -> None:
        self._rows.mark(row, mark)

    def _outgoing_messages(self, recipients: Sequence[Recipient]) -> Iterator[OutgoingMessage]:
        """In the order of the ledger, whichever variants they have."""
        made: dict[int, OutgoingMessage] = {}
        for variant, message in self._messages.items():
            mine = [recipient for recipient in recipients if recipient.variant == variant]
            for recipient, envelope in self._proven(variant, message, mine) if mine else ():
                signed = self._sign(variant, envelope.pieces, recipient.dated_at) if self._sign else None
                made[recipient.row] = self._outgoing(recipient, envelope, signed or envelope.pieces)
        return iter([made[recipient.row] for recipient in recipients if recipient.row in made])

    def _outgoing(
        self, recipient: Recipient, envelope: Envelope, pieces: Sequence[bytes] | Future[Sequence[bytes]]
    ) -> OutgoingMessage:
        return OutgoingMessage(
            row=recipient.row,
            delivery=envelope.delivery,
            sender=self._return_path(envelope.delivery),
            recipient=envelope.recipient,
            pieces=pieces,
            file=f"{envelope.edition}/{envelope.stem}",
            dated_at=recipient.dated_at,
        )

    def _proven(
        self, variant: str, message: bytes, recipients: Sequence[Recipient]
    ) -> Iterator[tuple[Recipient, Envelope]]:
        """Those whose message says, read back, what was meant. The others are noted to be set aside."""
        if variant not in self._provers:
            self._provers[variant] = self._composer.prover(self._edition, message)
        prove = self._provers[variant]
        for recipient, envelope in self._composed(message, recipients):
            fault = prove(recipient, envelope.pieces)
            if fault is None:
                yield recipient, envelope
            else:
                self._note_unsafe(recipient, f"read back, {fault}")

    def _composed(self, message: bytes, recipients: Sequence[Recipient]) -> list[tuple[Recipient, Envelope]]:
        try:
            return list(zip(recipients, self._composer.compose(self._edition, message, recipients), strict=True))
        except UnsafeError as error:
            if len(recipients) == 1:
                self._note_unsafe(recipients[0], error.cause)
                return []
        return [pair for recipient in recipients for pair in self._composed(message, [recipient])]

    def _note_unsafe(self, recipient: Recipient, cause: str) -> None:
        message = OutgoingMessage(
            row=recipient.row, delivery=recipient.subscriber, sender="", recipient=recipient.address, pieces=()
        )
        self._unsafe.append(Outcome(message=message, kind=OutcomeKind.FAILED, answer=cause, why=UNSAFE))


def _dated(recipient: Recipient, now: datetime) -> Recipient:
    """A message that may have left goes again with its old Date; every other one is of now (RFC 5322 §3.6.1)."""
    return recipient if recipient.dated_at else replace(recipient, dated_at=now.replace(microsecond=0))
