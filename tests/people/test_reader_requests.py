"""What readers ask for themselves: nothing is sent before they confirm, and nobody returns but by their own wish."""

from datetime import UTC, datetime, timedelta

import pytest
from databases import database_at

from digest.errors import IntegrityError, UsageError
from digest.foundation.addresses import address
from digest.newsletters.edition import Choice
from digest.people import reader_requests
from digest.people.reader_requests import Answer, Request
from digest.people.store import Subscribers
from digest.people.subscriber import SubscriberState, Subscription, Suppression, SuppressionCause
from digest.people.subscriber_changes import Deed, SubscriberChanges
from digest.people.subscriber_list import ListFilter, SubscriberListing
from digest.people.suppression import suppress

pytestmark = pytest.mark.both_databases

AT = datetime(2018, 8, 5, 15, tzinfo=UTC)
ANA = address("ana@example.org")
DAY = timedelta(days=1)
FORM = Request(at=AT, how="form", text="2018-1")


def choice(audiences="regional", language="en", newsletter="monthly"):
    return Choice(newsletter=newsletter, audiences=frozenset(audiences.split()), language=language)


class Reader:
    """Ana, at a door."""

    def __init__(self, database):
        self.database, self.at, self.asked_at, self.id = database, AT, None, None

    def ask(self, what, *wanted, **more):
        with self.database.write() as connection:
            request = Request(at=self.at, how="form", text="2018-1")
            return getattr(reader_requests, what)(connection, request, *wanted, **more)

    def sign_up(self, wanted=None):
        found = self.ask("sign_up", ANA, wanted or choice())
        self.id, self.asked_at = found.public_id or self.id, found.asked_at or self.asked_at
        return found.answer

    def confirm(self, newsletter="monthly"):
        return self.ask("confirm", self.id, newsletter, self.asked_at)

    def states(self):
        found = SubscriberListing(self.database).listed(ListFilter())
        return {one.choice.newsletter: one.state for one in found if one.choice}

    def mailed(self, newsletter="monthly"):
        return dict(Subscribers(self.database).subscribed(newsletter))

    def events(self):
        return [(one.step.value, one.how, one.text) for one in SubscriberListing(self.database).events(ANA.folded)]


@pytest.fixture
def ana(tmp_path):
    return Reader(database_at(tmp_path / "digest.db"))


def test_nothing_is_sent_before_they_confirm_and_each_step_says_when_how_and_which_text(ana):
    assert ana.sign_up() is Answer.DONE
    assert (ana.states(), ana.mailed()) == ({"monthly": SubscriberState.UNCONFIRMED}, {})
    ana.at += DAY
    assert ana.confirm() is Answer.DONE
    assert (ana.states(), ana.mailed()) == ({"monthly": SubscriberState.ACTIVE}, {choice(): 1})
    assert ana.events() == [("asked", "form", "2018-1"), ("confirmed", "form", "2018-1")]
    assert ana.sign_up(choice("guatemala")) is Answer.ALREADY
    assert ana.mailed() == {choice(): 1}


def test_a_confirmation_counts_once_in_seven_days_and_for_what_was_asked_last(ana):
    ana.sign_up()
    first = ana.asked_at
    ana.at += DAY
    ana.sign_up(choice("guatemala", "es"))
    assert ana.ask("confirm", ana.id, "monthly", first) is Answer.EXPIRED
    ana.at = ana.asked_at + 7 * DAY + timedelta(seconds=1)
    assert ana.confirm() is Answer.EXPIRED
    ana.at = ana.asked_at + 7 * DAY
    assert ana.confirm() is Answer.DONE
    assert ana.confirm() is Answer.ALREADY
    ana.ask("leave", ana.id, None)
    assert ana.confirm() is Answer.EXPIRED
    assert ana.mailed() == {}
    assert ana.ask("confirm", "nobody", "monthly", first) is Answer.UNKNOWN


def test_who_left_returns_by_a_confirmation_of_their_own_and_to_that_newsletter_alone(ana):
    for newsletter in ("monthly", "weekly"):
        ana.sign_up(choice(newsletter=newsletter))
        ana.confirm(newsletter)
    assert ana.ask("leave", ana.id, None) is Answer.DONE
    assert ana.ask("leave", ana.id, None) is Answer.ALREADY
    assert ana.sign_up(choice("guatemala")) is Answer.DONE
    assert set(ana.states().values()) == {SubscriberState.UNSUBSCRIBED}
    assert ana.confirm() is Answer.DONE
    assert ana.states() == {"monthly": SubscriberState.ACTIVE, "weekly": SubscriberState.UNSUBSCRIBED}
    assert ana.mailed() == {choice("guatemala"): 1}


@pytest.mark.parametrize("scope", [None, "monthly"])
@pytest.mark.parametrize("cause", [*SuppressionCause, "by the office", "of which nobody knows the cause"])
def test_nobody_returns_by_a_form_whom_anything_but_their_own_wish_keeps_away(ana, cause, scope):
    """Neither by a new request, nor by the confirmation of one that is older, nor by any other step."""
    ana.sign_up()
    ana.confirm()
    deed = Deed(by="Marta", at=AT)
    if cause == "by the office":
        SubscriberChanges(ana.database, deed).suppress(ANA)
    else:
        with ana.database.write() as connection:
            named = cause if isinstance(cause, SuppressionCause) else SuppressionCause.BOUNCED
            assert suppress(connection, Suppression(subscriber=1, newsletter=scope, cause=named), AT)
            if named is not cause:
                connection.exec_driver_sql("DELETE FROM departures")
    may = cause is SuppressionCause.ASKED
    assert ana.ask("choose", ana.id, choice("guatemala")) is Answer.REFUSED
    assert ana.ask("pause", ana.id, "monthly", AT + DAY) is Answer.REFUSED
    assert ana.sign_up() is (Answer.DONE if may else Answer.REFUSED)
    assert ana.confirm() is (Answer.DONE if may else Answer.EXPIRED)
    assert bool(ana.mailed()) is may
    if not may:
        assert ana.events()[-1][0] in {"confirmed", "suppressed"}
        SubscriberChanges(ana.database, deed).readmit(ANA.folded, "she rang", "monthly")
        assert ana.mailed() == {choice(): 1}


def test_a_complaint_after_they_left_keeps_them_away_all_the_same(ana):
    ana.sign_up()
    ana.confirm()
    ana.ask("leave", ana.id, None)
    with ana.database.write() as connection:
        complained = Suppression(subscriber=1, newsletter=None, cause=SuppressionCause.COMPLAINED)
        assert not suppress(connection, complained, AT + DAY)
    assert ana.sign_up() is Answer.REFUSED


def test_who_leaves_before_they_confirm_does_not_come_by_the_older_link(ana):
    ana.sign_up()
    ana.ask("leave", ana.id, None)
    assert ana.confirm() is Answer.EXPIRED
    assert ana.mailed() == {}


def test_who_is_suppressed_meanwhile_does_not_come_by_the_older_link(ana):
    ana.sign_up()
    SubscriberChanges(ana.database, Deed(by="Marta", at=AT)).suppress(ANA)
    assert ana.confirm() in {Answer.EXPIRED, Answer.REFUSED}
    assert ana.mailed() == {}


def test_a_pause_ends_by_itself_and_is_ended_by_hand(ana):
    ana.sign_up()
    assert ana.ask("pause", ana.id, None, AT + DAY) is Answer.REFUSED
    ana.confirm()
    assert ana.ask("pause", ana.id, None, AT + DAY) is Answer.DONE
    assert ana.ask("pause", ana.id, "monthly", AT + DAY) is Answer.ALREADY
    assert (ana.states(), ana.mailed()) == ({"monthly": SubscriberState.PAUSED}, {})
    store = Subscribers(ana.database)
    assert dict(store.paused("monthly")) == {choice(): 1}
    store.end_pauses(AT + DAY - timedelta(seconds=1))
    assert ana.mailed() == {}
    store.end_pauses(AT + DAY)
    assert ana.mailed() == {choice(): 1}
    ana.ask("pause", ana.id, None, AT + DAY)
    assert ana.ask("pause", ana.id, None, None) is Answer.DONE
    assert ana.mailed() == {choice(): 1}
    assert [step for step, *_ in ana.events()[2:]] == ["paused", "paused", "resumed"]


def test_what_they_chose_for_themselves_no_file_changes_back(ana):
    listed = Subscription(address=ANA.text, folded=ANA.folded, name="Ana", choice=choice())
    store = Subscribers(ana.database)
    store.save_subscriptions([listed])
    with ana.database.read() as connection:
        ana.id = connection.exec_driver_sql("SELECT public_id FROM subscribers").scalar()
    assert ana.ask("choose", ana.id, choice("guatemala", "es")) is Answer.DONE
    assert ana.ask("choose", ana.id, choice("guatemala", "es")) is Answer.ALREADY
    assert store.save_subscriptions([listed]).unchanged == 1
    assert ana.mailed() == {choice("guatemala", "es"): 1}
    assert ana.ask("choose", ana.id, choice(newsletter="weekly")) is Answer.REFUSED
    with pytest.raises(UsageError, match="names an audience"):
        ana.ask("choose", ana.id, choice(""))
    SubscriberChanges(ana.database, Deed(by="Marta", at=AT)).change(ANA.folded, choice=choice(language="es"))
    store.save_subscriptions([listed])
    assert ana.mailed() == {choice(): 1}


@pytest.mark.parametrize("change", ["UPDATE subscriber_events SET text = 'more'", "DELETE FROM subscriber_events"])
def test_nobody_changes_what_was_agreed_to_nor_takes_it_away(ana, change):
    ana.sign_up()
    with pytest.raises(IntegrityError, match="events are only added"), ana.database.write() as connection:
        connection.exec_driver_sql(change)
    assert ana.events() == [("asked", "form", "2018-1")]
