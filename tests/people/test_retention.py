"""Who somebody was is kept as long as the settings say, and a request that nobody confirmed for a week."""

from datetime import UTC, datetime, timedelta

import pytest
from databases import bytes_of, database_at

from digest.foundation.addresses import address
from digest.foundation.database import stored
from digest.foundation.secrets import make_secret
from digest.newsletters.edition import Choice
from digest.people.reader_requests import Answer, Request, confirm, leave, sign_up
from digest.people.retention import Retained, retain
from digest.people.store import Subscribers
from digest.people.subscriber import Subscription
from digest.people.subscriber_changes import Deed, SubscriberChanges

pytestmark = pytest.mark.both_databases

AT = datetime(2018, 8, 5, 15, tzinfo=UTC)
KEEP, DAY = timedelta(days=730), timedelta(days=1)
CHOICE = Choice(newsletter="monthly", audiences=frozenset({"regional"}), language="en")
NAMES = ("ana", "ben", "eva")


def mail_of(name):
    return f"{name}@example.org"


@pytest.fixture
def database(tmp_path):
    (tmp_path / "keys").mkdir()
    make_secret(tmp_path / "keys" / "secret")
    database = database_at(tmp_path / "digest.db")
    wanted = [Subscription(address=mail_of(one), folded=mail_of(one), name=one, choice=CHOICE) for one in NAMES]
    Subscribers(database).save_subscriptions(wanted)
    with database.write() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO editions (number, newsletter, kind, period, revision, state, covers_to_end, window_start, "
            f"window_end, finished_at) VALUES (1, 'monthly', 'month', '2018-07', 1, 'finished', 1, 'a', 'b', "
            f"'{stored(AT)}')"
        )
        run(
            "INSERT INTO deliveries (edition, subscriber, address, state, changed_at) "
            "VALUES (1, 3, 'eva@example.org', 'sent', 'x')"
        )
        ids = dict(run("SELECT name, public_id FROM subscribers").all())
        assert leave(connection, Request(at=AT, how="link"), ids["ana"], None) is Answer.DONE
    SubscriberChanges(database, Deed(by="Marta", at=AT)).remove(mail_of("ben"))
    return database


def known(database):
    with database.read() as connection:
        return sorted(connection.exec_driver_sql("SELECT address FROM subscribers WHERE name IS NOT NULL").scalars())


def come_back(database, name, at):
    with database.write() as connection:
        found = sign_up(connection, Request(at=at, how="form"), address(mail_of(name)), CHOICE)
        if found.answer is Answer.DONE:
            assert confirm(connection, Request(at=at, how="form"), found.public_id, "monthly", at) is Answer.DONE
        return found.answer


def test_who_left_long_ago_is_nobody_and_stays_away_but_for_their_own_wish(database):
    assert retain(database, AT + KEEP, KEEP) == Retained()
    assert retain(database, AT + KEEP + DAY, None) == Retained()
    assert retain(database, AT + KEEP + DAY, KEEP) == Retained(people=2, mails=1)
    assert known(database) == [mail_of("eva")]
    data = bytes_of(database)
    assert b"ana@example.org" not in data
    assert b"ben@example.org" not in data
    assert retain(database, AT + KEEP + DAY, KEEP) == Retained()
    wanted = [Subscription(address=mail_of(one), folded=mail_of(one), name=one, choice=CHOICE) for one in NAMES]
    assert Subscribers(database).save_subscriptions(wanted).stayed_away == 2
    assert come_back(database, "ben", AT + 3 * KEEP) is Answer.REFUSED
    assert come_back(database, "ana", AT + 3 * KEEP) is Answer.DONE
    assert dict(Subscribers(database).subscribed("monthly")) == {CHOICE: 2}
    assert Subscribers(database).save_subscriptions(wanted).stayed_away == 1


def test_a_request_that_nobody_confirmed_is_forgotten_after_a_week(database):
    with database.write() as connection:
        for name in ("new", "ana"):
            sign_up(connection, Request(at=AT, how="form"), address(mail_of(name)), CHOICE, name)
    assert retain(database, AT + 7 * DAY, None) == Retained()
    assert known(database) == ["ana@example.org", "ben@example.org", "eva@example.org", "new@example.org"]
    assert retain(database, AT + 8 * DAY, None) == Retained(unconfirmed=2)
    assert known(database) == ["ana@example.org", "ben@example.org", "eva@example.org"]
    assert b"new@example.org" not in bytes_of(database)
