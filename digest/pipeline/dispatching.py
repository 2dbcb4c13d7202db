"""Dispatching: an edition's letters for a courier, made from the ledger's rows, and what became of them put back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future

from digest.model.delivery import Recipient
from digest.model.dispatch import Fate, Letter, Mark, Result
from digest.model.edition import Edition
from digest.ports import Clock, Composer, Dispatch

ROUNDS = 3  # letters that did not leave for no reason of their own are tried so often by one process

Sign = Callable[[str, bytes], Future[Sequence[bytes]]]  # variant and message → the message's pieces, signed


class LedgerDesk:
    """Implements `digest.ports.Desk` for one edition. `messages` is by variant; `return_path` makes the envelope's
    sender of a delivery's name; without `sign` nothing is signed.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        composer: Composer,
        clock: Clock,
        edition: Edition,
        messages: Mapping[str, bytes],
        return_path: Callable[[str], str],
        sign: Sign | None = None,
    ) -> None:
        self._dispatch, self._composer, self._clock, self._edition = dispatch, composer, clock, edition
        self._messages, self._return_path, self._sign = messages, return_path, sign
        self._rounds = ROUNDS
        self._kept = self._moved = False  # since the last round began

    def fetch(self, most: int) -> Sequence[Letter]:
        """Rows that did not leave come again, as long as others did."""
        recipients = self._dispatch.fetch(most, self._clock.now())
        if not recipients and self._kept and self._moved and self._rounds > 1:
            self._rounds -= 1
            self._kept = self._moved = False
            self._dispatch.start_over()
            recipients = self._dispatch.fetch(most, self._clock.now())
        return list(self._letters(recipients))

    def settle(self, results: Sequence[Result], wanted: Sequence[Letter]) -> frozenset[int]:
        for result in results:
            self._kept |= result.fate is Fate.KEPT
            self._moved |= result.fate is not Fate.KEPT
        return self._dispatch.settle(results, wanted, self._clock.now())

    def mark(self, row: int, mark: Mark) -> None:
        self._dispatch.mark(row, mark)

    def _letters(self, recipients: Sequence[Recipient]) -> Iterator[Letter]:
        """In the order of the ledger, whichever variants they have."""
        made: dict[int, Letter] = {}
        for variant, message in self._messages.items():
            mine = [recipient for recipient in recipients if recipient.variant == variant]
            for recipient, envelope in zip(
                mine, self._composer.compose(self._edition, message, mine) if mine else (), strict=True
            ):
                signed = self._sign(variant, envelope.message) if self._sign else None
                made[recipient.row] = Letter(
                    row=recipient.row,
                    delivery=envelope.delivery,
                    sender=self._return_path(envelope.delivery),
                    recipient=envelope.recipient,
                    pieces=(envelope.message,) if signed is None else signed,
                )
        return iter([made[recipient.row] for recipient in recipients])
