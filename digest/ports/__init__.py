"""Everything that can be replaced, as contracts. Adapters live in the rooms beside `pipeline`; `app` connects them.

Unless a contract says otherwise: calls may raise `digest.errors.DigestError`, never a driver's own error; instants are
aware and UTC; a method that changes something is atomic: it happens as a whole or not at all.
"""

from digest.ports.ledgers import Ledger, OutboxRows, PauseStore, RunStore
from digest.ports.mailboxes import Mailbox, Proofs, ReturnStore
from digest.ports.stores import Collection, EditionStore, Imported, ItemStore, ReviewStore, SubscriberStore
from digest.ports.working import (
    Clock,
    Composer,
    Gate,
    Outbox,
    Progress,
    Prover,
    ReadableCopy,
    Renderer,
    SendingLock,
    Source,
    Tagged,
    Tagger,
    Transport,
)

__all__ = [
    "Clock",
    "Collection",
    "Composer",
    "EditionStore",
    "Gate",
    "Imported",
    "ItemStore",
    "Ledger",
    "Mailbox",
    "Outbox",
    "OutboxRows",
    "PauseStore",
    "Progress",
    "Proofs",
    "Prover",
    "ReadableCopy",
    "Renderer",
    "ReturnStore",
    "ReviewStore",
    "RunStore",
    "SendingLock",
    "Source",
    "SubscriberStore",
    "Tagged",
    "Tagger",
    "Transport",
]
