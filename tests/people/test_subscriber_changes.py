"""What the office does to its list, and every door by which somebody who left could come back: none of them opens."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from databases import database_at
from workshop import Postbox

from digest.delivery.decisions import decide
from digest.delivery.delivery import Decision, Wanted
from digest.delivery.outgoing import Outcome, OutcomeKind, Rejection
from digest.errors import BusyError, PersonNeededError, UsageError
from digest.foundation.addresses import Address, address
from digest.newsletters.edition import Choice
from digest.people.store import Subscribers
from digest.people.subscriber import Consent, SubscriberState, SubscriberStep, Subscription
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.people.subscriber_list import ListFilter, SubscriberListing

pytestmark = pytest.mark.both_databases

AT = datetime(2018, 8, 5, 15, tzinfo=UTC)
ANA = "ana@example.org"


def choice(newsletter="monthly", audiences="regional", language="en"):
    return Choice(newsletter=newsletter, audiences=frozenset(audiences.split()), language=language)


def one(written=ANA, name=None, **more):
    consent = Consent(on=date(2018, 1, 1), how="form")
    return Subscription(address=written, folded=written.lower(), name=name, choice=choice(**more), consent=consent)


@pytest.fixture
def database(tmp_path):
    return database_at(tmp_path / "digest.db")


@pytest.fixture
def changes(database):
    return SubscriberChanges(database, Deed(by="Marta", at=AT, because="she said so"))


@pytest.fixture
def file(database):
    """Take over a subscriber file."""
    return lambda *rows: Subscribers(database).save_subscriptions(rows)


@pytest.fixture
def states(database):
    """(address, newsletter) → state."""

    def states():
        found = SubscriberListing(database).listed(ListFilter())
        return {(each.address, each.choice and each.choice.newsletter): each.state.value for each in found}

    return states


LEAVINGS = {
    "removed": lambda changes: changes.remove(ANA),
    "removed of one": lambda changes: changes.remove(ANA, "monthly"),
    "suppressed": lambda changes: changes.suppress(address(ANA)),
}


@pytest.mark.parametrize("leaving", LEAVINGS)
def test_nobody_who_left_comes_back_by_any_door(changes, file, states, leaving):
    file(one(), one("ben@example.org"))
    LEAVINGS[leaving](changes)
    left = states()[ANA, "monthly"]
    assert left != "active"
    file(one(), one("Ana@Example.ORG".lower(), name="Ana", audiences="guatemala"))
    with pytest.raises(PersonNeededError, match="readmit"):
        changes.add(one())
    with pytest.raises(PersonNeededError, match="readmit"):
        changes.change(ANA, choice=choice(language="es"))
    if leaving != "removed of one":
        with pytest.raises(PersonNeededError, match="readmit"):
            changes.change("ben@example.org", address=address(ANA))
        with pytest.raises(PersonNeededError, match="readmit"):
            changes.add(one(newsletter="weekly"))
    assert states()[ANA, "monthly"] == left


def test_an_address_that_nobody_knew_can_be_suppressed_before_a_list_brings_it(changes, file, states):
    assert changes.suppress(Address("New@example.org", "new@example.org"))
    assert states() == {("New@example.org", None): "unsubscribed"}
    assert file(one("new@example.org")).added == 1
    assert states()["new@example.org", "monthly"] == "unsubscribed"


def test_only_a_readmission_with_consent_brings_somebody_back(changes, file, states, database):
    file(one())
    changes.remove(ANA)
    assert changes.readmit(ANA, "letter of May") == "monthly"
    assert states() == {(ANA, "monthly"): "active"}
    (found,) = SubscriberListing(database).listed(ListFilter())
    assert found.consent == Consent(on=AT.date(), how="letter of May")
    assert file(one()).stayed_away == 0


def test_a_readmission_to_one_newsletter_brings_back_no_other(changes, file, states):
    file(one(), one(newsletter="weekly"))
    changes.suppress(address(ANA))
    with pytest.raises(UsageError, match="--newsletter"):
        changes.readmit(ANA, "letter")
    changes.readmit(ANA, "letter", "weekly")
    assert states() == {(ANA, "monthly"): "unsubscribed", (ANA, "weekly"): "active"}
    for wrong in ("weekly", "daily"):
        with pytest.raises(UsageError):
            changes.readmit(ANA, "letter", wrong)


def test_who_leaves_one_newsletter_gets_the_others(changes, file, states):
    file(one(), one(newsletter="weekly"))
    assert changes.remove(ANA, "weekly")
    assert not changes.remove(ANA, "weekly")
    assert states() == {(ANA, "monthly"): "active", (ANA, "weekly"): "removed"}


def test_every_change_says_who_why_and_what_it_was(changes, file, database):
    file(one(name="Ana"))
    changes.change(ANA, address=address("ana.l@example.org"), name="Ana López")
    changes.change("ana.l@example.org", choice=choice(audiences="regional guatemala", language="es"))
    assert changes.change("ana.l@example.org", name="Ana López") == []
    changes.remove("ana.l@example.org")
    changes.readmit("ana.l@example.org", "letter")
    events = SubscriberListing(database).events("ana.l@example.org")
    assert [event.step for event in events] == [
        SubscriberStep.CHANGED,
        SubscriberStep.CHANGED,
        SubscriberStep.REMOVED,
        SubscriberStep.READMITTED,
    ]
    assert events[0].said == "address: ana@example.org → ana.l@example.org; name: Ana → Ana López"
    assert events[1].said == "choice: regional in en → guatemala, regional in es"
    assert {(event.by, event.because, event.at) for event in events} == {("Marta", "she said so", AT)}


def test_a_change_that_fails_leaves_nothing_behind(changes, file, states, database):
    file(one(), one("ben@example.org"))
    with pytest.raises(UsageError, match="another subscriber"):
        changes.change(ANA, name="Ana", address=address("ben@example.org"))
    with pytest.raises(UsageError, match="subscribers add"):
        changes.change(ANA, name="Ana", choice=choice(newsletter="weekly"))
    for wrong in (lambda: changes.remove("x@example.org"), lambda: changes.readmit("x@example.org", "letter")):
        with pytest.raises(UsageError, match="nobody on the list"):
            wrong()
    with pytest.raises(UsageError, match="already"):
        changes.add(one())
    assert SubscriberListing(database).events(ANA) == []
    assert {found.name for found in SubscriberListing(database).listed(ListFilter())} == {None}


@pytest.mark.parametrize("wanted", [
    (ListFilter(newsletter="weekly"), ["ben"]),
    (ListFilter(audience="guatemala"), ["ana"]),
    (ListFilter(audience="guate"), []),
    (ListFilter(language="es"), ["ben"]),
    (ListFilter(words="BEN"), ["ben"]),
    (ListFilter(words="lópez"), ["ana"]),
    (ListFilter(words="%"), []),
    (ListFilter(states=frozenset({SubscriberState.REMOVED})), ["carla"]),
    (ListFilter(), ["ana", "ben", "carla"]),
])  # fmt: skip
def test_a_filter_leaves_those_it_names(changes, file, database, wanted):
    file(
        one(name="Ana López", audiences="guatemala regional"),
        one("ben@example.org", newsletter="weekly", language="es"),
        one("carla@example.org"),
    )
    changes.remove("carla@example.org")
    chosen, names = wanted
    assert [found.folded.partition("@")[0] for found in SubscriberListing(database).listed(chosen)] == names


class Refusing(Postbox):
    """It refuses one reader for good."""

    refused = ANA

    def _taken(self, outbox, message):
        if message.recipient == self.refused:
            return Outcome(
                message=message, kind=OutcomeKind.FAILED, answer="550 no such user", why=Rejection.DEAD_MAILBOX
            )
        return super()._taken(outbox, message)


def test_a_mail_on_its_way_keeps_its_address(workshop, found):
    workshop.subscribe(ANA)
    workshop.source.items = [found("One story")]
    workshop.collect()
    edition = workshop.approve(workshop.build("2018-07").edition)
    workshop.postbox.fails_after = 0
    with pytest.raises(OSError, match="full"):
        workshop.send(edition)
    changes = SubscriberChanges(workshop.bench.database, Deed(by="Marta", at=AT))
    with pytest.raises(BusyError, match="on its way"):
        changes.change(ANA, name="Ana", address=address("ana.l@example.org"))
    assert changes.change(ANA, address=address("Ana@example.org")) == ["address: ana@example.org → Ana@example.org"]


def test_a_refused_mail_is_sent_again_to_the_corrected_address(workshop, found):
    workshop.subscribe(ANA)
    workshop.source.items = [found("One story")]
    workshop.collect()
    postbox = Refusing()
    workshop.place = replace(workshop.place, postbox=postbox)
    edition = workshop.send(workshop.approve(workshop.build("2018-07").edition)).edition
    assert postbox.letters == []
    SubscriberChanges(workshop.bench.database, Deed(by="Marta", at=AT)).change(
        ANA, address=address("ana.l@example.org")
    )
    decided = decide(workshop.place, edition, Wanted(), Decision.RESEND, by="Marta", because=None)
    workshop.send(decided.edition)
    assert [letter.recipient for letter in postbox.letters] == ["ana.l@example.org"]
