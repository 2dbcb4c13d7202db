"""Posting: single mails that stand in no ledger and to which nothing shall return (RFC 3834 §3.3)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from digest.errors import BusyError
from digest.model.delivery import Envelope
from digest.model.dispatch import Fate, Letter, Mark, Result

if TYPE_CHECKING:
    from digest.app.workspace import Workspace


def post(workspace: "Workspace", envelope: Envelope) -> bool:
    """Whether it left, or may have left; `False`: it was refused for good. Raise when it did not leave this time."""
    delivery = workspace.settings.delivery
    if delivery.courier is None:
        workspace.transport.deliver([envelope])
        return True
    from digest.app.delivering import courier_for

    desk = _OneLetter(envelope)
    courier_for(delivery, readers=1).carry(desk, lambda: False)
    if desk.result is None or desk.result.fate in (Fate.PUT_OFF, Fate.KEPT):
        said = desk.result.answer if desk.result else "it took nothing"
        raise BusyError("the mail server", said, "it is tried again at the next reading")
    return desk.result.fate is not Fate.FAILED


class _OneLetter:
    """Implements `digest.ports.Desk`."""

    def __init__(self, envelope: Envelope) -> None:
        self.result: Result | None = None
        self._waiting = [
            Letter(row=0, delivery="mailbox", sender="", recipient=envelope.recipient, pieces=envelope.pieces)
        ]

    def fetch(self, most: int) -> Sequence[Letter]:
        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    def settle(self, results: Sequence[Result], wanted: Sequence[Letter]) -> frozenset[int]:
        self.result = results[-1] if results else self.result
        return frozenset(letter.row for letter in wanted)

    def mark(self, row: int, mark: Mark) -> None:
        """Nothing outlives it."""
