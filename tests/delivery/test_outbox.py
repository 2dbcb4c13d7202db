"""What results make of the ledger's rows: of the one that is meant, in its edition, and only while it is open."""

from datetime import UTC, date, datetime, timedelta

import pytest
from databases import database_at
from sqlalchemy import insert, select, update

from digest.delivery.delivery import DeliveryState
from digest.delivery.doubt import Cause, DoubtPolicy, Remedy
from digest.delivery.journal import Journal
from digest.delivery.marker import Marker
from digest.delivery.outgoing import Outcome, OutcomeKind, OutgoingMessage
from digest.delivery.rows import LedgerRows, rows_of
from digest.editions.store import Editions
from digest.errors import IntegrityError
from digest.foundation.database import stored
from digest.foundation.schema import deliveries, editions, subscribers
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

pytestmark = pytest.mark.both_databases

S = DeliveryState
NOW = datetime(2018, 8, 5, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ROWS = {state: number for number, state in enumerate(DeliveryState, 1)}  # one subscriber for each state

# What a result makes of an open row, written once more by hand; nothing of any other. `None`: it must not come.
AFTER = {
    (S.PENDING, OutcomeKind.SENT): None,
    (S.PENDING, OutcomeKind.FAILED): S.FAILED,
    (S.PENDING, OutcomeKind.DEFERRED): S.PENDING,
    (S.PENDING, OutcomeKind.KEPT): S.PENDING,
    (S.PENDING, OutcomeKind.IN_DOUBT): S.PENDING,
    (S.INTENT, OutcomeKind.SENT): S.SENT,
    (S.INTENT, OutcomeKind.FAILED): S.FAILED,
    (S.INTENT, OutcomeKind.DEFERRED): S.PENDING,
    (S.INTENT, OutcomeKind.KEPT): S.PENDING,
    (S.INTENT, OutcomeKind.IN_DOUBT): S.HELD,
}
SETTLED = [state for state in S if state not in (S.PENDING, S.INTENT)]


@pytest.fixture
def database(tmp_path):
    """July and August are being sent, each with one row in every state, for the same people."""
    made = database_at(tmp_path / "digest.db")
    for month in (7, 8):
        period = Period.containing(PeriodKind.MONTH, date(2018, month, 1))
        Editions(made).save_draft(
            Edition(newsletter="m", period=period, state=EditionState.DRAFT, fingerprint="f", built_at=NOW), [], [], {}
        )
    with made.write() as connection:
        connection.execute(update(editions).values(state="sending", sending_at=stored(NOW)))
        for state, number in ROWS.items():
            address = f"{state}@example.org"
            connection.execute(
                insert(subscribers).values(number=number, public_id=f"p{number}", address=address, folded=address)
            )
            for edition in (1, 2):
                row = {"edition": edition, "subscriber": number, "address": address, "attempts": 2}
                connection.execute(insert(deliveries).values(**row, state=state.value, changed_at=stored(NOW)))
    return made


def everything(database):
    with database.read() as connection:
        return {(row.edition, row.subscriber): row for row in connection.execute(select(deliveries))}


def settle(database, folder, state, kind, at=LATER):
    """The rows before and after a result about July's row in that state."""
    before = everything(database)
    july = Editions(database).editions("m")[0]
    message = OutgoingMessage(row=ROWS[state], delivery="d", sender="", recipient=f"{state}@example.org", pieces=())
    with (
        database.writer() as writer,
        Journal(folder / "journal", "i") as journal,
        Marker(folder / "1.marker", rows_of(writer)) as marker,
    ):
        policy = DoubtPolicy(remedies={Cause.SERVER: Remedy.HOLD})
        rows = LedgerRows(writer, journal, marker, july, policy, NOW + timedelta(days=1))
        rows.settle([Outcome(message=message, kind=kind, answer="450 not now", why="greylist")], [], at)
    return before, everything(database)


@pytest.mark.parametrize("kind", list(OutcomeKind))
@pytest.mark.parametrize("state", SETTLED)
def test_no_result_touches_a_row_that_is_settled(database, tmp_path, state, kind):
    if kind is OutcomeKind.SENT:
        before = everything(database)
        with pytest.raises(IntegrityError, match="changed while it was under way"):
            settle(database, tmp_path, state, kind)
        assert everything(database) == before
    else:
        before, after = settle(database, tmp_path, state, kind)
        assert after == before


@pytest.mark.parametrize(("state", "kind"), AFTER)
def test_a_result_changes_the_one_row_that_it_is_about(database, tmp_path, state, kind):
    if AFTER[state, kind] is None:
        with pytest.raises(IntegrityError, match="changed while it was under way"):
            settle(database, tmp_path, state, kind)
        return
    before, after = settle(database, tmp_path, state, kind)
    mine = (1, ROWS[state])
    assert {key for key in after if after[key] != before[key]} <= {mine}
    assert after[mine].state == AFTER[state, kind]
    if kind in (OutcomeKind.SENT, OutcomeKind.FAILED, OutcomeKind.DEFERRED):
        assert (after[mine].attempts, after[mine].answer, after[mine].why) == (3, "450 not now", "greylist")
    later = stored(LATER + timedelta(minutes=20)) if kind is OutcomeKind.DEFERRED else None
    assert after[mine].next_attempt_at == later


def test_who_was_put_off_until_it_is_too_late_is_given_up(database, tmp_path):
    _, after = settle(database, tmp_path, S.INTENT, OutcomeKind.DEFERRED, at=NOW + timedelta(days=1))
    mine = after[1, ROWS[S.INTENT]]
    assert (mine.state, mine.why, mine.attempts, mine.next_attempt_at) == ("failed", "given-up", 3, None)
