"""Single mails that stand in no ledger, such as those to reviewers, by the transport of the others."""

from collections.abc import Sequence
from contextlib import suppress
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import parseaddr

from digest.delivery.outgoing import Mark, Outcome, OutcomeKind, OutgoingMessage, Transport
from digest.errors import BusyError, CircuitBrokenError
from digest.foundation.catalogue import _
from digest.mail.message import Envelope

_LEFT = (OutcomeKind.SENT, OutcomeKind.IN_DOUBT)
_NOT_NOW = (OutcomeKind.DEFERRED, OutcomeKind.KEPT, OutcomeKind.UNDECIDED)


def post(transport: Transport, envelope: Envelope) -> bool:
    """A mail to which nothing shall return (RFC 3834 §3.3). Whether it left, or may have left; `False`: it was refused
    for good. Raise when it did not leave this time.
    """
    outcome = _carried(transport, envelope, sender="")
    if outcome is None or outcome.kind in _NOT_NOW:
        said = outcome.answer if outcome else _("it took nothing")
        raise BusyError(_("the mail server"), said, _("it is tried again at the next reading"))
    return outcome.kind in _LEFT


def hand_over(transport: Transport, envelope: Envelope, sender: str | None = None) -> None:
    """A mail that returns to `sender`, or to its From. Raise `BusyError` unless it was accepted."""
    if sender is None:
        head = BytesHeaderParser(policy=default).parsebytes(envelope.message)
        sender = parseaddr(str(head["From"]))[1]
    outcome = _carried(transport, envelope, sender)
    if outcome is None or outcome.kind is not OutcomeKind.SENT:
        said = outcome.answer if outcome else _("it took nothing")
        raise BusyError(transport.name, said, _("try again later, or ask its operator"))


def _carried(transport: Transport, envelope: Envelope, sender: str) -> Outcome | None:
    outbox = _SingleMail(envelope, sender)
    with suppress(CircuitBrokenError):  # of one mail the outcome says it all
        transport.carry(outbox, lambda: False)
    return outbox.outcome


class _SingleMail:
    """An outbox of one, without a ledger."""

    def __init__(self, envelope: Envelope, sender: str) -> None:
        self.outcome: Outcome | None = None
        file = f"{envelope.edition}/{envelope.stem}"
        self._waiting = [
            OutgoingMessage(
                row=0,
                delivery=file.replace("/", "."),
                sender=sender,
                recipient=envelope.recipient,
                pieces=envelope.pieces,
                file=file,
            )
        ]

    def fetch(self, most: int) -> Sequence[OutgoingMessage]:
        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    def settle(self, results: Sequence[Outcome], wanted: Sequence[OutgoingMessage]) -> frozenset[int]:
        self.outcome = results[-1] if results else self.outcome
        return frozenset(message.row for message in wanted)

    def mark(self, row: int, mark: Mark) -> None:
        """Nothing outlives it."""
