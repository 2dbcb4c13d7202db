"""Sending: each person once, through interruptions, and a ledger that adds up (design §7, §13)."""

import pytest
from databases import database_at
from sqlalchemy import select, update

from digest.delivery.delivery import DeliveryState
from digest.errors import BusyError, PersonNeededError
from digest.foundation.database import exclusive, stored
from digest.foundation.schema import deliveries, subscribers, subscriptions
from digest.newsletters.edition import EditionState
from digest.people.subscriber import Suppression, SuppressionCause
from digest.people.suppression import suppress

pytestmark = pytest.mark.both_databases


@pytest.fixture
def sealed(workshop, found):
    workshop.source.items = [found("A", countries=("GT",)), found("B", countries=("MX",))]
    workshop.collect()
    for number in range(7):
        workshop.subscribe(f"r{number}@example.org", "guatemala" if number % 2 else "regional")
    return workshop.approve(workshop.build("2018-07").edition)


def test_everybody_gets_their_variant_once(workshop, sealed):
    sent = workshop.send(sealed)
    assert sent.edition.state is EditionState.FINISHED
    assert sorted(letter.recipient for letter in workshop.postbox.letters) == [f"r{n}@example.org" for n in range(7)]
    assert {b"".join(letter.pieces) for letter in workshop.postbox.letters} == {b"A", b"A\nB"}
    assert sent.tally.frozen == sent.tally[DeliveryState.SENT] == 7


def test_sending_again_sends_nothing(workshop, sealed):
    workshop.send(sealed)
    again = workshop.send(sealed)
    assert len(workshop.postbox.letters) == 7
    assert again.tally[DeliveryState.SENT] == 7


def test_an_interrupted_sending_goes_on_and_misses_nobody(workshop, sealed):
    workshop.postbox.at_once = 2
    workshop.postbox.fails_after = 3
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.reopen()
    workshop.postbox.fails_after = None
    sent = workshop.send(sealed)
    assert sent.tally[DeliveryState.SENT] == 7
    assert sorted(letter.recipient for letter in workshop.postbox.letters) == [f"r{n}@example.org" for n in range(7)]


def test_who_leaves_before_the_intent_gets_nothing(workshop, sealed):
    workshop.postbox.at_once = 1
    workshop.postbox.fails_after = 0
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    for number in range(1, 6):
        workshop.leave(f"r{number}@example.org")
    workshop.postbox.fails_after = None
    sent = workshop.send(sealed)
    assert {letter.recipient for letter in workshop.postbox.letters} == {"r0@example.org", "r6@example.org"}
    assert (sent.tally[DeliveryState.SENT], sent.tally[DeliveryState.LEFT], sent.tally.frozen) == (2, 5, 7)


def test_an_import_never_brings_back_who_left(workshop, sealed):
    workshop.leave("r1@example.org")
    workshop.subscribe("r1@example.org", "guatemala")
    assert workshop.send(sealed).tally.frozen == 6


@pytest.mark.parametrize("cause", list(SuppressionCause))
@pytest.mark.parametrize("left", [None, "monthly"])
def test_who_is_suppressed_or_has_left_is_not_frozen(workshop, sealed, cause, left):
    """For whatever cause, from this newsletter or from all: no row of the ledger is theirs, in no state."""
    gone = ["r1@example.org", "r4@example.org"]
    with database_at(workshop.folder / "digest.db").write() as connection:
        numbers = dict(map(tuple, connection.execute(select(subscribers.c.folded, subscribers.c.number))))
        for address in gone:
            departure = Suppression(subscriber=numbers[address], newsletter=left, cause=cause)
            assert suppress(connection, departure, workshop.clock.now())
    begun = workshop.ledger.begin(sealed, workshop.clock.now(), {})
    assert workshop.ledger.tally(begun).states == {DeliveryState.PENDING: 5}
    with database_at(workshop.folder / "digest.db").read() as connection:
        assert set(connection.execute(select(deliveries.c.address)).scalars()).isdisjoint(gone)
    assert workshop.send(begun).tally.states == {DeliveryState.SENT: 5}
    assert not {letter.recipient for letter in workshop.postbox.letters} & set(gone)


RESTS = {"unconfirmed": "unconfirmed_since = '2018-01-01'", "paused": "resumes_at = '2099-01-01'"}


@pytest.mark.parametrize("rest", RESTS)
@pytest.mark.parametrize("since", ["before", "after"])
def test_who_has_not_confirmed_or_paused_gets_nothing_and_is_counted(workshop, sealed, rest, since):
    """Whether before the recipients are fixed, or while their mail waits."""
    database, at = database_at(workshop.folder / "digest.db"), workshop.clock.now()
    begun = workshop.ledger.begin(sealed, at, {}) if since == "after" else sealed
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE subscriptions SET {RESTS[rest]} WHERE subscriber IN (1, 4)")
    tally = workshop.send(workshop.ledger.begin(begun, at, {})).tally
    left = {DeliveryState.LEFT: 2} if since == "after" else {}
    assert tally.states == {DeliveryState.SENT: 5, **left}
    assert getattr(workshop.ledger.not_mailed("monthly"), rest) == 2


def test_a_pause_that_is_over_when_the_sending_begins_keeps_nobody_away(workshop, sealed):
    at = workshop.clock.now()
    with database_at(workshop.folder / "digest.db").write() as connection:
        connection.execute(update(subscriptions).values(resumes_at=stored(at)))
    assert workshop.ledger.tally(workshop.ledger.begin(sealed, at, {})).frozen == 7


def test_who_left_another_newsletter_gets_this_one(workshop, sealed):
    with database_at(workshop.folder / "digest.db").write() as connection:
        departure = Suppression(subscriber=1, newsletter="weekly", cause=SuppressionCause.ASKED)
        assert not suppress(connection, departure, workshop.clock.now())
    assert workshop.ledger.tally(workshop.ledger.begin(sealed, workshop.clock.now(), {})).frozen == 7


def test_a_choice_made_after_the_seal_gets_the_sealed_part_of_it(workshop, sealed):
    workshop.subscribe("new@example.org", "guatemala mexico")
    workshop.send(sealed)
    (letter,) = [one for one in workshop.postbox.letters if one.recipient == "new@example.org"]
    assert b"".join(letter.pieces) == b"A"


def test_a_choice_that_nothing_concerns_is_a_row_that_says_so(workshop, found):
    workshop.source.items = [found("A", countries=("GT",))]
    workshop.collect()
    workshop.subscribe("g@example.org", "guatemala")
    workshop.subscribe("m@example.org", "mexico")
    sent = workshop.send(workshop.approve(workshop.build("2018-07").edition))
    assert (sent.tally[DeliveryState.SENT], sent.tally[DeliveryState.NO_VARIANT]) == (1, 1)


def test_the_address_is_the_one_of_the_moment_of_freezing(workshop, sealed):
    workshop.postbox.at_once = 1
    workshop.postbox.fails_after = 0
    with pytest.raises(OSError, match="full"):
        workshop.send(sealed)
    workshop.subscribe("after@example.org")
    workshop.postbox.fails_after = None
    workshop.send(sealed)
    assert "after@example.org" not in {letter.recipient for letter in workshop.postbox.letters}


def test_nobody_subscribed_is_not_silently_a_success(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    sealed = workshop.approve(workshop.build("2018-07").edition)
    with pytest.raises(PersonNeededError, match="nobody is subscribed"):
        workshop.send(sealed)
    assert workshop.editions.editions()[0].state is EditionState.SEALED


def test_a_second_sender_is_refused_at_once(workshop, sealed):
    with exclusive(workshop.folder / "sending.lock"), pytest.raises(BusyError):
        workshop.send(sealed)
    assert workshop.send(sealed).tally[DeliveryState.SENT] == 7


def test_a_missing_readable_copy_does_not_stop_the_sending(workshop, sealed):
    import shutil

    shutil.rmtree(workshop.folder / "editions")
    assert workshop.send(sealed).tally[DeliveryState.SENT] == 7
