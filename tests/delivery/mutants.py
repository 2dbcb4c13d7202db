"""Four deliberate bugs, put into the real program before it starts: each is one that real senders have had (F-44)."""

import contextlib
from collections.abc import Callable


def unsynced(_value: str) -> None:
    """Nothing is forced onto the disk: neither the database nor the send journal."""
    from sqlalchemy import event

    from digest.delivery import journal
    from digest.foundation.database import postgresql, sqlite

    usual, configured = sqlite._engine, postgresql.PostgresqlDatabase._configure

    def engine(*places):
        made = usual(*places)
        event.listen(made, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF"))
        return made

    def configure(database, connection, record):
        configured(database, connection, record)
        connection.execute("SET synchronous_commit = off")
        connection.commit()

    sqlite._engine = engine
    postgresql.PostgresqlDatabase._configure = configure
    journal.os.fdatasync = lambda _descriptor: None


def late_intent(_value: str) -> None:
    """A message may go at once; that it was meant to go is written down together with what became of it."""
    from digest.delivery.outbox import LedgerOutbox

    usual = LedgerOutbox.settle

    def settle(outbox, results, wanted):
        usual(outbox, [], [result.message for result in results])
        usual(outbox, results, [])
        return frozenset(letter.row for letter in wanted)

    LedgerOutbox.settle = settle


def no_uniqueness(_value: str) -> None:
    """No lock, no lease, no mark of the process that sends, and states are set without a look at what they were."""
    from digest.delivery.delivery import DeliveryState
    from digest.delivery.ledger import Ledger
    from digest.delivery.outgoing import OutcomeKind
    from digest.delivery.rows import LedgerRows
    from digest.foundation.database import sqlite

    usual, made = LedgerRows.settle, LedgerRows.__init__
    LedgerRows.__init__ = lambda rows, *given: made(rows, *given[:6])
    sqlite.exclusive = lambda _path: contextlib.nullcontext()
    Ledger.hold = lambda _ledger, _edition: contextlib.nullcontext()

    def settle(dispatch, results, wanted, at):
        rows = [*(result.message.row for result in results if result.kind is OutcomeKind.SENT)]
        _set(dispatch, [letter.row for letter in wanted], DeliveryState.PENDING)
        _set(dispatch, rows, DeliveryState.INTENT)
        return usual(dispatch, results, wanted, at)

    LedgerRows.settle = settle


def cursor(_value: str) -> None:
    """It notes how far it has read the list, not whom it has sent something."""
    from digest.delivery.delivery import DeliveryState
    from digest.delivery.rows import LedgerRows

    usual = LedgerRows.fetch

    def fetch(dispatch, most, at):
        found = usual(dispatch, most, at)
        _set(dispatch, [recipient.row for recipient in found], DeliveryState.SENT)
        return found

    LedgerRows.fetch = fetch
    LedgerRows.settle = lambda _dispatch, _results, wanted, _at: frozenset(letter.row for letter in wanted)


def _set(dispatch, rows, state) -> None:
    from sqlalchemy import update

    from digest.foundation.schema import deliveries

    if rows:
        with dispatch._writer.transaction() as connection:
            here = deliveries.c.edition == dispatch._edition.number
            connection.execute(
                update(deliveries).where(here, deliveries.c.subscriber.in_(rows)).values(state=state.value)
            )


MUTANTS: dict[str, Callable[[str], None]] = {
    "unsynced": unsynced,
    "late-intent": late_intent,
    "no-uniqueness": no_uniqueness,
    "cursor": cursor,
}
