"""Adopting a database of yesterday: what the send journal knows is learnt, and nobody gets a second copy."""

from dataclasses import replace

import pytest
from databases import copied, is_on_postgresql

from digest.delivery.adoption import adopt, release
from digest.delivery.delivery import DeliveryState
from digest.delivery.fence import Ground, Why
from digest.delivery.settings import TransportKind
from digest.errors import PersonNeededError

pytestmark = pytest.mark.both_databases

READERS = [f"r{number}@example.org" for number in range(6)]


@pytest.fixture
def sealed(workshop, found):
    workshop.source.items = [found("A", countries=("GT",))]
    workshop.collect()
    for reader in READERS:
        workshop.subscribe(reader)
    return workshop.approve(workshop.build("2018-07").edition)


def send_some(workshop, edition, count):
    workshop.postbox.at_once, workshop.postbox.fails_after = 1, count
    with pytest.raises(OSError, match="full"):
        workshop.send(edition)
    workshop.postbox.fails_after = None


def with_yesterdays(workshop):
    """The copy in place of the database, as a restore puts it there: beside its journal."""
    workshop.close()
    yesterday = copied(workshop.database, workshop.folder / "yesterday.db")
    return lambda: workshop.reopen(yesterday)


def adopted(workshop, **said):
    return adopt(workshop.place, "Marta", "the disk broke", **{"moved": False, "without_journal": False, **said})


def test_what_left_since_is_marked_as_sent_and_the_rest_goes(workshop, sealed):
    send_some(workshop, sealed, 1)
    restore = with_yesterdays(workshop)
    send_some(workshop, sealed, 4)
    restore()
    several = is_on_postgresql()  # there others may have sent, and it sees itself that it is a copy
    assert workshop.place.fence().why is (Why.OTHER_SERVER if several else Why.OLDER)
    with pytest.raises(PersonNeededError, match="was copied" if several else "older than the send journal"):
        workshop.send(sealed)
    found = adopted(workshop)
    assert found.ground is (Ground.UNKNOWN if several else Ground.JOURNAL)
    assert found.learnt.sent["monthly/2018-07"] >= 2
    assert workshop.place.fence() is None
    assert adopted(workshop) is None
    tally = workshop.send(sealed).tally
    got = [letter.recipient for letter in workshop.postbox.letters]
    assert len(got) == len({*got}) == tally[DeliveryState.SENT]
    assert tally[DeliveryState.SENT] + tally[DeliveryState.HELD] == len(READERS)


def test_an_edition_that_the_copy_had_not_begun_reaches_only_those_who_did_not_get_it(workshop, sealed):
    restore = with_yesterdays(workshop)
    send_some(workshop, sealed, 3)
    restore()
    found = adopted(workshop)
    assert found.learnt.elsewhere["monthly/2018-07"] >= 3
    workshop.send(sealed)
    got = [letter.recipient for letter in workshop.postbox.letters]
    assert len(got) == len({*got})


def test_without_the_journal_all_that_may_have_left_is_held(workshop, sealed):
    send_some(workshop, sealed, 2)
    workshop.reopen()
    found = adopted(workshop, without_journal=True)
    assert found.ground is Ground.UNKNOWN
    assert found.learnt.held["monthly/2018-07"] == len(READERS) - 2
    assert workshop.send(sealed).tally[DeliveryState.HELD] == len(READERS) - 2
    assert len(workshop.postbox.letters) == 2


def test_an_edition_that_may_have_gone_out_elsewhere_waits_until_a_person_says_that_it_did_not(workshop, sealed):
    workshop.reopen()
    found = adopted(workshop, without_journal=True)
    assert found.uncertain == ("monthly/2018-07",)
    workshop.place = replace(workshop.place, settings=replace(workshop.place.settings, transport=TransportKind.MAILDIR))
    with pytest.raises(PersonNeededError, match="may have gone out"):
        workshop.send(sealed)
    release(workshop.place, sealed, "Marta", None)
    assert workshop.send(sealed).tally[DeliveryState.SENT] == len(READERS)
